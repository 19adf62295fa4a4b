"""Computing priorities and evaluations: read, work outside any transaction, write rows and figures."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from fieldops.domain.maintenance_questions import (
    EvaluationQuestion,
    MaintenanceKind,
    MaintenanceQuestion,
    PriorityQuestion,
    as_evaluation_question,
    as_priority_question,
)
from fieldops.installation import Installation
from fieldops.models import MaintenanceRow, MaintenanceRun
from fieldops.operations.compute_run import RunSteps, UnitOfWork, compute_run
from fieldops.operations.cut_city import CutCity, cut_city
from fieldops.operations.evaluate_street import evaluate_street
from fieldops.operations.rank_segments import Worked, rank_segments
from fieldops.operations.search_plan import Limit, no_limit
from fieldops.queries.hotspot_frames import last_change
from fieldops.queries.maintenance import first_reported, get_maintenance_run
from fieldops.queries.segments import PeriodReports, period_reports
from fieldops.queries.surveys import STREET

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

    def prepare(session: Session, run: MaintenanceRun) -> Callable[[], Worked]:
        question, seed = question_of(run), run.seed
        material = _read(session, installation, question)
        run.change_seq = last_change(session)
        return lambda: _work(material, question, seed)

    steps = RunSteps(lambda session: get_maintenance_run(session, run_id), prepare, _write)
    compute_run(steps, unit_of_work, limit)


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


def _write(session: Session, run: MaintenanceRun, worked: Worked) -> None:
    session.execute(delete(MaintenanceRow).where(MaintenanceRow.run_id == run.id))
    rows = [{**asdict(row), "run_id": run.id} for row in worked.rows]
    for start in range(0, len(rows), WRITTEN_AT_ONCE):
        session.execute(insert(MaintenanceRow), rows[start : start + WRITTEN_AT_ONCE])
    run.figures = worked.figures
