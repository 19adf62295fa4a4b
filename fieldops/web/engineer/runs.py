"""What the pages of a computed run share: asking for it, waiting for it, the period before and after."""

from typing import Final

from flask import Response, make_response

from fieldops import clock, i18n
from fieldops.domain.hotspot_questions import Question
from fieldops.domain.roles import Right
from fieldops.errors import InvalidInput
from fieldops.extensions import db
from fieldops.models import HotspotRun, MaintenanceRun
from fieldops.operations.ask_for_hotspots import USUAL_SEED, ask_for_hotspots
from fieldops.queries.hotspots import BEING_MADE
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.engineer.hotspot_forms import offer
from fieldops.web.engineer.hotspot_words import question_of

PATIENCE_S: Final = 120


def is_late(run: HotspotRun | MaintenanceRun) -> bool:
    """Say whether a run that is not done takes longer than it should."""
    return run.state in BEING_MADE and (clock.now() - run.created_at).total_seconds() > PATIENCE_S


def ask_for(question: Question, seed: int = USUAL_SEED) -> HotspotRun:
    """Let the worker compute a question for who is signed in; with an earlier run's seed, as that was."""
    by = acting(Right.SEE_MAPS)
    with transaction() as session:
        return ask_for_hotspots(session, question, by, seed=seed)


def repeat(run: HotspotRun) -> HotspotRun:
    """Ask the same again, with the reports as they are now."""
    return ask_for(question_of(run), run.seed)


def move(run: HotspotRun, to: str) -> HotspotRun:
    """Ask the same of the period before, or after as far as days are over.

    Raises
    ------
    InvalidInput
        There is no later period yet.
    """
    question = question_of(run)
    if to == "before":
        return ask_for(question.moved(-question.days))
    ahead = min(question.days, (offer(db.session()).yesterday - question.last).days)
    if to != "after" or ahead <= 0:
        raise InvalidInput("There is no later period yet.", field="to")
    return ask_for(question.moved(ahead))


def ordered_languages() -> tuple[str, ...]:
    """Return the languages, the reader's first."""
    own = i18n.language()
    return (own, *(code for code in i18n.LANGUAGES if code != own))


def sent(run: HotspotRun, name: str, body: bytes, ending: str, mimetype: str) -> Response:
    """Return a file of a run, named after what it is, its number and its period."""
    answer = make_response(body)
    answer.mimetype = mimetype
    question = question_of(run)
    named = f"fieldops-{name}-{run.id}-{question.first}-{question.last}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{named}"'
    return answer
