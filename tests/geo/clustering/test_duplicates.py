import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.clustering.duplicates import (
    Match,
    Nearby,
    NewReport,
    find_group,
    find_match,
    suggest_nearby,
    suggest_pairs,
)
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, RULES
from geo.errors import GeoError


def reports_of(x, days, family="pothole", **more):
    n = len(x)
    days_s = {key: np.multiply(value, DAY_S) for key, value in more.items() if key == "closed_at_s"}
    return Reports.of(x, np.zeros(n), np.multiply(days, DAY_S), [family] * n, **(more | days_s))


def new_report(x=0.0, day=50.0, family="pothole", **more):
    return NewReport(x, 0.0, day * DAY_S, family, **more)


def test_already_reported_twelve_metres_away():
    reports = reports_of([31.0, 12.0, -5.0, 30.0], [40, 45, 49, 49])
    assert suggest_nearby(new_report(), reports, RULES) == [
        Nearby(row=2, distance_m=5.0, was_repaired=False),
        Nearby(row=1, distance_m=12.0, was_repaired=False),
        Nearby(row=3, distance_m=30.0, was_repaired=False),
    ]


def test_at_most_so_many_and_the_younger_first_at_one_distance():
    reports = reports_of([3.0, -3.0, 3.0, 9.0], [10, 20, 15, 20])
    assert [near.row for near in suggest_nearby(new_report(), reports, RULES, limit=2)] == [1, 2]


def test_what_was_closed_shows_as_repaired_for_a_while():
    reports = reports_of([1.0, 2.0, 3.0], [0, 0, 0], closed_at_s=[45, np.nan, 5])
    found = suggest_nearby(new_report(day=70), reports, RULES)
    assert found == [Nearby(0, 1.0, was_repaired=True), Nearby(1, 2.0, was_repaired=False)]


def test_other_families_other_times_and_stand_ins_are_not_shown():
    reports = reports_of([1.0, 1.0, 1.0], [49, 0, 49], family="other", has_position=[True, True, False])
    assert suggest_nearby(new_report(), reports, RULES) == []
    assert [near.row for near in suggest_nearby(new_report(family="other"), reports, RULES)] == [0]


def test_standing_water_is_shown_within_its_rain_event():
    reports = reports_of([100.0, 120.0], [40, 49.5], family="standing_water", event=[7, 8])
    assert [
        near.row for near in suggest_nearby(new_report(family="standing_water", event=7), reports, RULES)
    ] == [0]
    assert [near.row for near in suggest_nearby(new_report(family="standing_water"), reports, RULES)] == [1]


def test_nothing_is_near_when_nothing_is_reported():
    assert suggest_nearby(new_report(), reports_of([], []), RULES) == []
    assert find_group(new_report(accuracy_m=5.0), reports_of([], []), np.empty(0), RULES) is None


def test_a_new_request_joins_the_site_of_its_nearest_member():
    reports = reports_of([-9.0, 6.0], [40, 45], accuracy_m=[8, 8])
    assert find_group(new_report(accuracy_m=8.0), reports, np.array([70, 71]), RULES) == 71


def test_a_match_says_by_whom_and_how_near():
    reports = reports_of([-9.0, 6.0], [40, 45], accuracy_m=[8, 8])
    found = find_match(new_report(accuracy_m=8.0), reports, np.array([70, 70]), RULES)
    assert found == Match(site_id=70, row=1, distance_m=6.0, radius_m=15.0, anchor_m=9.0)


def test_nearness_is_measured_by_accuracy():
    # 9 m of 15 m beats 8 m of 10 m: two good fixes 8 m apart are less likely one hole than two poor ones.
    reports = reports_of([-8.0, 9.0], [40, 45], accuracy_m=[1, 12])
    assert find_match(new_report(accuracy_m=1.0), reports, np.array([70, 71]), RULES).site_id == 71


