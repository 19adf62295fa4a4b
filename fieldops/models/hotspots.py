"""Hotspot runs with their cells, the rain that gauges measured, and how many people live where."""

from datetime import date, datetime

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, Boolean, Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, Name, UtcDateTime, geometry, reference


class HotspotRun(Model):
    """One computed map of hotspots, or an analysis that has figures and no cells, kept with everything that
    it depends on.

    `question` is what was asked (`domain.hotspot_questions`), with dates that are fixed; `question_digest`
    finds the same question of the same rain, residents and finished work again. `change_seq` is the last
    change of the map's sequence that it saw: the same question, seed and change number give the same cells.
    `figures` are what the page states of the method and the outcome; `refusal` says what was too little when
    the data do not allow the map.

    `standing` names a question that the schedule asks anew every night; its period moves with the calendar.
    """

    __tablename__ = "hotspot_run"

    id: Mapped[Key]
    state: Mapped[Code] = mapped_column(String(40), default="queued", index=True)
    progress: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    method: Mapped[Code]
    question: Mapped[Facts]
    question_digest: Mapped[str] = mapped_column(String(64), index=True)
    standing: Mapped[Code] = mapped_column(String(40), default="", index=True)
    seed: Mapped[int]
    change_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    figures: Mapped[Facts] = mapped_column(default=dict)
    refusal: Mapped[Facts] = mapped_column(default=dict)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    created_at: Mapped[Moment]
    computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class HotspotCell(Model):
    """One cell of a run: counts, what was expected, and how sure the method is.

    `band` is −3 to 3: cold or hot at 99, 95 or 90 %, 0 for what may be chance, after the correction for
    many cells; `plain_band` is the same without it; methods that correct nothing have one in both. `z` is
    what cells are ranked by: z, or the method's own figure (a likelihood ratio, Moran's I, a density).
    `label` is a class of the method (a pattern over time, a quadrant), empty for others. `facts` hold what
    only one method has: the earlier period, the steps. A cell with `is_tested` off has too little exposure
    to say anything.
    """

    __tablename__ = "hotspot_cell"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: Mapped[Key]
    run_id: Mapped[int] = reference("hotspot_run.id")
    number: Mapped[int]
    area_name: Mapped[Name] = mapped_column(String(200), default="")
    count: Mapped[int]
    exposure: Mapped[float | None]
    expected: Mapped[float | None]
    z: Mapped[float | None]
    p: Mapped[float | None]
    p_adjusted: Mapped[float | None]
    band: Mapped[int] = mapped_column(default=0)
    plain_band: Mapped[int] = mapped_column(default=0)
    label: Mapped[Code] = mapped_column(String(40), default="")
    is_tested: Mapped[bool] = mapped_column(Boolean, default=True)
    facts: Mapped[Facts] = mapped_column(default=dict)
    shape: Mapped[WKBElement] = geometry("MULTIPOLYGON")


class RainGauge(Model):
    """A place where rain is measured, and who measures it."""

    __tablename__ = "rain_gauge"

    id: Mapped[Key]
    name: Mapped[Name] = mapped_column(String(200), unique=True)
    source: Mapped[Name] = mapped_column(String(200), default="")
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)


class RainDay(Model):
    """Rain of one gauge on one day of the city's calendar, in millimetres; a day that was not measured has no
    row. `most_60_min_mm` is the day's greatest hour, where readings are fine enough.
    """

    __tablename__ = "rain_day"
    __table_args__ = (UniqueConstraint("gauge_id", "day"),)

    id: Mapped[Key]
    gauge_id: Mapped[int] = reference("rain_gauge.id")
    day: Mapped[date] = mapped_column(Date, index=True)
    depth_mm: Mapped[float]
    most_60_min_mm: Mapped[float | None]


class AreaResidents(Model):
    """How many people live in an area, by a source and its year; the newest counts."""

    __tablename__ = "area_residents"
    __table_args__ = (UniqueConstraint("area_id", "year"),)

    id: Mapped[Key]
    area_id: Mapped[int] = reference("area.id")
    year: Mapped[int]
    residents: Mapped[int]
    source: Mapped[Name] = mapped_column(String(200), default="")
