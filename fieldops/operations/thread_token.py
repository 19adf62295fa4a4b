"""What an answer brings back to say which conversation it belongs to, where a channel can carry it."""

from typing import Final

from fieldops.installation import Installation

SIGNS: Final = 16


def thread_token(installation: Installation, conversation_id: int) -> str:
    """Return a conversation's token: small letters and digits, since mail servers change capitals."""
    return f"{conversation_id}.{installation.sealer.contact_digest(f'thread {conversation_id}')[:SIGNS]}"


def conversation_of_token(installation: Installation, token: str) -> int | None:
    """Return the conversation a token was made for, None where it was not made here."""
    number, _dot, _rest = token.partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return None
    return int(number) if token.lower() == thread_token(installation, int(number)) else None
