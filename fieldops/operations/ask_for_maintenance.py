"""Asking for priorities or for an evaluation: a row with the question, and a task for the worker."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.maintenance_questions import MaintenanceQuestion, kind_of, question_digest
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.models import MaintenanceRun
from fieldops.outbox import enqueue
from fieldops.queries.hotspot_frames import last_change
from fieldops.queries.maintenance import maintenance_waiting, same_maintenance_run

MOST_WAITING: Final = 5
USUAL_SEED: Final = 1


def ask_for_maintenance(
    session: Session, question: MaintenanceQuestion, by: By, *, seed: int = USUAL_SEED
) -> MaintenanceRun:
    """Ask; the worker computes. What would come out the same is given instead.

    Raises
    ------
    Conflict
        The person waits for as many as one person may.
    """
    kind = kind_of(question)
    digest = question_digest(kind, question)
    held = same_maintenance_run(session, digest, seed, last_change(session))
    if held is not None:
        return held
    if maintenance_waiting(session, by.user_id) >= MOST_WAITING:
        raise Conflict(
            "You wait for %(many)s computations already. Each takes a few seconds; please ask again then.",
            many=MOST_WAITING,
        )
    run = MaintenanceRun(
        kind=kind.value,
        question=question.facts(),
        question_digest=digest,
        seed=seed,
        user_id=by.user_id,
        created_at=clock.now(),
    )
    session.add(run)
    session.flush()
    enqueue(session, "compute_maintenance", {"run_id": run.id})
    return run
