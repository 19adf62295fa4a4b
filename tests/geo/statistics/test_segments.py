"""Streets cut into segments of 100 m, what lies on them, and which lines are one street."""

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from geo.errors import GeoError
from geo.statistics.segments import NOWHERE, cut_segments, join_streets, lie_on, segment_bounds

STREETS = [
    LineString([(0, 0), (240, 0)]),  # 0–100, 100–240: the rest of 40 m belongs to the one before
    LineString([(0, 500), (150, 500), (150, 600)]),  # 0–100, 100–200, 200–250
    LineString([(0, 900), (30, 900)]),
]


def test_a_short_rest_belongs_to_the_segment_before_it() -> None:
    assert segment_bounds(240.0) == [(0.0, 100.0), (100.0, 240.0)]
    assert segment_bounds(250.0) == [(0.0, 100.0), (100.0, 200.0), (200.0, 250.0)]
    assert segment_bounds(30.0) == [(0.0, 30.0)]
    assert segment_bounds(100.0) == [(0.0, 100.0)]
    with pytest.raises(GeoError, match="longer than 0 m"):
        segment_bounds(0.0)


@given(st.floats(0.5, 20_000.0))
def test_segments_cover_a_line_once_and_can_be_surveyed(length: float) -> None:
    bounds = segment_bounds(length)
    assert bounds[0][0] == 0.0
    assert bounds[-1][1] == length
    assert all(end == start for (_s, end), (start, _e) in itertools.pairwise(bounds))
    if length >= 50.0:
        assert all(50.0 <= end - start <= 150.0 for start, end in bounds)


def test_lines_are_cut_where_they_bend_too() -> None:
    cut = cut_segments(STREETS)
    assert cut.line.tolist() == [0, 0, 1, 1, 1, 2]
    assert cut.from_m.tolist() == [0, 100, 0, 100, 200, 0]
    np.testing.assert_allclose(shapely.length(cut.geometry), cut.length_m)
    assert cut.geometry[3].equals(LineString([(100, 500), (150, 500), (150, 550)]))
    assert len(cut_segments([])) == 0


def test_a_street_that_is_no_line_is_named() -> None:
    with pytest.raises(GeoError, match="Row 1"):
        cut_segments([STREETS[0], Point(0, 0)])


def test_places_lie_on_the_nearest_segment_within_reach() -> None:
    cut = cut_segments(STREETS)
    found = lie_on(cut, [50.0, 100.0, 50.0, 160.0], [10.0, 3.0, 200.0, 540.0])
    assert found.segment.tolist() == [0, 0, NOWHERE, 3]  # at 100 m two are equally near: the lower row
    assert found.away_m.tolist() == [10.0, 3.0, np.inf, 10.0]
    assert lie_on(cut, [], []).segment.tolist() == []
    with pytest.raises(GeoError, match="Row 0"):
        lie_on(cut, [np.nan], [0.0])


def test_the_nearest_segment_is_that_of_brute_force() -> None:
    cut = cut_segments(STREETS)
    dice = np.random.default_rng(5)
    x, y = dice.uniform(-60, 300, 400), dice.uniform(-60, 960, 400)
    found = lie_on(cut, x, y)
    away = shapely.distance(shapely.points(x, y)[:, None], cut.geometry[None, :])
    near = away.min(axis=1) <= 40.0
    np.testing.assert_array_equal(found.segment, np.where(near, away.argmin(axis=1), NOWHERE))
    np.testing.assert_allclose(found.away_m[near], away.min(axis=1)[near])


def test_pieces_of_one_name_that_lie_near_each_other_are_one_street() -> None:
    pieces = [
        LineString([(0, 0), (100, 0)]),
        LineString([(5_000, 0), (5_100, 0)]),  # shares only the name
        LineString([(350, 0), (450, 0)]),  # 250 m on
        LineString([(0, 50), (100, 50)]),  # another name
        LineString([(0, 60), (100, 60)]),
        LineString([(0, 70), (100, 70)]),
    ]
    assert join_streets(["A", "A", "A", "B", "", ""], pieces).tolist() == [0, 1, 0, 3, 4, 5]
    assert join_streets([], []).tolist() == []
    with pytest.raises(GeoError, match="name for each"):
        join_streets(["A"], pieces)
