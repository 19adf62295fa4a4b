"""Answering by figures rather than a map: which analysis answers what."""

from collections.abc import Callable
from typing import Final

from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Analysis, Question
from fieldops.installation import Installation
from fieldops.operations.analyse_bias import analyse_bias
from fieldops.operations.analyse_co_location import analyse_co_location
from fieldops.operations.analyse_rain import analyse_rain
from fieldops.operations.analyse_repeats import analyse_repeats
from fieldops.operations.analysis_jobs import Compute

ANALYSES: Final[dict[Analysis, Callable[[Session, Installation, Question, int], Compute]]] = {
    Analysis.RAIN: analyse_rain,
    Analysis.CO_LOCATION: analyse_co_location,
    Analysis.REPEATS: analyse_repeats,
    Analysis.BIAS: analyse_bias,
}


def analyse(
    session: Session, installation: Installation, question: Question, method: Analysis, seed: int
) -> Compute:
    """Read what an analysis needs, and return what computes its figures outside the transaction."""
    return ANALYSES[method](session, installation, question, seed)