def test_where_a_crew_found_the_site_counts_instead_of_the_first_report():
    reports = reports_of([26.0, 12.0], [40, 45], accuracy_m=[8, 8])
    ids, new = np.array([70, 70]), new_report(accuracy_m=8.0)
    assert find_match(new, reports, ids, RULES) is None
    assert find_match(new, reports, ids, RULES, surveyed={70: (9.0, 0.0)}).anchor_m == 9.0
    near = new_report(9.0, accuracy_m=8.0)
    assert find_match(near, reports, ids, RULES, surveyed={70: (90.0, 0.0)}) is None


def test_people_and_the_way_keep_a_request_out():
    reports = reports_of([-9.0, 6.0], [40, 45], accuracy_m=[8, 8])
    ids, new = np.array([70, 71]), new_report(accuracy_m=8.0)
    assert find_match(new, reports, ids, RULES, apart_from={71}).site_id == 70
    assert find_match(new, reports, ids, RULES, apart_from={70, 71}) is None

    def river(from_m, to_m, most_m):
        assert most_m == 30.0
        return np.where(to_m[:, 0] > 0, np.inf, np.abs(to_m[:, 0] - from_m[:, 0]))

    assert find_match(new, reports, ids, RULES, way=river).site_id == 70


def test_a_new_request_does_not_stretch_a_site():
    reports = reports_of([0.0, 10.0], [40, 45], accuracy_m=[4, 4])
    ids = np.array([70, 70])
    assert find_group(new_report(14.0, accuracy_m=4.0), reports, ids, RULES) == 70
    assert find_group(new_report(18.0, accuracy_m=4.0), reports, ids, RULES) is None


def test_a_poor_first_report_does_not_tear_its_site():
    ids = np.array([70, 70])
    reports = reports_of([0.0, 14.0], [40, 45], accuracy_m=[12, 4])
    assert find_group(new_report(24.0, accuracy_m=4.0), reports, ids, RULES) == 70  # 2·√(12² + 4²) = 25.3
    assert find_group(new_report(26.0, accuracy_m=4.0), reports, ids, RULES) is None
    worse = reports_of([0.0, 14.0], [40, 45], accuracy_m=[50, 50])
    assert find_group(new_report(29.0, accuracy_m=50.0), worse, ids, RULES) == 70
    assert find_group(new_report(31.0, accuracy_m=50.0), worse, ids, RULES) is None  # twice the cap


def test_a_new_request_without_accuracy_or_near_a_closed_one_starts_a_site():
    reports = reports_of([0.0], [40], accuracy_m=[8])
    assert find_group(new_report(), reports, np.array([70]), RULES) is None
    closed = reports_of([0.0], [40], accuracy_m=[8], closed_at_s=[45])
    assert find_group(new_report(accuracy_m=8.0), closed, np.array([70]), RULES) is None


@given(st.lists(st.tuples(st.integers(-40, 40), st.integers(0, 60)), max_size=12))
def test_a_pair_is_suggested_as_a_new_request_would_be(rows):
    x, days = ([float(row[0]) for row in rows], [row[1] for row in rows])
    reports = reports_of(x, days)
    pairs, length_m = suggest_pairs(reports, RULES, np.arange(len(rows)))
    expected = {
        (i, j)
        for i in range(len(rows))
        for j in range(i + 1, len(rows))
        if j in {near.row for near in suggest_nearby(new_report(x[i], days[i]), reports, RULES, limit=99)}
    }
    assert set(map(tuple, pairs.tolist())) == expected
    assert (np.diff(length_m) >= 0).all()


def test_what_is_one_site_already_is_not_suggested():
    reports = reports_of([0.0, 1.0, 2.0], [1, 2, 3])
    assert suggest_pairs(reports, RULES, np.array([0, 0, 1]))[0].tolist() == [[1, 2], [0, 2]]


def test_bad_input_is_named():
    with pytest.raises(GeoError, match="no finite position and time"):
        new_report(float("nan"))
    with pytest.raises(GeoError, match="accuracy is -1"):
        new_report(accuracy_m=-1.0)
    with pytest.raises(GeoError, match="family 'lamp'"):
        suggest_nearby(new_report(family="lamp"), reports_of([], []), RULES)
    with pytest.raises(GeoError, match="site_ids"):
        find_group(new_report(), reports_of([0.0], [1]), np.array([1, 2]), RULES)
