"""How many times more complaints a given rain brings, the day of the week, trend and season apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from geo.errors import GeoError
from geo.statistics.rain_lags import at_lag, checked_days, refuse_few_days

Floats = NDArray[np.float64]
Family = Literal["poisson", "negative_binomial"]

YEAR_DAYS: Final = 365.25
MOST_ROUNDS: Final = 100
CLOSE: Final = 1e-10


@dataclass(frozen=True, slots=True)
class ResponseModel:
    """What is put into the regression.

    Parameters
    ----------
    last_lag
        Rain of the same day and of so many days before.
    shape
        How rain enters: ln(1 + mm), by which each further millimetre adds less, or mm, by which the logarithm
        of the number grows without end.
    has_trend
        A straight line in time, in the logarithm.
    waves
        Yearly waves of season: 1 a sine of a year, 2 one of half a year too. Seasons of rain and of
        complaints coincide without them; below two years they cannot be told from a trend.
    family
        Whose weights: Poisson's, or those of a negative binomial (variance mean + dispersion · mean²), which
        give days of very many complaints less weight.
    hac_days
        Days over which errors may hang together; -1 takes the greater of 7 and 4 (n / 100)^(2/9).
    share
        Of the intervals.
    """

    last_lag: int = 3
    shape: Literal["log", "linear"] = "log"
    has_trend: bool = True
    waves: int = 0
    family: Family = "poisson"
    hac_days: int = -1
    share: float = 0.95

    def __post_init__(self) -> None:
        if not 0 <= self.last_lag <= 14 or not 0 <= self.waves <= 4 or not 0.0 < self.share < 1.0:
            raise GeoError(
                f"The last lag must be 0 to 14 days, waves 0 to 4 and the share between 0 and 1, not "
                f"{self.last_lag}, {self.waves} and {self.share:g}."
            )


@dataclass(frozen=True, slots=True)
class CountFit:
    """A log-linear fit of counts, with errors that forgive wrong variance and days that hang together.

    Attributes
    ----------
    coefficients
        Shape (k,).
    covariance
        Newey and West's, shape (k, k).
    mean
        Fitted numbers, shape (n,).
    dispersion
        Pearson's χ² over its degrees of freedom: 1 for counts that are Poisson's.
    alpha
        Of the negative binomial; 0 for Poisson's.
    """

    coefficients: Floats
    covariance: Floats
    mean: Floats
    dispersion: float
    alpha: float


@dataclass(frozen=True, slots=True)
class RainResponse:
    """How many times more complaints rain brings.

    Attributes
    ----------
    lag_days
        0 … last, shape (k,).
    depth_mm
        The rain that the ratios speak of.
    ratio, low, high
        Complaints of a day with `depth_mm` so many days before against one without, other days' rain equal,
        shape (k,), with the bounds of the interval.
    whole_ratio, whole_low, whole_high
        The same, had it rained so on each of the days.
    days, complaints
        That it rests on.
    terms
        Names of the coefficients in `fit`.
    fit
        The regression.
    hac_days
        Days over which errors may hang together.
    """

    lag_days: NDArray[np.int64]
    depth_mm: float
    ratio: Floats
    low: Floats
    high: Floats
    whole_ratio: float
    whole_low: float
    whole_high: float
    days: int
    complaints: int
    terms: tuple[str, ...]
    fit: CountFit
    hac_days: int


def rain_response(
    days: NDArray[np.datetime64],
    complaints: ArrayLike,
    rain_mm: ArrayLike,
    *,
    depth_mm: float = 25.0,
    exposure: ArrayLike | None = None,
    model: ResponseModel | None = None,
) -> RainResponse:
    """Fit complaints a day to rain, weekday, trend and season.

    Parameters
    ----------
    days
        datetime64[D], one after the other, shape (n,).
    complaints, rain_mm
        Of each day, shape (n,), NaN where unknown.
    depth_mm
        The rain to state the ratio of, against none.
    exposure
        What the number is proportional to (share of the day a channel was open, residents), shape (n,), above
        0; without it 1.
    model
        What is put in.

    Returns
    -------
    Ratios with intervals. Log-linear regression by Poisson's quasi-likelihood is right in the mean whatever
    the counts' distribution (Gourieroux, Monfort and Trognon, 1984); the errors are Newey and West's (1987).

    Raises
    ------
    TooFewData
        As `lag_profile`.
    GeoError
        Bad columns, days that are not one after the other, a depth not above 0, or a season of less than two
        years.
    """
    chosen = model or ResponseModel()
    count, rain = checked_days(complaints, rain_mm)
    if not depth_mm > 0.0:
        raise GeoError(f"The rain to state the ratio of must be above 0 mm, not {depth_mm:g}.")
    day = np.asarray(days, dtype="datetime64[D]").astype(np.int64)
    if day.shape != count.shape or (np.diff(day) != 1).any():
        raise GeoError("Days must be as many as the counts, and one after the other.")
    offset = np.log(_exposure(exposure, len(count)))
    design, terms = _design(day, rain, chosen)
    known = np.isfinite(count) & np.isfinite(design).all(axis=1)
    refuse_few_days(count[known], rain[known])
    _refuse_short_season(day[known], chosen)
    hac = chosen.hac_days if chosen.hac_days >= 0 else max(7, int(4 * (known.sum() / 100.0) ** (2.0 / 9.0)))
    fit = fit_counts(
        design[known], count[known], offset[known], day[known], hac_days=hac, family=chosen.family
    )
    lags = chosen.last_lag + 1
    units = np.log1p(depth_mm) if chosen.shape == "log" else depth_mm
    beta, spread = fit.coefficients[1 : 1 + lags], fit.covariance[1 : 1 + lags, 1 : 1 + lags]
    far = float(norm.ppf(0.5 + chosen.share / 2.0)) * units
    error = np.sqrt(np.diag(spread))
    whole, whole_error = float(beta.sum()), float(np.sqrt(spread.sum()))
    return RainResponse(
        np.arange(lags),
        depth_mm,
        np.exp(units * beta),
        np.exp(units * beta - far * error),
        np.exp(units * beta + far * error),
        float(np.exp(units * whole)),
        float(np.exp(units * whole - far * whole_error)),
        float(np.exp(units * whole + far * whole_error)),
        int(known.sum()),
        int(count[known].sum()),
        terms,
        fit,
        hac,
    )


def fit_counts(
    design: Floats,
    counts: Floats,
    offset: Floats,
    when: NDArray[np.int64],
    *,
    hac_days: int,
    family: Family = "poisson",
) -> CountFit:
    """Fit counts to a log-linear model by iteratively reweighted least squares.

    Parameters
    ----------
    design
        Shape (n, k), of full rank, the first column the constant.
    counts, offset
        Shape (n,), 0 or more; logarithm of the exposure.
    when
        Days of the rows, ascending: errors of two rows hang together by their days' distance.
    hac_days
        Distance from which they no longer do (Bartlett's weights).
    family
        Whose weights. The negative binomial's alpha is the one with which Pearson's χ² equals its degrees of
        freedom (method of moments); 0 when counts spread less than Poisson's.

    Raises
    ------
    GeoError
        Columns that depend on each other, or no fit after 100 rounds.
    """
    rank = int(np.linalg.matrix_rank(design))
    if rank < design.shape[1]:
        raise GeoError(
            f"{design.shape[1]} terms were put in and only {rank} can be told apart in {len(counts)} days; "
            "leave some out."
        )
    alpha = 0.0
    beta, mean = _least_squares(design, counts, offset, alpha)
    freedom = max(1, len(counts) - design.shape[1])
    dispersion = _chi_square(counts, mean, 0.0) / freedom
    if family == "negative_binomial" and dispersion > 1.0:
        for _ in range(MOST_ROUNDS):
            before = alpha
            alpha = _alpha(counts, mean, freedom)
            beta, mean = _least_squares(design, counts, offset, alpha)
            if abs(alpha - before) <= CLOSE * (1.0 + alpha):
                break
    weight = mean / (1.0 + alpha * mean)
    bread = np.linalg.inv(design.T @ (design * weight[:, None]))
    scores = design * ((counts - mean) / (1.0 + alpha * mean))[:, None]
    covariance = bread @ _long_run(scores, when, hac_days) @ bread
    return CountFit(beta, covariance, mean, dispersion, alpha)


def _least_squares(design: Floats, counts: Floats, offset: Floats, alpha: float) -> tuple[Floats, Floats]:
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(max(counts.mean(), 1e-3)) - offset.mean()
    mean = np.exp(design @ beta + offset)
    for _ in range(MOST_ROUNDS):
        weight = mean / (1.0 + alpha * mean)
        slope = design.T @ ((counts - mean) / (1.0 + alpha * mean))
        step = np.linalg.solve(design.T @ (design * weight[:, None]), slope)
        # No mean may run away in one round: exp of a large step would overflow.
        step *= min(1.0, 5.0 / max(1e-12, float(np.abs(design @ step).max())))
        beta = beta + step
        mean = np.exp(design @ beta + offset)
        if float(np.abs(step).max()) < CLOSE:
            return beta, mean
    raise GeoError(
        f"The regression found no end after {MOST_ROUNDS} rounds: some kind of day may never have had "
        "a complaint."
    )


def _chi_square(counts: Floats, mean: Floats, alpha: float) -> float:
    return float(((counts - mean) ** 2 / (mean + alpha * mean**2)).sum())


def _alpha(counts: Floats, mean: Floats, freedom: int) -> float:
    def excess(alpha: float) -> float:
        return _chi_square(counts, mean, alpha) - freedom

    if excess(0.0) <= 0.0:
        return 0.0
    high = 1.0
    while excess(high) > 0.0:
        high *= 2.0
    return float(brentq(excess, 0.0, high, xtol=1e-14))


def _long_run(scores: Floats, when: NDArray[np.int64], hac_days: int) -> Floats:
    # Days that are not in the fit stand as rows of nothing, so that lags are days and not rows.
    every = np.zeros((int(when[-1] - when[0]) + 1, scores.shape[1]))
    every[when - when[0]] = scores
    total = every.T @ every
    for lag in range(1, min(hac_days, len(every) - 1) + 1):
        across = every[lag:].T @ every[:-lag]
        total += (1.0 - lag / (hac_days + 1.0)) * (across + across.T)
    return np.asarray(total, dtype=np.float64)


def _design(day: NDArray[np.int64], rain: Floats, model: ResponseModel) -> tuple[Floats, tuple[str, ...]]:
    columns, terms = [np.ones(len(day))], ["constant"]
    for lag in range(model.last_lag + 1):
        before = at_lag(rain, lag)
        columns.append(np.log1p(before) if model.shape == "log" else before)
        terms.append(f"rain, {lag} d before")
    weekday = (day + 3) % 7  # 1970-01-01 was a Thursday
    for k in range(1, 7):
        columns.append((weekday == k).astype(np.float64))
        terms.append(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"][k])
    years = (day - day.mean()) / YEAR_DAYS
    if model.has_trend:
        columns.append(years)
        terms.append("trend a year")
    for wave in range(1, model.waves + 1):
        for turn, word in ((np.sin, "sin"), (np.cos, "cos")):
            columns.append(turn(2.0 * np.pi * wave * day / YEAR_DAYS))
            terms.append(f"season {word} {wave}")
    return np.column_stack(columns), tuple(terms)


def _exposure(exposure: ArrayLike | None, n: int) -> Floats:
    if exposure is None:
        return np.ones(n)
    value = np.asarray(exposure, dtype=np.float64)
    if value.shape != (n,) or not (np.isfinite(value) & (value > 0.0)).all():
        raise GeoError(f"The exposure must be {n} numbers above 0, one a day.")
    return value


def _refuse_short_season(day: NDArray[np.int64], model: ResponseModel) -> None:
    years = (day[-1] - day[0] + 1) / YEAR_DAYS
    if model.waves and years < 2.0:
        raise GeoError(
            f"The record is {years:.1f} years long; at least 2 are needed to tell a season from a trend."
        )
