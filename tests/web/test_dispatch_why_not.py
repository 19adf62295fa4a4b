"""Why an order is on no list: the rule that binds, its price, and what a dispatcher can do about it."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.models import Crew, DayPlan, OrderPin, Shift, WorkOrder
from fieldops.operations.plan_batches import compute_plan
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, ask_for_plan, cluster_of, english, fresh, open_order, report


def working_day() -> date:
    day = local(clock.now()).date() + timedelta(days=1)
    return day + timedelta(days=day.weekday() == 6)


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return english(world, Role.DISPATCHER)


@pytest.fixture
def order(world: World, submission: Submit, browser: FlaskClient) -> WorkOrder:
    return open_order(browser, cluster_of(report(world, submission)).id)


def alter(order: WorkOrder, **values: Any) -> None:
    with transaction() as session:
        held = session.get_one(WorkOrder, order.id)
        for name, value in values.items():
            setattr(held, name, value)


def every_crew(**values: Any) -> None:
    with transaction() as session:
        for crew in session.scalars(select(Crew)):
            for name, value in values.items():
                setattr(crew, name, value)


def left_out(browser: FlaskClient) -> str:
    return browser.get(f"/petugas/rencana/tidak-masuk?hari={working_day().isoformat()}").text


def shift_of(letter: str) -> Shift:
    query = select(Shift).join(Crew, Crew.id == Shift.crew_id)
    found: Shift = db.session().scalars(query.where(Crew.letter == letter, Shift.day == working_day())).one()
    return found


def test_nobody_has_the_skill_until_it_is_lent(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    alter(order, skills=["patch", "pump"])
    ask_for_plan(world, browser)
    for page in (left_out(browser), browser.get(f"/petugas/perintah/{order.id}").text):
        assert "No crew on duty can do this: it needs Patching, Pumping." in page
        assert "Lend the skill" in page
    assert "Not planned: No crew can do it" in browser.get("/petugas?state=ready").text

    lent = browser.post("/petugas/giliran/keahlian", data={"shift": shift_of("A").id, "skill": "pump"})

    assert lent.status_code == 303
    address = ask_for_plan(world, browser)
    assert "Every ready order has a place." in browser.get(address).text
    twice = browser.post("/petugas/giliran/keahlian", data={"shift": shift_of("A").id, "skill": "pump"})
    assert twice.status_code == 409
    assert "can do this already" in twice.text
    unknown = browser.post("/petugas/giliran/keahlian", data={"shift": shift_of("A").id, "skill": "magic"})
    assert unknown.status_code == 422


def test_more_material_than_any_vehicle_carries(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    alter(order, material_amount=19_000)
    ask_for_plan(world, browser)
    page = left_out(browser)
    assert "It needs more material than any vehicle carries." in page
    assert "Correct the material" in page


def test_no_hours_are_left_until_overtime_is_allowed(
    world: World, browser: FlaskClient, order: WorkOrder
) -> None:
    alter(order, duration_s=3 * 3600, must_do=True)
    afternoon = {"pin_day": working_day().isoformat(), "pin_starts": "13:30"}
    held = {"version": fresh(WorkOrder, order.id).version} | afternoon
    assert browser.post(f"/petugas/perintah/{order.id}/kunci", data=held).status_code == 303
    ask_for_plan(world, browser)
    page = left_out(browser)
    assert "No crew can be there in time, even with nothing else to do." in page
    assert "Allow overtime" in page

    for letter in "ABE":
        allowed = browser.post(
            "/petugas/giliran/lembur", data={"shift": shift_of(letter).id, "overtime": "120"}
        )
        assert allowed.status_code == 303

    assert "Every ready order has a place." in browser.get(ask_for_plan(world, browser)).text
    assert (
        browser.post(
            "/petugas/giliran/lembur", data={"shift": shift_of("A").id, "overtime": "-5"}
        ).status_code
        == 422
    )
    assert browser.post("/petugas/giliran/lembur", data={"shift": "abc", "overtime": "5"}).status_code == 422


def test_too_far_for_its_worth_until_it_is_a_must(
    world: World, browser: FlaskClient, submission: Submit
) -> None:
    far = open_order(browser, cluster_of(report(world, submission, lon=110.87, lat=-7.52)).id)
    alter(far, severity=1, exposure=1.0, due_at=None, duration_s=60)
    with transaction() as session:
        held = session.get_one(WorkOrder, far.id)
        held.exposure = 0.2
    ask_for_plan(world, browser)
    page = left_out(browser)
    assert "The best place is crew" in page
    assert "it is worth" in page
    assert "Too far for its worth" in browser.get("/petugas?state=ready").text

    version = fresh(WorkOrder, far.id).version
    made = browser.post(f"/petugas/perintah/{far.id}/wajib", data={"version": version, "must_do": "1"})

    assert made.status_code == 303
    assert "Every ready order has a place." in browser.get(ask_for_plan(world, browser)).text
    assert "must be done" in browser.get(f"/petugas/perintah/{far.id}").text
    stale = browser.post(f"/petugas/perintah/{far.id}/wajib", data={"version": version, "must_do": "0"})
    assert stale.status_code == 409


def test_a_pinned_order_stays_with_its_crew_and_its_hours(
    world: World, browser: FlaskClient, order: WorkOrder
) -> None:
    crew = db.session().scalars(select(Crew.id).where(Crew.letter == "B")).one()
    form = {
        "version": fresh(WorkOrder, order.id).version, "crew": crew, "pin_day": working_day().isoformat(),
        "pin_starts": "13:30", "pin_until": "14:30",
    }  # fmt: skip
    assert browser.post(f"/petugas/perintah/{order.id}/kunci", data=form).status_code == 303
    shown = browser.get(f"/petugas/perintah/{order.id}").text
    assert "pinned: crew B" in shown

    address = ask_for_plan(world, browser)

    features = browser.get(f"{address}/rute.geojson").json["features"]
    (stop,) = [one["properties"] for one in features if one["properties"]["kind"] == "stop"]
    assert stop["crew"] == "B"
    assert stop["locked"] is True
    page = browser.get(address).text
    assert "1 pinned" in page
    assert "13:30" in page or "14:" in page

    with transaction() as session:
        session.get_one(Crew, crew).active = False
    ask_for_plan(world, browser)
    assert "It is pinned to Sapu Lubang 2, which does not work then." in left_out(browser)
    gone = browser.post(
        f"/petugas/perintah/{order.id}/lepas", data={"version": fresh(WorkOrder, order.id).version}
    )
    assert gone.status_code == 303
    assert db.session().scalars(select(OrderPin)).all() == []
    again = browser.post(
        f"/petugas/perintah/{order.id}/lepas", data={"version": fresh(WorkOrder, order.id).version}
    )
    assert again.status_code == 409


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose a crew, hours, or both"),
        ({"crew": "999"}, "no such crew"),
        ({"pin_starts": "10:00"}, "Choose a day from the calendar"),
        ({"pin_day": "2026-13-45", "pin_starts": "10:00"}, "Choose a day from the calendar"),
        ({"pin_day": "2020-01-01", "pin_until": "10:00"}, "These hours have passed"),
        ({"pin_day": "2099-01-01", "pin_starts": "11:00", "pin_until": "10:00"}, "comes after the latest"),
        ({"pin_day": "2099-01-01", "pin_starts": "pagi"}, "Give a time of day"),
    ],
)
def test_a_pin_that_cannot_be_is_refused(
    browser: FlaskClient, order: WorkOrder, form: dict[str, str], sentence: str
) -> None:
    held = {"version": fresh(WorkOrder, order.id).version} | form
    answer = browser.post(f"/petugas/perintah/{order.id}/kunci", data=held)
    assert answer.status_code in (404, 422)
    assert sentence in answer.text
    assert db.session().scalars(select(OrderPin)).all() == []


def test_an_order_pinned_to_another_day_says_so(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    form = {
        "version": fresh(WorkOrder, order.id).version,
        "pin_day": (working_day() + timedelta(days=9)).isoformat(),
        "pin_starts": "09:00",
    }
    assert browser.post(f"/petugas/perintah/{order.id}/kunci", data=form).status_code == 303
    ask_for_plan(world, browser)
    assert "It is pinned to another day." in left_out(browser)


def test_what_became_ready_later_is_not_looked_at_yet(
    world: World, browser: FlaskClient, order: WorkOrder, submission: Submit
) -> None:
    assert "Nothing was computed for this day yet" in left_out(browser)
    ask_for_plan(world, browser)
    late = open_order(browser, cluster_of(report(world, submission, lon=110.84)).id)
    page = left_out(browser)
    assert late.number in page
    assert "It became ready after the plan was computed." in page
    assert order.number not in page


def test_a_plan_of_two_days_proposes_leftovers_for_the_next(
    world: World, browser: FlaskClient, submission: Submit
) -> None:
    orders = [
        open_order(browser, cluster_of(report(world, submission, lon=110.80 + 0.01 * n)).id) for n in range(7)
    ]
    for order in orders:
        alter(order, duration_s=3 * 3600, severity=3)
    address = str(
        browser.post(
            "/petugas/rencana",
            data={
                "hari": working_day().isoformat(),
                "seconds": "1",
                "days": "3",
                "fairness": "0.1",
                "reassign": "15",
            },
        ).headers["Location"]
    )
    compute_plan(world.installation, int(address.rsplit("/", 1)[1]), transaction, iterations=30)
    page = browser.get(address).text
    assert "Leftovers for the next days" in page
    assert 'name="days" value="3"' in page, "computing again keeps the wishes"
    assert 'name="reassign" value="15"' in page
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    assert browser.post(f"{address}/kirim", data={"version": version}).status_code == 303
    states = sorted(fresh(WorkOrder, order.id).status for order in orders)
    assert "ready" in states, "what is proposed for a later day is not sent out"
    assert "batched" in states


@pytest.mark.parametrize("wish", [{"days": "9"}, {"fairness": "NaN"}, {"fairness": "-1"}, {"reassign": "-1"}])
def test_wishes_that_cannot_be_are_refused(
    browser: FlaskClient, order: WorkOrder, wish: dict[str, str]
) -> None:
    answer = browser.post("/petugas/rencana", data={"hari": working_day().isoformat()} | wish)
    assert answer.status_code == 422
    assert "Give a" in answer.text


def test_officers_see_why_and_change_nothing(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    alter(order, material_amount=19_000)
    ask_for_plan(world, browser)
    officer = english(world, Role.OFFICER)
    page = left_out(officer)
    assert "It needs more material" in page
    assert "What would help" not in page
    for path in (
        f"perintah/{order.id}/wajib",
        f"perintah/{order.id}/kunci",
        "giliran/lembur",
        "giliran/keahlian",
    ):
        assert officer.post(f"/petugas/{path}", data={"shift": "1"}).status_code == 403


CODES = (
    "no_skill", "unreachable", "predecessor", "waits_for_order", "pinned", "pinned_absent", "pinned_elsewhen",
    "capacity", "time_window", "not_worth", "beyond_limit", "not_looked_at",
)  # fmt: skip
BINDINGS = (None, "load", "time", "shift", "break", "precedence", "limits")


@pytest.mark.parametrize(
    ("code", "binding"), [*((code, None) for code in CODES), *(("no_room", binding) for binding in BINDINGS)]
)
def test_every_reason_has_a_sentence_in_both_languages(
    world: World, browser: FlaskClient, order: WorkOrder, code: str, binding: str | None
) -> None:
    alter(order, material_amount=19_000)
    address = ask_for_plan(world, browser)
    crew = db.session().scalars(select(Crew.id).where(Crew.letter == "B")).one()
    with transaction() as session:
        plan = session.get_one(DayPlan, int(address.rsplit("/", 1)[1]))
        facts = {
            "reason": code, "binding": binding, "predecessor": order.id, "limit": 3000, "crew": crew,
            "best": {"vehicle": crew, "position": 1, "after": order.id}, "insertion_cost": 2460,
            "worth": 2100,
        }  # fmt: skip
        (left,) = plan.answer["unassigned"]
        plan.answer = plan.answer | {"unassigned": [left | facts]}
    pages = []
    for language in ("en", "id"):
        browser.set_cookie("language", language)
        pages.append([browser.get(path).text for path in (address, f"/petugas/perintah/{order.id}")])
        pages[-1].append(left_out(browser))
    for english_page, indonesian_page in zip(*pages, strict=True):
        for page in (english_page, indonesian_page):
            assert f">{code}" not in page, "no bare code"
    if code == "not_worth":
        assert "The best place is crew B after" in pages[0][0]
        assert "41 min more; it is worth 35 min today" in pages[0][0]
    if code == "no_room":
        assert "If there were room, its best place would be crew B after" in pages[0][2]
    assert "Compute again" in pages[0][0]


def test_an_empty_day_is_refused_on_its_page(browser: FlaskClient) -> None:
    answer = browser.post("/petugas/rencana", data={"hari": working_day().isoformat()})
    assert answer.status_code == 409
    assert "No work order is ready, so there is nothing to plan." in answer.text


def test_a_plan_without_a_stop_cannot_be_sent(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    alter(order, material_amount=19_000)
    address = ask_for_plan(world, browser)
    page = browser.get(address).text
    assert "No crew has a stop in this plan." in page
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    refused = browser.post(f"{address}/kirim", data={"version": version})
    assert refused.status_code == 409
    assert "there is nothing to send out" in refused.text


def test_a_plan_that_failed_says_what_is_safe(world: World, browser: FlaskClient, order: WorkOrder) -> None:
    address = ask_for_plan(world, browser)
    with transaction() as session:
        plan = session.get_one(DayPlan, int(address.rsplit("/", 1)[1]))
        plan.state, plan.answer = "failed", {}
        plan.asked = plan.asked | {"fault": "bad_problem", "fault_words": "vehicles[0].breaks[0]: no window"}
    page = browser.get(address).text
    assert "No plan came of it. What was sent out before holds." in page
    assert "vehicles[0].breaks[0]: no window" in page
    assert 'data-module="waiting"' in page
    assert "<progress" not in page, "so the page does not wait for ever"
