import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.clustering.joining import numbered_by_age
from geo.clustering.neighbours import connected, link_pairs, near_pairs
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, RULES, LinkRule
from geo.clustering.work_sites import find_work_sites, group_requests, join_pairs
from geo.errors import GeoError

FIXED = {"pothole": LinkRule.fixed(15.0, 30.0), "drain": LinkRule.fixed(25.0, 60.0)}
ACCURATE = {"pothole": LinkRule(suggest_m=30, auto_link_m=15, window_days=60)}


def labels_of(x, y=None, days=None, family=None, rules=FIXED, **more):
    y = [0.0] * len(x) if y is None else y
    days = list(range(len(x))) if days is None else days
    reports = Reports.of(
        x,
        y,
        np.multiply(days, DAY_S),
        family or ["pothole"] * len(x),
        **{
            key: more.pop(key)
            for key in ("accuracy_m", "closed_at_s", "event", "has_position")
            if key in more
        },
    )
    return find_work_sites(reports, rules, **more).labels.tolist()


@st.composite
def worlds(draw):
    n = draw(st.integers(0, 25))
    whole = st.integers(0, 60)
    rows = draw(
        st.lists(
            st.tuples(whole, whole, st.integers(0, 90), st.sampled_from(["pothole", "drain"])),
            min_size=n,
            max_size=n,
        )
    )
    pair = st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda p: p[0] != p[1])
    pairs = st.lists(pair, max_size=4) if n > 1 else st.just([])
    x, y, days, family = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    columns = (np.array(x, float), np.array(y, float), np.array(days) * DAY_S, np.array(family, dtype=object))
    return columns, draw(pairs), draw(pairs), np.array(draw(st.permutations(range(n))), dtype=np.int64)


@given(worlds())
def test_bare_labels_are_the_components_of_kd_tree_pairs(world):
    (x, y, time_s, family), *_ = world
    edges = []
    for name, rule in FIXED.items():
        rows = np.flatnonzero(family == name)
        if len(rows):
            found = cKDTree(np.column_stack([x[rows], y[rows]])).query_pairs(
                rule.auto_link_m, output_type="ndarray"
            )
            edges.append(rows[found[np.abs(np.diff(time_s[rows][found], axis=1)[:, 0]) <= rule.window_s]])
    i, j = np.concatenate([np.empty((0, 2), dtype=int), *edges]).T
    graph = coo_array((np.ones(len(i)), (i, j)), shape=(len(x), len(x)))
    expected = connected_components(graph, directed=False)[1] if len(x) else np.empty(0, dtype=int)
    labels = find_work_sites(Reports.of(x, y, time_s, family), FIXED, limit_chains=False).labels
    rank = np.empty(len(x), dtype=np.int64)
    rank[np.lexsort((y, x, time_s))] = np.arange(len(x))
    assert labels.tolist() == numbered_by_age(expected, rank).tolist()


@given(worlds())
@settings(max_examples=200)
def test_labels_do_not_depend_on_row_order(world):
    columns, must, cannot, order = world
    ids = np.arange(len(order))
    place = np.argsort(order)
    moved = [[(int(place[a]), int(place[b])) for a, b in pairs] for pairs in (must, cannot)]
    before = find_work_sites(Reports.of(*columns), FIXED, must_link=must, cannot_link=cannot, ids=ids).labels
    after = find_work_sites(
        Reports.of(*(column[order] for column in columns)),
        FIXED,
        must_link=moved[0],
        cannot_link=moved[1],
        ids=ids[order],
    ).labels
    assert after.tolist() == before[order].tolist()


@given(worlds())
@settings(max_examples=200)
def test_peoples_decisions_hold(world):
    columns, must, cannot, _ = world
    sites = find_work_sites(Reports.of(*columns), FIXED, must_link=must, cannot_link=cannot)
    labels = sites.labels
    assert all(labels[a] != labels[b] for a, b in cannot)
    overruled = {frozenset(pair) for pair in sites.overruled.tolist()}
    assert all(labels[a] == labels[b] or frozenset((a, b)) in overruled for a, b in must)
    if not cannot:
        assert not overruled


@given(worlds())
def test_each_member_lies_near_its_sites_oldest_request(world):
    (x, y, time_s, family), *_ = world
    sites = find_work_sites(Reports.of(x, y, time_s, family), FIXED)
    anchor = sites.anchors[sites.labels] if len(x) else np.empty(0, dtype=int)
    reach = [FIXED[name].auto_link_m for name in family]
    assert (np.hypot(x - x[anchor], y - y[anchor]) <= reach).all()
    assert (time_s[anchor] <= time_s).all()


