"""The words of HTML, without its markup: for letters and posts.

Strangers choose the markup, so its time must grow with its length and no faster; Python's own parser needs
a minute for some hundred kilobytes of unfinished comments.
"""

import re
from html import unescape
from typing import Final

from fieldops.channels.loose_json import MOST_CHARACTERS

SILENT: Final = frozenset({"script", "style", "head", "title", "template", "noscript"})
LINES: Final = frozenset({"br", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "hr"})
PARAGRAPHS: Final = frozenset({"p", "blockquote", "pre"})
EMPTY: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "wbr"})

_TAG: Final = re.compile(r"(<[^<>]*>)")
_NAME: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9]{0,15})(?![A-Za-z0-9])")


def words_of_html(markup: str, *, without_quotes: bool = False) -> str:
    """Return lines of words; `without_quotes` leaves out what is quoted of an earlier letter."""
    reader = _Reader(SILENT | {"blockquote"} if without_quotes else SILENT)
    # Markup is rarely more than ten times its words.
    for piece in _TAG.split(_without_comments(markup[: 10 * MOST_CHARACTERS])):
        reader.take(piece)
    lines = (" ".join(line.split()) for line in "".join(reader.parts).split("\n"))
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip()[:MOST_CHARACTERS]


def _without_comments(markup: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := markup.find("<!--", at)) >= 0:
        kept.append(markup[at:start])
        end = markup.find("-->", start)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join(kept) + markup[at:]


class _Reader:
    def __init__(self, silent: frozenset[str]) -> None:
        self.parts: list[str] = []
        self._silent = silent
        self._leaving = ""  # the silent tag we are inside of
        self._depth = 0

    def take(self, piece: str) -> None:
        """Take a tag, or the words between two."""
        found = _NAME.match(piece) if piece.startswith("<") and piece.endswith(">") else None
        if found:
            self._take_tag(piece, found.group(1).lower())
        elif not self._leaving and not piece.startswith(("<!", "<?")):
            self.parts.append(unescape(piece).replace("\n", " "))

    def _take_tag(self, piece: str, tag: str) -> None:
        closes = piece.startswith("</")
        if self._leaving:
            if tag == self._leaving:
                self._depth += -1 if closes else 1
            if self._depth == 0:
                self._leaving = ""
        elif not closes and tag not in EMPTY and (tag in self._silent or self._is_quote(piece)):
            self._leaving, self._depth = tag, 1
        if not self._leaving and (tag in LINES or tag in PARAGRAPHS):
            self.parts.append("\n\n" if tag in PARAGRAPHS else "\n")

    def _is_quote(self, piece: str) -> bool:
        # Gmail wraps what it quotes in a div of this class, with the line "… wrote:" before it.
        return "blockquote" in self._silent and "gmail_quote" in piece
