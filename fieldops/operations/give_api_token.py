"""Giving a member of staff a token for another program, and taking it back."""

import secrets
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import ApiToken
from fieldops.operations.audit import write_audit
from fieldops.queries.api_tokens import living_tokens, token_digest

TOKEN_BYTES: Final = 32
MOST_TOKENS: Final = 20
"""Living tokens of one account (ours): a program each, not a file full of them."""
MOST_LETTERS: Final = 80


def give_api_token(session: Session, user_id: int, name: str, by: By) -> tuple[ApiToken, str]:
    """Make a token and return its row and the token itself, which nobody can show again.

    Raises
    ------
    InvalidInput
        No name, or too long a one.
    Conflict
        The account has as many tokens as it may.
    """
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("Name the program or the machine that the token is for.", field="name")
    if len(name) > MOST_LETTERS:
        raise InvalidInput(
            "The name has %(found)s letters; at most %(most)s fit.",
            field="name", found=len(name), most=MOST_LETTERS,
        )  # fmt: skip
    if len(living_tokens(session, user_id)) >= MOST_TOKENS:
        raise Conflict(
            "You have %(most)s tokens already. Revoke one that you no longer use.",
            field="name", most=MOST_TOKENS,
        )  # fmt: skip
    secret = secrets.token_urlsafe(TOKEN_BYTES)
    token = ApiToken(user_id=user_id, name=name, digest=token_digest(secret), created_at=clock.now())
    session.add(token)
    session.flush()
    write_audit(session, by, "api_token_given", "api_token", token.id)
    return token, secret


def revoke_api_token(session: Session, user_id: int, token_id: int, by: By) -> ApiToken:
    """Take a token back at once; one that is revoked already stays so.

    Raises
    ------
    NotFound
        The account has no such token.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != user_id:
        raise NotFound("There is no such token.")
    if token.revoked_at is None:
        token.revoked_at = clock.now()
        write_audit(session, by, "api_token_revoked", "api_token", token.id)
    return token
