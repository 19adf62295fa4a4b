"""A running day changes over HTTP: told, seen as a difference, decided, taken back; and on the phones."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.domain.list_changes import new_sequence
from fieldops.domain.roles import Role
from fieldops.media.photos import PreparedPhoto
from fieldops.models import Batch, BatchRevision, Crew, DayPlan, Stop, WorkOrder
from fieldops.operations.compute_change import compute_change
from fieldops.queries.changes import proposed_lists, told_lists
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story
from tests.integration.conftest import photo as _photo
from tests.running_day import Day
from tests.web.desk import english

photo = _photo


@pytest.fixture
def day(world: World, submission: Any, photo: PreparedPhoto) -> Iterator[Day]:
    made = Day(Story(world, submission, photo))
    with made.at(8):
        yield made


def dispatcher(day: Day) -> FlaskClient:
    return english(day.story.world, Role.DISPATCHER)


def tell(day: Day, browser: FlaskClient, **form: Any) -> str:
    """Tell what happened over HTTP and compute it as the worker would; return the change's address."""
    answer = browser.post("/petugas/hari-ini/kejadian", data=form)
    assert answer.status_code == 303, answer.text
    address = str(answer.headers["Location"])
    assert "Looking for new lists" in browser.get(address).text
    compute(day, address)
    return address


def compute(day: Day, address: str) -> None:
    number = int(address.rsplit("/", 1)[1])
    compute_change(day.story.world.installation, number, transaction, iterations=100)


def mark(browser: FlaskClient, address: str) -> str:
    return str(browser.get(f"{address}/kemajuan.json").json["mark"])


def phone(day: Day, letter: str) -> FlaskClient:
    browser = day.story.world.sign_in_as(day.story.world.leaders[letter])
    browser.set_cookie("language", "en")
    return browser


