"""The terms of danger that an installation looks for."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import ConversationMessage, HazardTerm
from fieldops.triage.hazards import HazardWord

Stamp = tuple[int, int, datetime | None]


def hazard_stamp(session: Session) -> Stamp:
    """Return figures that change with any of the terms: all, those in use, the last change."""
    in_use = func.count(HazardTerm.id).filter(HazardTerm.is_active.is_(True))
    count, active, changed_at = session.execute(
        select(func.count(HazardTerm.id), in_use, func.max(HazardTerm.changed_at))
    ).one()
    return count, active, changed_at


def active_hazard_words(session: Session) -> list[HazardWord]:
    """Return the terms in use, in the order in which they are tried."""
    rows = session.execute(
        select(HazardTerm.code, HazardTerm.language, HazardTerm.term)
        .where(HazardTerm.is_active.is_(True))
        .order_by(HazardTerm.id)
    )
    return [HazardWord(code, language, term) for code, language, term in rows]


def all_hazard_terms(session: Session) -> list[HazardTerm]:
    """Return every term, also those switched off, by danger, language and term."""
    return list(
        session.scalars(select(HazardTerm).order_by(HazardTerm.code, HazardTerm.language, HazardTerm.term))
    )


def recent_words(session: Session, most: int) -> list[str]:
    """Return what people wrote last, a message each, newest first."""
    return list(
        session.scalars(
            select(ConversationMessage.words)
            .where(ConversationMessage.direction == "in", ConversationMessage.words != "")
            .order_by(ConversationMessage.id.desc())
            .limit(most)
        )
    )
