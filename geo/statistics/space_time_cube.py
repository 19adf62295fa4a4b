"""Counts by cell and step of time: whole steps back from the last day, none cut short."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.statistics.refusals import (
    LEAST_STEPS,
    TooFewData,
    refuse_below,
    refuse_constant,
    refuse_few_complaints,
)
from geo.statistics.study_cells import Located


@dataclass(frozen=True, slots=True)
class Step:
    """Length of a step: some days, or some calendar months.

    Raises
    ------
    GeoError
        A number below 1.
    """

    number: int
    unit: Literal["days", "months"] = "days"

    def __post_init__(self) -> None:
        if self.number < 1:
            raise GeoError(f"A step must last at least 1 of its {self.unit}, not {self.number}.")

    def before(self, end: date, steps: int) -> date:
        """Return the day so many steps before another; the 31st of a short month is its last day."""
        if self.unit == "days":
            return end - timedelta(days=steps * self.number)
        years, month = divmod(end.year * 12 + end.month - 1 - steps * self.number, 12)
        return date(years, month + 1, min(end.day, calendar.monthrange(years, month + 1)[1]))


WEEK, FOUR_WEEKS, MONTH = Step(7), Step(28), Step(1, "months")


@dataclass(frozen=True, eq=False)
class Cube:
    """Complaints by cell and step.

    Parameters
    ----------
    counts
        int64, shape (n, t).
    edges
        Where steps begin and the last one ends, aware, t + 1 of them.
    tested
        Cells that miss no step, bool, shape (n,): the others are left out of every test.
    before, after
        Complaints earlier than the first step, or later than the last.
    outside
        Complaints within the steps that lie in no cell.
    """

    counts: NDArray[np.int64]
    edges: tuple[datetime, ...]
    tested: NDArray[np.bool_]
    before: int
    after: int
    outside: int

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.edges) - 1


def step_edges(first: date, last: date, step: Step, zone: tzinfo = UTC) -> tuple[datetime, ...]:
    """Cut a period into whole steps that end with its last day.

    Parameters
    ----------
    first, last
        Days of the period, both in it. Days at its beginning that fill no whole step are left out.
    step
        Length of a step.
    zone
        Where days begin at midnight.

    Returns
    -------
    Beginnings of the steps and the end of the last, aware; a step goes from its beginning to before the next.

    Raises
    ------
    TooFewData
        ``"steps"``: fewer than 10 whole steps.
    """
    end = last + timedelta(days=1)
    steps = 0
    while step.before(end, steps + 1) >= first:
        steps += 1
    refuse_below("steps", steps, LEAST_STEPS)
    days = [step.before(end, back) for back in range(steps, -1, -1)]
    return tuple(datetime.combine(day, time(), tzinfo=zone) for day in days)


def make_cube(
    located: Located,
    reported_at_s: ArrayLike,
    edges: tuple[datetime, ...],
    *,
    covered: ArrayLike | None = None,
    missing: ArrayLike | None = None,
    empty_steps_are_real: bool = False,
) -> Cube:
    """Count complaints by cell and step.

    A cell without complaints in a step counts 0. That is only true where somebody was listening: a step in
    which no complaint came from anywhere, or that is said not to be covered, is a hole, and a cube with holes
    is refused rather than filled.

    Parameters
    ----------
    located
        The cell of each complaint.
    reported_at_s
        When each was reported, seconds since 1970 UTC, shape (m,).
    edges
        As `step_edges` returns them.
    covered
        Steps in which complaints were taken, bool, shape (t,); judged by the complaints when left out.
    missing
        Cells that were not covered in a step, bool, shape (n, t): a cell that misses any is not tested.
    empty_steps_are_real
        Take a step without any complaint as a quiet one.

    Raises
    ------
    TooFewData
        ``"holes"``, ``"steps"``, or too few cells, complaints or cells with any.
    GeoError
        Columns that do not fit.
    """
    at = np.asarray(reported_at_s, dtype=np.float64)
    if at.shape != located.cell.shape:
        raise GeoError(f"There are {len(at)} times and {len(located.cell)} places.")
    steps = len(edges) - 1
    refuse_below("steps", steps, LEAST_STEPS)
    step = np.searchsorted([edge.timestamp() for edge in edges], at, side="right") - 1
    within = (step >= 0) & (step < steps)
    kept = within & (located.cell >= 0)
    flat = np.bincount(located.cell[kept] * steps + step[kept], minlength=located.n_cells * steps)
    counts = flat.reshape(located.n_cells, steps).astype(np.int64)
    if covered is not None:
        _refuse_holes(np.asarray(covered, dtype=bool))
    elif not empty_steps_are_real:
        _refuse_holes(np.bincount(step[within], minlength=steps) > 0)
    gaps = np.zeros(counts.shape, dtype=bool) if missing is None else np.asarray(missing, dtype=bool)
    if gaps.shape != counts.shape:
        raise GeoError(f"missing has the shape {gaps.shape}; the cube has {counts.shape}.")
    tested = np.asarray(~gaps.any(axis=1), dtype=bool)
    refuse_few_complaints(counts[tested].sum(axis=1))
    refuse_constant(counts[tested])
    return Cube(
        counts=counts,
        edges=edges,
        tested=tested,
        before=int((step < 0).sum()),
        after=int((step >= steps).sum()),
        outside=int((within & ~kept).sum()),
    )


def _refuse_holes(covered: NDArray[np.bool_]) -> None:
    if not covered.all():
        raise TooFewData("holes", int((~covered).sum()), 0)
