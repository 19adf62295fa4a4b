"""Replies to begin from."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops.models import CannedReply


def replies_for(session: Session, department_id: int) -> list[CannedReply]:
    """Return the active replies of a department and those for all, in their order."""
    return list(
        session.scalars(
            select(CannedReply)
            .where(
                CannedReply.active.is_(True),
                or_(CannedReply.department_id.is_(None), CannedReply.department_id == department_id),
            )
            .order_by(CannedReply.position, CannedReply.id)
        )
    )


def all_replies(session: Session) -> list[CannedReply]:
    """Return every reply, also those switched off."""
    return list(session.scalars(select(CannedReply).order_by(CannedReply.position, CannedReply.id)))
