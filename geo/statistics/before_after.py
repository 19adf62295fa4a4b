"""Did complaints fall on treated streets, against comparable ones? An interval, not an arrow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats.contingency import odds_ratio

from geo.errors import GeoError
from geo.statistics.columns import finite_columns, refuse_rows
from geo.statistics.refusals import refuse_below

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEAST_BEFORE: Final = 10
LEAST_STREETS: Final = 5
LEAST_PLACEBOS: Final = 19
"""Fewer cannot give a share below 5 %."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Streets with their complaints of two periods.

    Attributes
    ----------
    is_treated
        bool, shape (n,).
    before, after
        Complaints, whole numbers, shape (n,).
    exposure
        Length in m or the like, above 0, shape (n,).
    earlier
        Complaints of a period before `before`, by which streets are matched, shape (n,); None matches by
        `before`.
    """

    is_treated: NDArray[np.bool_]
    before: Floats
    after: Floats
    exposure: Floats
    earlier: Floats | None = None

    @classmethod
    def of(
        cls,
        is_treated: ArrayLike,
        before: ArrayLike,
        after: ArrayLike,
        exposure: ArrayLike,
        *,
        earlier: ArrayLike | None = None,
    ) -> Streets:
        """Check columns.

        Leave streets out that the treatment may have reached otherwise (a detour, the same drain), and the
        weeks of the work itself.

        Raises
        ------
        GeoError
            Bad columns; the message names the row.
        """
        columns = {"before": before, "after": after, "exposure": exposure}
        if earlier is not None:
            columns["earlier"] = earlier
        made = dict(zip(columns, finite_columns(**columns), strict=True))
        for name in columns:
            column, is_count = made[name], name != "exposure"
            bad = (column < 0.0) | (column != np.rint(column)) if is_count else column <= 0.0
            refuse_rows(name, column, bad, "a whole number of 0 or more" if is_count else "a number above 0")
        treated = np.asarray(is_treated, dtype=np.bool_)
        if treated.shape != made["before"].shape:
            raise GeoError(f"is_treated must be a column of {len(made['before'])} rows, not {treated.shape}.")
        return cls(treated, made["before"], made["after"], made["exposure"], made.get("earlier"))


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """What became of complaints on treated streets.

    Attributes
    ----------
    ratio, low, high
        After over before on treated streets, over the same on comparable ones: 0.6 means that there were 0.6
        of the complaints that the others lead to expect.
    verdict
        ``fell`` or ``rose`` when the whole interval says so, else ``undecided``.
    treated_before, treated_after, other_before, other_after
        Complaints.
    matches
        Rows of comparable streets, ascending.
    dispersion
        How much more comparable streets' changes differ than chance would make them; the interval is widened
        by its root when it is above 1.
    placebo_share
        Share of comparable streets (and the treated ones) whose change against the others is as far from
        none; None below 19 of them.
    earlier_ratio, earlier_low, earlier_high
        The same comparison from the earlier period to `before`, when nothing was done yet: an interval
        without 1 says that these streets are not comparable. None without an earlier period.
    share
        Of the intervals.
    """

    ratio: float
    low: float
    high: float
    verdict: Literal["fell", "rose", "undecided"]
    treated_before: int
    treated_after: int
    other_before: int
    other_after: int
    matches: Ints
    dispersion: float
    placebo_share: float | None
    earlier_ratio: float | None
    earlier_low: float | None
    earlier_high: float | None
    share: float


def compare_before_after(
    streets: Streets, *, per_treated: int = 10, share: float = 0.95, within: float = 2.0
) -> BeforeAfter:
    """Compare treated streets with comparable ones (difference in differences, as a ratio).

    Comparable are, for each treated street, the `per_treated` untreated ones nearest in the logarithms of the
    rate of complaints per exposure and of the exposure, none of the two off by more than a factor of
    `within`. Streets are treated because they were bad, and a bad year is followed by a better one anyway:
    matching by the same period lets the others have had a bad year too; matching by an earlier one does not
    rest on it.

    Parameters
    ----------
    streets
        All of them; both periods of one length for all streets.
    per_treated
        Comparable streets a treated one.
    share
        Of the intervals: exact and conditional on the margins for four Poisson numbers (Fisher), widened by
        the streets' dispersion.
    within
        Factor, above 1.

    Raises
    ------
    TooFewData
        No treated street, fewer than 10 complaints before on the treated or on the comparable ones, or fewer
        than 5 comparable streets.
    GeoError
        A share or factor that is none.
    """
    if not (0.0 < share < 1.0 and within > 1.0 and per_treated >= 1):
        raise GeoError(
            f"A share between 0 and 1, a factor above 1 and a street to compare with are needed, not "
            f"{share:g}, {within:g} and {per_treated}."
        )
    treated = np.flatnonzero(streets.is_treated)
    refuse_below(
        "treated", len(treated), 1, "There are {found} treated streets; at least {needed} is needed."
    )
    before, after = streets.before, streets.after
    refuse_below(
        "before",
        float(before[treated].sum()),
        LEAST_BEFORE,
        "The treated streets had {found} complaints before; at least {needed} are needed.",
    )
    matches = _matches(streets, treated, per_treated, np.log(within))
    refuse_below(
        "comparable",
        len(matches),
        LEAST_STREETS,
        "There are {found} comparable streets; at least {needed} are needed. A wider factor finds more.",
    )
    refuse_below(
        "comparable_before",
        float(before[matches].sum()),
        LEAST_BEFORE,
        "The comparable streets had {found} complaints before; at least {needed} are needed.",
    )
    dispersion = _dispersion(before[matches], after[matches])
    ratio, low, high = _ratio(before, after, treated, matches, (share, dispersion))
    earlier: tuple[float | None, float | None, float | None] = (None, None, None)
    if streets.earlier is not None and streets.earlier[treated].sum() and streets.earlier[matches].sum():
        wide = _dispersion(streets.earlier[matches], before[matches])
        earlier = _ratio(streets.earlier, before, treated, matches, (share, wide))
    return BeforeAfter(
        ratio,
        low,
        high,
        "fell" if high < 1.0 else "rose" if low > 1.0 else "undecided",
        int(before[treated].sum()),
        int(after[treated].sum()),
        int(before[matches].sum()),
        int(after[matches].sum()),
        matches,
        dispersion,
        _placebo(before, after, treated, matches),
        *earlier,
        share,
    )


# ---------------------------------------------------------------- within


def _matches(streets: Streets, treated: Ints, per_treated: int, most: float) -> Ints:
    known = streets.before if streets.earlier is None else streets.earlier
    signs = np.column_stack([np.log((known + 0.5) / streets.exposure), np.log(streets.exposure)])
    others = np.flatnonzero(~streets.is_treated)
    chosen: set[int] = set()
    for row in treated.tolist():
        off = np.abs(signs[others] - signs[row])
        near = others[(off <= most + 1e-12).all(axis=1)]
        away = np.hypot(*(signs[near] - signs[row]).T)
        chosen.update(near[np.argsort(away, kind="stable")][:per_treated].tolist())
    return np.array(sorted(chosen), dtype=np.int64)


def _ratio(
    before: Floats, after: Floats, treated: Ints, matches: Ints, how: tuple[float, float]
) -> tuple[float, float, float]:
    share, dispersion = how
    table = np.array(
        [
            [after[treated].sum(), before[treated].sum()],
            [after[matches].sum(), before[matches].sum()],
        ]
    )
    if not table[1, 0]:
        # The others have none left: nothing bounds how much worse the treated ones may be.
        return float("inf"), 0.0, float("inf")
    ratio = float(table[0, 0] / table[0, 1] / (table[1, 0] / table[1, 1]))
    bounds = odds_ratio(table.astype(np.int64), kind="conditional").confidence_interval(share)
    widen = max(1.0, float(np.sqrt(dispersion)))
    if ratio == 0.0:
        return 0.0, 0.0, float(bounds.high) * widen
    low = ratio * (float(bounds.low) / ratio) ** widen if bounds.low > 0.0 else 0.0
    return ratio, low, ratio * (float(bounds.high) / ratio) ** widen


def _dispersion(before: Floats, after: Floats) -> float:
    """Pearson's χ² over its freedom of the share of complaints that fall after, street by street."""
    both = before + after
    used = both > 0.0
    freedom = int(used.sum()) - 1
    share = after.sum() / both.sum()
    if freedom < 1 or not 0.0 < share < 1.0:
        return 1.0
    expected = both[used] * share
    return float((((after[used] - expected) ** 2) / (expected * (1.0 - share))).sum() / freedom)


