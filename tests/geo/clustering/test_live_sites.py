from math import isnan, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.clustering.decisions import decided_rows
from geo.clustering.duplicates import NewReport, suggest_nearby
from geo.clustering.identities import NO_SITE
from geo.clustering.live_sites import LiveSites
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, RULES, LinkRule
from geo.clustering.work_sites import find_work_sites
from geo.errors import GeoError

FAMILIES = {
    "pothole": RULES["pothole"],
    "drain": LinkRule(suggest_m=75, auto_link_m=25, window_days=20, default_accuracy_m=7.0),
    "standing_water": RULES["standing_water"],
}


def report(x=0.0, day=0.0, family="pothole", y=0.0, accuracy_m=8.0, **more):
    return NewReport(x, y, day * DAY_S, family, accuracy_m=accuracy_m, **more)


def reports_of(held):
    return Reports.of(
        [one.x_m for one in held],
        [one.y_m for one in held],
        [one.reported_at_s for one in held],
        np.array([one.family for one in held], dtype=object),
        accuracy_m=[one.accuracy_m for one in held],
        closed_at_s=[one.closed_at_s for one in held],
        event=[one.event for one in held],
        has_position=[one.has_position for one in held],
    )


def grouped_anew(known, decisions):
    numbers = sorted(known)
    must, cannot = decided_rows(numbers, decisions)
    reports = reports_of([known[number] for number in numbers])
    labels = find_work_sites(reports, FAMILIES, must_link=must, cannot_link=cannot, ids=numbers).labels
    parts = {}
    for number, label in zip(numbers, labels.tolist(), strict=True):
        parts.setdefault(label, []).append(number)
    return sorted(parts.values())


def partition(sites, known):
    parts = {}
    for number in sorted(known):
        parts.setdefault(sites.site_of(number), []).append(number)
    assert all(sites.members(site) == members for site, members in parts.items())
    return sorted(parts.values())


REPORT = st.builds(
    report,
    x=st.integers(0, 60).map(float),
    y=st.integers(0, 40).map(float),
    day=st.integers(0, 40).map(float),
    family=st.sampled_from(sorted(FAMILIES)),
    accuracy_m=st.sampled_from([2.0, 8.0, 30.0, nan]),
    event=st.integers(-1, 1),
    closed_at_s=st.sampled_from([nan, nan, 20 * DAY_S]),
    has_position=st.sampled_from([True, True, True, True, False]),
)
NUMBER = st.integers(0, 14)
STEP = st.one_of(
    st.tuples(st.just("put"), NUMBER, REPORT),
    st.tuples(st.just("put"), NUMBER, REPORT),
    st.tuples(st.just("close"), NUMBER, st.integers(0, 40)),
    st.tuples(st.just("move"), NUMBER, st.integers(0, 60)),
    st.tuples(st.just("remove"), NUMBER, st.none()),
    st.tuples(st.just("decide"), NUMBER, st.tuples(NUMBER, st.sampled_from([True, False, None]))),
)


def carry_out(sites, known, decisions, step):
    what, number, how = step
    if what == "put":
        known[number] = how
        return sites.put(number, how)
    if what == "decide":
        other, together = how
        if number == other:
            return None
        decisions.pop((min(number, other), max(number, other)), None)
        if together is not None:
            decisions[min(number, other), max(number, other)] = together
        return sites.decide(number, other, together)
    if number not in known:
        return None
    old = known[number]
    if what == "remove":
        del known[number]
        return sites.remove(number)
    columns = (old.reported_at_s, old.family)
    if what == "close":
        known[number] = NewReport(
            old.x_m, old.y_m, *columns, old.accuracy_m, old.event, how * DAY_S, old.has_position
        )
        return sites.close(number, how * DAY_S)
    known[number] = NewReport(float(how), 0.0, *columns, 5.0, old.event, old.closed_at_s)
    return sites.move(number, float(how), 0.0, 5.0)


@given(st.lists(STEP, max_size=40))
@settings(max_examples=300, deadline=None)
def test_after_every_step_the_sites_are_those_of_grouping_anew_and_no_number_means_two_things(steps):
    sites, known, decisions = LiveSites(FAMILIES), {}, {}
    ever: set[int] = set()
    for step in steps:
        before = {number: sites.site_of(number) for number in known}
        first_free = sites.next_id
        change = carry_out(sites, known, decisions, step)
        assert partition(sites, known) == grouped_anew(known, decisions)
        now = {number: sites.site_of(number) for number in known}
        if change is not None:
            assert dict(change.moved) == {n: site for n, site in now.items() if before.get(n) != site}
            assert all(
                site in change.split_from or before.get(n, NO_SITE) == NO_SITE or site < first_free
                for n, site in change.moved
            )
        assert all(site >= first_free for site in set(now.values()) - set(before.values()))
        assert not (set(now.values()) - set(before.values())) & ever
        ever |= set(now.values())