@given(worlds(), st.lists(st.sampled_from([2.0, 8.0, 30.0, np.nan]), min_size=25, max_size=25))
def test_poor_accuracies_reach_farther_up_to_twice_the_cap(world, accuracy):
    (x, y, time_s, family), *_ = world
    accuracy_m = np.array(accuracy[: len(x)])
    rules = {
        name: LinkRule(suggest_m=90, auto_link_m=rule.auto_link_m, window_days=60)
        for name, rule in FIXED.items()
    }
    sites = find_work_sites(Reports.of(x, y, time_s, family, accuracy_m=accuracy_m), rules)
    anchor = sites.anchors[sites.labels] if len(x) else np.empty(0, dtype=int)
    cap = np.array([rules[name].auto_link_m for name in family])
    scatter = 2 * np.sqrt(np.nan_to_num(accuracy_m) ** 2 + np.nan_to_num(accuracy_m[anchor]) ** 2)
    assert (np.hypot(x - x[anchor], y - y[anchor]) <= np.clip(scatter, cap, 2 * cap)).all()


def test_a_site_whose_first_report_was_a_poor_fix_stays_whole():
    assert labels_of([0, 14, 24], rules=ACCURATE, accuracy_m=[12, 4, 4]) == [0, 0, 0]
    assert labels_of([0, 15, 26], rules=ACCURATE, accuracy_m=[12, 4, 4]) == [0, 1, 1]
    assert labels_of([0, 10, 20], rules=ACCURATE, accuracy_m=[4, 4, 4]) == [0, 0, 1]


@given(worlds(), st.integers(0, 40), st.integers(0, 50))
def test_near_pairs_are_all_pairs_in_the_box_of_time(world, radius_m, window_days):
    (x, y, time_s, _), *_ = world
    expected = {
        (i, j)
        for i in range(len(x))
        for j in range(i + 1, len(x))
        if np.hypot(x[i] - x[j], y[i] - y[j]) <= radius_m
        and abs(time_s[i] - time_s[j]) <= window_days * DAY_S
    }
    found = near_pairs(x, y, float(radius_m), time_s=time_s, window_s=window_days * DAY_S)
    assert sorted(map(tuple, found.tolist())) == sorted(expected)


def test_sites_are_numbered_by_age():
    assert labels_of([0, 100, 5, 104], days=[3, 1, 4, 2]) == [1, 0, 1, 0]


def test_families_do_not_mix():
    assert labels_of([0, 0], family=["pothole", "drain"]) == [0, 1]


def test_a_report_after_the_window_is_a_new_site():
    assert labels_of([0, 0, 0], days=[0, 30, 61], limit_chains=False) == [0, 0, 1]


def test_a_chain_stops_at_the_radius_of_the_oldest():
    assert labels_of([0, 10, 20, 30], limit_chains=False) == [0, 0, 0, 0]
    assert labels_of([0, 10, 20, 30]) == [0, 0, 1, 1]
    assert labels_of([-10, 0, 10], days=[1, 0, 2]) == [0, 0, 0]


def test_what_the_chain_limit_keeps_apart_is_named_for_a_person():
    reports = Reports.of([0, 10, 20, 30], [0] * 4, [0, 1, 2, 3], ["pothole"] * 4)
    assert find_work_sites(reports, FIXED).refused.tolist() == [[1, 2]]


def test_radius_of_a_pair_grows_with_its_accuracies_up_to_the_cap():
    rule = ACCURATE["pothole"]
    accuracy = np.array([1.0, 5.0, 30.0, np.nan])
    assert rule.pair_radius_m(accuracy, accuracy).tolist() == [10.0, pytest.approx(200**0.5), 15.0, -1.0]
    assert labels_of([0, 14], rules=ACCURATE, accuracy_m=[5, 5]) == [0, 0]
    assert labels_of([0, 14], rules=ACCURATE, accuracy_m=[2, 2]) == [0, 1]


def test_unknown_accuracy_never_links_unless_the_rule_assumes_one():
    assert labels_of([0, 0], rules=ACCURATE, accuracy_m=[5, np.nan]) == [0, 1]
    assert labels_of([0, 0], rules=ACCURATE) == [0, 1]
    assumed = {"pothole": LinkRule(suggest_m=30, auto_link_m=15, window_days=60, default_accuracy_m=5.0)}
    assert labels_of([0, 14], rules=assumed) == [0, 0]


