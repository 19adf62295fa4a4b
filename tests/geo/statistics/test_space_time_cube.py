"""Cubes: whole steps back from the last day, every complaint accounted for, holes refused."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.refusals import TooFewData
from geo.statistics.space_time_cube import FOUR_WEEKS, MONTH, WEEK, Step, make_cube, step_edges
from geo.statistics.study_cells import Located


def test_weeks_end_with_the_last_day_and_no_part_of_one_is_kept() -> None:
    edges = step_edges(date(2026, 1, 1), date(2026, 3, 18), WEEK)
    assert len(edges) - 1 == 11
    assert edges[-1] == datetime(2026, 3, 19, tzinfo=UTC)
    assert edges[0] == datetime(2026, 1, 1, tzinfo=UTC)
    assert len(step_edges(date(2026, 1, 2), date(2026, 3, 18), WEEK)) - 1 == 10


def test_months_are_calendar_months_and_short_ones_end_on_their_last_day() -> None:
    whole = step_edges(date(2025, 1, 1), date(2025, 12, 31), MONTH)
    assert [edge.date().isoformat()[5:] for edge in whole[:4]] == ["01-01", "02-01", "03-01", "04-01"]
    assert len(whole) - 1 == 12
    odd = step_edges(date(2025, 1, 1), date(2026, 3, 30), MONTH)
    assert [edge.date() for edge in odd[-3:]] == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


def test_days_begin_at_midnight_on_the_spot() -> None:
    edges = step_edges(date(2026, 1, 1), date(2026, 5, 1), WEEK, ZoneInfo("Europe/Zurich"))
    spans = {(later.timestamp() - earlier.timestamp()) / 3600 for earlier, later in pairwise(edges)}
    assert spans == {168.0, 167.0}
    surakarta = step_edges(date(2026, 1, 1), date(2026, 12, 31), FOUR_WEEKS, ZoneInfo("Asia/Jakarta"))
    assert surakarta[-1].astimezone(UTC) == datetime(2026, 12, 31, 17, tzinfo=UTC)


@given(st.integers(1, 60), st.sampled_from(["days", "months"]), st.integers(0, 9_000))
def test_steps_leave_no_gap_and_begin_in_the_period(number: int, unit: str, days: int) -> None:
    first = date(2000, 1, 1)
    step, last = Step(number, unit), first + timedelta(days=days)
    if step.before(last + timedelta(days=1), 10) < first:
        with pytest.raises(TooFewData, match="at least 10"):
            step_edges(first, last, step)
        return
    edges = step_edges(first, last, step)
    assert step.before(edges[0].date(), 1) < first
    assert edges[0].date() >= first
    assert edges[-1].date() == first + timedelta(days=days + 1)
    assert sorted(set(edges)) == list(edges)


def spread(n: int, steps: int = 12, cells: int = 40) -> tuple[Located, np.ndarray, tuple[datetime, ...]]:
    """Complaints over weeks: number i in cell i mod 40 and, at noon of its first day, step i mod 12."""
    edges = step_edges(date(2026, 1, 1), date(2026, 1, 1) + timedelta(days=7 * steps - 1), WEEK)
    i = np.arange(n)
    at = np.array([edges[k].timestamp() + 43_200 for k in i % steps])
    return Located(i % cells, cells), at, edges


def test_every_complaint_is_counted_or_accounted_for() -> None:
    located, at, edges = spread(480)
    at[:3] = edges[0].timestamp() - 1
    at[3] = edges[-1].timestamp()
    located.cell[[5, 6]] = -1
    cube = make_cube(located, at, edges)
    assert (cube.before, cube.after, cube.outside) == (3, 1, 2)
    assert cube.counts.sum() == 480 - 6
    assert cube.counts.shape == (40, 12)
    assert cube.steps == 12
    assert cube.counts[7].tolist() == [0, 0, 0, 4] * 3
    assert cube.tested.all()


def test_a_hole_is_refused_unless_it_is_said_to_be_quiet() -> None:
    located, at, edges = spread(480)
    keep = np.arange(480) % 12 != 4
    some = Located(located.cell[keep], 40)
    with pytest.raises(TooFewData, match="1 time steps have no data at all; at most 0") as caught:
        make_cube(some, at[keep], edges)
    assert caught.value.need == "holes"
    cube = make_cube(some, at[keep], edges, empty_steps_are_real=True)
    assert cube.counts[:, 4].sum() == 0
    covered = np.ones(12, dtype=bool)
    assert make_cube(some, at[keep], edges, covered=covered).steps == 12
    covered[:2] = False
    with pytest.raises(TooFewData, match="2 time steps have no data"):
        make_cube(located, at, edges, covered=covered)


def test_a_cell_that_misses_a_step_is_not_tested() -> None:
    located, at, edges = spread(480)
    missing = np.zeros((40, 12), dtype=bool)
    missing[3, 7] = True
    assert np.flatnonzero(~make_cube(located, at, edges, missing=missing).tested).tolist() == [3]
    missing[3:15] = True
    with pytest.raises(TooFewData, match="28 cells"):
        make_cube(located, at, edges, missing=missing)


def test_too_little_and_what_does_not_fit_is_refused() -> None:
    located, at, edges = spread(480)
    with pytest.raises(TooFewData, match="There are 9 whole time steps; at least 10 are needed"):
        step_edges(date(2026, 1, 1), date(2026, 3, 10), WEEK)
    with pytest.raises(TooFewData, match="steps"):
        make_cube(located, at, edges[:8])
    with pytest.raises(TooFewData, match="48 complaints"):
        make_cube(Located(located.cell[:48], 40), at[:48], edges)
    with pytest.raises(GeoError, match="479 times and 480 places"):
        make_cube(located, at[1:], edges)
    with pytest.raises(GeoError, match="missing has the shape"):
        make_cube(located, at, edges, missing=np.zeros((40, 11)))
    with pytest.raises(GeoError, match="at least 1"):
        Step(0)
