"""Names of staff for histories, and the log of what they did."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.domain.roles import Role
from fieldops.errors import NotFound
from fieldops.models import AuditEntry, Department, User, UserRole

PAGE = 100


def names_of(session: Session, user_ids: Collection[int | None]) -> dict[int, str]:
    """Return the names of these accounts."""
    wanted = {number for number in user_ids if number is not None}
    rows = session.execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in rows}


@dataclass(frozen=True)
class AuditPage:
    """One page of the log: rows of (entry, who), newest first."""

    rows: list[tuple[AuditEntry, str | None]]
    page: int
    pages: int
    total: int


def audit_log(session: Session, page: int, act: str = "") -> AuditPage:
    """Return a page of what staff did, or only of one act."""
    narrow = [AuditEntry.act == act] if act else []
    total = session.scalar(select(func.count()).select_from(AuditEntry).where(*narrow)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = session.execute(
        select(AuditEntry, User.name)
        .outerjoin(User, User.id == AuditEntry.user_id)
        .where(*narrow)
        .order_by(AuditEntry.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return AuditPage([(entry, name) for entry, name in rows], page, pages, total)


def audit_acts(session: Session) -> list[str]:
    """Return the acts that the log holds."""
    return list(session.scalars(select(AuditEntry.act).distinct().order_by(AuditEntry.act)))


def crew_leaders(session: Session) -> list[User]:
    """Return the active accounts that may lead a crew, by name."""
    return list(
        session.scalars(
            select(User)
            .join(UserRole, UserRole.user_id == User.id)
            .where(UserRole.role == Role.CREW_LEADER.value, User.active.is_(True))
            .order_by(User.name)
        )
    )


def get_user(session: Session, user_id: int) -> User:
    """Return an account or raise NotFound."""
    found = session.get(User, user_id)
    if found is None:
        raise NotFound("There is no such account.")
    return found


def departments(session: Session) -> list[Department]:
    """Return every department by name, also those no longer active."""
    return list(session.scalars(select(Department).order_by(Department.name)))


def active_departments(session: Session) -> list[Department]:
    """Return the departments that answer for something now, by name."""
    return [one for one in departments(session) if one.active]