@given(st.dictionaries(NUMBER, REPORT, max_size=12), REPORT)
@settings(max_examples=200, deadline=None)
def test_what_is_suggested_is_what_the_columns_give(known, new):
    sites = LiveSites(FAMILIES)
    sites.load(known, {}, {})
    numbers = sorted(known)
    expected = suggest_nearby(new, reports_of([known[n] for n in numbers]), FAMILIES, limit=50)
    found = sites.suggest(new, limit=50)
    assert [(one.row, one.distance_m, one.was_repaired) for one in found] == [
        (numbers[one.row], one.distance_m, one.was_repaired) for one in expected
    ]


def test_a_site_keeps_its_number_through_growth_closing_and_the_end_of_its_oldest_request():
    sites = LiveSites(FAMILIES, next_id=7)
    assert sites.put(1, report(0, day=0)).moved == ((1, 7),)
    assert sites.put(2, report(5, day=1)).moved == ((2, 7),)
    assert sites.close(1, 2 * DAY_S).moved == ()
    assert sites.put(3, report(4, day=3)).moved == ((3, 7),)  # by 2, which is still open
    assert sites.remove(1).moved == ()
    assert sites.members(7) == [2, 3]
    assert sites.next_id == 8


def test_a_bridge_joins_two_sites_and_its_removal_splits_them_under_numbers_never_used():
    sites = LiveSites({"drain": LinkRule.fixed(25.0, 30.0)})
    for number, x in ((1, 0.0), (2, 24.0)):
        sites.put(number, report(x, day=number, family="drain"))
    sites.decide(1, 2, together=False)
    assert (sites.site_of(1), sites.site_of(2)) == (1, 2)
    change = sites.decide(1, 2, together=None)
    assert change.redirects == {2: 1}
    change = sites.decide(1, 2, together=False)
    assert change.split_from == {3: 1}
    assert (sites.site_of(1), sites.site_of(2)) == (1, 3)


def test_the_site_with_a_job_wins_and_stays_where_its_job_is():
    sites = LiveSites({"drain": LinkRule.fixed(25.0, 30.0)})
    sites.put(1, report(0.0, day=1, family="drain"))
    sites.put(2, report(40.0, day=2, family="drain"))
    sites.set_job(2, at=2)
    assert sites.decide(1, 2, together=True).redirects == {1: 2}
    assert sites.decide(1, 2, together=None).split_from == {3: 2}
    assert (sites.site_of(1), sites.site_of(2)) == (3, 2)
    sites.end_job(2)
    assert sites.decide(1, 2, together=True).redirects == {3: 2}


def test_decisions_about_requests_that_are_gone_hold():
    sites = LiveSites(FAMILIES)
    for number, x in ((1, 0.0), (2, 500.0), (3, 900.0)):
        sites.put(number, report(x, day=number))
    sites.decide(1, 2, together=True)
    sites.decide(2, 3, together=True)
    sites.remove(2)
    assert sites.site_of(1) == sites.site_of(3)


def test_loading_keeps_the_numbers_that_sites_had_and_burns_none():
    known = {1: report(0, day=0), 2: report(5, day=1), 3: report(400, day=1), 4: report(900, day=1)}
    sites = LiveSites(FAMILIES, next_id=30)
    change = sites.load(known, {1: 12, 2: 12, 3: 20}, {(1, 3): False})
    assert [sites.site_of(number) for number in (1, 2, 3, 4)] == [12, 12, 20, 30]
    assert change.moved == ((4, 30),)
    assert sites.next_id == 31
    assert len(sites) == 4


def test_bad_input_is_named():
    sites = LiveSites(FAMILIES)
    sites.put(1, report())
    with pytest.raises(GeoError, match="no request 9"):
        sites.close(9, 0.0)
    with pytest.raises(GeoError, match="no clustering rule for the family 'lamp'"):
        sites.put(2, report(family="lamp"))
    with pytest.raises(GeoError, match="names the request 1 twice"):
        sites.decide(1, 1, together=True)
    with pytest.raises(GeoError, match="request 1 is held already"):
        sites.load({1: report()}, {}, {})
    with pytest.raises(GeoError, match="the id 5 is already in use"):
        LiveSites(FAMILIES).load({1: report()}, {1: 5}, {})
    assert isnan(report(accuracy_m=nan).accuracy_m)
