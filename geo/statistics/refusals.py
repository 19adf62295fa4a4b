"""Too few data: refused with the number found and the number needed, never drawn as an empty map."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from geo.errors import GeoError

LEAST_CELLS = 30
LEAST_NONZERO_CELLS = 10
LEAST_COMPLAINTS = 60
LEAST_STEPS = 10

SENTENCES = {
    "cells": "There are {found} cells; at least {needed} are needed.",
    "nonzero_cells": "Only {found} cells hold any complaint; at least {needed} are needed.",
    "complaints": "There are {found} complaints; at least {needed} are needed.",
    "variance": "Every cell has the same value (variance {found}); the values must differ (variance above "
    "{needed}).",
    "steps": "There are {found} whole time steps; at least {needed} are needed.",
    "holes": "{found} time steps have no data at all; at most {needed} may be missing.",
    "exposure": "The exposure comes to {found}; more than {needed} is needed.",
}


class TooFewData(GeoError):
    """There is not enough to compute with.

    Parameters
    ----------
    need
        A stable code for what is short, for example ``"cells"``: a page finds its translation by it.
    found, needed
        How much there is, and how much there must be.
    sentence
        The sentence to say, with ``{found}`` and ``{needed}``; needed for a code that `SENTENCES` has not.

    Attributes
    ----------
    need, found, needed
        As given.
    """

    def __init__(self, need: str, found: float, needed: float, sentence: str | None = None) -> None:
        said = SENTENCES[need] if sentence is None else sentence
        super().__init__(said.format(found=_shown(found), needed=_shown(needed)))
        self.need = need
        self.found = found
        self.needed = needed

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle with what the error was made of: runs are computed in other processes."""
        return _again, (self.need, self.found, self.needed, str(self))


def refuse_below(need: str, found: float, needed: float, sentence: str | None = None) -> None:
    """Raise `TooFewData` when less is found than is needed."""
    if found < needed:
        raise TooFewData(need, found, needed, sentence)


def refuse_constant(values: ArrayLike) -> None:
    """Raise `TooFewData` (``"variance"``) when all values are the same.

    Parameters
    ----------
    values
        Any shape, finite; an empty array is constant.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    if not len(flat) or flat.min() == flat.max():
        raise TooFewData("variance", 0, 0)


def refuse_few_complaints(counts: ArrayLike) -> None:
    """Raise `TooFewData` unless there are cells and complaints enough for a test of concentration.

    Parameters
    ----------
    counts
        Complaints (or sites) in each cell, shape (n,), 0 or more.

    Raises
    ------
    TooFewData
        ``"cells"`` below 30, ``"complaints"`` below 60, ``"nonzero_cells"`` below 10; in this order.
    """
    number = np.asarray(counts, dtype=np.float64).ravel()
    refuse_below("cells", len(number), LEAST_CELLS)
    refuse_below("complaints", float(number.sum()), LEAST_COMPLAINTS)
    refuse_below("nonzero_cells", int(np.count_nonzero(number)), LEAST_NONZERO_CELLS)


def refuse_few_counts(counts: ArrayLike) -> None:
    """Raise as `refuse_few_complaints`, and as `refuse_constant` where every cell holds the same."""
    refuse_few_complaints(counts)
    refuse_constant(counts)


def _again(need: str, found: float, needed: float, sentence: str) -> TooFewData:
    return TooFewData(need, found, needed, sentence.replace("{", "{{").replace("}", "}}"))


def _shown(number: float) -> str:
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:,.3g}"
