"""Which reports become one place: as they arrive, when they come together, and after people decided."""

import threading
from itertools import permutations
from typing import Any

from sqlalchemy import select

from fieldops.extensions import db
from fieldops.models import Cluster, Service, ServiceRequest, WorkOrder
from fieldops.operations.group_requests import group_request
from fieldops.operations.map_place import put_on_map
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.operations.place_request import correct_place, place_request
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.operations.triage_requests import acknowledge_requests
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import STEP_LON, Story

LON, LAT = 110.8230, -7.5660


def _regroup(story: Story) -> dict[str, int]:
    with transaction() as session:
        return regroup_requests(session, story.world.installation)


def _parts(story: Story, ids: list[int]) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for request_id in ids:
        found.setdefault(story.cluster_of(request_id), set()).add(request_id)
    return {frozenset(members) for members in found.values()}


def test_three_near_reports_are_one_place_and_a_far_one_is_another(story: Story) -> None:
    near = story.report(3)
    (far,) = story.report(lon=LON + 0.01)
    assert len({story.cluster_of(number) for number in near}) == 1
    assert story.cluster_of(far) != story.cluster_of(near[0])
    number = story.cluster_of(near[0])
    cluster = story.cluster(number)
    assert (cluster.open, cluster.family, cluster.severity) == (True, "road", 2)
    (worse,) = story.report(severity=3, service_code="sunken_road", lon=LON + STEP_LON)
    assert story.cluster_of(worse) == number
    assert story.cluster(number).severity == 3, "a cluster is as bad as its worst report"


def test_kinds_of_different_families_stay_apart(story: Story) -> None:
    (hole,) = story.report()
    (drain,) = story.report(service_code="blocked_drain")
    assert story.cluster_of(hole) != story.cluster_of(drain)


def test_a_kind_with_figures_of_its_own_joins_its_own_kind_only(story: Story) -> None:
    """Online and in bulk alike; with a radius of 0 nothing joins, until staff merge it."""
    with transaction() as session:
        session.query(Service).filter_by(code="sunken_road").update({"links_alone": True})
    holes, sunken = story.report(2), story.report(2, service_code="sunken_road")
    alone = {frozenset(holes), frozenset(sunken)}
    assert _parts(story, holes + sunken) == alone
    _regroup(story)
    assert _parts(story, holes + sunken) == alone
    assert story.cluster(story.cluster_of(sunken[0])).family == "road"
    with transaction() as session:
        session.query(Service).filter_by(code="sunken_road").update({"link_radius_m": 0})
    _regroup(story)
    assert _parts(story, holes + sunken) == {frozenset(holes), *(frozenset([one]) for one in sunken)}
    (late,) = story.report(service_code="sunken_road")
    assert _parts(story, [*sunken, late]) == {frozenset([one]) for one in [*sunken, late]}
    kept, ended = (story.cluster_of(one) for one in sunken)
    with transaction() as session:
        merge_clusters(session, story.world.installation, kept, ended, story.dispatcher)
    _regroup(story)
    assert story.cluster_of(sunken[1]) == kept


def test_grouping_twice_changes_nothing(story: Story) -> None:
    ids = story.report(3)
    before = [(story.cluster_of(number), story.request(number).version) for number in ids]
    for number in ids:
        with transaction() as session:
            group_request(session, story.world.installation, number)
    assert [(story.cluster_of(number), story.request(number).version) for number in ids] == before
    assert len(db.session().scalars(select(Cluster)).all()) == 1


def test_an_estimated_place_joins_nothing_until_somebody_confirms_it(story: Story) -> None:
    (seen,) = story.report()
    (guessed,) = story.report(work=False, lon=None, lat=None, landmark="depan pasar")
    with transaction() as session:
        request = session.get_one(ServiceRequest, guessed)
        put_on_map(request, (LON, LAT), (LON, LAT))
        request.location_state = "estimated"
    with transaction() as session:
        assert group_request(session, story.world.installation, guessed) is None
    assert _regroup(story)["on an estimated position"] == 1
    assert story.request(guessed).cluster_id is None
    with transaction() as session:
        request = session.get_one(ServiceRequest, guessed)
        place_request(session, story.world.installation, request, LON, LAT, story.dispatcher)
    story.work()
    assert story.cluster_of(guessed) == story.cluster_of(seen)


