"""The terms of danger: the first ones, adding one, switching one off, taking one's own away."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import HazardTerm
from fieldops.operations.audit import write_audit
from fieldops.outbox import insert_absent
from fieldops.queries.hazard_terms import active_hazard_words, all_hazard_terms, recent_words
from fieldops.triage.hazards import HazardTerms, HazardWord, find_hazards, usual_hazard_words
from fieldops.triage.plain_words import words_of

CODES: Final = ("fall", "injury", "accident", "water", "electricity", "collapse", "fire", "child")
LANGUAGES: Final = ("id", "jv", "en")
MOST_TERM: Final = 80
MOST_PARTS: Final = 3
SHORTEST_WORD: Final = 3
"""Letters of the shortest word that is taken alone: shorter ones hide in everything people write."""
TRIED_ON: Final = 1000
"""Messages that a new term is tried on before anybody is called by it."""


def add_first_hazards(session: Session) -> None:
    """Add the terms that came with the program and are not there yet; those switched off stay so."""
    now = clock.now()
    insert_absent(
        session,
        HazardTerm,
        [
            {"code": word.code, "language": word.language, "term": word.term, "is_usual": True,
             "is_active": True, "changed_at": now}
            for word in usual_hazard_words()
        ],
    )  # fmt: skip


def add_hazard(session: Session, word: HazardWord, by: By) -> HazardTerm:
    """Add a term of the city's own.

    Raises
    ------
    InvalidInput
        The danger or the language is none of ours, or the term is empty, too long, or too short to mean
        anything; `field` names it.
    Conflict
        It is there already.
    """
    if word.code not in CODES:
        raise InvalidInput("Choose a danger.", field="code")
    if word.language not in LANGUAGES:
        raise InvalidInput("Choose a language.", field="language")
    term = _usual_form(word.term)
    if any(
        (row.code, row.language, row.term) == (word.code, word.language, term)
        for row in all_hazard_terms(session)
    ):
        raise Conflict("This term is in the list already.", field="term")
    row = HazardTerm(
        code=word.code, language=word.language, term=term, is_usual=False, is_active=True,
        changed_at=clock.now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    write_audit(session, by, "hazard_term_added", "hazard_term", row.id)
    return row


def switch_hazard(session: Session, term_id: int, *, is_active: bool, by: By) -> HazardTerm:
    """Use a term, or use it no longer.

    Raises
    ------
    NotFound
        There is no such term.
    """
    row = session.get(HazardTerm, term_id)
    if row is None:
        raise NotFound("There is no such term.")
    if row.is_active != is_active:
        row.is_active, row.changed_at = is_active, clock.now()
        what = "hazard_term_on" if is_active else "hazard_term_off"
        write_audit(session, by, what, "hazard_term", row.id)
    return row


def would_hit(session: Session, word: HazardWord) -> tuple[int, int]:
    """Return how many of the last messages a term would newly have called a danger, and of how many."""
    words = recent_words(session, TRIED_ON)
    present, term = HazardTerms(active_hazard_words(session)), HazardTerms([word])
    newly = sum(1 for text in words if find_hazards(text, term) and not find_hazards(text, present))
    return newly, len(words)


def _usual_form(term: str) -> str:
    """Return a term in small letters with its parts joined by " & ".

    Raises
    ------
    InvalidInput
        See `add_hazard`.
    """
    parts = [" ".join(words_of(part)) for part in term.split("&")]
    usual = " & ".join(part for part in parts if part)
    if not usual:
        raise InvalidInput("This is needed.", field="term")
    if len(usual) > MOST_TERM or len(parts) > MOST_PARTS:
        raise InvalidInput(
            "A term may have %(most)s characters and %(parts)s parts.",
            field="term", most=MOST_TERM, parts=MOST_PARTS,
        )  # fmt: skip
    if len(usual.replace(" ", "")) < SHORTEST_WORD:
        raise InvalidInput(
            "A term needs at least three letters; shorter ones are in every message.", field="term"
        )
    return usual
