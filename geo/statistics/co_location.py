"""Does one kind of complaint follow another at the same place, and more often than it goes before?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import cKDTree

from geo.errors import GeoError
from geo.statistics.columns import finite_columns
from geo.statistics.compiled import loop
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_EVENTS: Final = 30
LEAST_PAIRS: Final = 10
LEAST_WINDOWS: Final = 4.0
"""How many windows long the period must be, so that shifted times are other times."""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of one kind.

    Parameters
    ----------
    x_m, y_m
        Metres in a projected CRS, shape (n,).
    day
        When, in days since any moment that both kinds share, shape (n,).
    """

    x_m: Floats
    y_m: Floats
    day: Floats

    @classmethod
    def of(cls, x_m: ArrayLike, y_m: ArrayLike, day: ArrayLike) -> Events:
        """Check columns.

        Raises
        ------
        GeoError
            Unequal length, or a value that is not finite, named by its row (from 0).
        """
        return cls(*finite_columns(x=x_m, y=y_m, day=day))


@dataclass(frozen=True, slots=True)
class CoLocationRules:
    """What counts as together.

    Parameters
    ----------
    radius_m
        Distance of two places that are one.
    window_days
        How long after (or before) counts.
    step_days
        Step of the lag profile; it must go into the window.
    shifts
        Worlds of chance.
    block_m
        Side of the squares that are drawn together for the interval of the ratio.
    share
        Of intervals.
    seed
        Of the dice.
    """

    radius_m: float = 30.0
    window_days: float = 30.0
    step_days: float = 5.0
    shifts: int = 999
    block_m: float = 500.0
    share: float = 0.95
    seed: int = 1

    def __post_init__(self) -> None:
        steps = self.window_days / self.step_days if self.step_days > 0.0 else 0.0
        is_whole = steps >= 1.0 and abs(steps - round(steps)) < 1e-9
        if not (self.radius_m > 0.0 and self.block_m > 0.0 and is_whole):
            raise GeoError(
                f"Radius ({self.radius_m:g} m) and squares ({self.block_m:g} m) must be above 0, and the "
                f"step ({self.step_days:g} d) must go into the window ({self.window_days:g} d)."
            )
        if self.shifts < 99 or not 0.0 < self.share < 1.0:
            raise GeoError(
                f"99 shifts or more and a share between 0 and 1 are needed, not {self.shifts} and "
                f"{self.share:g}."
            )


@dataclass(frozen=True, slots=True)
class Direction:
    """Pairs of one direction.

    Attributes
    ----------
    pairs
        That were found.
    places
        Events of the first kind in at least one of them.
    expected, low, high
        Mean of the pairs in the worlds of chance, and the range that holds `share` of them.
    ratio
        Pairs over expected.
    p
        Share of worlds (and this one) with as many pairs.
    """

    pairs: int
    places: int
    expected: float
    low: float
    high: float
    ratio: float
    p: float


@dataclass(frozen=True, slots=True)
class CoLocation:
    """How the second kind goes with the first.

    Attributes
    ----------
    after, before
        The second kind up to a window after the first; and before it.
    at_once
        Pairs at the very same time, which are neither.
    after_over_before, low, high
        Ratio of the two numbers of pairs and its interval, by drawing squares of the city anew (each number
        with one half added, so that none is divided by).
    p_asymmetry
        Share of worlds whose numbers differ as much: what both kinds share, such as a season or a street that
        complains much, does not make them differ.
    lag_days
        Middles of the steps of the profile, below 0 for before, shape (k,).
    profile, profile_expected, profile_low, profile_high
        Pairs by lag, and the mean and range by chance, shape (k,).
    first, second
        Events of each kind.
    rules
        As given.
    """

    after: Direction
    before: Direction
    at_once: int
    after_over_before: float
    low: float
    high: float
    p_asymmetry: float
    lag_days: Floats
    profile: Ints
    profile_expected: Floats
    profile_low: Floats
    profile_high: Floats
    first: int
    second: int
    rules: CoLocationRules


