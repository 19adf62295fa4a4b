"""Keeping the standing maps of hotspots fresh, and forgetting old runs."""

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM
from fieldops.domain.standing_questions import STANDING
from fieldops.installation import Installation
from fieldops.models import HotspotCell, HotspotRun
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.queries.hotspots import BEING_MADE

KEPT_DAYS: Final = 400
"""How long a run that a person asked for is kept: a year's map can be held against this year's."""

STANDING_KEPT: Final = 14
"""How many nights' maps of a standing question are kept."""


def refresh_hotspots(session: Session, installation: Installation) -> list[int]:
    """Ask the standing questions of the last whole day, and forget old runs; return the runs' numbers."""
    yesterday = clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date() - timedelta(days=1)
    runs = [
        ask_for_hotspots(session, question(yesterday), THE_SYSTEM, standing=name).id
        for name, question in STANDING.items()
    ]
    _forget(session)
    return runs


def _forget(session: Session) -> None:
    old = set(
        session.scalars(
            select(HotspotRun.id).where(
                HotspotRun.standing == "",
                HotspotRun.created_at < clock.now() - timedelta(days=KEPT_DAYS),
                HotspotRun.state.not_in(BEING_MADE),
            )
        )
    )
    for name in session.scalars(
        select(HotspotRun.standing).where(HotspotRun.standing != "").distinct()
    ).all():
        numbers = session.scalars(
            select(HotspotRun.id).where(HotspotRun.standing == name).order_by(HotspotRun.id.desc())
        ).all()
        old |= set(numbers[STANDING_KEPT:])
    if old:
        session.execute(delete(HotspotCell).where(HotspotCell.run_id.in_(old)))
        session.execute(delete(HotspotRun).where(HotspotRun.id.in_(old)))