def test_the_order_of_arrival_does_not_matter(story: Story) -> None:
    """Three reports within reach of each other, and three of another place, come in any order."""
    parts = set()
    for number, order in enumerate(list(permutations(range(4)))[::5]):
        south = LAT + 0.002 * number
        places = [(LON, south), (LON + STEP_LON, south), (LON + 0.001, south), (LON + 0.001, south + 3e-5)]
        ids: dict[int, int] = {}
        for place in order:
            (ids[place],) = story.report(lon=places[place][0], lat=places[place][1])
        parts.add(
            frozenset(
                frozenset(place for place in ids if ids[place] in part)
                for part in _parts(story, list(ids.values()))
            )
        )
    assert parts == {frozenset({frozenset({0, 1}), frozenset({2, 3})})}


def test_a_split_is_remembered_online_and_in_bulk(story: Story) -> None:
    first, second, third = story.report(3)
    old = story.cluster_of(first)
    with transaction() as session:
        fresh = split_cluster(session, story.world.installation, old, [third], story.dispatcher).id
    assert (story.cluster_of(second), story.cluster_of(third)) == (old, fresh)
    _regroup(story)
    assert (story.cluster_of(first), story.cluster_of(second), story.cluster_of(third)) == (old, old, fresh)
    with transaction() as session:
        session.get_one(ServiceRequest, third).cluster_id = None
    with transaction() as session:
        rejoined = group_request(session, story.world.installation, third)
        assert rejoined is not None
        assert rejoined.id != old


def test_a_merge_is_remembered_and_the_number_stays(story: Story) -> None:
    near = story.report(2)
    far = story.report(2, lon=LON + 0.002)
    kept, ended = story.cluster_of(near[0]), story.cluster_of(far[0])
    with transaction() as session:
        assert merge_clusters(session, story.world.installation, kept, ended, story.dispatcher).id == kept
    for _again in range(2):
        _regroup(story)
        assert {story.cluster_of(number) for number in near + far} == {kept}
    assert story.cluster(ended).joined_into_id == kept
    assert not story.cluster(ended).open


def test_a_merge_after_a_split_takes_the_split_back(story: Story) -> None:
    ids = story.report(4)
    old = story.cluster_of(ids[0])
    with transaction() as session:
        fresh = split_cluster(session, story.world.installation, old, ids[2:], story.dispatcher).id
    with transaction() as session:
        merge_clusters(session, story.world.installation, old, fresh, story.dispatcher)
    _regroup(story)
    assert {story.cluster_of(number) for number in ids} == {old}


def test_a_split_takes_the_promise_from_those_who_leave(story: Story) -> None:
    ids = story.report(3)
    _order, _stop = story.send_out(ids[0])
    assert story.statuses(ids) == ["scheduled"] * 3
    cluster = story.cluster_of(ids[0])
    with transaction() as session:
        split_cluster(session, story.world.installation, cluster, [ids[2]], story.dispatcher)
    assert story.statuses(ids) == ["scheduled", "scheduled", "acknowledged"]
    assert story.request(ids[2]).scheduled_for is None


def test_a_merge_brings_the_new_ones_along_with_the_crew(story: Story) -> None:
    (near,) = story.report()
    (far,) = story.report(lon=LON + 0.002)
    _order, stop = story.send_out(near)
    kept, ended = story.cluster_of(near), story.cluster_of(far)
    with transaction() as session:
        request = session.get_one(ServiceRequest, far)
        acknowledge_requests(session, [request], story.dispatcher)
        merge_clusters(session, story.world.installation, kept, ended, story.dispatcher)
    assert story.statuses([near, far]) == ["scheduled", "scheduled"]
    story.arrive(stop)
    story.complete(stop)
    assert story.statuses([near, far]) == ["done", "done"]


