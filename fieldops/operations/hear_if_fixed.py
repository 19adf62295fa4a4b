"""Hearing in the chat whether a repair holds, after we asked: a plain yes or no; a person reads the rest."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops.errors import FieldOpsError
from fieldops.installation import Installation
from fieldops.models import Conversation, ConversationMessage
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.run_clocks import note_change
from fieldops.queries.reporters import is_author
from fieldops.queries.requests import get_request

YES: Final = frozenset(
    {"sudah", "sdh", "udah", "ya", "iya", "beres", "sampun", "wis", "nggih", "yes", "fixed", "done", "thanks"}
    | {"terima", "kasih", "matur", "nuwun", "sae", "bagus", "rapi", "it", "is", "thank", "you"}
)
"""An answer all of these words is a yes."""
SURE: Final = frozenset(
    {"sudah", "sdh", "udah", "ya", "iya", "beres", "sampun", "wis", "nggih", "yes", "fixed"}
)
"""And one of these must be among them: thanks alone say nothing."""
NO: Final = frozenset({"belum", "blm", "blum", "dereng", "durung", "no", "not", "masih", "tidak", "ora"})
"""An answer that begins with one of these is a no, and its words say what is wrong."""
LONGEST_YES: Final = 5
ASKED: Final = "ask_if_fixed"


def hear_if_fixed(
    session: Session, installation: Installation, conversation: Conversation, rows: list[ConversationMessage]
) -> str | None:
    """Take the answer to our question when it is plain; returns "yes", "no", or None for a person to read.

    It counts for the one whose report it is, as on the page behind their link. "No" opens the report again.
    """
    said = _answer(rows)
    if said is None or conversation.request_id is None:
        return None
    request = get_request(session, conversation.request_id)
    if not is_author(session, request.id, conversation.person_id):
        return None
    try:
        answer_if_fixed(session, installation, request, said, rows[-1].words)
    except FieldOpsError:
        return None  # the report has gone on since: an official reads it
    rows[-1].facts = rows[-1].facts | {"fixed": said}
    note_change(session, conversation, "said_fixed" if said == "yes" else "said_not_fixed")
    return said


def _answer(rows: list[ConversationMessage]) -> str | None:
    """Return what the last message answers to our question, if it is the first one since."""
    if len(rows) < 2 or rows[-1].direction != "in" or "fixed" in rows[-1].facts:
        return None
    if rows[-2].facts.get("news") != ASKED:
        return None
    words = [word.strip(".,!?").casefold() for word in rows[-1].words.split()]
    if not words:
        return None
    if words[0] in NO:
        return "no"
    plain = len(words) <= LONGEST_YES and set(words) <= YES and bool(set(words) & SURE)
    return "yes" if plain else None
