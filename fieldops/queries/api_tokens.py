"""Tokens of other programs: whose they are, as of now."""

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import Role
from fieldops.models import ApiToken, User, UserRole


@dataclass(frozen=True)
class TokenHolder:
    """Who a token stands for, and what parts they have at this moment."""

    token_id: int
    user_id: int
    last_used_on: date | None
    roles: frozenset[Role]


def token_digest(token: str) -> str:
    """Return what a token is stored as."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_holder(session: Session, token: str) -> TokenHolder | None:
    """Return who a token stands for; None when it is unknown or revoked, or its account is switched off.

    Asked of the database at every request, so that a change of account or role holds at once.
    """
    found = session.execute(
        select(ApiToken.id, ApiToken.user_id, ApiToken.last_used_on)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.digest == token_digest(token), ApiToken.revoked_at.is_(None), User.active.is_(True))
    ).first()
    if found is None:
        return None
    codes = session.scalars(select(UserRole.role).where(UserRole.user_id == found.user_id))
    return TokenHolder(found.id, found.user_id, found.last_used_on, frozenset(Role(code) for code in codes))


def living_tokens(session: Session, user_id: int) -> list[ApiToken]:
    """Return an account's tokens that are not revoked, the youngest first."""
    return list(
        session.scalars(
            select(ApiToken)
            .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
            .order_by(ApiToken.id.desc())
        )
    )
