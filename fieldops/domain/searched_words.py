"""What somebody types to find a place: each word counts, however a street or a lane is abbreviated."""

import re
from typing import Final

ALIKE: Final = (
    ("jalan", "jln", "jl"),
    ("gang", "gg"),
)
"""Words that stand for each other in addresses."""
UNSAID: Final = frozenset({"kelurahan", "kel", "kecamatan", "kec"})
"""Words before a name that lists do not write; alone they are looked for."""
_SPELLINGS: Final = {one: group for group in ALIKE for one in group}
_WORD: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
"""Letters and digits; codes hold hyphens."""


def searched_words(text: str) -> list[tuple[str, ...]]:
    """Return, for each word of a text, the spellings any of which will do; what is no word is left out."""
    words = [word.casefold() for word in _WORD.findall(text)]
    kept = [word for word in words if word not in UNSAID]
    return [_SPELLINGS.get(word, (word,)) for word in kept or words]


def is_found(wanted: list[tuple[str, ...]], said: str) -> bool:
    """Say whether a text holds every word, as a part of one of its own: `melat` finds "Melati". Nothing is
    found by no word.
    """
    said = said.casefold()
    return bool(wanted) and all(any(_holds(said, spelling) for spelling in spellings) for spellings in wanted)


def _holds(said: str, spelling: str) -> bool:
    if spelling in _SPELLINGS:  # "gang" is no part of "Ganggeng"
        return re.search(rf"\b{spelling}\b", said) is not None
    return spelling in said
