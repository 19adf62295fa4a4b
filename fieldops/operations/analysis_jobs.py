"""What an analysis is: read in one transaction, computed outside any, answered by figures."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from fieldops.errors import InvalidInput
from fieldops.queries.hotspot_frames import Reports
from geo.errors import GeoError
from geo.statistics.refusals import TooFewData

Figures = dict[str, Any]
Compute = Callable[[Callable[[int], None]], Figures]
"""Computes figures from what was read; told to say how far it is, in per cent."""

DECIMALS: Final = 4


def counted_figures(reports: Reports, units: pd.DataFrame) -> Figures:
    """Return how many reports, and how many of what counts, an analysis rests on."""
    return {"reports": len(reports.frame), "units": len(units), "placeless": reports.placeless}


def whole_days(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the day of each report, counted from 1970."""
    return frame["day"].to_numpy().astype("datetime64[D]").astype(np.int64)


def short(value: float) -> float | None:
    """Return a figure as JSON holds it, None for what is not a number."""
    return round(float(value), DECIMALS) if np.isfinite(value) else None


def short_all(values: ArrayLike) -> list[float | None]:
    """Return figures as JSON holds them."""
    return [short(value) for value in np.asarray(values, dtype=np.float64).tolist()]


def or_why_not(compute: Callable[[], Figures]) -> Figures:
    """Return a part of the figures, or what it lacks: a part that the data do not allow leaves the others."""
    try:
        return compute()
    except TooFewData as error:
        return {"refusal": {"need": error.need, "found": error.found, "needed": error.needed}}
    except (GeoError, InvalidInput) as error:
        return {"refusal": {"need": "other", "words": str(error)}}
