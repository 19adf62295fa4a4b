"""Rain gauges and residents as they are kept."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Area, AreaResidents, RainDay, RainGauge


@dataclass(frozen=True)
class GaugeKept:
    """A gauge and the days that are known of it."""

    gauge: RainGauge
    days: int
    first: date | None
    last: date | None
    depth_mm: float


def gauges_kept(session: Session) -> list[GaugeKept]:
    """Return the gauges by name."""
    rows = session.execute(
        select(
            RainGauge,
            func.count(RainDay.id),
            func.min(RainDay.day),
            func.max(RainDay.day),
            func.coalesce(func.sum(RainDay.depth_mm), 0.0),
        )
        .outerjoin(RainDay, RainDay.gauge_id == RainGauge.id)
        .group_by(RainGauge.id)
        .order_by(RainGauge.name)
    )
    return [GaugeKept(gauge, days, first, last, depth) for gauge, days, first, last, depth in rows]


@dataclass(frozen=True)
class ResidentsYear:
    """The figures of one year."""

    year: int
    areas: int
    residents: int
    source: str


def residents_years(session: Session) -> list[ResidentsYear]:
    """Return the years that figures are kept of, the newest first."""
    rows = session.execute(
        select(
            AreaResidents.year,
            func.count(),
            func.sum(AreaResidents.residents),
            func.max(AreaResidents.source),
        )
        .group_by(AreaResidents.year)
        .order_by(AreaResidents.year.desc())
    )
    return [ResidentsYear(*row) for row in rows]


def kelurahan_many(session: Session) -> int:
    """Return how many kelurahan the city has."""
    return session.scalar(select(func.count()).where(Area.kind == "kelurahan")) or 0
