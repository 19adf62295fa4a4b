"""Minutes and material come from what finished jobs took, and people can set both right."""

from datetime import timedelta

import pytest

from fieldops import clock
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, InvalidInput
from fieldops.extensions import db
from fieldops.models import Service, WorkOrder
from fieldops.operations.correct_work import correct_used, take_estimate
from fieldops.operations.estimate_work import estimate_work
from fieldops.operations.locate_request import locate
from fieldops.queries.finished_work import used_of
from fieldops.queries.orders import changes_of
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story, at_noon


def finish(story: Story, minutes: int, material: int | None = None, lon: float = 110.8230) -> int:
    """A place is repaired and the crew reports when it arrived and ended, and what it used."""
    day = story.work_days()[0]
    (request,) = story.report(lon=lon)
    order_id, stop_id = story.send_out(request)
    with clock.frozen(at_noon(day)):
        story.tell(stop_id, StopEventKind.ARRIVED)
    with clock.frozen(at_noon(day) + timedelta(minutes=minutes)):
        story.tell(
            stop_id,
            StopEventKind.COMPLETED,
            repair_kind="permanent",
            photos=(story.photo,),
            material_amount=material,
        )
    return order_id


def estimate(story: Story, order_id: int) -> tuple[int, int, int]:
    session = story._fresh()
    order = session.get_one(WorkOrder, order_id)
    found = estimate_work(session, session.get_one(Service, order.service_id), order.severity)
    return found.duration_s // 60, found.material_amount, found.jobs


def test_a_new_order_learns_from_finished_ones(story: Story) -> None:
    first = finish(story, 90, 200)
    assert used_of(db.session(), first) == (90, 200)
    assert estimate(story, first) == (40, 100, 1), "one job moves 30 min a sixth of the way to 90"
    (request,) = story.report(lon=110.8400)
    order = story.work_order(story.order(request))
    assert (order.duration_s, order.material_amount) == (40 * 60, 100)
    assert order.estimate == {
        "minutes_from": "history", "material_from": "history", "jobs": 1, "material_jobs": 1,
        "usual_s": 1800, "usual_material": 80,
    }  # fmt: skip


def test_a_report_made_in_one_go_measures_nothing(story: Story) -> None:
    order_id = finish(story, 0)
    assert used_of(db.session(), order_id) == (0, None)
    assert estimate(story, order_id) == (30, 80, 0)


def test_a_finished_figure_is_set_right_and_its_history_kept(story: Story) -> None:
    order_id = finish(story, 300, 900)
    version = story.work_order(order_id).version
    with transaction() as session:
        correct_used(session, order_id, version, 60, 120, story.dispatcher)
    assert used_of(db.session(), order_id) == (60, 120)
    assert estimate(story, order_id)[:2] == (35, 87)
    kept = sorted(changes_of(story._fresh(), order_id), key=lambda change: change.id)
    lines = [change.facts for change in kept]
    assert lines[-1]["changed"] == {"minutes": [300, 60], "material": [900, 120]}
    assert any(facts.get("minutes") == 300 for facts in lines), "what the crew said is not overwritten"
    for minutes, material, field in ((0, 10, "minutes"), (481, 10, "minutes"), (10, -1, "material_amount")):
        held = story.work_order(order_id).version
        with pytest.raises(InvalidInput) as caught, transaction() as session:
            correct_used(session, order_id, held, minutes, material, story.dispatcher)
        assert caught.value.field == field


def test_only_finished_work_is_known(story: Story) -> None:
    (request,) = story.report()
    order_id = story.order(request)
    with pytest.raises(Conflict, match="Only of finished work"), transaction() as session:
        correct_used(session, order_id, story.work_order(order_id).version, 60, 10, story.dispatcher)


def test_an_open_order_takes_what_finished_jobs_say(story: Story) -> None:
    finish(story, 90, 200)
    (request,) = story.report(lon=110.8400)
    order_id = story.order(request)
    with transaction() as session:
        held = session.get_one(WorkOrder, order_id)
        held.duration_s, held.material_amount = 1800, 80
    with transaction() as session:
        take_estimate(session, order_id, session.get_one(WorkOrder, order_id).version, story.dispatcher)
    order = story.work_order(order_id)
    assert (order.duration_s, order.material_amount) == (40 * 60, 100)
    assert changes_of(story._fresh(), order_id)[-1].facts["changed"] == {
        "minutes": [30, 40],
        "material": [80, 100],
    }


def test_the_street_and_the_school_make_the_exposure(world: World) -> None:
    city = world.installation.city
    ordinary = locate(db.session(), city, 110.8230, -7.5660)
    product = {"arterial": 1.5, "collector": 1.25, "": 1.0}[ordinary.line_class]
    if ordinary.landmark is not None:
        product *= {"school": 1.2, "hospital": 1.3, "market": 1.15}[ordinary.landmark[0]]
    assert ordinary.exposure == pytest.approx(min(2.0, product), abs=0.01)
