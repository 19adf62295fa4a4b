"""What an answer brings back to say which conversation it belongs to, where a channel can carry it."""

from typing import Final

from fieldops.installation import Installation

SIGNS: Final = 16


def thread_token(installation: Installation, conversation_id: int) -> str:
    """Return a conversation's token: small letters and digits, since mail servers change capitals."""
    return f"{conversation_id}.{installation.sealer.stamp(f'thread {conversation_id}')[:SIGNS]}"


def conversation_of_token(installation: Installation, token: str) -> int | None:
    """Return the conversation a token was made for, None where it was not made here."""
    number, _dot, rest = token.lower().partition(".")
    if not (number.isascii() and number.isdigit() and len(number) < 12):
        return None
    sealer, words = installation.sealer, f"thread {int(number)}"
    # Letters of versions before 0015 carry one by the contact key: they hold as long as that key does.
    known = (sealer.stamp(words), *sealer.contact_digests(words))
    return int(number) if rest in [one[:SIGNS] for one in known] else None
