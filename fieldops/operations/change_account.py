"""What an administrator changes about a staff account, guarded against two at once and against lock-out."""

from collections.abc import Iterable

from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from fieldops.domain.roles import By, Role
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import User
from fieldops.operations.audit import write_audit
from fieldops.operations.change_user import set_active, set_password, set_roles


def account_as_shown(session: Session, user_id: int, version: int) -> User:
    """Return an account as the page showed it, and mark it changed, so that a second page is stale.

    Raises
    ------
    NotFound
        There is no such account.
    Conflict
        Somebody else changed it since.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    if user.version != version:
        raise Conflict("Somebody else changed this account in the meantime. This is its state now.")
    flag_modified(user, "name")
    return user


def change_account(
    session: Session,
    user_id: int,
    version: int,
    *,
    name: str,
    roles: Iterable[str],
    department_id: int | None,
    by: By,
) -> User:
    """Set an account's name, department and roles.

    Raises
    ------
    InvalidInput
        No name, or no role.
    Conflict
        It was changed meanwhile, or an administrator would lock themselves out.
    """
    user = account_as_shown(session, user_id, version)
    chosen = list(roles)
    if not name.strip():
        raise InvalidInput("This is needed.", field="name")
    if user.id == by.user_id and Role.ADMIN.value not in chosen:
        raise Conflict("You cannot take the administrator's role from yourself.", field="roles")
    user.name, user.department_id = name.strip(), department_id
    set_roles(session, user, chosen)
    write_audit(session, by, "user_changed", "user", user.id, roles=sorted(chosen))
    return user


def switch_account(session: Session, user_id: int, version: int, active: bool, by: By) -> User:
    """Let an account in, or keep it out.

    Raises
    ------
    Conflict
        It was changed meanwhile, or it is the administrator's own.
    """
    user = account_as_shown(session, user_id, version)
    if user.id == by.user_id:
        raise Conflict("You cannot switch off your own account.")
    set_active(session, user, active, by)
    return user


def reset_password(session: Session, user_id: int, version: int, password: str, by: By) -> User:
    """Give an account a new password; its sessions end."""
    user = account_as_shown(session, user_id, version)
    set_password(session, user, password, by)
    return user
