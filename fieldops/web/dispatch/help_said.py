"""Calls of crews for help as the desk shows them."""

from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.help_calls import LATE_AFTER, SHOWN_ANSWERED
from fieldops.models.base import lon_lat
from fieldops.queries.help_calls import calls_shown
from fieldops.queries.staff import names_of


def help_said(session: Session) -> dict[str, Any]:
    """Return what `dispatch/_help.html` needs: open calls first, answered ones for a while."""
    shown = calls_shown(session, clock.now() - SHOWN_ANSWERED)
    people = {one.call.answered_by_id for one in shown} | {one.call.user_id for one in shown}
    return {
        "help_calls": shown,
        "help_names": names_of(session, people),
        "help_places": {one.call.id: lon_lat(one.call.place) for one in shown if one.call.place is not None},
        "help_came_late": {one.call.id for one in shown if one.call.received_at - one.call.at > LATE_AFTER},
    }
