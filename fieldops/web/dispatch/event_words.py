"""What happened on a running day, and what becomes different, in the reader's words."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fieldops.domain.list_changes import ListChange
from fieldops.i18n import _, clock_words, duration_words
from fieldops.models import DayEvent, Stop
from fieldops.queries.shifts import get_crew
from fieldops.queries.work_orders import get_order


def event_words(session: Session, event: DayEvent) -> str:
    """Return one sentence about what happened."""
    crew = get_crew(session, event.crew_id).name if event.crew_id is not None else ""
    if event.kind == "emergency" and event.work_order_id is not None:
        number = get_order(session, event.work_order_id).number
        within = duration_words(timedelta(minutes=event.minutes or 60))
        return _("Emergency: %(order)s should be over within %(within)s.", order=number, within=within)
    if event.kind == "crew_away":
        if event.until is None:
            return _("%(crew)s cannot go on today.", crew=crew)
        return _("%(crew)s cannot go on until %(until)s.", crew=crew, until=clock_words(event.until))
    if event.kind == "crew_back":
        return _("%(crew)s can go on again.", crew=crew)
    if event.kind == "overrun" and event.stop_id is not None:
        number = get_order(session, session.get_one(Stop, event.stop_id).work_order_id).number
        more = duration_words(timedelta(minutes=event.minutes or 0))
        return _("%(order)s takes %(more)s more.", order=number, more=more)
    if event.kind == "closure":
        return _("A street was closed.")
    return _("Asked for better lists.")


def version_words(reason: str) -> str:
    """Return why an approved version of a list came about."""
    return {
        "dispatched": _("Sent out"),
        "emergency": _("Emergency"),
        "crew_away": _("A crew cannot go on."),
        "crew_back": _("A crew can go on again."),
        "overrun": _("A stop takes longer."),
        "closure": _("A street is closed."),
        "undone": _("Taken back"),
        "postponed": _("The crew put a stop off."),
        "reordered": _("The crew put it in another order."),
        "done_by_other": _("Another crew has done it already."),
    }.get(reason, _("Better lists"))


def change_words(change: ListChange, crew_id: int, letters: Mapping[int, str]) -> tuple[str, str, str]:
    """Return (words, tone, icon) of what becomes different for one crew."""
    if change.what == "added":
        return _("New"), "done", "plus"
    if change.what == "removed":
        return _("Off the lists"), "bad", "minus"
    if change.what == "moved":
        if crew_id == change.to_crew:
            return _("From %(crew)s", crew=letters.get(change.from_crew or 0, "?")), "road", "route"
        return _("To %(crew)s", crew=letters.get(change.to_crew or 0, "?")), "road", "route"
    return (*shift_words(change.was_at, change.now_at), "clock")


def shift_words(was: datetime | None, now: datetime | None) -> tuple[str, str]:
    """Return (words, tone) of another time."""
    if was is None or now is None:
        return "", "quiet"
    if now >= was:
        return _("%(d)s later", d=duration_words(now - was)), "quiet"
    return _("%(d)s earlier", d=duration_words(was - now)), "quiet"