def test_radius_zero_is_off():
    off = {"pothole": LinkRule(suggest_m=0, auto_link_m=0, window_days=60, default_accuracy_m=5.0)}
    assert labels_of([0, 0], rules=off) == [0, 1]


def test_people_join_across_any_distance_and_family():
    assert labels_of([0, 500], family=["pothole", "drain"], must_link=[(0, 1)]) == [0, 0]


def test_a_joined_group_counts_by_its_nearest_member():
    # Rows 1 and 2 were joined by a person, 40 m apart; row 0 is older and near row 1 only.
    assert labels_of([0, 5, 45], must_link=[(1, 2)]) == [0, 0, 0]


def joined(x, family=None, days=None, **more):
    n = len(x)
    days = range(n) if days is None else days
    reports = Reports.of(x, [0.0] * n, np.multiply(days, DAY_S), family or ["pothole"] * n)
    return join_pairs(reports, FIXED, link_pairs(reports, FIXED), **more).labels.tolist()


def test_what_is_bound_stays_together_and_a_decision_parts_it():
    assert joined([0, 500]) == [0, 1]
    assert joined([0, 500], bound=[(0, 1)]) == [0, 0]
    assert joined([0, 5], bound=[(0, 1)], cannot_link=[(0, 1)]) == [0, 1]
    assert joined([0, 5, 400], bound=[(0, 2)], must_link=[(0, 1)], cannot_link=[(1, 2)]) == [0, 0, 1]


def test_what_is_bound_does_not_count_as_one_as_a_joined_group_does():
    assert joined([0, 10, 60], must_link=[(1, 2)]) == [0, 0, 0]
    assert joined([0, 10, 60], bound=[(1, 2)]) == [0, 1, 1]


def test_a_decision_joins_its_two_and_no_component_of_their_number():
    family = ["pothole", "pothole", "drain", "drain"]
    assert joined([0, 5, 7, 9], family, must_link=[(0, 1)]) == [0, 0, 1, 1]


@given(worlds())
def test_pairs_that_are_known_need_not_be_found_again(world):
    columns, must, cannot, _ = world
    reports = Reports.of(*columns)
    found = find_work_sites(reports, FIXED, must_link=must, cannot_link=cannot)
    known = link_pairs(reports, FIXED)
    given_them = join_pairs(reports, FIXED, known, must_link=must, cannot_link=cannot)
    assert given_them.labels.tolist() == found.labels.tolist()


def test_cannot_link_splits_at_the_longest_edge():
    assert labels_of([0, 4, 10], cannot_link=[(0, 2)]) == [0, 0, 1]
    assert labels_of([0, 6, 10], cannot_link=[(0, 2)]) == [0, 1, 1]


def test_a_contradicted_must_link_gives_way_and_is_named():
    reports = Reports.of([0, 10, 30], [0] * 3, [0, 1, 2], ["pothole"] * 3)
    sites = find_work_sites(reports, FIXED, must_link=[(0, 1), (1, 2)], cannot_link=[(0, 2)])
    assert sites.labels.tolist() == [0, 0, 1]
    assert sites.overruled.tolist() == [[1, 2]]


def test_a_closed_pothole_takes_no_new_report_and_an_old_open_one_does():
    rules = {
        "pothole": LinkRule(
            suggest_m=30, auto_link_m=15, window_days=60, while_open=True, default_accuracy_m=5
        )
    }
    day = DAY_S
    assert labels_of([0, 0], days=[0, 10], rules=rules, closed_at_s=[5 * day, np.nan]) == [0, 1]
    assert labels_of([0, 0], days=[0, 300], rules=rules, closed_at_s=[np.nan, np.nan]) == [0, 0]
    assert labels_of([0, 0], days=[0, 300], rules=rules) == [0, 1]


def test_standing_water_links_within_one_rain_event():
    rules = {
        "water": LinkRule(suggest_m=150, auto_link_m=25, window_days=3, same_event=True, default_accuracy_m=9)
    }
    water = ["water"] * 3
    assert labels_of([0, 5, 9], days=[0, 6, 6.1], family=water, rules=rules, event=[1, 1, 2]) == [0, 0, 1]
    assert labels_of([0, 5, 9], days=[0, 2, 2.5], family=water, rules=rules, event=[1, -1, -1]) == [0, 0, 0]
    assert labels_of([0, 5, 9], days=[0, 2, 6], family=water, rules=rules) == [0, 0, 1]


