import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from geo.errors import GeoError
from geo.statistics.refusals import TooFewData
from geo.statistics.repeat_repairs import repeat_repairs


def test_places_by_hand():
    #          a    a    b      a    a again, too late   b's neighbour, 60 m from b
    x = [0.0, 40.0, 500.0, 45.0, 0.0, 560.0]
    day = [0.0, 80.0, 10.0, 160.0, 300.0, 20.0]
    cost = [100.0, 50.0, 10.0, np.nan, 70.0, 20.0]
    found = repeat_repairs(x, np.zeros(6), day, cost=cost)
    (place,) = found.places
    assert place.rows == (0, 1, 3)
    assert (place.x_m, place.first_day, place.last_day) == (0.0, 0.0, 160.0)
    assert (place.repeats, place.repeat_cost, place.unknown_costs) == (2, 50.0, 1)
    assert (found.repairs, found.works, found.repeats, found.share) == (6, 6, 2, 0.4)
    interval = binomtest(2, 5).proportion_ci(0.95, "exact")
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert (found.repeat_cost, found.unknown_costs) == (50.0, 1)


def test_a_chain_ends_at_the_radius_around_the_first_repair():
    x = np.arange(10) * 30.0
    found = repeat_repairs(x, np.zeros(10), np.arange(10) * 5.0)
    assert [place.rows for place in sorted(found.places, key=lambda place: place.x_m)] == [
        (0, 1),
        (2, 3),
        (4, 5),
        (6, 7),
        (8, 9),
    ]


def test_planned_repairs_are_no_repeats():
    found = repeat_repairs([0.0] * 3, [0.0] * 3, [0.0, 10.0, 20.0], is_planned=[False, True, False])
    assert found.places[0].rows == (0, 2)
    assert found.repairs == 2
    assert found.places[0].repeat_cost is None
    assert found.repeat_cost is None


def test_holes_that_were_mended_in_one_visit_are_one_piece_of_work():
    day, cost = [0.0, 0.0, 0.2, 30.0, 30.5], [1.0, 2.0, 4.0, 8.0, 16.0]
    found = repeat_repairs([0.0] * 5, [0.0] * 5, day, cost=cost)
    (place,) = found.places
    assert (place.rows, place.repeats, place.repeat_cost) == ((0, 1, 2, 3, 4), 1, 24.0)
    assert (found.repairs, found.works, found.share) == (5, 2, 1.0)
    one = repeat_repairs([0.0, 0.0], [0.0, 0.0], [0.0, 0.0])
    assert (one.works, one.repeats, one.share, one.places) == (1, 0, 0.0, ())


def test_without_repeats_the_interval_begins_at_0():
    found = repeat_repairs([0.0, 1_000.0], [0.0, 0.0], [0.0, 1.0])
    assert (found.places, found.repeats, found.low) == ((), 0, 0.0)
    assert found.high == pytest.approx(0.975)
    assert repeat_repairs([0.0, 1.0], [0.0, 0.0], [0.0, 1.0]).high == 1.0


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.integers(0, 300), st.integers(0, 400)), min_size=2, max_size=60
    )
)
def test_every_place_keeps_its_two_rules_and_no_repair_is_in_two(rows):
    x, y, day = np.array(rows, dtype=float).T
    found = repeat_repairs(x, y, day)
    members = [row for place in found.places for row in place.rows]
    assert len(members) == len(set(members))
    for place in found.places:
        at = list(place.rows)
        assert (np.hypot(x[at] - x[at[0]], y[at] - y[at[0]]) <= 50.0).all()
        assert (np.diff(day[at]) >= 0.0).all()
        assert (np.diff(day[at]) <= 90.0).all()
    assert found.repeats == sum(place.repeats for place in found.places)
    assert all(1 <= place.repeats < len(place.rows) for place in found.places)


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(TooFewData, match="There are 1 repairs; at least 2"):
        repeat_repairs([0.0], [0.0], [0.0])
    with pytest.raises(GeoError, match="not 0 m, 90 and 1 days"):
        repeat_repairs([0.0], [0.0], [0.0], radius_m=0.0)
    with pytest.raises(GeoError, match="Row 1 has nan as its day"):
        repeat_repairs([0.0, 0.0], [0.0, 0.0], [0.0, np.nan])
    with pytest.raises(GeoError, match="Costs must be 2 numbers of 0 or more"):
        repeat_repairs([0.0, 0.0], [0.0, 0.0], [0.0, 1.0], cost=[-1.0, 0.0])
    with pytest.raises(GeoError, match="is_planned must be a column of 2 rows"):
        repeat_repairs([0.0, 0.0], [0.0, 0.0], [0.0, 1.0], is_planned=[True])
