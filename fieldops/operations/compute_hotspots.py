"""Computing a map of hotspots or an analysis: read, judge outside any transaction, write what came out."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Final

import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Analysis, Exposure, Question, Shape, as_question
from fieldops.installation import Installation
from fieldops.models import HotspotCell, HotspotRun
from fieldops.models.base import SRID
from fieldops.operations.analyse import analyse
from fieldops.operations.choose_days import choose_days
from fieldops.operations.compute_run import RunSteps, UnitOfWork, compute_run
from fieldops.operations.hotspot_ground import Judged, Material, Report
from fieldops.operations.judge_cells import judge_cells
from fieldops.operations.linking_rules import city_crs
from fieldops.operations.search_plan import Limit, no_limit
from fieldops.queries.frames import areas
from fieldops.queries.hotspot_frames import (
    gauge_words,
    last_change,
    rain_of,
    reports_of,
    residents,
    roads,
    study_area,
)
from fieldops.queries.hotspots import get_run

WRITTEN_AT_ONCE: Final = 2_000
LAGS_DAYS: Final = 7
"""How many days before the period rain is read, for what follows it later."""


def compute_hotspots(
    installation: Installation, run_id: int, unit_of_work: UnitOfWork, *, limit: Limit = no_limit
) -> None:
    """Compute a run that waits, and keep its cells; what the data do not allow is kept as a refusal. Doing it
    again changes nothing.
    """
    watch = _Watch(run_id, unit_of_work)

    def prepare(session: Session, run: HotspotRun) -> Callable[[], Judged]:
        run.change_seq = last_change(session)
        judge = _prepared(session, installation, as_question(run.question), run.seed)
        return lambda: judge(watch)

    steps = RunSteps(lambda session: get_run(session, run_id), prepare, _write)
    compute_run(steps, unit_of_work, limit)


def _prepared(
    session: Session, installation: Installation, question: Question, seed: int
) -> Callable[[Report], Judged]:
    """Read what a question needs; return what answers it outside the transaction."""
    if isinstance(question.method, Analysis):
        compute = analyse(session, installation, question, question.method, seed)
        change_seq = last_change(session)

        def figures_alone(report: Report) -> Judged:
            return Judged([], [], compute(report) | {"change_seq": change_seq})

        return figures_alone
    material = _read(session, installation, question)
    return lambda report: judge_cells(material, question, seed, report)


def _read(session: Session, installation: Installation, question: Question) -> Material:
    city = installation.city
    first = question.earlier_first or question.first
    reports = reports_of(session, city, question, first, question.last)
    rain = rain_of(session, question.first - timedelta(days=LAGS_DAYS), question.last)
    weather: dict[str, float] = {}
    if question.weather:
        reports, weather = choose_days(reports, question, rain)
    people, source, year = residents(session)
    return Material(
        crs=city_crs(city),
        reports=reports,
        outline=study_area(session, question.kelurahan),
        kelurahan=areas(session, "kelurahan"),
        roads=roads(session, question.jurisdiction) if _needs_roads(question) else None,
        residents=people,
        residents_source=f"{source} {year}" if year else "",
        rain=rain,
        weather=weather,
        rain_source=gauge_words(session),
        change_seq=last_change(session),
    )


def _needs_roads(question: Question) -> bool:
    return question.exposure is Exposure.ROAD_KM or question.shape is Shape.SEGMENT


class _Watch:
    """Writes how far a run is, in a unit of work of its own."""

    def __init__(self, run_id: int, unit_of_work: UnitOfWork) -> None:
        self.run_id, self.unit_of_work = run_id, unit_of_work

    def __call__(self, percent: int) -> None:
        with self.unit_of_work() as session:
            get_run(session, self.run_id).progress = percent


def _write(session: Session, run: HotspotRun, judged: Judged) -> None:
    session.execute(delete(HotspotCell).where(HotspotCell.run_id == run.id))
    rows = [
        {**asdict(cell), "run_id": run.id, "shape": from_shape(_many(shape), SRID)}
        for cell, shape in zip(judged.cells, judged.shapes, strict=True)
    ]
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        session.execute(insert(HotspotCell), rows[start : start + WRITTEN_AT_ONCE])
    run.figures = judged.figures


def _many(shape: BaseGeometry) -> MultiPolygon:
    parts = [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]
    return MultiPolygon(parts)
