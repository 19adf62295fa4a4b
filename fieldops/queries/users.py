"""Staff accounts and their roles."""

from flask import g, has_request_context
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import RIGHTS, Right, Role
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


def departments_of(session: Session, user_id: int, right: Right) -> frozenset[int] | None:
    """Return the departments in which a user's roles carry a right; None: in all of them."""
    carrying = [role.value for role, rights in RIGHTS.items() if right in rights]
    found = set(
        session.scalars(
            select(UserRole.department_id).where(UserRole.user_id == user_id, UserRole.role.in_(carrying))
        )
    )
    return None if None in found else frozenset(number for number in found if number is not None)


def users_with(session: Session, right: Right) -> list[User]:
    """Return the active accounts whose roles carry a right, by name."""
    carrying = [role.value for role, rights in RIGHTS.items() if right in rights]
    return list(
        session.scalars(
            select(User)
            .where(
                User.active.is_(True),
                User.id.in_(select(UserRole.user_id).where(UserRole.role.in_(carrying))),
            )
            .order_by(User.name)
        )
    )


def user_by_login(session: Session, login: str) -> User | None:
    """Return the active account of this login name; letters' case does not matter."""
    return session.scalar(select(User).where(User.login == login.strip().lower(), User.active.is_(True)))


def all_users(session: Session) -> list[tuple[User, list[Role]]]:
    """Return every account with its roles, by name."""
    roles: dict[int, list[Role]] = {}
    for row in session.scalars(select(UserRole).order_by(UserRole.role)):
        roles.setdefault(row.user_id, []).append(Role(row.role))
    return [(user, roles.get(user.id, [])) for user in session.scalars(select(User).order_by(User.name))]
