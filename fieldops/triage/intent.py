"""What a message wants: to complain, to ask, to greet, or an end to our messages. Doubt is a complaint."""

from enum import StrEnum
from typing import Final

from fieldops.triage.plain_words import plain, words_of
from fieldops.triage.word_lists import word_list


class Intent(StrEnum):
    """What a message is taken for."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    GREETING = "greeting"
    STOP = "stop"


GREETINGS: Final = word_list("greetings")
THANKS: Final = word_list("thanks")
ADDRESS: Final = word_list("address")
STOPS: Final = word_list("stops")
STOP_SIGNS: Final = (
    "stop", "berhenti", "hentikan", "unsubscribe", "mandheg", "jangan kirim", "aja dikirimi",
    "no more messages", "hapus nomor", "tidak usah kirim", "ga usah kirim", "gak usah kirim",
)  # fmt: skip
MOST_STOP_WORDS: Final = 8
ASKING: Final = word_list("asking")
SURE: Final = 0.8
"""From this probability on the classifier's "no complaint" is believed (ours)."""


def intent_of(text: str, *, no_complaint: float, has_evidence: bool) -> Intent:
    """Return what a message is taken for.

    Parameters
    ----------
    text
        The words of the message.
    no_complaint
        The classifier's probability that this is no complaint; 0 without a classifier.
    has_evidence
        The message came with a photo or a position, or its words name a danger or a place: then it is never
        taken for a greeting or a question.
    """
    words = words_of(text)
    if _is_stop(plain(text), words) and not has_evidence:
        return Intent.STOP
    if has_evidence:
        return Intent.COMPLAINT
    if not words or all(word in GREETINGS | THANKS | ADDRESS for word in words):
        return Intent.GREETING
    if no_complaint < SURE:
        return Intent.COMPLAINT
    asks = "?" in text or any(word in ASKING for word in words)
    return Intent.QUESTION if asks else Intent.GREETING


def _is_stop(text: str, words: list[str]) -> bool:
    if not 0 < len(words) <= MOST_STOP_WORDS or not any(sign in text for sign in STOP_SIGNS):
        return False
    return sum(word in STOPS or word in ADDRESS for word in words) >= len(words) - 1
