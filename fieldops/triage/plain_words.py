"""A citizen's text, cut to size and made plain: the one form that everything here reads."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

MOST_SIGNS: Final = 4_000
"""More than the longest message of any channel; the rest of a longer text is not read."""

WORD: Final = re.compile(r"[^\W_]+")
REPEATED: Final = re.compile(r"(.)\1{2,}")
DIGIT: Final = re.compile(r"\d")


def cut(text: str) -> str:
    """Return at most `MOST_SIGNS` signs of a text, in the usual form of Unicode, control signs as spaces."""
    usual = unicodedata.normalize("NFKC", text[:MOST_SIGNS])[:MOST_SIGNS]
    if usual.isprintable():
        return usual
    return "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in usual)


@lru_cache(maxsize=16)  # hazards, severity, intent and language read one text, each in its turn
def plain(text: str) -> str:
    """Return a text in small letters, with no letter more than twice in a row."""
    return REPEATED.sub(r"\1\1", cut(text).lower())


def without_figures(text: str) -> str:
    """Return a plain text with every digit as 0, so that no number of a person or house is ever learned."""
    return plain(DIGIT.sub("0", cut(text)))


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, without signs between them."""
    return WORD.findall(plain(text))
