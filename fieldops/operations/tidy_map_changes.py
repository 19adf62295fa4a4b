"""Forgetting old changes of maps: every process has followed them, and they tell where things were."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldops.models import ClusterChange, Counter, MapChange

SEEN: Final[Mapping[str, type[MapChange | ClusterChange]]] = {
    "map_changes_seen": MapChange,
    "cluster_changes_seen": ClusterChange,
}


def tidy_map_changes(session: Session) -> None:
    """Delete the changes that were there at the last run, a day ago; the last number always stays, since the
    next one follows on it. A process further behind reads everything anew.
    """
    for name, changes in SEEN.items():
        _tidy(session, name, changes)


def _tidy(session: Session, name: str, changes: type[MapChange | ClusterChange]) -> None:
    latest = session.scalar(select(func.max(changes.seq))) or 0
    seen = session.scalar(select(Counter).where(Counter.name == name))
    if seen is None:
        seen = Counter(name=name, value=0)
        session.add(seen)
    session.execute(
        delete(changes)
        .where(changes.seq <= seen.value, changes.seq < latest)
        .execution_options(synchronize_session=False)
    )
    seen.value = latest
    session.flush()