def co_location(
    first: Events,
    second: Events,
    period: tuple[float, float],
    *,
    rules: CoLocationRules | None = None,
) -> CoLocation:
    """Count pairs of two kinds of event at one place by which came first, against chance.

    Parameters
    ----------
    first, second
        For example potholes and standing water; of places that are reported often, the first reports.
    period
        The first and the last day that both could be reported, exclusive.
    rules
        What counts as together.

    Returns
    -------
    Both directions against worlds in which all events of the second kind are shifted in time by one step
    drawn between a window and the period less a window, around the end of the period to its beginning.
    Places, the number at each, and how events of a kind follow each other stay as they are; only the link in
    time between the kinds is cut.

    Raises
    ------
    TooFewData
        Fewer than 30 events of a kind, a period below four windows, or fewer than 10 pairs both ways
        together.
    GeoError
        An event outside the period.
    """
    wanted = rules or CoLocationRules()
    begin, end = period
    _refuse(first, second, period, wanted)
    a, b = _near_pairs(first, second, wanted.radius_m)
    steps = 2 * round(wanted.window_days / wanted.step_days)
    lag = second.day[b] - first.day[a]
    is_after, is_before = _within(lag, wanted.window_days), _within(-lag, wanted.window_days)
    refuse_below(
        "pairs",
        int(is_after.sum() + is_before.sum()),
        LEAST_PAIRS,
        f"There are {{found}} pairs within {wanted.radius_m:g} m and {wanted.window_days:g} days; at "
        "least {needed} are needed.",
    )
    dice = np.random.default_rng(wanted.seed)
    shift = dice.uniform(wanted.window_days, end - begin - wanted.window_days, wanted.shifts)
    days = (first.day[a] - begin, second.day[b] - begin)
    by_chance = _profiles(*days, shift, end - begin, wanted.window_days, steps)
    profile = _profiles(*days, np.zeros(1), end - begin, wanted.window_days, steps)[0]
    half = steps // 2
    forth, back = by_chance[:, half:].sum(axis=1), by_chance[:, :half].sum(axis=1)
    tail = 100.0 * (1.0 - wanted.share) / 2.0
    low, high = np.percentile(by_chance, [tail, 100.0 - tail], axis=0)
    found_after, found_before = int(is_after.sum()), int(is_before.sum())
    differ = np.abs(forth - back) >= abs(found_after - found_before)
    ratio_low, ratio_high = _ratio_interval(first, a, (is_after, is_before), wanted, dice)
    return CoLocation(
        _direction(found_after, len(np.unique(a[is_after])), forth, tail),
        _direction(found_before, len(np.unique(a[is_before])), back, tail),
        int((lag == 0.0).sum()),
        (found_after + 0.5) / (found_before + 0.5),
        ratio_low,
        ratio_high,
        (1 + int(differ.sum())) / (1 + wanted.shifts),
        np.asarray((np.arange(steps) + 0.5) * wanted.step_days - wanted.window_days, dtype=np.float64),
        profile,
        by_chance.mean(axis=0),
        low,
        high,
        len(first.day),
        len(second.day),
        wanted,
    )


# ---------------------------------------------------------------- within


def _refuse(first: Events, second: Events, period: tuple[float, float], rules: CoLocationRules) -> None:
    begin, end = period
    for events, word in ((first, "first"), (second, "second")):
        refuse_below(
            f"{word}_events",
            len(events.day),
            LEAST_EVENTS,
            f"There are {{found}} events of the {word} kind; at least {{needed}} are needed.",
        )
        outside = ~((events.day >= begin) & (events.day < end))
        if outside.any():
            row = int(np.argmax(outside))
            raise GeoError(
                f"Row {row} of the {word} kind is of day {events.day[row]:g}, outside the period of "
                f"{begin:g} to {end:g}."
            )
    refuse_below(
        "period",
        end - begin,
        LEAST_WINDOWS * rules.window_days,
        "The period is {found} days long; at least {needed} are needed.",
    )


def _near_pairs(first: Events, second: Events, radius_m: float) -> tuple[Ints, Ints]:
    near = cKDTree(np.column_stack([second.x_m, second.y_m])).query_ball_point(
        np.column_stack([first.x_m, first.y_m]), radius_m, return_sorted=True
    )
    sizes = np.array([len(rows) for rows in near], dtype=np.int64)
    a = np.repeat(np.arange(len(sizes)), sizes)
    b = np.concatenate([np.asarray(rows, dtype=np.int64) for rows in near])
    return a.astype(np.int64), b


def _within(lag: Floats, window_days: float) -> NDArray[np.bool_]:
    return (lag > 0.0) & (lag <= window_days)


def _direction(pairs: int, places: int, by_chance: Ints, tail: float) -> Direction:
    expected = float(by_chance.mean())
    low, high = np.percentile(by_chance, [tail, 100.0 - tail])
    p = (1 + int((by_chance >= pairs).sum())) / (1 + len(by_chance))
    ratio = pairs / expected if expected > 0.0 else float("inf")
    return Direction(pairs, places, expected, float(low), float(high), ratio, p)


def _ratio_interval(
    first: Events,
    a: Ints,
    ways: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    rules: CoLocationRules,
    dice: np.random.Generator,
) -> tuple[float, float]:
    """Squares are drawn anew, since pairs of one place and street hang together."""
    square = np.floor(np.column_stack([first.x_m, first.y_m]) / rules.block_m)
    _, block = np.unique(square, axis=0, return_inverse=True)
    block = block.ravel()
    blocks = int(block.max()) + 1
    after, before = (np.bincount(block[a[way]], minlength=blocks) for way in ways)
    drawn = dice.multinomial(blocks, np.full(blocks, 1.0 / blocks), size=rules.shifts)
    ratios = (drawn @ after + 0.5) / (drawn @ before + 0.5)
    tail = 100.0 * (1.0 - rules.share) / 2.0
    low, high = np.percentile(ratios, [tail, 100.0 - tail])
    return float(low), float(high)


@loop
def _profiles(
    first_day: Floats, second_day: Floats, shifts: Floats, period: float, window: float, steps: int
) -> Ints:
    """Pairs by lag in each shifted world, (shifts, steps); one at once is in none."""
    found = np.zeros((len(shifts), steps), np.int64)
    half = steps // 2
    per_step = half / window
    for k in range(len(shifts)):
        for pair in range(len(first_day)):
            lag = (second_day[pair] + shifts[k]) % period - first_day[pair]
            if 0.0 < lag <= window:
                found[k, half + min(half - 1, max(0, int(np.ceil(lag * per_step)) - 1))] += 1
            elif -window <= lag < 0.0:
                found[k, half - 1 - min(half - 1, max(0, int(np.ceil(-lag * per_step)) - 1))] += 1
    return found
