"""Words of danger, read before any model: what hits raises the priority and calls a dispatcher.

Written to miss nothing rather than to be exact: "hampir jatuh" is a hit too.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final

from rapidfuzz.distance import OSA

from fieldops.triage.plain_words import words_of

ENDINGS: Final = ("nya", "ne", "e", "an", "lah", "i", "2")
"""Indonesian and Javanese endings that leave a word's meaning."""

NEAR: Final = 8
"""How many words apart the parts of a term with & may stand."""

TOLERANT_FROM: Final = 7
"""From this length on a word may have one letter missing, doubled or swapped with its neighbour, but not the
first. A letter exchanged for another makes another word too often ("terbuka", "terluka")."""

MOST_TYPED: Final = 20_000
"""Typed words whose meaning is remembered."""

SAID_TWICE: Final = "tiba"
"""Javanese for falling; said twice it is Indonesian for suddenly."""

Phrase = tuple[str, ...]


@dataclass(frozen=True)
class HazardWord:
    """A term of danger: one word, a phrase, or parts joined by & that stand near each other in any order.

    `code` is the danger: fall, injury, accident, water, electricity, collapse, fire, child.
    """

    code: str
    language: str
    term: str


@dataclass(frozen=True)
class Hazard:
    """A danger found in a text, with the term that found it."""

    code: str
    term: str


class HazardTerms:
    """A list of terms, made ready for being looked for in many texts.

    Parameters
    ----------
    words
        In the order in which they are tried: of several terms of one danger the first one counts.
    """

    def __init__(self, words: Iterable[HazardWord]) -> None:
        self.words = tuple(words)
        made = ((word, _parts(word.term)) for word in self.words)
        self.parts = [(word, parts) for word, parts in made if parts]
        by_letter: dict[str, set[str]] = defaultdict(set)
        for _word, parts in self.parts:
            for one in (one for part in parts for one in part):
                by_letter[one[0]].add(one)
        self._by_letter: Mapping[str, list[str]] = {
            letter: sorted(words) for letter, words in by_letter.items()
        }
        self._meant: dict[str, tuple[str, ...]] = {}

    def meant_by(self, typed: str) -> tuple[str, ...]:
        """Return the terms' words that a typed word may be; people type few words, so it is asked once."""
        found = self._meant.get(typed)
        if found is None:
            if len(self._meant) >= MOST_TYPED:
                self._meant.clear()
            found = tuple(word for word in self._by_letter.get(typed[0], ()) if is_same_word(typed, word))
            self._meant[typed] = found
        return found


@cache
def usual_hazard_words() -> tuple[HazardWord, ...]:
    """Return the words that an installation begins with."""
    file = Path(__file__).parent / "hazard_words.csv"
    with file.open(encoding="utf-8", newline="") as lines:
        return tuple(HazardWord(row["code"], row["language"], row["term"]) for row in csv.DictReader(lines))


@cache
def _usual_terms() -> HazardTerms:
    return HazardTerms(usual_hazard_words())


def find_hazards(text: str, words: Iterable[HazardWord] | HazardTerms | None = None) -> list[Hazard]:
    """Return the dangers that a text names, each code once, in the order of the list.

    Parameters
    ----------
    text
        A citizen's words; any text is taken.
    words
        The installation's list; the usual one when None. Terms of every language are looked for, since
        people mix them. A list that is used again is best made ready once.
    """
    terms = _usual_terms() if words is None else words
    if not isinstance(terms, HazardTerms):
        terms = HazardTerms(terms)
    places = _places_of(_once(words_of(text)), terms)
    found: dict[str, Hazard] = {}
    for word, parts in terms.parts if places else ():
        if parts[0][0] in places and word.code not in found and _is_said(parts, places):
            found[word.code] = Hazard(word.code, word.term)
    return list(found.values())


def _once(words: list[str]) -> list[str]:
    """Return the words without "tiba tiba"."""
    doubled = {index for index, (one, two) in enumerate(pairwise(words)) if one == two == SAID_TWICE}
    return [word for index, word in enumerate(words) if not {index, index - 1} & doubled]


def _parts(term: str) -> tuple[Phrase, ...]:
    parts = (tuple(words_of(part)) for part in term.split("&"))
    return tuple(part for part in parts if part)


def _places_of(said: Sequence[str], terms: HazardTerms) -> dict[str, set[int]]:
    """Return where each word of the terms is said."""
    places: dict[str, set[int]] = defaultdict(set)
    for at, typed in enumerate(said):
        for word in terms.meant_by(typed):
            places[word].add(at)
    return places


def _is_said(parts: tuple[Phrase, ...], places: Mapping[str, set[int]]) -> bool:
    starts = [_starts(part, places) for part in parts]
    if not starts or not all(starts):
        return False
    return any(all(any(abs(at - first) <= NEAR for at in other) for other in starts) for first in starts[0])


def _starts(phrase: Phrase, places: Mapping[str, set[int]]) -> set[int]:
    """Return where a phrase begins."""
    return {
        at
        for at in places.get(phrase[0], ())
        if all(at + step in places.get(word, ()) for step, word in enumerate(phrase))
    }


def is_same_word(typed: str, word: str) -> bool:
    """Return whether a word as typed is the word meant, with an ending or a slip of the finger."""
    if typed.startswith(word) and typed[len(word) :] in ("", *ENDINGS):
        return True
    apart = len(typed) - len(word)
    if len(word) < TOLERANT_FROM or abs(apart) > 1 or typed[0] != word[0]:
        return False
    if apart == 0 and sorted(typed) != sorted(word):
        return False
    return bool(OSA.distance(typed, word, score_cutoff=1) <= 1)
