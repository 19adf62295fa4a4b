"""Learning the suggestions anew from the starter sentences and from words that staff confirmed."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.installation import Installation
from fieldops.models import TriageModel
from fieldops.queries.services import active_services
from fieldops.queries.triage import active_version, all_versions, confirmed_words, inbox_words
from fieldops.triage.classifier import Model
from fieldops.triage.hazards import usual_hazard_words
from fieldops.triage.labelled import (
    NOT_A_COMPLAINT,
    Sentence,
    frozen_sentences,
    starter_sentences,
)
from fieldops.triage.language import language_of
from fieldops.triage.model_card import make_card, sources
from fieldops.triage.plain_words import without_figures
from fieldops.triage.shipped import shipped_card
from fieldops.triage.training import train_with_proof

UnitOfWork = Callable[[], AbstractContextManager[Session]]

KEPT_VERSIONS: Final = 10
MAY_LOSE: Final = 0.02
"""A new version whose macro-F1 on the frozen set is lower than the active one's by more is kept, not used."""


def train_triage(installation: Installation, unit_of_work: UnitOfWork) -> int | None:
    """Learn a new version and use it, unless it is worse or a person chose another; return its number.

    Returns None when there is nothing new to learn from. What is learned from is read before and what is
    learned is written after, so that no transaction is open for the minute in between.

    Raises
    ------
    InvalidInput
        There are too few sentences for the city's kinds of report.
    """
    del installation  # its city's kinds are rows
    with unit_of_work() as session:
        sentences = _sentences(session)
        digest = _digest(sentences)
        if any(version.sentences_digest == digest for version in all_versions(session)):
            return None
    model, proof = train_with_proof(sentences)
    card = make_card(model, proof, frozen_sentences(), usual_hazard_words()) | {"sources": sources(sentences)}
    with unit_of_work() as session:
        return _keep(session, model, card, sentences, digest)


def _sentences(session: Session) -> list[Sentence]:
    """Return what may be learned from: starter sentences about kinds on offer, and confirmed words."""
    codes = {service.code for service in active_services(session)} | {NOT_A_COMPLAINT}
    frozen = {without_figures(sentence.text).strip() for sentence in frozen_sentences()}
    confirmed = [
        Sentence(words, language_of(words), code, origin="confirmed")
        for words, code in confirmed_words(session)
        if code in codes and without_figures(words).strip() not in frozen
    ]
    sorted_by_hand = [
        Sentence(words, language_of(words), code or NOT_A_COMPLAINT, origin="inbox")
        for words, code in inbox_words(session)
        if (code or NOT_A_COMPLAINT) in codes and without_figures(words).strip() not in frozen
    ]
    # What a report says goes before what a conversation was taken for: of the same words the last one counts.
    return [*(one for one in starter_sentences() if one.label in codes), *sorted_by_hand, *confirmed]


def _digest(sentences: Sequence[Sentence]) -> str:
    """Return what tells two lots of sentences apart; not a copy of any of them."""
    lines = sorted(f"{one.label}\0{one.made}\0{without_figures(one.text)}" for one in sentences)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _keep(
    session: Session, model: Model, card: dict[str, Any], sentences: Sequence[Sentence], digest: str
) -> int:
    now = clock.now()
    versions = {version.id: version for version in all_versions(session)}
    before = versions.get(active_version(session) or 0)
    is_used = not _is_worse(card, before.card if before else shipped_card())
    is_used = is_used and not (before and before.is_held)
    if is_used:
        session.execute(update(TriageModel).values(is_active=False))
    version = TriageModel(
        trained_at=now,
        sentences=len(sentences),
        confirmed=sum(one.origin != "starter" for one in sentences),
        sentences_digest=digest,
        data=model.to_bytes(),
        card=card,
        is_active=is_used,
        activated_at=now if is_used else None,
    )
    session.add(version)
    session.flush()
    for old in sorted(versions, reverse=True)[KEPT_VERSIONS - 1 :]:
        if versions[old] is not before:
            session.delete(versions[old])
    session.flush()
    return version.id


def _is_worse(card: dict[str, Any], before: dict[str, Any]) -> bool:
    """Return whether a card is clearly worse than another. Cards of other kinds of report were measured on
    another part of the frozen set and do not compare.
    """
    new, old = (held.get("frozen", {}).get("macro_f1") for held in (card, before))
    if new is None or old is None or new["n"] != old["n"]:
        return False
    return bool(new["value"] < old["value"] - MAY_LOSE)