def test_regrouping_never_tears_or_joins_places_with_open_orders(story: Story) -> None:
    first = story.report(2)
    second = story.report(2, lon=LON + 0.001)
    orders = [story.order(first[0]), story.order(second[0])]
    clusters = [story.cluster_of(first[0]), story.cluster_of(second[0])]
    with transaction() as session:  # both move onto one spot, as corrected pins do
        place = session.get_one(ServiceRequest, first[0]).place
        for number in second[:1]:
            session.get_one(ServiceRequest, number).place = place
    _regroup(story)
    assert [story.cluster_of(number) for number in first] == [clusters[0]] * 2
    assert [story.cluster_of(number) for number in second] == [clusters[1]] * 2
    assert [story.work_order(number).cluster_id for number in orders] == clusters


def test_when_regrouping_joins_places_the_ordered_one_goes_on(story: Story) -> None:
    (older,) = story.report()
    (newer,) = story.report(lon=LON + 0.001)
    order = story.order(newer)
    ordered = story.cluster_of(newer)
    with transaction() as session:
        session.get_one(ServiceRequest, older).place = session.get_one(ServiceRequest, newer).place
    _regroup(story)
    assert story.cluster_of(older) == story.cluster_of(newer) == ordered
    assert story.work_order(order).cluster_id == ordered


def test_two_workers_never_begin_two_clusters_for_one_hole(world: World, story: Story) -> None:
    rounds = 6
    for number in range(rounds):
        ids = story.report(2, work=False, lat=LAT + 0.002 * number)
        start, failures = threading.Barrier(2), []

        def group(request_id: int, start: Any = start, failures: Any = failures) -> None:
            with world.app.app_context():
                start.wait()
                try:
                    with transaction() as session:
                        group_request(session, world.installation, request_id)
                except Exception as error:  # noqa: BLE001  shown by the assertion below
                    failures.append(error)
                db.session.remove()

        threads = [threading.Thread(target=group, args=(request_id,)) for request_id in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not failures
        assert story.cluster_of(ids[0]) == story.cluster_of(ids[1])
    assert len(db.session().scalars(select(Cluster)).all()) == rounds


def test_a_new_report_joins_a_place_whose_permanent_repair_is_still_to_come(story: Story) -> None:
    (first,) = story.report()
    story.repair(first, "temporary")
    assert story.statuses([first]) == ["done"]
    ordered = story.cluster_of(first)
    assert story.cluster(ordered).open, "work is ordered there"
    (later,) = story.report(lon=LON + STEP_LON)
    assert story.cluster_of(later) == ordered
    (elsewhere,) = story.report(lon=LON + 0.01)
    story.repair(elsewhere)
    (after,) = story.report(lon=LON + 0.01)
    assert story.cluster_of(after) != story.cluster_of(elsewhere), "that one was finished"
    assert len(db.session().scalars(select(WorkOrder)).all()) == 3


def test_a_coordinate_that_stands_for_many_addresses_joins_nobody(story: Story) -> None:
    known = [story.report(address=f"Jl. Melati {number}", contact="")[0] for number in range(9)]
    together = story.cluster_of(known[0])
    assert {story.cluster_of(number) for number in known} == {together}
    (drain,) = story.report(service_code="blocked_drain", address="Jl. Melati 9", contact="")
    everybody = [*known, drain]
    assert len({story.cluster_of(number) for number in everybody}) == 10, "ten addresses are no place"
    assert story.cluster_of(known[0]) == together
    before = {number: story.cluster_of(number) for number in everybody}
    assert _regroup(story)["on a stand-in position"] == 10
    assert {number: story.cluster_of(number) for number in everybody} == before
    with transaction() as session:
        request = session.get_one(ServiceRequest, drain)
        correct_place(session, story.world.installation, request, LON + 0.001, LAT, story.dispatcher)
    assert {story.cluster_of(number) for number in known} == {together}, "nine may be one hole again"


def test_a_place_with_an_order_is_not_torn_by_the_tenth_address(story: Story) -> None:
    known = [story.report(address=f"Jl. Melati {number}", contact="")[0] for number in range(9)]
    story.order(known[0])
    (tenth,) = story.report(address="Jl. Melati 9", contact="")
    assert len({story.cluster_of(number) for number in known}) == 1
    assert story.cluster_of(tenth) != story.cluster_of(known[0])
