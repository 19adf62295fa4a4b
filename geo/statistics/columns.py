"""Columns of numbers that belong together row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError


def finite_columns(**named: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Return columns as float64, of one length and finite.

    Parameters
    ----------
    **named
        Each shape (n,), by the name to say when something is wrong; may be empty.

    Raises
    ------
    GeoError
        Columns of unequal length, or a value that is not finite, named by its row (from 0).
    """
    columns = tuple(np.ascontiguousarray(column, dtype=np.float64) for column in named.values())
    if columns[0].ndim != 1 or any(column.shape != columns[0].shape for column in columns):
        shapes = ", ".join(str(column.shape) for column in columns)
        raise GeoError(f"{_listed(list(named))} must be columns of equal length, not {shapes}.")
    for name, column in zip(named, columns, strict=True):
        # A sum is finite only when all are, and costs a fraction of asking each (sums may overflow).
        if not np.isfinite(column.sum()):
            refuse_rows(name, column, ~np.isfinite(column), "a finite number")
    return columns


def refuse_rows(name: str, column: NDArray[np.float64], bad: NDArray[np.bool_], need: str) -> None:
    """Raise `GeoError` for the first row that is bad, with what it holds and what it needs."""
    if bad.any():
        row = int(np.argmax(bad))
        raise GeoError(f"Row {row} has {column[row]:g} as its {name}; {need} is needed.")


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
