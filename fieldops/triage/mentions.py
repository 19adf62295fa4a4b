"""Names of places as they stand in a text, each with what was said around it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fieldops.triage.gazetteer import AREA_MARKS, MARKS, STREET_MARKS, Gazetteer, Hit, PlaceKind
from fieldops.triage.hazards import ENDINGS
from fieldops.triage.plain_words import WORD, plain
from fieldops.triage.word_lists import word_list

LONGEST_NAME: Final = 5
READ_WORDS: Final = 90
"""Names are looked for among this many words from the start; people say where it is early."""
LEAST_BARE: Final = 5
"""A name of fewer letters is taken for one only after "jl", "kel" and the like."""

LEAST_ALONE: Final = 9
"""A street of one word this long is hardly a word of anything else."""

RELATIONS: Final = {
    "front": "depan dpn didepan ngarep ngajeng ngarepe front opposite",
    "near": "dekat dkt deket cedhak cedak celak sekitar near nearby close arah",
    "beside": "sebelah sblh samping sampingnya disamping sisih jejer beside next",
    "across": "seberang sebrang diseberang sabrang across",
    "behind": "belakang blkg dibelakang mburi wingking behind",
    "north": "utara lor north",
    "south": "selatan kidul south",
    "east": "timur wetan east",
    "west": "barat kulon west",
}
RELATION_OF: Final = {word: code for code, words in RELATIONS.items() for word in words.split()}
CROSSING_WORDS: Final = word_list("crossing")
NO_NAMES: Final = word_list("no_names")

DETAIL: Final = re.compile(
    r"\brt\s{0,2}[.:]?\s{0,2}0{0,2}(?P<rt>\d{1,3})|\brw\s{0,2}[.:]?\s{0,2}0{0,2}(?P<rw>\d{1,3})"
    r"|\b(?:no|nomor|nomer)\s{0,2}[.:]?\s{0,2}(?P<number>\d{1,4}[a-z]?)\b"
    r"|\bkm\s{0,2}[.:]?\s{0,2}(?P<km>\d{1,3}(?:[.,]\d{1,3})?)"
)
JOINED: Final = re.compile(r"\b0{0,2}(?P<rt>\d{1,3})\s{0,2}/\s{0,2}0{0,2}(?P<rw>\d{1,3})\b")


@dataclass(frozen=True)
class Mention:
    """One name in a text. `said` are its words; `relation` is a code of `RELATIONS`, empty without one."""

    start: int
    end: int
    said: str
    hits: tuple[Hit, ...]
    is_marked: bool
    relation: str

    @property
    def kind(self) -> PlaceKind:
        """What kind of place the name stands for."""
        return self.hits[0].place.kind

    @property
    def likeness(self) -> float:
        """How nearly the name was typed."""
        return self.hits[0].likeness


def read_details(text: str) -> dict[str, str]:
    """Return what a text says of RT, RW, house number and kilometre, the first of each; no leading zeros."""
    small = plain(text)
    found: dict[str, str] = {}
    for match in DETAIL.finditer(small):
        for name, value in match.groupdict().items():
            if value is not None:
                found.setdefault(name, value)
    joined = JOINED.search(small) if "rt" in small and "rw" not in found else None
    return found | joined.groupdict() if joined else found


def find_mentions(text: str, gazetteer: Gazetteer) -> tuple[list[Mention], bool]:
    """Return the names of places in a text, in their order, and whether a crossing is spoken of.

    Of names that overlap the best stays: exact before nearly, longer before shorter.
    """
    words = WORD.findall(plain(text))[:READ_WORDS]
    spans = [(start, end) for start in range(len(words)) for end in _ends(words, start)]
    found = gazetteer.find([words[start:end] for start, end in spans])
    mentions = [
        mention
        for (start, end), hits in zip(spans, found, strict=True)
        if (mention := _mention(words, start, end, hits)) is not None
    ]
    return _without_overlap(mentions), any(word in CROSSING_WORDS for word in words)


def _ends(words: Sequence[str], start: int) -> list[int]:
    """Return where a name may end that begins at a word."""
    if words[start] in NO_NAMES or words[start] in MARKS:
        return []
    return [
        end
        for end in range(start + 1, min(len(words), start + LONGEST_NAME) + 1)
        if words[end - 1] not in NO_NAMES and not words[start].isdecimal()
    ]


def _mention(words: Sequence[str], start: int, end: int, hits: Sequence[Hit]) -> Mention | None:
    """Return the mention that a phrase is, None when it is hardly one."""
    before = words[start - 1] if start else ""
    hits = [hit for hit in hits if _fits_mark(hit.place.kind, before)]
    said = " ".join(words[start:end])
    if not hits or (before not in MARKS and not _stands_alone(words, start, end, hits[0])):
        return None
    kind = hits[0].place.kind
    same = tuple(hit for hit in hits if hit.place.kind == kind and hit.likeness == hits[0].likeness)
    return Mention(start, end, said, same, before in MARKS, _relation(words, start))


def _fits_mark(kind: PlaceKind, before: str) -> bool:
    """Return whether a kind of place may follow a word: "kel" is followed by no street."""
    if before in AREA_MARKS:
        return kind != PlaceKind.STREET
    return before not in STREET_MARKS or kind == PlaceKind.STREET


def _stands_alone(words: Sequence[str], start: int, end: int, best: Hit) -> bool:
    """Return whether a name without "jl" or "kel" before it is one: a street needs two words or a crossing,
    or a long one, since streets are named for flowers and trees.
    """
    if sum(map(len, words[start:end])) < LEAST_BARE:
        return False
    if best.place.kind != PlaceKind.STREET or end - start > 1:
        return True
    around = {*words[max(0, start - 3) : start], *words[end : end + 1]}
    return bool(around & CROSSING_WORDS) or (best.likeness == 1 and len(words[start]) >= LEAST_ALONE)


def _relation(words: Sequence[str], start: int) -> str:
    """Return the relation said in the three words before a name, the nearest: "sebelah utara" is north."""
    before = [RELATION_OF.get(_bare(word), "") for word in reversed(words[max(0, start - 3) : start])]
    return next((relation for relation in before if relation), "")


def _bare(word: str) -> str:
    """Return a word without an ending, if it is a relation then."""
    if word in RELATION_OF:
        return word
    shorter = (word.removesuffix(ending) for ending in (*ENDINGS, "ipun"))
    return next((short for short in shorter if short in RELATION_OF), word)


def _without_overlap(mentions: list[Mention]) -> list[Mention]:
    kept: list[Mention] = []
    for mention in sorted(mentions, key=_worth):
        if all(mention.end <= other.start or mention.start >= other.end for other in kept):
            kept.append(mention)
    return sorted(kept, key=lambda mention: mention.start)


def _worth(mention: Mention) -> tuple[float, int, int]:
    return -len(mention.said.replace(" ", "")) * mention.likeness**4, -mention.is_marked, mention.start


def neighbours(mentions: Sequence[Mention]) -> list[tuple[Mention, Mention]]:
    """Return streets named one after the other, as at a crossing."""
    streets = [mention for mention in mentions if mention.kind == PlaceKind.STREET]
    return list(pairwise(streets))
