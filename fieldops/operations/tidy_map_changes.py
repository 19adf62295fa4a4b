"""Forgetting old changes of the map: every process has followed them, and they tell where things were."""

from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from fieldops.models import Counter, MapChange

SEEN: Final = "map_changes_seen"


def tidy_map_changes(session: Session) -> None:
    """Delete the changes that were there at the last run, a day ago; the last number always stays, since the
    next one follows on it. A process further behind reads all requests anew.
    """
    latest = session.scalar(select(func.max(MapChange.seq))) or 0
    seen = session.scalar(select(Counter).where(Counter.name == SEEN))
    if seen is None:
        seen = Counter(name=SEEN, value=0)
        session.add(seen)
    session.execute(
        delete(MapChange)
        .where(MapChange.seq <= seen.value, MapChange.seq < latest)
        .execution_options(synchronize_session=False)
    )
    seen.value = latest
    session.flush()
