"""Places that were repaired again and again within a short time."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import beta

from geo.errors import GeoError
from geo.statistics.columns import finite_columns
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]

RADIUS_M: Final = 50.0
WINDOW_DAYS: Final = 90.0
SAME_WORK_DAYS: Final = 1.0


@dataclass(frozen=True, slots=True)
class RepeatPlace:
    """A place that was repaired more than once.

    Attributes
    ----------
    rows
        Its repairs in time, those of one piece of work among them.
    x_m, y_m
        Where the first of them was.
    first_day, last_day
        When the first and the last were.
    repeats
        Pieces of work after the first.
    repeat_cost
        What the repairs of these cost together, as far as it is known; None where none is.
    unknown_costs
        Of how many of them the cost is not known.
    """

    rows: tuple[int, ...]
    x_m: float
    y_m: float
    first_day: float
    last_day: float
    repeats: int
    repeat_cost: float | None
    unknown_costs: int


@dataclass(frozen=True, slots=True)
class RepeatRepairs:
    """All such places.

    Attributes
    ----------
    places
        The most repeats first, then the costliest, then the oldest.
    repairs, works, repeats
        Repairs looked at, the pieces of work that they are, and those of these that were repeats.
    share, low, high
        Repeats among all works but the first, with a 95 % interval (Clopper and Pearson).
    repeat_cost
        Of all repeats, as far as known; None where none is.
    unknown_costs
        Repairs of repeats whose cost is not known.
    """

    places: tuple[RepeatPlace, ...]
    repairs: int
    works: int
    repeats: int
    share: float
    low: float
    high: float
    repeat_cost: float | None
    unknown_costs: int


def repeat_repairs(
    x_m: ArrayLike,
    y_m: ArrayLike,
    day: ArrayLike,
    *,
    cost: ArrayLike | None = None,
    is_planned: ArrayLike | None = None,
    radius_m: float = RADIUS_M,
    window_days: float = WINDOW_DAYS,
    same_work_days: float = SAME_WORK_DAYS,
) -> RepeatRepairs:
    """Find places that were repaired two or more times.

    Repairs are taken in time (equal times by row). One joins the place whose first repair lies nearest within
    `radius_m`, the older of two equally near, if the last repair there was at most `window_days` before; else
    it is the first of a new place. A place so never grows beyond the radius around its first repair. Less
    than `same_work_days` after the last one it is the same piece of work: three holes of one street, mended
    in one visit, are no repeats.

    Parameters
    ----------
    x_m, y_m
        Metres in a projected CRS, shape (n,), finite.
    day
        Days since any moment, shape (n,), finite.
    cost
        Of each, in one currency, shape (n,), 0 or more, NaN where unknown.
    is_planned
        Repairs that were foreseen when an earlier one was made, such as the permanent one after a temporary
        one, shape (n,): they are no repeats, and do not begin a place.

    Raises
    ------
    TooFewData
        Fewer than 2 repairs that were not planned.
    GeoError
        Bad columns, or a radius or window not above 0.
    """
    if not (radius_m > 0.0 and window_days > same_work_days >= 0.0):
        raise GeoError(
            f"The radius must be above 0 m and the window longer than one piece of work, not {radius_m:g} m, "
            f"{window_days:g} and {same_work_days:g} days."
        )
    x, y, when = finite_columns(x=x_m, y=y_m, day=day)
    price = _costs(cost, len(x))
    planned = np.zeros(len(x), bool) if is_planned is None else np.asarray(is_planned, dtype=np.bool_)
    if planned.shape != x.shape:
        raise GeoError(f"is_planned must be a column of {len(x)} rows, not {planned.shape}.")
    counted = np.flatnonzero(~planned)
    refuse_below("repairs", len(counted), 2, "There are {found} repairs; at least {needed} are needed.")
    order = counted[np.lexsort((counted, when[counted]))]
    places = _places(x, y, when, order, (radius_m, window_days))
    works = [_works(when, rows, same_work_days) for rows in places]
    found = [
        _described(x, y, when, price, (rows, work))
        for rows, work in zip(places, works, strict=True)
        if work[-1] > 0
    ]
    found.sort(key=lambda place: (-place.repeats, -(place.repeat_cost or 0.0), place.first_day))
    repeats = sum(place.repeats for place in found)
    costs = [place.repeat_cost for place in found if place.repeat_cost is not None]
    # The first work of all could not have been a repeat.
    tries = sum(work[-1] + 1 for work in works) - 1
    return RepeatRepairs(
        tuple(found),
        len(order),
        tries + 1,
        repeats,
        repeats / tries if tries else 0.0,
        float(beta.ppf(0.025, repeats, tries - repeats + 1)) if repeats else 0.0,
        float(beta.ppf(0.975, repeats + 1, tries - repeats)) if repeats < tries else 1.0,
        sum(costs) if costs else None,
        sum(place.unknown_costs for place in found),
    )


def _costs(cost: ArrayLike | None, n: int) -> Floats:
    if cost is None:
        return np.full(n, np.nan)
    price = np.asarray(cost, dtype=np.float64)
    bad = price.shape != (n,) or (price < 0.0).any() or np.isinf(price).any()
    if bad:
        raise GeoError(f"Costs must be {n} numbers of 0 or more, NaN where unknown.")
    return price


def _places(
    x: Floats, y: Floats, when: Floats, order: NDArray[np.int64], rule: tuple[float, float]
) -> list[list[int]]:
    radius_m, window_days = rule
    places: list[list[int]] = []
    square: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for row in order.tolist():
        column, line = int(x[row] // radius_m), int(y[row] // radius_m)
        best, best_m = -1, np.inf
        for near in ((column + i, line + j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
            for place in square.get(near, ()):
                first, last = places[place][0], places[place][-1]
                away_m = float(np.hypot(x[row] - x[first], y[row] - y[first]))
                is_near = away_m <= radius_m and when[row] - when[last] <= window_days
                if is_near and (away_m, place) < (best_m, best):
                    best, best_m = place, away_m
        if best >= 0:
            places[best].append(row)
        else:
            square[column, line].append(len(places))
            places.append([row])
    return places


def _works(when: Floats, rows: list[int], same_work_days: float) -> list[int]:
    """Number the pieces of work of a place from 0, for each of its repairs."""
    work = [0]
    for earlier, later in pairwise(rows):
        apart = when[later] - when[earlier]
        work.append(work[-1] + int(apart >= same_work_days and apart > 0.0))
    return work


def _described(
    x: Floats, y: Floats, when: Floats, price: Floats, place: tuple[list[int], list[int]]
) -> RepeatPlace:
    rows, work = place
    again = price[[row for row, number in zip(rows, work, strict=True) if number > 0]]
    known = np.isfinite(again)
    return RepeatPlace(
        tuple(rows),
        float(x[rows[0]]),
        float(y[rows[0]]),
        float(when[rows[0]]),
        float(when[rows[-1]]),
        work[-1],
        float(again[known].sum()) if known.any() else None,
        int((~known).sum()),
    )
