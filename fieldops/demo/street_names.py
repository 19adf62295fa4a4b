"""What local streets are called: flowers, trees, fruits, birds, rivers and figures of the wayang."""

from collections.abc import Iterator

import numpy as np

from fieldops.demo.drawings import drawing


class StreetNamer:
    """Hands out names, none twice within a kelurahan; each keeps to one theme, as estates do."""

    def __init__(self, rng: np.random.Generator, places: int) -> None:
        self._names: list[Iterator[str]] = []
        themes = [row["names"].split(", ") for row in drawing("street_names")]
        for _ in range(places):
            words = themes[int(rng.integers(len(themes)))]
            self._names.append(_numbered([words[index] for index in rng.permutation(len(words))]))

    def next_name(self, place: int, *, lane: bool) -> str:
        """Return a fresh name in the place of this index: "Gang …" for a lane, else "Jl. …"."""
        return f"{'Gang' if lane else 'Jl.'} {next(self._names[place])}"


def _numbered(words: list[str]) -> Iterator[str]:
    number = 1
    while True:
        for word in words:
            yield word if number == 1 else f"{word} {number}"
        number += 1
