"""Staff accounts: making them, changing them, signing in."""

import secrets
from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM, By, Role
from fieldops.errors import Conflict, InvalidInput
from fieldops.i18n import LANGUAGES
from fieldops.models import User, UserRole
from fieldops.operations.audit import write_audit
from fieldops.operations.keep_device import forget_devices
from fieldops.queries.users import user_by_login

LEAST_PASSWORD = 10
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Return the hash of no password: an unknown login takes as long to refuse as a wrong password."""
    return _hasher.hash(secrets.token_hex(16))


def add_user(
    session: Session,
    *,
    login: str,
    name: str,
    password: str,
    roles: Iterable[str],
    by: By | None,
    department_id: int | None = None,
) -> User:
    """Make an account.

    Raises
    ------
    InvalidInput
        An empty name, an unknown role, or a password under ten characters.
    Conflict
        The login name is taken.
    """
    login, name = login.strip().lower(), name.strip()
    if not login or not name:
        raise InvalidInput("A login name and a name are needed.", field="login" if not login else "name")
    if session.scalar(select(User.id).where(User.login == login)):
        raise Conflict("The login name %(login)s is taken.", field="login", login=login)
    user = User(
        login=login,
        name=name,
        password_hash=_hashed(password),
        department_id=department_id,
        session_key=secrets.token_hex(16),
    )
    session.add(user)
    session.flush()
    set_roles(session, user, roles)
    write_audit(session, by or THE_SYSTEM, "user_added", "user", user.id)
    return user


def set_roles(session: Session, user: User, roles: Iterable[str]) -> None:
    """Replace a user's roles.

    Raises
    ------
    InvalidInput
        No role, or one that does not exist.
    """
    try:
        chosen = sorted({Role(code) for code in roles})
    except ValueError as error:
        raise InvalidInput("There is no such role: %(why)s.", field="roles", why=error) from None
    if not chosen:
        raise InvalidInput("Choose at least one role.", field="roles")
    session.execute(delete(UserRole).where(UserRole.user_id == user.id))
    session.add_all(
        UserRole(user_id=user.id, role=role.value, department_id=user.department_id) for role in chosen
    )
    session.flush()


def set_password(session: Session, user: User, password: str, by: By, *, device_digest: str = "") -> None:
    """Give a new password and end all other sessions; only the browser with this secret is told any more."""
    user.password_hash = _hashed(password)
    user.session_key = secrets.token_hex(16)
    forget_devices(session, user.id, but_digest=device_digest)
    write_audit(session, by, "password_set", "user", user.id)


def set_active(session: Session, user: User, active: bool, by: By) -> None:
    """Let an account in or keep it out; its sessions end at once, and its devices are told no more."""
    user.active = active
    user.session_key = secrets.token_hex(16)
    forget_devices(session, user.id)
    write_audit(session, by, "user_activated" if active else "user_deactivated", "user", user.id)


def set_language(user: User, language: str) -> None:
    """Remember the language of an account's pages and letters.

    Raises
    ------
    InvalidInput
        A language that FieldOps does not speak.
    """
    if language not in LANGUAGES:
        raise InvalidInput("Choose one of the languages.", field="language")
    user.language = language


def check_password(session: Session, login: str, password: str) -> User:
    """Return the account when the password is right. Reads only: hashing is slow on purpose, and no other
    writer should wait for it.

    Raises
    ------
    InvalidInput
        Unknown name or wrong password, one sentence for both; the same time is spent on either.
    """
    user = user_by_login(session, login)
    try:
        _hasher.verify(user.password_hash if user else _nobody(), password)
    except (VerifyMismatchError, InvalidHashError):
        user = None
    if user is None:
        raise InvalidInput("The name or the password is wrong.", field="password")
    return user


def note_sign_in(session: Session, user_id: int) -> User:
    """Remember when an account was last used."""
    user = session.get_one(User, user_id)
    user.last_seen_at = clock.now()
    return user


def _hashed(password: str) -> str:
    if len(password) < LEAST_PASSWORD:
        raise InvalidInput(
            "A password needs at least %(least)s characters.", field="password", least=LEAST_PASSWORD
        )
    return _hasher.hash(password)
