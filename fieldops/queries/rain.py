"""Rain by day, as its gauges measured it."""

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import RainDay


def rain_by_day(session: Session) -> dict[date, float]:
    """Return the mean depth of all gauges, millimetres by day of the city's calendar; a day that none
    measured is missing.
    """
    rows = session.execute(select(RainDay.day, func.avg(RainDay.depth_mm)).group_by(RainDay.day))
    return {day: float(depth) for day, depth in rows}
