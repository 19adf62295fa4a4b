"""Keeping the standing maps of hotspots fresh, and forgetting old runs."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM
from fieldops.domain.standing_questions import STANDING
from fieldops.installation import Installation
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.operations.forget_runs import forget_runs


def refresh_hotspots(session: Session, installation: Installation) -> list[int]:
    """Ask the standing questions of the last whole day, and forget old runs; return the runs' numbers."""
    yesterday = clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date() - timedelta(days=1)
    runs = [
        ask_for_hotspots(session, question(yesterday), THE_SYSTEM, standing=name).id
        for name, question in STANDING.items()
    ]
    forget_runs(session, clock.now())
    return runs
