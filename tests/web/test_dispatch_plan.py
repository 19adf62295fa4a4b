"""Planning a day over HTTP: asked for, computed, reviewed, sent out, called back."""

import re
from datetime import timedelta

import pytest

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.models import Batch, DayPlan, ServiceRequest, WorkOrder
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, ask_for_plan, cluster_of, english, fresh, open_order, report


def plan_number(address: str) -> int:
    return int(address.rsplit("/", 1)[1])


def two_orders(world: World, submission: Submit) -> list[WorkOrder]:
    browser = english(world, Role.DISPATCHER)
    return [
        open_order(browser, cluster_of(report(world, submission, lon=lon)).id) for lon in (110.8230, 110.8350)
    ]


def test_a_day_is_planned_and_sent_out(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    orders = two_orders(world, submission)
    assert "work orders are ready" in browser.get("/petugas/rencana").text

    address = ask_for_plan(world, browser)

    progress = browser.get(f"{address}/kemajuan.json").json
    assert progress["state"] == "proposed"
    assert progress["progress"] == 100
    assert progress["accepted"] is True
    page = browser.get(address).text
    assert "Passes the independent check" in page
    assert "Estimated." in page
    for order in orders:
        assert order.number in page
    kinds = [
        feature["properties"]["kind"] for feature in browser.get(f"{address}/rute.geojson").json["features"]
    ]
    assert kinds.count("stop") == 2
    assert {"route", "depot"} <= set(kinds)

    sent = browser.post(f"{address}/kirim", data={"version": progress["version"]})

    assert sent.status_code == 303
    assert {fresh(WorkOrder, order.id).status for order in orders} == {"batched"}
    assert {request.status for request in db.session.query(ServiceRequest)} == {"scheduled"}
    after = browser.get(address).text
    assert "Sent out" in after
    assert "Apply and send out" not in after


def test_a_second_plan_shows_what_changed(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    first = ask_for_plan(world, browser)
    more = open_order(browser, cluster_of(report(world, submission, lon=110.815)).id)

    second = ask_for_plan(world, browser)

    page = browser.get(second).text
    assert "1 order more" in page
    assert more.number in page
    old = browser.get(first).text
    assert "Replaced" in old
    assert "There is a newer plan of this day" in old


def test_a_plan_computed_again_begins_from_what_was_told(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    orders = two_orders(world, submission)
    ask_for_plan(world, browser)
    second = ask_for_plan(world, browser)
    plan = fresh(DayPlan, plan_number(second))
    told = [order for route in plan.problem["previous"] for order in route["jobs"]]
    assert sorted(told) == sorted(order.id for order in orders)
    assert plan.answer["summary"]["kept_previous"] is True
    assert "The plan before stays" in browser.get(second).text


def test_the_drain_before_the_patch_is_shown_across_crews(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    patch = open_order(browser, cluster_of(report(world, submission)).id)
    drain = open_order(
        browser, cluster_of(report(world, submission, service_code="blocked_drain", lon=110.82305)).id
    )
    page = browser.get(ask_for_plan(world, browser)).text
    assert re.search(r"[CDF]\d before [ABE]\d\.", page), "said in the bar"
    assert re.search(r"<title>[CDF]\d before [ABE]\d</title>", page), "drawn as an arrow"
    assert "This comes first for" in browser.get(f"/petugas/perintah/{drain.id}").text
    assert drain.number in browser.get(f"/petugas/perintah/{patch.id}").text


def test_a_stale_plan_is_not_sent(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    address = ask_for_plan(world, browser)
    version = browser.get(f"{address}/kemajuan.json").json["version"]

    stale = browser.post(f"{address}/kirim", data={"version": version - 1})
    assert stale.status_code == 409
    assert "no longer the current one" in stale.text
    missing = browser.post(f"{address}/kirim")
    assert missing.status_code == 422
    assert "The page lost the version" in missing.text
    ask_for_plan(world, browser)
    replaced = browser.post(f"{address}/kirim", data={"version": version})
    assert replaced.status_code == 409
    assert db.session.query(Batch).filter_by(status="dispatched").count() == 0


def test_a_plan_that_a_colleague_sent_is_said_so(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    address = ask_for_plan(world, browser)
    shown = {"version": browser.get(f"{address}/kemajuan.json").json["version"]}
    assert browser.post(f"{address}/kirim", data=shown).status_code == 303
    again = browser.post(f"{address}/kirim", data=shown)
    assert again.status_code == 409
    assert "This plan has been sent out already." in again.text


def test_a_refused_plan_is_not_sent(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    address = ask_for_plan(world, browser)
    with transaction() as session:
        found = session.get_one(DayPlan, plan_number(address))
        found.accepted = False
        found.violations = {"left_out": [], "found": [{"code": "skills", "message": "crew 1 lacks skill 2"}]}

    page = browser.get(address).text
    assert "Refused by the check" in page
    assert "A crew lacks a skill" in page
    refused = browser.post(f"{address}/kirim", data={"version": fresh(DayPlan, plan_number(address)).version})

    assert refused.status_code == 409
    assert "The independent check refuses this plan" in refused.text


def test_a_forged_answer_does_not_pass_the_second_check(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    address = ask_for_plan(world, browser)
    with transaction() as session:
        found = session.get_one(DayPlan, plan_number(address))
        answer = {**found.answer, "routes": [dict(route) for route in found.answer["routes"]]}
        busy = max(answer["routes"], key=lambda route: len(route["steps"]))
        busy["steps"] = [step | {"service": 1} if step["type"] == "job" else step for step in busy["steps"]]
        found.answer = answer

    refused = browser.post(f"{address}/kirim", data={"version": fresh(DayPlan, plan_number(address)).version})

    assert refused.status_code == 409
    assert "The independent check refuses this plan" in refused.text


def test_an_order_changed_meanwhile_stops_the_plan(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    orders = two_orders(world, submission)
    address = ask_for_plan(world, browser)
    gone = {"version": fresh(WorkOrder, orders[0].id).version, "words": "Dobel"}
    assert browser.post(f"/petugas/perintah/{orders[0].id}/batal", data=gone).status_code == 303

    version = browser.get(f"{address}/kemajuan.json").json["version"]
    refused = browser.post(f"{address}/kirim", data={"version": version})

    assert refused.status_code == 409
    assert orders[0].number in refused.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"hari": "2001-01-01"}, "Choose a day from today to two weeks ahead"),
        ({"hari": "besok"}, "Choose a day from the calendar"),
        ({"hari": ""}, "Choose a day from the calendar"),
        ({"seconds": "0"}, "Give a number from 1 to 600"),
        ({"seconds": "NaN"}, "Give a number from 1 to 600"),
        ({"seed": "-4"}, "Give a whole number from 0"),
    ],
)
def test_what_cannot_be_planned_is_refused(world: World, changes: dict[str, str], sentence: str) -> None:
    day = (local(clock.now()) + timedelta(days=2)).date().isoformat()
    answer = english(world, Role.DISPATCHER).post("/petugas/rencana", data={"hari": day} | changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert db.session.query(DayPlan).count() == 0


def test_a_day_without_crews_is_refused(world: World, submission: Submit) -> None:
    two_orders(world, submission)
    today = local(clock.now()).date()
    sunday = today + timedelta(days=(6 - today.weekday()) % 7)
    answer = english(world, Role.DISPATCHER).post("/petugas/rencana", data={"hari": sunday.isoformat()})
    assert answer.status_code == 409
    assert "No crew is free" in answer.text


def test_a_nonsense_day_shows_the_next_working_day(world: World) -> None:
    answer = english(world, Role.DISPATCHER).get("/petugas/rencana?hari=kapan")
    assert answer.status_code == 422
    assert "Choose a day from the calendar" in answer.text


@pytest.mark.parametrize("role", [Role.OFFICER, Role.HEAD, Role.ENGINEER, Role.ADMIN])
def test_only_dispatchers_plan(world: World, role: Role) -> None:
    browser = english(world, role)
    assert browser.get("/petugas/rencana").status_code == 403
    assert browser.post("/petugas/rencana", data={"hari": "2026-11-25"}).status_code == 403
    assert browser.post("/petugas/rencana/1/kirim", data={"version": "1"}).status_code == 403


def test_the_page_waits_without_javascript(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    two_orders(world, submission)
    day = local(clock.now()).date() + timedelta(days=1)
    day += timedelta(days=day.weekday() == 6)
    answer = browser.post("/petugas/rencana", data={"hari": day.isoformat(), "seconds": "1"})
    page = browser.get(answer.headers["Location"]).text
    assert '<noscript><meta http-equiv="refresh"' in page
    assert "Waiting for its turn" in page
    early = browser.post(answer.headers["Location"] + "/kirim", data={"version": "1"})
    assert early.status_code == 409


def test_a_batch_is_called_back(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    orders = two_orders(world, submission)
    address = ask_for_plan(world, browser)
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    browser.post(f"{address}/kirim", data={"version": version})
    batches = [
        fresh(Batch, number) for (number,) in db.session.query(Batch.id).filter_by(status="dispatched").all()
    ]
    first = batches[0].id
    path = f"/petugas/paket/{first}/tarik"
    assert "Call" in browser.get(path).text

    stale = browser.post(path, data={"version": batches[0].version + 1})
    assert stale.status_code == 409
    assert "This batch was changed" in stale.text
    for batch in batches:
        form = {"version": batch.version}
        assert browser.post(f"/petugas/paket/{batch.id}/tarik", data=form).status_code == 303

    assert {fresh(WorkOrder, order.id).status for order in orders} == {"ready"}
    again = browser.post(path, data={"version": fresh(Batch, first).version})
    assert again.status_code == 409


def test_today_shows_what_is_out_and_late(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    day = local(clock.now()).date() + timedelta(days=1)
    day += timedelta(days=day.weekday() == 6)
    two_orders(world, submission)
    address = ask_for_plan(world, browser)
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    browser.post(f"{address}/kirim", data={"version": version})
    assert "No crew is out today" in browser.get("/petugas/hari-ini").text

    noon = local(clock.now()).replace(year=day.year, month=day.month, day=day.day, hour=15, minute=0)
    with clock.frozen(noon):
        said = english(world, Role.DISPATCHER).get("/petugas/hari-ini").text

    assert "crews out" in said
    assert "late" in said
    assert "Call back" in said
