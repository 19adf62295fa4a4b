"""What waits for somebody else, as staff and reporters see it; and what became of what was passed on."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.domain.waitings import WaitingKind
from fieldops.extensions import db
from fieldops.models import Department, RequestWaiting, ServiceRequest
from fieldops.operations.run_waitings import start_waiting
from fieldops.operations.submit_request import tracking_secret
from fieldops.operations.tick_waitings import tick_waitings
from fieldops.queries.waitings import count_waitings
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, english, fresh, report

REFERRAL = {"authority": "BBPJN", "words": "Ini jalan nasional."}


def _refer(browser: FlaskClient, request: ServiceRequest) -> None:
    path = f"/petugas/kelompok/{request.cluster_id}/teruskan"
    answer = browser.post(path, data=REFERRAL | {"version": _version(browser, path)})
    assert answer.status_code == 303, answer.text


def _version(browser: FlaskClient, path: str) -> str:
    page = browser.get(path).text
    return page.split('name="version" value="')[1].split('"')[0]


def _later(**length: float) -> Any:
    return clock.frozen(clock.now() + timedelta(**length))


def _tick() -> None:
    with transaction() as session:
        tick_waitings(session)


def test_a_referral_is_followed_from_the_board_to_its_answer(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    one = report(world, submission)
    assert "Nothing waits for somebody else" in browser.get("/petugas/menunggu").text
    _refer(browser, one)
    assert "1 report waits for somebody else" in browser.get("/petugas").text
    with _later(days=12):
        assert "1 report waits and its date is near" in browser.get("/petugas").text
    with _later(days=15):
        _tick()
        assert "1 report waits past its date" in browser.get("/petugas").text
        listed = browser.get("/petugas/menunggu").text
        assert one.code in listed
        assert "1 day late" in listed
        assert "BBPJN, asked" in listed
        for path in (f"/petugas/aduan/{one.id}", f"/petugas/kelompok/{one.cluster_id}"):
            page = browser.get(path).text
            assert "Ask the authority again" in page, path
            assert "No answer from BBPJN in 14 days" in page, path
            assert "They repaired it" in page, path
        path = f"/petugas/aduan/{one.id}"
        answer = browser.post(
            f"{path}/rujukan",
            data={"answer": "again", "words": "Surat kedua.", "version": _version(browser, path)},
        )
        assert answer.status_code == 303
        page = browser.get(path).text
        assert "BBPJN was asked again" in page
        assert "Surat kedua." in page
        assert "1 report waits for somebody else" in browser.get("/petugas").text
    path = f"/petugas/kelompok/{one.cluster_id}"
    answer = browser.post(f"{path}/rujukan", data={"answer": "ours", "version": _version(browser, path)})
    assert answer.status_code == 303
    assert fresh(ServiceRequest, one.id).status == "acknowledged"
    assert "Came back to us" in browser.get(path).text
    assert "What did the authority say?" not in browser.get(path).text


def test_two_who_answer_at_once_are_told_apart(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    one = report(world, submission)
    _refer(browser, one)
    path = f"/petugas/aduan/{one.id}"
    version = _version(browser, path)
    data = {"answer": "ours", "version": version}
    assert browser.post(f"{path}/rujukan", data=data).status_code == 303
    again = browser.post(f"{path}/rujukan", data=data)
    assert again.status_code == 409
    assert "Somebody else changed this report" in again.text


@pytest.mark.parametrize(("answer", "status"), [("maybe", 422), ("", 422)])
def test_another_answer_is_refused(world: World, submission: Submit, answer: str, status: int) -> None:
    browser = english(world, Role.DISPATCHER)
    one = report(world, submission)
    _refer(browser, one)
    for path in (f"/petugas/aduan/{one.id}", f"/petugas/kelompok/{one.cluster_id}"):
        refused = browser.post(
            f"{path}/rujukan", data={"answer": answer, "words": "kept", "version": _version(browser, path)}
        )
        assert refused.status_code == status
        assert "kept" in refused.text


def test_an_officer_asks_again_but_does_not_close(world: World, submission: Submit) -> None:
    officer = english(world, Role.OFFICER)
    one = report(world, submission)
    _refer(officer, one)
    path = f"/petugas/aduan/{one.id}"
    page = officer.get(path).text
    assert "Asked again" in page
    assert "They repaired it" not in page
    data = {"answer": "repaired", "version": _version(officer, path)}
    assert officer.post(f"{path}/rujukan", data=data).status_code == 403
    engineer = english(world, Role.ENGINEER)
    assert "What did the authority say?" not in engineer.get(path).text
    assert engineer.post(f"{path}/rujukan", data=data).status_code == 403
    assert engineer.get("/petugas/menunggu").status_code == 200


def test_the_reporter_reads_what_is_waited_for(world: World, submission: Submit, client: FlaskClient) -> None:
    browser = english(world, Role.DISPATCHER)
    one = report(world, submission)
    _refer(browser, one)
    client.set_cookie("language", "en")
    link = f"/lacak/{tracking_secret(world.installation, one.source, one.external_key)}"
    page = client.get(link).text
    assert "Answer of BBPJN" in page
    assert "Expected by" in page
    with _later(days=15):
        _tick()
        page = client.get(link).text
        assert "No answer from BBPJN yet" in page
        assert "Expected by" not in page


def test_a_report_without_a_place_says_until_when(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    one = report(world, submission, lon=None, lat=None, address="dekat pasar")
    page = browser.get(f"/petugas/aduan/{one.id}").text
    assert "Waits for: A sure place." in page
    with _later(days=6):
        _tick()
        page = browser.get(f"/petugas/aduan/{one.id}").text
        assert "decline the report and say what is missing" in page
        assert "No sure place in 5 days" in page


def test_the_head_sees_what_waits_and_what_was_made_safe(world: World, submission: Submit) -> None:
    head, browser = english(world, Role.HEAD), english(world, Role.DISPATCHER)
    referred, secured = report(world, submission), report(world, submission, lon=110.84)
    assert "Waits, to be decided" not in head.get("/petugas/kotak-masuk/ringkasan").text
    _refer(browser, referred)
    with transaction() as session:
        request = session.get_one(ServiceRequest, secured.id)
        request.made_safe_at = clock.now()
        start_waiting(session, request, WaitingKind.REPAIR, world.leader("A"))
    with _later(days=15):
        _tick()
        page = head.get("/petugas/kotak-masuk/ringkasan").text
        assert "Waits, to be decided" in page
        assert "past the date: 1" in page
        assert "Made safe, repair to come" in page
        assert secured.code in page
        assert "8 days late" in page


def test_a_head_of_one_department_sees_theirs_alone(world: World, submission: Submit) -> None:
    one = report(world, submission, lon=None, lat=None, address="dekat pasar")
    with transaction() as session:
        other = Department(code="lain", name="Dinas Lain")
        session.add(other)
        session.flush()
        session.get_one(ServiceRequest, one.id).department_id = other.id
        department_id = other.id
    session = db.session()
    counts = count_waitings(session, clock.now(), [department_id])
    assert counts[WaitingKind.PLACE].waiting == 1
    assert count_waitings(session, clock.now(), [department_id + 1])[WaitingKind.PLACE].waiting == 0
    assert session.scalars(select(RequestWaiting.kind)).all() == ["place"]


def test_referring_says_that_it_can_be_taken_back(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    one = report(world, submission)
    page = browser.get(f"/petugas/kelompok/{one.cluster_id}/teruskan").text
    assert "it can be taken back at any time" in page
    assert "cannot be undone here" not in page
