"""Keeping what rain gauges measured, a row a day of the city's calendar."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.models import RainDay, RainGauge, Service
from fieldops.operations.audit import write_audit
from fieldops.outbox import enqueue
from geo.errors import GeoError
from geo.statistics.gauges import RowFault, read_gauges
from geo.statistics.rain import daily_rain

MOST_BYTES: Final = 20_000_000
MOST_FAULTS: Final = 20
HOUR_MIN: Final = 60


@dataclass(frozen=True)
class RainKept:
    """What a file brought: gauges and days kept, and the rows that were no use."""

    gauges: list[str]
    days: int
    first: date | None
    last: date | None
    missing: int
    faults: list[RowFault]
    faults_many: int


def keep_rain(
    session: Session,
    data: bytes,
    by: By,
    *,
    time_zone: str,
    name: str = "",
    source: str = "",
    read_in_morning: bool = False,
) -> RainKept:
    """Read a file of one or several gauges and keep its days; days that are kept already are replaced.

    Parameters
    ----------
    data
        CSV as `geo.statistics.gauges.read_gauges` reads it, UTF-8.
    name
        What the gauge is called where the file does not say.
    read_in_morning
        Daily readings are of 07.00 and hold mostly the afternoon before: they are kept under that day.

    Raises
    ------
    InvalidInput
        Not text, too large, or without any usable reading.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInput("A file of rain readings may have at most 20 MB.", field="rain")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput("The file is no text in UTF-8. Save it as CSV UTF-8.", field="rain") from None
    zone = ZoneInfo(time_zone)
    try:
        readings = read_gauges(text, zone, name=name.strip() or "Pos hujan")
        days = [
            daily_rain(record, zone, shift_days=-1 if read_in_morning and record.is_daily else 0)
            for record in readings.gauges
        ]
    except GeoError as error:
        raise InvalidInput("The rain readings cannot be read: %(why)s", field="rain", why=error) from None
    kept: list[date] = []
    for daily in days:
        gauge = _gauge(session, daily.gauge, source.strip())
        known = np.isfinite(daily.mm)
        greatest = daily.most_mm_h.get(HOUR_MIN)
        rows = {
            day: (float(mm), None if greatest is None else _finite(greatest[at]))
            for at, (day, mm) in enumerate(
                zip(daily.days.astype("datetime64[D]").tolist(), daily.mm, strict=True)
            )
            if known[at]
        }
        _replace(session, gauge.id, rows)
        kept += list(rows)
    _group_anew(session)
    write_audit(session, by, "keep_rain", "rain_gauge", None, gauges=len(days), days=len(kept))
    return RainKept(
        gauges=[daily.gauge for daily in days],
        days=len(kept),
        first=min(kept, default=None),
        last=max(kept, default=None),
        missing=readings.missing + readings.gap_steps,
        faults=list(readings.faults[:MOST_FAULTS]),
        faults_many=len(readings.faults),
    )


def forget_gauge(session: Session, gauge_id: int, by: By) -> None:
    """Delete a gauge with its days; maps that were computed keep the figures they had."""
    session.execute(delete(RainDay).where(RainDay.gauge_id == gauge_id))
    session.execute(delete(RainGauge).where(RainGauge.id == gauge_id))
    _group_anew(session)
    write_audit(session, by, "forget_gauge", "rain_gauge", gauge_id)


def _group_anew(session: Session) -> None:
    """Let requests be grouped anew in a moment, where a kind of report goes by rain: other reports may be of
    one rain now.
    """
    if session.scalar(select(Service.id).where(Service.same_rain.is_(True)).limit(1)) is not None:
        enqueue(session, "regroup_requests", {}, dedupe_key="regroup_requests")


def _gauge(session: Session, name: str, source: str) -> RainGauge:
    found = session.scalar(select(RainGauge).where(RainGauge.name == name[:200]))
    if found is None:
        found = RainGauge(name=name[:200], source=source[:200])
        session.add(found)
    elif source:
        found.source = source[:200]
    session.flush()
    return found


def _replace(session: Session, gauge_id: int, rows: dict[date, tuple[float, float | None]]) -> None:
    if not rows:
        return
    session.execute(
        delete(RainDay).where(
            RainDay.gauge_id == gauge_id, RainDay.day >= min(rows), RainDay.day <= max(rows)
        )
    )
    session.add_all(
        RainDay(gauge_id=gauge_id, day=day, depth_mm=mm, most_60_min_mm=hour)
        for day, (mm, hour) in sorted(rows.items())
    )
    session.flush()


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
