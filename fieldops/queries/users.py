"""Staff accounts and their roles."""

from flask import g, has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import Role
from fieldops.models import User, UserRole


def roles_of(session: Session, user_id: int) -> frozenset[Role]:
    """Return the roles of a user; asked of the database once a request."""
    if has_request_context() and (held := g.get("roles")) and held[0] == user_id:
        return held[1]  # type: ignore[no-any-return]
    found = session.scalars(select(UserRole.role).where(UserRole.user_id == user_id))
    roles = frozenset(Role(code) for code in found)
    if has_request_context():
        g.roles = (user_id, roles)
    return roles


def user_by_login(session: Session, login: str) -> User | None:
    """Return the active account of this login name; letters' case does not matter."""
    return session.scalar(select(User).where(User.login == login.strip().lower(), User.active.is_(True)))


def all_users(session: Session) -> list[tuple[User, list[Role]]]:
    """Return every account with its roles, by name."""
    roles: dict[int, list[Role]] = {}
    for row in session.scalars(select(UserRole).order_by(UserRole.role)):
        roles.setdefault(row.user_id, []).append(Role(row.role))
    return [(user, roles.get(user.id, [])) for user in session.scalars(select(User).order_by(User.name))]
