"""Complaints against rain of the same day, of days before and, as a check, of days after."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from geo.errors import GeoError
from geo.statistics.refusals import refuse_below, refuse_constant
from geo.statistics.wet_days import WET_MM, WetDry

Floats = NDArray[np.float64]
Kind = Literal["pearson", "spearman"]

LEAST_DAYS: Final = 60
LEAST_RAIN_DAYS: Final = 10
LEAST_COMPLAINTS: Final = 60
MOST_LAG_DAYS: Final = 30
LEAST_BLOCK_DAYS: Final = 14
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class LagProfile:
    """Correlation of daily complaints with rain, lag by lag.

    Attributes
    ----------
    kind
        Pearson's or Spearman's.
    lag_days
        Shape (k,): 0 is rain of the same day, 2 of two days before, -1 of the day after. Rain cannot act
        backwards: a correlation at -1 as large as at 0 says that one of the two calendars is a day off.
    correlation, low, high
        Shape (k,), with the bounds of the interval.
    share
        Of the interval, such as 0.95.
    days, complaints
        Days on which all was known, and complaints on them.
    block_days, replicates, seed
        Of the bootstrap.
    """

    kind: Kind
    lag_days: NDArray[np.int64]
    correlation: Floats
    low: Floats
    high: Floats
    share: float
    days: int
    complaints: int
    block_days: int
    replicates: int
    seed: int


@dataclass(frozen=True, slots=True)
class Resampling:
    """How the interval is made.

    Parameters
    ----------
    replicates
        Samples drawn anew.
    block_days
        Days that are drawn together, so that what hangs together stays together; 0 takes the greater of 14
        and the cube root of the number of days.
    share
        Of the interval.
    seed
        Of the dice.
    """

    replicates: int = 999
    block_days: int = 0
    share: float = 0.95
    seed: int = 1

    def __post_init__(self) -> None:
        if self.replicates < 99 or self.block_days < 0 or not 0.0 < self.share < 1.0:
            raise GeoError(
                f"A bootstrap needs 99 samples or more, blocks of 0 days or more and a share between 0 and "
                f"1, not {self.replicates}, {self.block_days} and {self.share:g}."
            )

    def block(self, days: int) -> int:
        """Length of a block for so many days."""
        return self.block_days or min(days, max(LEAST_BLOCK_DAYS, int(np.ceil(days ** (1.0 / 3.0)))))

    def bounds(self, samples: Floats) -> Floats:
        """The interval of samples along the first axis, shape (2, …)."""
        tail = 100.0 * (1.0 - self.share) / 2.0
        return np.asarray(np.percentile(samples, [tail, 100.0 - tail], axis=0), dtype=np.float64)


def lag_profile(
    complaints: ArrayLike,
    rain_mm: ArrayLike,
    *,
    lags: tuple[int, int] = (-2, 7),
    kind: Kind = "pearson",
    resampling: Resampling | None = None,
) -> LagProfile:
    """Correlate daily complaints with rain of the same day, of days before and of days after.

    Parameters
    ----------
    complaints
        Per day, one after the other, shape (n,), NaN where unknown.
    rain_mm
        Depth of the same days, shape (n,), NaN where unknown.
    lags
        The first and the last lag in days; days on which the rain of any of them is unknown are left out,
        so that all lags speak of the same days.
    resampling
        Of the interval: percentiles of a circular block bootstrap (Politis and Romano, 1992) that draws days
        with their rain at all lags.

    Raises
    ------
    TooFewData
        Fewer than 60 days on which all is known, than 10 of them with 1 mm or more, or than 60 complaints;
        one of the two the same on all days.
    GeoError
        Columns of unequal length, a negative value, or lags beyond 30 days.
    """
    draw = resampling or Resampling()
    count, rain = checked_days(complaints, rain_mm)
    first, last = lags
    if not -MOST_LAG_DAYS <= first <= last <= MOST_LAG_DAYS:
        raise GeoError(
            f"Lags go from {first} to {last} days; they must be in order and within ±{MOST_LAG_DAYS}."
        )
    span = np.arange(first, last + 1)
    table = np.column_stack([count, *(at_lag(rain, int(lag)) for lag in span)])
    table = table[np.isfinite(table).all(axis=1)]
    refuse_few_days(table[:, 0], table[:, 1 + int(np.argmin(np.abs(span)))])
    found = _correlations(table[None], kind)[0]
    block = draw.block(len(table))
    samples = np.concatenate([_correlations(table[rows], kind) for rows in blocks(len(table), block, draw)])
    low, high = draw.bounds(samples)
    return LagProfile(
        kind,
        span,
        found,
        low,
        high,
        draw.share,
        len(table),
        int(table[:, 0].sum()),
        block,
        draw.replicates,
        draw.seed,
    )


@dataclass(frozen=True, slots=True)
class WetDryRates:
    """Complaints a day on wet and on dry days.

    Attributes
    ----------
    wet_days, dry_days, wet_mean, dry_mean
        How many days, and complaints a day.
    ratio, low, high
        Of the means, with the bounds of the interval.
    """

    wet_days: int
    dry_days: int
    wet_mean: float
    dry_mean: float
    ratio: float
    low: float
    high: float


def wet_against_dry(
    complaints: ArrayLike, parted: WetDry, *, resampling: Resampling | None = None
) -> WetDryRates:
    """Compare complaints a day on wet and on dry days.

    Parameters
    ----------
    complaints
        Per day, shape (n,), NaN where unknown.
    parted
        The days, as `wet_and_dry` parts them.

    Raises
    ------
    TooFewData
        Fewer than 10 wet or dry days, than 60 complaints, or none on dry days.
    """
    draw = resampling or Resampling()
    count = np.asarray(complaints, dtype=np.float64)
    known = np.isfinite(count)
    wet, dry = parted.is_wet & known, parted.is_dry & known
    for days, word in ((wet, "wet"), (dry, "dry")):
        refuse_below(
            f"{word}_days",
            int(days.sum()),
            LEAST_RAIN_DAYS,
            f"There are {{found}} {word} days; at least {{needed}} are needed.",
        )
    refuse_below("complaints", float(count[wet | dry].sum()), LEAST_COMPLAINTS)
    refuse_below(
        "dry_complaints",
        float(count[dry].sum()),
        1,
        "There are {found} complaints on dry days; at least {needed} is needed for a ratio.",
    )
    table = np.column_stack([np.nan_to_num(count) * wet, wet, np.nan_to_num(count) * dry, dry]).astype(
        np.float64
    )
    samples = np.concatenate(
        [_ratios(table[rows].sum(axis=1)) for rows in blocks(len(count), draw.block(len(count)), draw)]
    )
    low, high = draw.bounds(samples)
    whole = table.sum(axis=0)
    return WetDryRates(
        int(wet.sum()),
        int(dry.sum()),
        float(whole[0] / whole[1]),
        float(whole[2] / whole[3]),
        float(_ratios(whole[None])[0]),
        float(low),
        float(high),
    )


def checked_days(complaints: ArrayLike, rain_mm: ArrayLike) -> tuple[Floats, Floats]:
    """Return two columns of days, or say what is wrong with them.

    Raises
    ------
    GeoError
        Columns of unequal length, or a negative or infinite value; the message names its day (from 0).
    """
    count, rain = np.asarray(complaints, dtype=np.float64), np.asarray(rain_mm, dtype=np.float64)
    if count.ndim != 1 or count.shape != rain.shape:
        raise GeoError(
            f"Complaints and rain must be two columns of equal length, not {count.shape} and {rain.shape}."
        )
    for values, word in ((count, "complaints"), (rain, "mm of rain")):
        bad = (values < 0.0) | np.isinf(values)
        if bad.any():
            day = int(np.argmax(bad))
            raise GeoError(f"Day {day} has {values[day]:g} {word}; 0 or more is needed.")
    return count, rain


def refuse_few_days(complaints: Floats, rain_mm: Floats) -> None:
    """Raise `TooFewData` when the days that are known are too few or say nothing."""
    refuse_below(
        "days",
        len(complaints),
        LEAST_DAYS,
        "Rain and complaints are both known on {found} days; at least {needed} are needed.",
    )
    refuse_below("complaints", float(complaints.sum()), LEAST_COMPLAINTS)
    refuse_below(
        "rain_days",
        int((rain_mm >= WET_MM).sum()),
        LEAST_RAIN_DAYS,
        f"There are {{found}} days with {WET_MM:g} mm of rain or more; at least {{needed}} are needed.",
    )
    refuse_constant(complaints)
    refuse_constant(rain_mm)


def at_lag(rain_mm: Floats, lag_days: int) -> Floats:
    """Rain of so many days before (after, when below 0), NaN where that is outside the record."""
    moved = np.full(len(rain_mm), np.nan)
    if abs(lag_days) >= len(rain_mm):
        return moved
    if lag_days >= 0:
        moved[lag_days:] = rain_mm[: len(rain_mm) - lag_days]
    else:
        moved[:lag_days] = rain_mm[-lag_days:]
    return moved


def blocks(days: int, block: int, draw: Resampling) -> list[NDArray[np.int64]]:
    """Rows of each sample of a circular block bootstrap, in parts of (samples, days)."""
    dice = np.random.default_rng(draw.seed)
    pieces = -(-days // block)
    parts = []
    for done in range(0, draw.replicates, AT_ONCE):
        many = min(AT_ONCE, draw.replicates - done)
        starts = dice.integers(0, days, (many, pieces))
        rows = (starts[:, :, None] + np.arange(block)) % days
        parts.append(rows.reshape(many, -1)[:, :days])
    return parts


def _correlations(tables: Floats, kind: Kind) -> Floats:
    """Of the first column with each other one, (samples, days, 1 + k) to (samples, k)."""
    values = rankdata(tables, axis=1) if kind == "spearman" else tables
    off = values - values.mean(axis=1, keepdims=True)
    with_first = np.einsum("sd,sdk->sk", off[:, :, 0], off[:, :, 1:])
    squares = np.einsum("sdk,sdk->sk", off, off)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = with_first / np.sqrt(squares[:, :1] * squares[:, 1:])
    # A sample in which one of the two never changes shows no correlation.
    return np.asarray(np.nan_to_num(found), dtype=np.float64)


def _ratios(sums: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = (sums[:, 0] / sums[:, 1]) / (sums[:, 2] / sums[:, 3])
    return np.asarray(np.nan_to_num(ratio, nan=1.0, posinf=np.finfo(np.float64).max), dtype=np.float64)
