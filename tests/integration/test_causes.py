"""A blocked drain, the water that stands there, the hole that it makes: linked, ordered, untied by staff."""

from threading import Thread

import pytest
from flask import Flask
from sqlalchemy import select

from fieldops.errors import Conflict, InvalidInput
from fieldops.extensions import db
from fieldops.models import Cluster, DayPlan, WorkOrderDependency
from fieldops.operations.link_causes import causes_of, decide_cause, tie_cause, ties_to_choose
from fieldops.operations.merge_clusters import merge_clusters
from fieldops.transaction import transaction
from tests.integration.conftest import STEP_LON, Story

LON = 110.8230


def linked(story: Story, cluster_id: int) -> list[tuple[int, int, bool]]:
    """The pairs of cause and effect that a cluster's page shows, and whether they hold."""
    found = causes_of(db.session(), story.world.installation, story.cluster(cluster_id))
    return [(link.cause.id, link.effect.id, link.undone is None) for link in found]


def waiting() -> set[tuple[int, int]]:
    db.session().rollback()
    return {(row.work_order_id, row.after_id) for row in db.session().scalars(select(WorkOrderDependency))}


def drain_water_hole(story: Story) -> tuple[list[int], list[int]]:
    """One place of each kind a few metres apart: their reports and their clusters, in this order."""
    kinds = ("blocked_drain", "standing_water", "pothole")
    ids = [story.report(service_code=kind, lon=LON + n * 2 * STEP_LON)[0] for n, kind in enumerate(kinds)]
    return ids, [story.cluster_of(number) for number in ids]


def test_a_hole_comes_of_the_water_and_the_water_of_the_drain(story: Story) -> None:
    _ids, (drain, water, hole) = drain_water_hole(story)
    assert sorted(linked(story, hole)) == [(drain, hole, True), (water, hole, True)]
    assert sorted(linked(story, water)) == [(drain, water, True), (water, hole, True)]
    (far,) = story.report(lon=LON + 0.01)
    assert linked(story, story.cluster_of(far)) == []


def test_the_cause_is_worked_at_first_and_the_plan_knows(story: Story) -> None:
    ids, _clusters = drain_water_hole(story)
    patch, pump, clear = (story.order(number) for number in reversed(ids))
    assert waiting() == {(pump, clear), (patch, pump), (patch, clear)}
    plan = db.session().get_one(DayPlan, story.plan())
    after = {job["id"]: sorted(job.get("after", [])) for job in plan.problem["jobs"]}
    assert after == {patch: sorted([pump, clear]), pump: [clear], clear: []}


def test_staff_untie_two_places_and_that_is_remembered(story: Story) -> None:
    ids, (drain, _water, hole) = drain_water_hole(story)
    patch, clear = story.order(ids[2]), story.order(ids[0])
    assert (patch, clear) in waiting()
    with transaction() as session:
        decide_cause(session, drain, hole, False, story.dispatcher)
    assert waiting() == set()
    assert (drain, hole, False) in linked(story, hole)
    (other,) = story.report(lon=LON + 0.002)
    elsewhere = story.cluster_of(other)
    with transaction() as session:
        merge_clusters(session, story.world.installation, elsewhere, hole, story.dispatcher)
    assert story.cluster_of(ids[2]) == hole, "the place with the order goes on"
    pump = story.order(ids[1])
    assert waiting() == {(patch, pump), (pump, clear)}, "a new order does not tie the two again"
    with transaction() as session:
        decide_cause(session, drain, hole, True, story.dispatcher)
    assert (patch, clear) in waiting()
    assert (drain, hole, True) in linked(story, hole)


def test_a_decision_follows_a_place_that_was_joined(story: Story) -> None:
    (drain,) = story.report(service_code="blocked_drain")
    (hole,) = story.report(lon=LON + 2 * STEP_LON)
    (older,) = story.report(lon=LON + 0.0015)
    first, second = story.cluster_of(older), story.cluster_of(hole)
    with transaction() as session:
        decide_cause(session, story.cluster_of(drain), second, False, story.dispatcher)
    with transaction() as session:
        merge_clusters(session, story.world.installation, first, second, story.dispatcher)
    joined = story.cluster_of(hole)
    assert joined == first
    assert linked(story, joined) == [(story.cluster_of(drain), joined, False)]


