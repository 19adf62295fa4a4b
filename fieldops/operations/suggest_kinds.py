"""Which kinds of report words may mean while somebody is still typing them; kept nowhere."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import Service
from fieldops.operations.suggest_triage import open_hazards, open_model
from fieldops.queries.services import active_services
from fieldops.queries.triage import active_version
from fieldops.triage.hazards import Hazard, find_hazards
from fieldops.triage.intent import SURE

LEAST_SIGNS: Final = 8
"""Shorter words say too little."""
MOST_KINDS: Final = 3
LEAST_CHANCE: Final = 0.08
"""Kinds less likely than this only distract (ours)."""


@dataclass(frozen=True)
class KindSuggestion:
    """At most three kinds on offer, the likeliest first, and the dangers that the words name."""

    services: tuple[Service, ...] = ()
    hazards: tuple[Hazard, ...] = ()


def suggest_kinds(session: Session, installation: Installation, text: str) -> KindSuggestion:
    """Return what words may mean; any text is taken, only its first 4,000 signs are read, nothing is kept.

    Dangers are looked for before any model. What the model takes for no report at all gets no kinds, rather
    than unlikely ones.
    """
    if len(text.strip()) < LEAST_SIGNS:
        return KindSuggestion()
    hazards = tuple(find_hazards(text, open_hazards(session, installation)))
    model = open_model(session, installation, active_version(session))
    found = model.suggest(text, most=len(model.labels))
    if found.no_complaint >= SURE and not hazards:
        return KindSuggestion()
    known = {service.code: service for service in active_services(session)}
    likely = [
        known[guess.label]
        for guess in found.guesses
        if guess.probability >= LEAST_CHANCE and guess.label in known
    ]
    return KindSuggestion(tuple(likely[:MOST_KINDS]), hazards)
