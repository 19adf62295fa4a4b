"""The list changed while the crew is out: what is different, said once, until its leader has read it."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import request

from fieldops.extensions import db
from fieldops.i18n import _, clock_words, language
from fieldops.models import Batch, BatchRevision, Crew
from fieldops.queries.changes import newest_versions
from fieldops.queries.orders import orders_described
from fieldops.queries.shifts import all_crews


@dataclass(frozen=True)
class NewList:
    """What the note says: when, why, and line by line (icon, words); other times apart from comings and
    goings.
    """

    version: BatchRevision
    reason: str
    lines: tuple[tuple[str, str], ...]
    retimed: tuple[tuple[str, str], ...]


def new_list(batch: Batch) -> NewList | None:
    """Return the note about a batch's newest list, None when it never changed or was read."""
    session = db.session()
    version = newest_versions(session, [batch.id]).get(batch.id)
    if version is None or version.seen_at is not None:
        return None
    orders = orders_described(session, [change["order"] for change in version.changes])
    crews = {crew.id: crew for crew in all_crews(session)}
    lines = [
        _line(change, batch.crew_id, crews, f"{service.name(language())}, {cluster.address}".rstrip(", "))
        for change in version.changes
        for _order, service, cluster in [orders[change["order"]]]
    ]
    return NewList(
        version,
        _reason(version.reason),
        tuple(line for line in lines if line[0] != "clock"),
        tuple(line for line in lines if line[0] == "clock"),
    )


def _line(change: dict[str, Any], crew_id: int, crews: dict[int, Crew], place: str) -> tuple[str, str]:
    at = _clock(change["now"])
    if change["what"] == "retimed":
        return "clock", _(
            "%(at)s instead of %(was)s: %(place)s", at=at, was=_clock(change["was"]), place=place
        )
    if change["to"] == crew_id:
        other = crews.get(change["from"] or 0)
        if other is not None:
            return "plus", _("New, from %(crew)s: %(place)s, %(at)s", crew=other.name, place=place, at=at)
        return "plus", _("New: %(place)s, %(at)s", place=place, at=at)
    other = crews.get(change["to"] or 0)
    if other is not None:
        return "minus", _("No longer yours, %(crew)s does it: %(place)s", crew=other.name, place=place)
    return "minus", _("No longer on the list: %(place)s", place=place)


def _clock(seconds: int | None) -> str:
    return clock_words(datetime.fromtimestamp(seconds, tz=UTC)) if seconds is not None else ""


def _reason(code: str) -> str:
    return {
        "emergency": _("An emergency came in."),
        "crew_away": _("A crew cannot go on."),
        "crew_back": _("A crew can go on again."),
        "overrun": _("A stop takes longer."),
        "closure": _("A street is closed."),
        "undone": _("The last change was taken back."),
        "postponed": _("You put a stop off."),
        "reordered": _("You put it in another order."),
        "done_by_other": _("Another crew has done it already."),
    }.get(code, _("The dispatcher changed it."))


def version_words(batch: Batch) -> str:
    """Return a text that is another one when a batch's list changed."""
    version = newest_versions(db.session(), [batch.id]).get(batch.id)
    return f"{batch.id}.{version.number if version else 0}.{batch.status}"


def kept_version(batch: Batch) -> str:
    """Return a word that is another one when a phone should fetch the day that it keeps at once: the list
    changed, or its reader wants another language or theme.
    """
    held = f"{version_words(batch)} {language()} {request.cookies.get('theme', '')}"
    return hashlib.blake2b(held.encode(), digest_size=6).hexdigest()