def test_a_request_without_position_links_by_decision_only():
    more = {"has_position": [True, False, False]}
    assert labels_of([0, np.nan, 0], **more) == [0, 1, 2]
    assert labels_of([0, np.nan, 0], must_link=[(0, 1)], **more) == [0, 0, 1]


def test_a_crowd_without_gaps_is_cut_into_sites_of_the_radius():
    rng = np.random.default_rng(7)
    x, y = rng.uniform(0, 80, (2, 1_000))
    sites = find_work_sites(Reports.of(x, y, rng.uniform(0, DAY_S, 1_000), ["drain"] * 1_000), FIXED)
    at = sites.anchors[sites.labels]
    assert np.hypot(x - x[at], y - y[at]).max() <= 25.0
    assert 5 <= len(sites.anchors) <= 25


def test_a_million_on_one_point_are_one_site_as_long_as_the_window_holds():
    n = 1_000_000
    time_s = np.linspace(0.0, 100 * DAY_S, n)
    labels = group_requests(
        np.zeros(n), np.zeros(n), time_s, np.zeros(n, dtype=np.int64), {0: FIXED["drain"]}
    )
    assert not labels.any()
    time_s[n // 2 :] += 60.001 * DAY_S
    labels = group_requests(
        np.zeros(n), np.zeros(n), time_s, np.zeros(n, dtype=np.int64), {0: FIXED["drain"]}
    )
    assert labels.tolist() == [0] * (n // 2) + [1] * (n // 2)


def test_a_crowd_too_dense_to_cut_into_sites_is_refused_with_advice():
    n = 10_000
    x = np.linspace(0.0, 20.0, n)
    with pytest.raises(GeoError, match="share one default position"):
        group_requests(x, np.zeros(n), np.zeros(n), ["pothole"] * n, FIXED)


@given(worlds(), st.integers(0, 2), st.integers(0, 200))
@settings(max_examples=300)
def test_taking_one_places_requests_together_changes_no_component(world, radius_m, most_compared):
    (x, y, time_s, _), *_ = world
    x, y, options = np.floor(x / 20), np.floor(y / 20), {"time_s": time_s, "window_s": 10 * DAY_S}
    plain = connected(x, y, float(radius_m), **options)
    try:
        together = connected(x, y, float(radius_m), **options, most_compared=most_compared)
    except GeoError:
        assume(False)  # too many places to compare, too
    rank = np.arange(len(x))
    assert numbered_by_age(together, rank).tolist() == numbered_by_age(plain, rank).tolist()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x_m": [0, np.nan]}, r"Row 1: x_m must be a finite number, not nan"),
        ({"reported_at_s": [np.inf, 0]}, r"Row 0: reported_at_s"),
        ({"y_m": [0]}, r"y_m must have the shape \(2,\)"),
        ({"accuracy_m": [3, -1]}, r"Row 1: accuracy_m must be 0, positive or NaN, not -1"),
        ({"family": ["pothole", "lamp"]}, r"no clustering rule for the family 'lamp'; known: drain, pothole"),
        ({"must_link": [(0, 2)]}, r"must_link: the pair \(0, 2\) names a row that is not there; there are 2"),
        ({"cannot_link": [(1, 1)]}, r"cannot_link: a pair names row 1 twice"),
    ],
)
def test_bad_input_is_named(change, sentence):
    given_columns = {
        "x_m": [0, 1],
        "y_m": [0, 1],
        "reported_at_s": [0, 1],
        "family": ["pothole"] * 2,
    } | change
    with pytest.raises(GeoError, match=sentence):
        group_requests(**given_columns, rules=FIXED)


@pytest.mark.parametrize("wrong", [{"suggest_m": 1_001}, {"auto_link_m": -1}, {"default_accuracy_m": 0}])
def test_a_rule_refuses_figures_that_cannot_be(wrong):
    with pytest.raises(GeoError, match=next(iter(wrong))):
        LinkRule(**({"suggest_m": 30, "auto_link_m": 15, "window_days": 30} | wrong))


def test_ready_rules_suggest_wider_than_they_link():
    assert set(RULES) == {"pothole", "drain", "standing_water", "other"}
    assert all(rule.suggest_m > rule.auto_link_m >= rule.least_link_m for rule in RULES.values())
    assert all(rule.default_accuracy_m is None for rule in RULES.values())
