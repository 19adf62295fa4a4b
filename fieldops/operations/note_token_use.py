"""Remembering on which day a token was last used."""

from datetime import date

from sqlalchemy.orm import Session

from fieldops.models import ApiToken


def note_token_use(session: Session, token_id: int, day: date) -> None:
    """Set the day unless it is set; a token is asked for thousands of times a day, and written once."""
    token = session.get(ApiToken, token_id)
    if token is not None and token.last_used_on != day:
        token.last_used_on = day
