"""Rain by day, as its gauges measured it."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import RainDay


def rain_by_day(session: Session, first: date = date.min, last: date = date.max) -> dict[date, float]:
    """Return the mean depth of all gauges from one day to another, millimetres by day of the city's calendar;
    a day that none measured is missing. Rounded, so that the order in which a database adds does not matter.
    """
    rows = session.execute(
        select(RainDay.day, func.avg(RainDay.depth_mm))
        .where(RainDay.day >= first, RainDay.day <= last)
        .group_by(RainDay.day)
    )
    return {day: round(float(depth), 6) for day, depth in rows}


def days_of_rain(session: Session) -> tuple[date, date] | None:
    """Return the first and the last day that a gauge measured, None where none did."""
    first = session.scalar(select(func.min(RainDay.day)))
    last = session.scalar(select(func.max(RainDay.day)))
    return None if first is None or last is None else (first, last)
