"""Wet days and dry ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

Floats = NDArray[np.float64]
WET_MM: Final = 1.0
"""A rain day, as WMO and BMKG count them."""


@dataclass(frozen=True, slots=True)
class WetDry:
    """Days parted for two maps, with how many of each there are, which is the ratio of chances.

    Attributes
    ----------
    is_wet, is_dry
        bool, shape (n,); a day in between, or next to an unknown one, is neither.
    """

    is_wet: NDArray[np.bool_]
    is_dry: NDArray[np.bool_]

    @property
    def wet_days(self) -> int:
        """How many are wet."""
        return int(self.is_wet.sum())

    @property
    def dry_days(self) -> int:
        """How many are dry."""
        return int(self.is_dry.sum())


def wet_and_dry(mm: ArrayLike, *, wet_mm: float = 10.0, dry_mm: float = WET_MM, tail_days: int = 1) -> WetDry:
    """Part days into wet ones and dry ones.

    Parameters
    ----------
    mm
        Daily depths one after the other, shape (n,), NaN where unknown.
    wet_mm
        A day is wet when it or one of the `tail_days` before had so much.
    dry_mm
        It is dry when neither it nor one of those had so much.

    Raises
    ------
    GeoError
        `dry_mm` above `wet_mm`, or a tail below 0.
    """
    if not 0.0 < dry_mm <= wet_mm or tail_days < 0:
        raise GeoError(
            f"A dry day has less than {dry_mm:g} mm, a wet one {wet_mm:g} or more, and the tail is "
            f"{tail_days} days: the first must be above 0 and not above the second, the tail not below 0."
        )
    depth = np.asarray(mm, dtype=np.float64)
    before = np.stack([_moved(depth, lag) for lag in range(tail_days + 1)])
    unknown = np.isnan(before).any(axis=0)
    highest = np.nan_to_num(before).max(axis=0)
    return WetDry(highest >= wet_mm, ~unknown & (highest < dry_mm))


def _moved(values: Floats, days: int) -> Floats:
    moved = np.full(len(values), np.nan)
    moved[days:] = values[: len(values) - days]
    return moved
