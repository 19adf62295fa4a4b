"""Writing down who did what."""

from typing import Any

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.models import AuditEntry


def write_audit(session: Session, by: By, act: str, thing: str, thing_id: int | None, **facts: Any) -> None:
    """Append one line; `facts` are codes and figures, never personal data."""
    session.add(
        AuditEntry(at=clock.now(), user_id=by.user_id, act=act, thing=thing, thing_id=thing_id, facts=facts)
    )
