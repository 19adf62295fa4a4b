"""Asking for a map of hotspots or an analysis: a row with the question, and a task for the worker."""

import hashlib
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.hotspot_questions import Question
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.models import HotspotRun
from fieldops.outbox import enqueue
from fieldops.queries.hotspot_frames import kept_figures_mark, last_change
from fieldops.queries.hotspots import same_run, waiting_of

MOST_WAITING: Final = 5
"""How many maps one person may have in the making."""

USUAL_SEED: Final = 1


def ask_for_hotspots(
    session: Session, question: Question, by: By, *, seed: int = USUAL_SEED, standing: str = ""
) -> HotspotRun:
    """Ask for a map or an analysis; the worker computes it. One that would come out the same is given
    instead: of the same question and seed, after the same change of the map, with the same rain, residents
    and finished work.

    Parameters
    ----------
    standing
        The name of the standing question that this run answers, empty for one that a person asked.

    Raises
    ------
    Conflict
        The person waits for as many maps as one person may.
    """
    seen = last_change(session)
    digest = hashlib.sha256(f"{question.digest} {kept_figures_mark(session)}".encode()).hexdigest()
    held = same_run(session, digest, seed, seen)
    if held is not None and held.standing == standing:
        return held
    if not standing and waiting_of(session, by.user_id) >= MOST_WAITING:
        raise Conflict(
            "You wait for %(many)s maps already. They take a few seconds each; please ask again then.",
            many=MOST_WAITING,
        )
    run = HotspotRun(
        method=question.method.value,
        question=question.facts(),
        question_digest=digest,
        standing=standing,
        seed=seed,
        user_id=by.user_id,
        created_at=clock.now(),
    )
    session.add(run)
    session.flush()
    enqueue(session, "compute_hotspots", {"run_id": run.id})
    return run
