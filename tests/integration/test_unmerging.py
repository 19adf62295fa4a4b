"""Merging and splitting after work was done, opening again, and the other bank of the river."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldops.extensions import db
from fieldops.models import Message, ServiceRequest, StatusChange
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.operations.place_request import correct_place
from fieldops.transaction import transaction
from geo.roads.importing import import_roads
from tests.integration.conftest import STEP_LON, Story

LON, LAT = 110.8230, -7.5660


def merge(story: Story, kept: int, ended: int) -> int:
    with transaction() as session:
        return merge_clusters(session, story.world.installation, kept, ended, story.dispatcher).id


def split(story: Story, cluster: int, leaving: list[int]) -> int:
    with transaction() as session:
        return split_cluster(session, story.world.installation, cluster, leaving, story.dispatcher).id


def not_fixed(story: Story, request_id: int) -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_if_fixed(session, story.world.installation, request, "no", "masih berlubang")
    story.work()


def history(ids: list[int]) -> list[tuple[int, str]]:
    rows = db.session().scalars(select(StatusChange).order_by(StatusChange.id))
    return [(row.request_id, row.target) for row in rows if row.request_id in ids]


def told(ids: list[int]) -> list[tuple[int, str]]:
    rows = db.session().scalars(select(Message).order_by(Message.id))
    return [(row.request_id, row.template) for row in rows if row.request_id in ids]


def test_after_both_are_repaired_a_merge_and_its_undoing_change_no_history(story: Story) -> None:
    (near,) = story.report()
    (far,) = story.report(lon=LON + 0.002)
    near_order, far_order = story.repair(near), story.repair(far)
    kept, ended = story.cluster_of(near), story.cluster_of(far)
    before = history([near, far]), told([near, far])
    assert merge(story, kept, ended) == kept
    assert story.work_order(far_order).cluster_id == kept
    fresh = split(story, kept, [far])
    story.work()
    assert fresh not in (kept, ended), "a number that ended is not used again"
    assert story.cluster_of(far) == fresh
    assert story.work_order(far_order).cluster_id == fresh, "its repair goes with it"
    assert story.work_order(near_order).cluster_id == kept
    assert (history([near, far]), told([near, far])) == before
    assert not story.cluster(fresh).open
    assert not story.cluster(kept).open


def test_a_repair_that_answered_both_stays_where_it_was(story: Story) -> None:
    first, second = story.report(2)
    order = story.repair(first)
    kept = story.cluster_of(first)
    split(story, kept, [second])
    assert story.work_order(order).cluster_id == kept


def test_after_a_split_only_the_place_of_whoever_opens_again_is_open(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first)
    kept = story.cluster_of(first)
    fresh = split(story, kept, [second])
    not_fixed(story, second)
    assert (story.cluster(kept).open, story.cluster(fresh).open) == (False, True)
    assert story.statuses([first, second]) == ["done", "reopened"]
    assert story.cluster_of(second) == fresh


def test_opening_one_again_opens_the_place_and_takes_in_what_came_meanwhile(story: Story) -> None:
    first, second = story.report(2)
    story.repair(first)
    old = story.cluster_of(first)
    (later,) = story.report(lon=LON + STEP_LON)
    assert story.cluster_of(later) != old, "that place was finished"
    newer = story.cluster_of(later)
    not_fixed(story, first)
    assert {story.cluster_of(number) for number in (first, second, later)} == {old}
    assert story.cluster(newer).joined_into_id == old
    assert story.cluster(old).open
    order = story.order(first)
    assert story.work_order(order).rework_of_id is not None
    (stop,) = story.dispatch(story.plan(story.work_days()[1]))
    story.arrive(stop)
    story.complete(stop)
    assert story.statuses([first, second, later]) == ["done"] * 3
    assert story.messages(later, template="done") == ["done"]
    assert story.messages(first, template="done") == ["done", "done"]
    assert story.messages(second, template="done") == ["done", "done"], "its place was repaired again"


def test_a_report_that_held_two_others_together_leaves_three_places(story: Story) -> None:
    places = [LON, LON + 3 * STEP_LON, LON + 6 * STEP_LON]
    left, between, right = (story.report(lon=lon, accuracy_m=30.0)[0] for lon in places)
    number = story.cluster_of(left)
    assert [story.cluster_of(one) for one in (between, right)] == [number, number]
    fresh = split(story, number, [between])
    assert story.cluster_of(left) == number
    assert story.cluster_of(between) == fresh
    assert story.cluster_of(right) not in (number, fresh), "only the one between tied it to the first"


def test_who_leaves_joins_the_place_it_is_near(story: Story) -> None:
    places = [LON, LON + 2.8 * STEP_LON, LON + 6 * STEP_LON]
    left, between, right = (story.report(lon=lon)[0] for lon in places)
    assert story.cluster_of(between) == story.cluster_of(left) != story.cluster_of(right)
    fresh = split(story, story.cluster_of(left), [between])
    assert fresh == story.cluster_of(right) == story.cluster_of(between)


def test_a_corrected_pin_joins_where_it_belongs_and_its_order_goes_along(story: Story) -> None:
    (here,) = story.report()
    (there,) = story.report(lon=LON + 0.002)
    old, other = story.cluster_of(here), story.cluster_of(there)
    with transaction() as session:
        request = session.get_one(ServiceRequest, there)
        correct_place(session, story.world.installation, request, LON + STEP_LON, LAT, story.dispatcher)
    assert story.cluster_of(there) == old
    assert story.cluster(other).joined_into_id == old
    (third,) = story.report(lon=LON + 0.004)
    order = story.order(third)
    with transaction() as session:
        request = session.get_one(ServiceRequest, third)
        correct_place(session, story.world.installation, request, LON + 0.005, LAT, story.dispatcher)
    place = story.work_order(order).place
    assert place == story.cluster(story.cluster_of(third)).anchor
    assert story.cluster(story.cluster_of(third)).anchor == story.request(third).place


@pytest.fixture
def river(story: Story) -> Story:
    """Two streets 12 m apart with water between them; the bridge is half a kilometre off."""
    step = 12 / 111_320
    nodes = {
        1: (LON - 0.002, LAT),
        2: (LON + 0.005, LAT),
        3: (LON - 0.002, LAT + step),
        4: (LON + 0.005, LAT + step),
    }
    ways = [[1, 2], [3, 4], [2, 4]]
    elements = [
        {"type": "node", "id": number, "lon": lon, "lat": lat} for number, (lon, lat) in nodes.items()
    ] + [
        {
            "type": "way",
            "id": number,
            "nodes": way,
            "tags": {"highway": "residential", "name": f"Jalan {number}"},
        }
        for number, way in enumerate(ways, start=1)
    ]
    source = Path(story.world.installation.settings.instance_dir) / "river.json"
    document = {"version": 0.6, "osm3s": {"timestamp_osm_base": "2026-01-02T03:04:05Z"}, "elements": elements}
    source.write_text(json.dumps(document), encoding="utf-8")
    import_roads(source, story.world.installation.settings.roads_path)
    return story


def test_the_other_bank_of_the_river_is_another_place(river: Story) -> None:
    (south,) = river.report(lat=LAT)
    (north,) = river.report(lat=LAT + 12 / 111_320)
    (beside,) = river.report(lon=LON + 2 * STEP_LON, lat=LAT)
    assert river.cluster_of(south) == river.cluster_of(beside)
    assert river.cluster_of(north) != river.cluster_of(south)


def test_without_roads_they_are_one(story: Story) -> None:
    (south,) = story.report(lat=LAT)
    (north,) = story.report(lat=LAT + 12 / 111_320)
    assert story.cluster_of(north) == story.cluster_of(south)