def test_today_takes_what_happened_and_shows_the_difference(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    page = browser.get("/petugas/hari-ini").text
    assert "Something happened?" in page

    address = tell(day, browser, kind="crew_away", crew=day.crew_id(letter))

    page = browser.get(address).text
    assert "cannot go on today" in page
    assert "Passes the independent check" in page
    assert f"From {letter}" in page
    assert "Approve and send" in page
    assert "A change of the lists waits for you" in browser.get("/petugas/hari-ini").text
    kinds = [
        (feature["properties"]["kind"], feature["properties"].get("old", False))
        for feature in browser.get(f"{address}/rute.geojson").json["features"]
    ]
    assert ("route", True) in kinds
    assert ("route", False) in kinds


def test_a_crews_own_order_is_said_where_a_proposal_would_undo_it(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    own = [day.stop_of(order_id).id for order_id, _state, _place in day.lists()[letter]]
    assert len(own) > 2
    chosen = [own[place // 2] if place % 2 == 0 else own[-1 - place // 2] for place in range(len(own))]
    form = {"client_key": "a-key-of-its-own", "override": "1"}
    form |= {"order": ",".join(map(str, chosen)), "was": ",".join(map(str, own))}
    assert phone(day, letter).post("/regu/urutan", data=form).status_code == 303
    assert [day.stop_of(order_id).id for order_id, _s, _p in day.lists()[letter]] == chosen
    said = "put its stops in this order itself at"

    address = tell(day, browser, kind="again")
    page = browser.get(address).text
    change = day.change(int(address.rsplit("/", 1)[1]))
    is_reordered = new_sequence(
        told_lists(change)[day.crew_id(letter)],
        proposed_lists(change, day.city)[day.crew_id(letter)],
    )
    assert (said in page) == is_reordered
    assert is_reordered, "there and back between far places: the search knows better"
    assert "put its stops in another order at" in browser.get("/petugas/hari-ini").text

    browser.post(f"{address}/setujui", data={"mark": mark(browser, address)})
    assert said not in browser.get(address).text
    assert "put its stops in another order at" not in browser.get("/petugas/hari-ini").text


def test_an_approved_change_shows_on_the_phones_until_it_is_read(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    seen_before = phone(day, letter).get("/regu/daftar/versi.json").json["version"]
    address = tell(day, browser, kind="crew_away", crew=day.crew_id(letter))

    sent = browser.post(f"{address}/setujui", data={"mark": mark(browser, address)})

    assert sent.status_code == 303
    assert "Sent to the crews" in browser.get(address).text
    versions = dict(
        day.story._fresh().execute(
            select(Crew.letter, BatchRevision.id)
            .join(Batch, Batch.crew_id == Crew.id)
            .join(BatchRevision, BatchRevision.batch_id == Batch.id)
            .where(BatchRevision.reason == "crew_away")
        ).all()
    )  # fmt: skip
    pages = {one: phone(day, one).get("/regu").text for one in versions if one != letter}
    assert all("Your list changed" in page for page in pages.values())
    other = next(one for one, page in pages.items() if "New, from" in page)
    lost = phone(day, letter)
    assert lost.get("/regu/daftar/versi.json").json["version"] != seen_before
    page = lost.get("/regu").text
    assert "No longer yours" in page
    assert "New list not read yet" in browser.get("/petugas/hari-ini").text

    read = phone(day, letter).post(f"/regu/daftar/{versions[letter]}/dibaca")

    assert read.status_code == 303
    assert "Understood" not in phone(day, letter).get("/regu").text
    assert "New list read" in browser.get("/petugas/hari-ini").text
    assert phone(day, other).post(f"/regu/daftar/{versions[letter]}/dibaca").status_code == 403
    assert phone(day, other).post("/regu/daftar/999999/dibaca").status_code == 404


def test_a_report_of_a_removed_stop_is_taken_by_its_form(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    address = tell(day, browser, kind="crew_away", crew=day.crew_id(letter))
    browser.post(f"{address}/setujui", data={"mark": mark(browser, address)})
    removed = day.story._fresh().scalars(select(Stop).where(Stop.status == "removed")).first()
    assert removed is not None

    sent = phone(day, letter).post(
        f"/regu/titik/{removed.id}/kejadian",
        data={"kind": "left", "client_key": "offline-report-1"},
        headers={"Accept": "application/json"},
    )

    assert sent.status_code == 200, sent.text
    assert sent.json["next"]
    assert phone(day, letter).get(f"/regu/titik/{removed.id}").status_code == 200


def test_reports_that_contradict_each_other_are_shown_to_the_dispatcher(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    address = tell(day, browser, kind="crew_away", crew=day.crew_id(letter))
    browser.post(f"{address}/setujui", data={"mark": mark(browser, address)})
    session = day.story._fresh()
    removed = next(
        stop
        for stop in session.scalars(select(Stop).where(Stop.status == "removed"))
        if session.scalars(
            select(Stop).where(Stop.work_order_id == stop.work_order_id, Stop.id != stop.id)
        ).first()
    )
    day.story.arrive(day.stop_of(removed.work_order_id).id)
    lost = phone(day, letter)
    page = lost.get(f"/regu/titik/{removed.id}").text
    assert "no longer on your list" in page
    assert f"/regu/titik/{removed.id}/tidak-bisa" in page
    sent = lost.post(
        f"/regu/titik/{removed.id}/tidak-bisa",
        data={"client_key": "offline-report-2", "reason": "no_access", "words": "pagar terkunci"},
    )
    assert sent.status_code == 303

    page = browser.get("/petugas/pengecualian").text

    assert "Reports that contradict each other" in page
    assert "pagar terkunci" in page
    assert "No access" in page


def test_an_emergency_is_told_from_the_order_itself(day: Day) -> None:
    browser = dispatcher(day)
    (request,) = day.story.report(lon=110.8260, lat=-7.5680)
    urgent = day.story.order(request)
    assert "Send a crew today" in browser.get(f"/petugas/perintah/{urgent}").text
    address = tell(day, browser, kind="emergency", order=urgent, minutes="30")
    browser.post(f"{address}/setujui", data={"mark": mark(browser, address)})
    page = browser.get(f"/petugas/perintah/{urgent}").text
    assert "Emergency, by" in page
    assert "Send a crew today" not in page


def test_an_emergency_on_a_list_of_another_day_asks_for_that_list_back(day: Day) -> None:
    browser = dispatcher(day)
    (request,) = day.story.report(lon=110.8260, lat=-7.5680)
    urgent = day.story.order(request)
    tomorrow = day.story.work_days()[1]
    day.story.dispatch(day.story.plan(tomorrow))
    before = day.lists()

    refused = browser.post(
        "/petugas/hari-ini/kejadian", data={"kind": "emergency", "order": urgent, "minutes": "60"}
    )

    assert refused.status_code == 409
    assert f"is on a list that went out for {tomorrow:%A} {tomorrow.day}" in refused.text
    assert not day.story.work_order(urgent).must_do
    assert day.lists() == before
    page = browser.get(f"/petugas/perintah/{urgent}").text
    assert f"for {tomorrow:%A} {tomorrow.day}" in page
    assert f'href="/petugas/paket/{day.stop_of(urgent).batch_id}/tarik"' in page


def test_an_order_says_on_whose_list_of_today_it_is(day: Day) -> None:
    letter = day.crew_with_work()
    order = day.lists()[letter][-1][0]
    page = dispatcher(day).get(f"/petugas/perintah/{order}").text
    assert "On the list of" in page
    assert f'href="/petugas/hari-ini#paket-{day.stop_of(order).batch_id}"' in page


def test_a_stale_difference_is_refused_and_computed_again(day: Day) -> None:
    browser = dispatcher(day)
    letter = day.crew_with_work()
    first = day.lists()[letter][0][0]
    address = tell(day, browser, kind="crew_away", crew=day.crew_id(letter))
    shown = mark(browser, address)
    day.story.arrive(day.stop_of(first).id)

    refused = browser.post(f"{address}/setujui", data={"mark": shown})

    assert refused.status_code == 409
    assert "has reported PK-" in refused.text
    assert "Looking for new lists" in refused.text
    newest = day.story._fresh().scalars(select(DayPlan).order_by(DayPlan.id.desc())).first()
    assert newest is not None
    compute(day, f"/petugas/perubahan/{newest.id}")
    again = f"/petugas/perubahan/{newest.id}"
    assert browser.post(f"{again}/setujui", data={"mark": mark(browser, again)}).status_code == 303
    late = browser.post(f"{again}/setujui", data={"mark": mark(browser, again)})
    assert late.status_code == 409
    assert "no longer the current one" in late.text


def test_an_old_mark_is_refused_with_the_better_proposal(day: Day) -> None:
    browser = dispatcher(day)
    address = tell(day, browser, kind="again")
    refused = browser.post(f"{address}/setujui", data={"mark": "what was on the page before"})
    assert refused.status_code == 409
    assert "A better proposal came" in refused.text
    assert "Approve and send" in refused.text


def test_rejecting_and_taking_back(day: Day) -> None:
    browser = dispatcher(day)
    before = day.lists()
    address = tell(day, browser, kind="crew_away", crew=day.crew_id(day.crew_with_work()))
    assert browser.post(f"{address}/tolak").status_code == 303
    assert day.lists() == before
    assert "Rejected" in browser.get(address).text
    assert browser.post(f"{address}/tolak").status_code == 409

    again = str(browser.post(f"{address}/lagi").headers["Location"])
    compute(day, again)
    assert browser.post(f"{again}/setujui", data={"mark": mark(browser, again)}).status_code == 303
    assert day.lists() != before
    assert "it can be taken back" in browser.get(again).text
    assert browser.post(f"{again}/urungkan").status_code == 303
    assert {letter: [order for order, _s, _p in held] for letter, held in day.lists().items() if held} == {
        letter: [order for order, _s, _p in held] for letter, held in before.items()
    }
    assert browser.post(f"{again}/urungkan").status_code == 409


def test_an_emergency_is_told_from_the_board_of_the_day(day: Day) -> None:
    browser = dispatcher(day)
    (request,) = day.story.report(lon=110.8260, lat=-7.5680)
    urgent = day.story.order(request)
    assert f'value="{urgent}"' in browser.get("/petugas/hari-ini").text
    address = tell(day, browser, kind="emergency", order=urgent, minutes="60")
    page = browser.get(address).text
    assert "should be over within 1 hour" in page
    assert ", in time." in page, "who comes and when is said first"
    assert "1 order is done in addition" in page
    assert "Every promised day and deadline holds." in page


def test_an_emergency_that_comes_too_late_is_said_so(day: Day) -> None:
    browser = dispatcher(day)
    (request,) = day.story.report(lon=110.8260, lat=-7.5680)
    address = tell(day, browser, kind="emergency", order=day.story.order(request), minutes="1")
    assert "later than asked" in browser.get(address).text


def test_an_emergency_that_nobody_can_do_is_said_so(day: Day) -> None:
    browser = dispatcher(day)
    (request,) = day.story.report(lon=110.8260, lat=-7.5680)
    urgent = day.story.order(request)
    with transaction() as session:
        session.get_one(WorkOrder, urgent).skills = ["pump"]
        for crew in session.scalars(select(Crew)):
            crew.skills = [skill for skill in crew.skills if skill != "pump"]
    page = browser.get(tell(day, browser, kind="emergency", order=urgent, minutes="60")).text
    assert "no crew comes to the emergency" in page
    assert "in time." not in page


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({}, "Choose one of the answers"),
        ({"kind": "earthquake"}, "Choose one of the answers"),
        ({"kind": "crew_away"}, "Choose one of the answers"),
        ({"kind": "crew_away", "crew": "1", "until": "kemarin"}, "Give a time of day"),
        (
            {"kind": "crew_away", "crew": "1", "until": "23:59"},
            "Give an hour from now to the end of the shift",
        ),
        ({"kind": "emergency", "order": "x"}, "Give a whole number"),
        ({"kind": "overrun", "stop": "1", "minutes": "0"}, "Give a whole number"),
    ],
)
def test_what_cannot_happen_is_refused_with_a_sentence(day: Day, form: dict[str, str], sentence: str) -> None:
    answer = dispatcher(day).post("/petugas/hari-ini/kejadian", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_what_does_not_exist_is_not_found(day: Day) -> None:
    browser = dispatcher(day)
    assert browser.get("/petugas/perubahan/999").status_code == 404
    assert browser.get(f"/petugas/perubahan/{day.plan}").status_code == 404, "a plan of a day is no change"
    assert (
        browser.post("/petugas/hari-ini/kejadian", data={"kind": "crew_away", "crew": "99"}).status_code
        == 404
    )


def test_only_dispatchers_change_the_day(day: Day) -> None:
    for role in (Role.OFFICER, Role.ENGINEER, Role.HEAD):
        browser = english(day.story.world, role)
        assert browser.post("/petugas/hari-ini/kejadian", data={"kind": "again"}).status_code == 403
        assert "Something happened?" not in browser.get("/petugas/hari-ini").text


def test_a_search_that_did_not_end_is_said_with_what_is_safe(day: Day) -> None:
    browser = dispatcher(day)
    with transaction() as session:
        made = DayPlan(
            day=day.day, kind="change", state="failed", seed=1, seconds=1, created_at=day.stop_of(
                day.orders[0]).arrives_at,
            asked={"event": 1, "options": {}, "fault": "stopped"},
        )  # fmt: skip
        session.add(made)
        session.flush()
        number = made.id
    tell(day, browser, kind="again")
    page = browser.get(f"/petugas/perubahan/{number}").text
    assert "The crews keep the lists they have" in page
    assert "stopped twice" in page
