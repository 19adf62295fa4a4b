"""Computing priorities and evaluations: read, work outside any transaction, write rows and figures."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.maintenance_questions import (
    EvaluationQuestion,
    MaintenanceKind,
    MaintenanceQuestion,
    PriorityQuestion,
    as_evaluation_question,
    as_priority_question,
)
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import MaintenanceRow, MaintenanceRun
from fieldops.operations.cut_city import CutCity, cut_city
from fieldops.operations.evaluate_street import evaluate_street
from fieldops.operations.rank_segments import Worked, rank_segments
from fieldops.operations.search_plan import Limit, no_limit
from fieldops.queries.hotspot_frames import last_change
from fieldops.queries.maintenance import first_reported, get_maintenance_run
from fieldops.queries.segments import PeriodReports, period_reports
from fieldops.queries.surveys import STREET
from geo.errors import GeoError
from geo.statistics.refusals import TooFewData

UnitOfWork = Callable[[], AbstractContextManager[Session]]

LONGEST_S: Final = 300.0
MOST_TRIES: Final = 2
WRITTEN_AT_ONCE: Final = 1_000


@dataclass(frozen=True)
class _Material:
    """Everything that a run is computed from."""

    cut: CutCity
    reports: PeriodReports
    first_known: date | None


def compute_maintenance(
    installation: Installation, run_id: int, unit_of_work: UnitOfWork, *, limit: Limit = no_limit
) -> None:
    """Compute a run that waits; what the data do not allow is kept as a refusal. Doing it again changes
    nothing.
    """
    with unit_of_work() as session:
        run = get_maintenance_run(session, run_id)
        if run.state not in ("queued", "computing"):
            return
        run.tries += 1
        if run.tries > MOST_TRIES:
            run.state, run.refusal = "failed", {"need": "stopped"}
            return
        run.state, run.progress = "computing", 10
        question, seed = question_of(run), run.seed
        material = _read(session, installation, question)
        run.change_seq = last_change(session)
    try:
        with limit(LONGEST_S):
            worked = _work(material, question, seed)
    except TooFewData as error:
        _refuse(unit_of_work, run_id, {"need": error.need, "found": error.found, "needed": error.needed})
        return
    except (GeoError, InvalidInput) as error:
        _refuse(unit_of_work, run_id, {"need": "other", "words": str(error)})
        return
    with unit_of_work() as session:
        _write(session, get_maintenance_run(session, run_id), worked)


def question_of(run: MaintenanceRun) -> MaintenanceQuestion:
    """Return what a run was asked."""
    if run.kind == MaintenanceKind.EVALUATION.value:
        return as_evaluation_question(run.question)
    return as_priority_question(run.question)


def _read(session: Session, installation: Installation, question: MaintenanceQuestion) -> _Material:
    city = installation.city
    began = first_reported(session)
    known = began.astimezone(ZoneInfo(city.time_zone)).date() if began else None
    if isinstance(question, EvaluationQuestion):
        days, kind = (question.earlier[0], question.after[1]), STREET
    else:
        days, kind = (question.first, question.last), question.kind
    reports = period_reports(session, city, *days, services=question.services)
    return _Material(cut_city(session, city, kind), reports, known)


def _work(material: _Material, question: MaintenanceQuestion, seed: int) -> Worked:
    if isinstance(question, PriorityQuestion):
        return rank_segments(material.cut, material.reports, question, material.first_known, seed)
    return evaluate_street(material.cut, material.reports, question, material.first_known)


def _refuse(unit_of_work: UnitOfWork, run_id: int, refusal: dict[str, Any]) -> None:
    with unit_of_work() as session:
        run = get_maintenance_run(session, run_id)
        run.state, run.refusal, run.progress = "refused", refusal, 100
        run.computed_at = clock.now()


def _write(session: Session, run: MaintenanceRun, worked: Worked) -> None:
    if run.state != "computing":
        return
    session.execute(delete(MaintenanceRow).where(MaintenanceRow.run_id == run.id))
    rows = [{**asdict(row), "run_id": run.id} for row in worked.rows]
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        session.execute(insert(MaintenanceRow), rows[start : start + WRITTEN_AT_ONCE])
    run.figures = worked.figures
    run.state, run.progress, run.computed_at = "done", 100, clock.now()