def test_what_is_finished_causes_nothing(story: Story) -> None:
    (drain,) = story.report(service_code="blocked_drain")
    story.repair(drain)
    (hole,) = story.report(lon=LON + 2 * STEP_LON)
    assert not db.session().get_one(Cluster, story.cluster_of(drain)).open
    assert linked(story, story.cluster_of(hole)) == []


def tie(story: Story, cause: int, effect: int) -> None:
    with transaction() as session:
        tie_cause(session, story.world.installation, cause, effect, story.dispatcher)


def test_staff_tie_two_places_that_no_rule_would_find(story: Story) -> None:
    (drain,) = story.report(service_code="blocked_drain")
    (walk,) = story.report(service_code="missing_cover", lon=LON + 0.003)
    above, below = story.cluster_of(drain), story.cluster_of(walk)
    assert linked(story, below) == []
    choices = ties_to_choose(db.session(), story.world.installation, story.cluster(below))
    assert [one.id for one, _metres in choices] == [above]
    assert choices[0][1] == pytest.approx(331, abs=3)
    patch = story.order(walk)
    tie(story, above, below)
    assert linked(story, below) == linked(story, above) == [(above, below, True)]
    assert ties_to_choose(db.session(), story.world.installation, story.cluster(below)) == []
    clear = story.order(drain)
    assert waiting() == {(patch, clear)}, "an order that is opened later waits as well"
    plan = db.session().get_one(DayPlan, story.plan())
    assert {job["id"]: job.get("after", []) for job in plan.problem["jobs"]} == {patch: [clear], clear: []}
    with transaction() as session:
        decide_cause(session, above, below, False, story.dispatcher)
    assert waiting() == set()
    assert linked(story, below) == []


def test_a_tie_that_cannot_be_is_refused_with_a_sentence(story: Story) -> None:
    _ids, (drain, water, hole) = drain_water_hole(story)
    (other,) = story.report(lon=LON + 0.002)
    (far,) = story.report(service_code="missing_cover", lon=LON + 0.006)
    (walk,) = story.report(service_code="missing_cover", lon=LON + 0.003)
    second, away, near = (story.cluster_of(number) for number in (other, far, walk))
    tie(story, hole, near)
    for cause, effect, error, words in (
        (hole, hole, Conflict, "one cluster"),
        (hole, second, InvalidInput, "of the same kind"),
        (drain, away, InvalidInput, "apart; cause and effect are at most"),
        (hole, drain, Conflict, "in a circle"),  # the rules find drain before hole
        (near, drain, Conflict, "in a circle"),  # through the hole and a tie made by hand
        (near, water, Conflict, "in a circle"),
    ):
        with pytest.raises(error, match=words):
            tie(story, cause, effect)
    story.repair(walk)
    with pytest.raises(Conflict, match=r"has ended|in a circle"):
        tie(story, drain, near)


def test_two_who_tie_two_places_opposite_ways_at_once_make_no_circle(story: Story, app: Flask) -> None:
    (drain,) = story.report(service_code="blocked_drain")
    (walk,) = story.report(service_code="missing_cover", lon=LON + 0.003)
    one, other = story.cluster_of(drain), story.cluster_of(walk)
    installation, by, refusals = story.world.installation, story.dispatcher, []

    def tie_back() -> None:
        with app.app_context():
            try:
                with transaction() as session:
                    tie_cause(session, installation, other, one, by)
            except Conflict as error:
                refusals.append(str(error))

    second = Thread(target=tie_back)
    with transaction() as session:
        tie_cause(session, installation, one, other, by)
        second.start()
        second.join(0.5)
    second.join(30)
    assert len(refusals) == 1
    assert "in a circle" in refusals[0]
    assert linked(story, one) == [(one, other, True)]


def test_what_was_untied_may_be_turned_round(story: Story) -> None:
    _ids, (drain, water, hole) = drain_water_hole(story)
    for cause, effect in ((drain, hole), (water, hole)):
        with transaction() as session:
            decide_cause(session, cause, effect, False, story.dispatcher)
    tie(story, hole, drain)
    assert (hole, drain, True) in linked(story, hole)
    with pytest.raises(Conflict, match="in a circle"):
        tie(story, drain, hole)