def _placebo(before: Floats, after: Floats, treated: Ints, matches: Ints) -> float | None:
    if len(matches) < LEAST_PLACEBOS:
        return None
    whole_before, whole_after = before[matches].sum(), after[matches].sum()
    # One half is added everywhere: streets without complaints have a change too.
    own = np.log((after[matches] + 0.5) / (before[matches] + 0.5))
    rest = np.log((whole_after - after[matches] + 0.5) / (whole_before - before[matches] + 0.5))
    many = len(treated)
    real = np.log((after[treated].sum() + 0.5) / (before[treated].sum() + 0.5))
    real -= np.log((whole_after + 0.5) / (whole_before + 0.5))
    # Of several treated streets, as many placebos are taken together, at random by a fixed seed.
    changes = own - rest if many == 1 else _together(before, after, matches, many)
    return float((1 + (np.abs(changes) >= abs(real)).sum()) / (1 + len(changes)))


def _together(before: Floats, after: Floats, matches: Ints, many: int) -> Floats:
    dice = np.random.default_rng(1)
    size = min(many, len(matches) // 2)
    changes = np.empty(199)
    for k in range(len(changes)):
        some = dice.choice(matches, size, replace=False)
        rest = np.setdiff1d(matches, some)
        changes[k] = np.log((after[some].sum() + 0.5) / (before[some].sum() + 0.5)) - np.log(
            (after[rest].sum() + 0.5) / (before[rest].sum() + 0.5)
        )
    return changes
