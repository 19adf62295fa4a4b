"""Forgetting old maps, analyses and lists: they are made again from the reports whenever somebody asks."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldops.models import HotspotCell, HotspotRun, MaintenanceRow, MaintenanceRun
from fieldops.queries.hotspots import BEING_MADE

KEPT_DAYS: Final = 400
"""How long what a person asked for is kept: a year's map can be held against this year's."""

STANDING_KEPT: Final = 14
"""How many nights' maps of a standing question are kept."""


def forget_runs(session: Session, now: datetime) -> int:
    """Delete what is older than it is kept, with its cells and rows; return how many runs went."""
    before = now - timedelta(days=KEPT_DAYS)
    asked = set(
        session.scalars(
            select(HotspotRun.id).where(
                HotspotRun.standing == "",
                HotspotRun.created_at < before,
                HotspotRun.state.not_in(BEING_MADE),
            )
        )
    )
    maps = asked | _nights_past(session)
    lists = set(
        session.scalars(
            select(MaintenanceRun.id).where(
                MaintenanceRun.created_at < before, MaintenanceRun.state.not_in(BEING_MADE)
            )
        )
    )
    if maps:
        session.execute(delete(HotspotCell).where(HotspotCell.run_id.in_(maps)))
        session.execute(delete(HotspotRun).where(HotspotRun.id.in_(maps)))
    if lists:
        session.execute(delete(MaintenanceRow).where(MaintenanceRow.run_id.in_(lists)))
        session.execute(delete(MaintenanceRun).where(MaintenanceRun.id.in_(lists)))
    return len(maps) + len(lists)


def _nights_past(session: Session) -> set[int]:
    names = session.scalars(select(HotspotRun.standing).where(HotspotRun.standing != "").distinct()).all()
    past: set[int] = set()
    for name in names:
        numbers = session.scalars(
            select(HotspotRun.id).where(HotspotRun.standing == name).order_by(HotspotRun.id.desc())
        ).all()
        past |= set(numbers[STANDING_KEPT:])
    return past
