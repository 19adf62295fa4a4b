"""Calls of crews for help: what is open, and what a crew was answered."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import Crew, HelpCall, Stop, WorkOrder


@dataclass(frozen=True)
class CallShown:
    """A call with the crew, and the stop and its order where it was made at one."""

    call: HelpCall
    crew: Crew
    stop: Stop | None
    order: WorkOrder | None


def get_call(session: Session, call_id: int) -> HelpCall:
    """Return a call or raise NotFound."""
    found = session.get(HelpCall, call_id)
    if found is None:
        raise NotFound("There is no such call for help.")
    return found


def call_by_key(session: Session, client_key: str) -> HelpCall | None:
    """Return the call that a form's key made."""
    return session.scalar(select(HelpCall).where(HelpCall.client_key == client_key))


def calls_shown(
    session: Session, answered_since: datetime, crew_ids: Collection[int] | None = None
) -> list[CallShown]:
    """Return the open calls, then those answered since a moment; of each the newest first."""
    rows = (
        select(HelpCall, Crew, Stop, WorkOrder)
        .join(Crew, Crew.id == HelpCall.crew_id)
        .outerjoin(Stop, Stop.id == HelpCall.stop_id)
        .outerjoin(WorkOrder, WorkOrder.id == Stop.work_order_id)
        .where(or_(HelpCall.answered_at.is_(None), HelpCall.answered_at >= answered_since))
        .order_by(HelpCall.answered_at.is_not(None), HelpCall.id.desc())
    )
    if crew_ids is not None:
        rows = rows.where(HelpCall.crew_id.in_(list(crew_ids)))
    return [CallShown(*row) for row in session.execute(rows)]


def open_calls(session: Session) -> int:
    """Return how many calls nobody has answered."""
    return session.scalar(select(func.count(HelpCall.id)).where(HelpCall.answered_at.is_(None))) or 0
