"""Names of a city's places, and finding them in words that are typed in haste.

`Gazetteer` is all that the finder of places needs; `NameIndex` keeps it in memory for a process.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Protocol

import numpy as np
from rapidfuzz.distance import Indel
from scipy.sparse import csr_array
from shapely.geometry.base import BaseGeometry

from fieldops.triage.plain_words import words_of
from fieldops.triage.word_lists import word_list

SHORTEST_SLIP: Final = 6
"""Names with fewer letters must be typed exactly: one wrong letter makes another name."""
LEAST_SHARED: Final = 0.5
"""Share of trigrams that two names have in common before they are compared letter by letter."""
MOST_COMPARED: Final = 12


TITLES: Final = word_list("titles")
"""Titles that people leave out of a street's name."""


class PlaceKind(StrEnum):
    """What a name stands for."""

    STREET = "street"
    AREA = "area"
    LANDMARK = "landmark"


STREET_MARKS: Final = word_list("street_marks")
AREA_MARKS: Final = word_list("area_marks")
MARKS: Final = STREET_MARKS | AREA_MARKS

SHORT_FORMS: Final = {
    "rs": ("rumah", "sakit"),
    "rsu": ("rumah", "sakit", "umum"),
    "psr": ("pasar",),
    "ps": ("pasar",),
    "sdn": ("sd", "negeri"),
    "smpn": ("smp", "negeri"),
    "sman": ("sma", "negeri"),
    "achmad": ("ahmad",),
    "moh": ("mohammad",),
    "muh": ("mohammad",),
    "sta": ("stasiun",),
    "mesjid": ("masjid",),
    "msjd": ("masjid",),
    "alun2": ("alun", "alun"),
}
"""How people shorten words of names."""


@dataclass(frozen=True, eq=False)
class Place:
    """A named place with its shape in degrees; `aliases` are other names it goes by."""

    kind: PlaceKind
    name: str
    shape: BaseGeometry
    aliases: tuple[str, ...] = field(default=())


@dataclass(frozen=True, eq=False)
class Hit:
    """A name found: `likeness` is 1 when it was typed exactly."""

    place: Place
    likeness: float


class Gazetteer(Protocol):
    """Whatever knows the names of a city's places."""

    def find(self, phrases: Sequence[Sequence[str]]) -> list[list[Hit]]:
        """Return for each phrase, given as words without marks such as "jl", the places it may name, the
        likeliest first; several of one name all.
        """
        ...


def bare_key(words: Iterable[str]) -> str:
    """Return a name's letters without spaces, so that "Slametriyadi" is "Slamet Riyadi"."""
    return "".join("".join(SHORT_FORMS.get(word, (word,))) for word in words)


def keys_of(name: str) -> list[str]:
    """Return the keys of a place's name: marks in front are no part of it, and titles may be left out."""
    words = words_of(name)
    while len(words) > 1 and words[0] in MARKS:
        words = words[1:]
    keys = [bare_key(words)]
    while len(words) > 1 and words[0] in TITLES:
        words = words[1:]
    short = bare_key(words)
    return keys if short in keys or len(short) < SHORTEST_SLIP else [*keys, short]


class NameIndex:
    """Names in memory: exact ones by a dictionary, others by shared trigrams and then letter by letter.

    Finding costs a sparse product of the phrases' trigrams with the names': 20,000 names and a text of forty
    words take a few milliseconds.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._by_key: dict[str, list[Place]] = defaultdict(list)
        for place in places:
            for key in dict.fromkeys(key for name in (place.name, *place.aliases) for key in keys_of(name)):
                if key:
                    self._by_key[key].append(place)
        self._keys = sorted(key for key in self._by_key if len(key) >= SHORTEST_SLIP)
        self._numbers: dict[str, int] = {}
        self._lengths = np.array([len(_trigrams(key)) for key in self._keys], dtype=np.float64)

    @cached_property
    def _names(self) -> Any:
        """Shape (trigrams, names): 1 where a name holds a trigram."""
        rows, columns = [], []
        for column, key in enumerate(self._keys):
            for trigram in _trigrams(key):
                rows.append(self._numbers.setdefault(trigram, len(self._numbers)))
                columns.append(column)
        ones = np.ones(len(rows), dtype=np.int32)
        return csr_array((ones, (rows, columns)), shape=(len(self._numbers), len(self._keys)))

    def warm_up(self) -> None:
        """Build now what the first inexact name would build."""
        _ = self._names

    def find(self, phrases: Sequence[Sequence[str]]) -> list[list[Hit]]:
        """Return for each phrase the places it may name, the likeliest first."""
        keys = [bare_key(phrase) for phrase in phrases]
        found = [[Hit(place, 1.0) for place in self._by_key.get(key, ())] for key in keys]
        open_rows = [
            row for row, key in enumerate(keys) if not found[row] and SHORTEST_SLIP - 1 <= len(key) <= 40
        ]
        for row, hits in self._like([keys[row] for row in open_rows], open_rows).items():
            found[row] = hits
        return found

    def _like(self, keys: Sequence[str], rows: Sequence[int]) -> dict[int, list[Hit]]:
        if not keys or not self._keys:
            return {}
        names = self._names
        indices, starts = [], [0]
        for key in keys:
            indices += [self._numbers[trigram] for trigram in _trigrams(key) if trigram in self._numbers]
            starts.append(len(indices))
        ones = np.ones(len(indices), dtype=np.int32)
        asked = csr_array((ones, indices, starts), shape=(len(keys), len(self._numbers)))
        shared = (asked @ names).tocsr()
        found = {}
        for at, (row, key) in enumerate(zip(rows, keys, strict=True)):
            span = slice(shared.indptr[at], shared.indptr[at + 1])
            near = self._nearest(key, shared.indices[span], shared.data[span])
            if near:
                found[row] = [Hit(place, likeness) for likeness, name in near for place in self._by_key[name]]
        return found

    def _nearest(self, key: str, columns: Any, shared: Any) -> list[tuple[float, str]]:
        """Return the names of nearly the same letters, the likeliest first, then by name."""
        dice = 2 * shared / (self._lengths[columns] + len(_trigrams(key)))
        kept = np.flatnonzero(dice >= LEAST_SHARED)
        kept = kept[np.argsort(-dice[kept], kind="stable")][:MOST_COMPARED]
        least = 1 - 2.4 / max(12, len(key) + 2)
        names = [self._keys[columns[index]] for index in kept]
        scored = [(Indel.normalized_similarity(key, name, score_cutoff=least), name) for name in names]
        return sorted(
            ((score, name) for score, name in scored if score > 0 and key[0] == name[0]), key=_order
        )


def _order(pair: tuple[float, str]) -> tuple[float, str]:
    return -pair[0], pair[1]


def _trigrams(key: str) -> list[str]:
    framed = f"^{key}$"
    return list(dict.fromkeys(framed[at : at + 3] for at in range(len(framed) - 2)))
