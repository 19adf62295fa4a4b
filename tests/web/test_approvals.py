"""The head's page of finished work: what it shows, what each button does, and what it says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.media.photos import PreparedPhoto
from fieldops.models import (
    Department,
    Message,
    RepairApproval,
    ServiceRequest,
    Stop,
    UserRole,
    WorkOrder,
)
from fieldops.operations.answer_if_fixed import answer_if_fixed
from fieldops.operations.submit_request import tracking_secret
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story, photo
from tests.web.desk import english, fresh

SUMMARY = "/petugas/kotak-masuk/ringkasan"
LIST = "/petugas/kotak-masuk/persetujuan"
FAR_LON = 110.8330

__all__ = ["photo"]


@pytest.fixture
def story(world: World, submission: Callable[..., Any], photo: PreparedPhoto) -> Story:
    return Story(world, submission, photo)


def _repair(story: Story, *lons: float, **said: Any) -> list[int]:
    """Report and repair places; return the report of each."""
    ids = [
        story.report(lon=lon, address=f"Jl. Uji {number}", **said)[0] for number, lon in enumerate(lons, 1)
    ]
    for request_id in ids:
        story.order(request_id)
    for stop_id in story.dispatch(story.plan()):
        story.arrive(stop_id)
        story.complete(stop_id)
    return ids


def _held(page: str, cluster_id: int) -> str:
    """Return what the page's button for a place sends."""
    return f"{cluster_id}." + page.split(f'value="{cluster_id}.')[1].split('"', maxsplit=1)[0]


def _approve(browser: FlaskClient, story: Story, request_id: int, back: str = "list") -> Any:
    held = _held(browser.get(LIST).text, story.cluster_of(request_id))
    return browser.post(LIST, data={"only": held, "back": back})


def _later(story: Story) -> Any:
    return clock.frozen(clock.now() + timedelta(minutes=6))


def test_a_head_sees_the_evidence_approves_and_takes_it_back(story: Story) -> None:
    head = english(story.world, Role.HEAD)
    assert "No finished work waits for your approval." in head.get(SUMMARY).text
    assert "Nothing waits to be approved" in head.get(LIST).text
    (request_id,) = _repair(story, 110.8230)
    number = story.cluster_of(request_id)
    for path in (SUMMARY, LIST):
        page = head.get(path).text
        assert "Jl. Uji 1" in page, path
        assert "Permanent repair" in page, path
        assert "No reporter has answered yet." in page, path
        assert "Reported without a position" in page, path
        assert "The place after the repair" in page, path
        assert f"/kotak-masuk/persetujuan/{number}/belum-beres" in page, path
    assert "1 place to approve" in head.get(SUMMARY).text
    assert "Approve the chosen places" not in head.get(LIST).text, "one place needs no ticking"
    answer = _approve(head, story, request_id, "summary")
    assert (answer.status_code, answer.location) == (303, f"{SUMMARY}#approve")
    page = head.get(SUMMARY).text
    assert "1 place approved." in page
    assert "Approved, can still be taken back" in page
    assert "No finished work waits" in page
    assert "WIB · Head" not in page, "one knows what one approved oneself"
    assert "WIB · Head" in english(story.world, Role.OFFICER).get(SUMMARY).text
    approval = db.session.scalars(select(RepairApproval.id)).one()
    answer = head.post(f"{LIST}/urungkan", data={"approvals": approval, "back": "summary"})
    assert (answer.status_code, answer.location) == (303, f"{SUMMARY}#approve")
    assert "Nobody was told of anything." in head.get(SUMMARY).text
    assert "1 place to approve" in head.get(SUMMARY).text
    assert _approve(head, story, request_id).location == LIST
    with _later(story):
        work_until_idle(story.world.installation)
        assert fresh(ServiceRequest, request_id).status == "closed"
        approval = db.session.scalars(select(RepairApproval.id).order_by(RepairApproval.id.desc())).first()
        answer = head.post(f"{LIST}/urungkan", data={"approvals": approval})
        assert answer.status_code == 409
        assert "This place is closed already. Only its reporters can open it again." in answer.text
        page = head.get(f"/petugas/aduan/{request_id}").text
        assert "Head" in page.split("Repaired")[0][-2000:]
    told = db.session.scalars(select(Message.template).where(Message.request_id == request_id))
    assert list(told).count("closed") == 1


def test_several_places_are_approved_at_once_and_what_cannot_be_is_said(story: Story) -> None:
    head = english(story.world, Role.HEAD)
    first, second, third = _repair(story, 110.8230, FAR_LON, 110.8280)
    page = head.get(LIST).text
    assert "Approve the chosen places" in page
    held = [_held(page, story.cluster_of(number)) for number in (first, second, third)]
    answer = head.post(LIST, data={"back": "list"})
    assert answer.status_code == 422
    assert "Tick at least one place." in answer.text
    with transaction() as session:
        request = session.get_one(ServiceRequest, third)
        answer_if_fixed(session, story.world.installation, request, "yes", "")
    answer = head.post(LIST, data={"place": held, "back": "list"})
    assert answer.status_code == 303
    page = head.get(LIST).text
    assert "2 places approved." in page
    assert "Jl. Uji 3: Nothing waits to be approved here any more." in page
    rows = db.session.scalars(select(RepairApproval).order_by(RepairApproval.cluster_id)).all()
    assert {row.cluster_id for row in rows} == {story.cluster_of(first), story.cluster_of(second)}
    numbers = ",".join(str(row.id) for row in rows)
    assert f'value="{numbers}"' in page or f'value="{",".join(reversed(numbers.split(",")))}"' in page
    assert head.post(f"{LIST}/urungkan", data={"approvals": numbers}).status_code == 303
    assert head.get(LIST).text.count("Not good enough") == 2


@pytest.mark.parametrize(
    "place", ["", "7", "7.", ".abc", "x.abc", "1e3.a", "12345678901.a", "999999.abc", "-1.a"]
)
def test_a_place_that_is_none_is_refused_in_words(story: Story, place: str) -> None:
    head = english(story.world, Role.HEAD)
    answer = head.post(LIST, data={"only": place, "place": place})
    assert answer.status_code in (404, 422)
    assert 'role="alert"' in answer.text


def test_too_many_places_at_once_are_refused(story: Story) -> None:
    answer = english(story.world, Role.HEAD).post(LIST, data={"place": [f"{n}.a" for n in range(1, 52)]})
    assert answer.status_code == 422


def test_who_did_the_work_is_refused_in_a_sentence(story: Story) -> None:
    (request_id,) = _repair(story, 110.8230)
    stop_id = db.session.scalars(select(Stop.id)).one()
    leader = story.leader_of(stop_id).user_id
    with transaction() as session:
        session.add(UserRole(user_id=leader, role=Role.HEAD.value))
    member = next(one for one in story.world.leaders.values() if one.id == leader)
    browser = story.world.sign_in_as(member)
    browser.set_cookie("language", "en")
    answer = _approve(browser, story, request_id)
    assert answer.status_code == 403
    assert "You did this work yourself, or lead the crew that did it." in answer.text


def test_not_fixed_between_approval_and_closing_is_told_to_the_head(story: Story) -> None:
    head = english(story.world, Role.HEAD)
    (request_id,) = _repair(story, 110.8230)
    _approve(head, story, request_id)
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        answer_if_fixed(session, story.world.installation, request, "no", "masih berlubang")
    with _later(story):
        work_until_idle(story.world.installation)
        for path in (SUMMARY, LIST):
            page = head.get(path).text
            assert "Not closed: Jl. Uji 1" in page
            assert "A reporter says that it is not fixed." in page
        assert "Not closed" not in english(story.world, Role.DISPATCHER).get(LIST).text
        approval = db.session.scalars(select(RepairApproval.id)).one()
        assert head.post(f"{LIST}/{approval}/dibaca", data={"back": "list"}).status_code == 303
        assert "Not closed" not in head.get(LIST).text


def test_not_good_enough_becomes_a_draft_on_the_board(story: Story) -> None:
    head = english(story.world, Role.HEAD)
    (request_id,) = _repair(story, 110.8230)
    number = story.cluster_of(request_id)
    path = f"{LIST}/{number}/belum-beres"
    page = head.get(f"{path}?back=summary").text
    assert "The reports stay “done”: only their reporters open them again." in page
    assert 'name="back" value="summary"' in page
    answer = head.post(path, data={"words": " ", "back": "summary"})
    assert answer.status_code == 422
    assert "Write what is not good enough" in answer.text
    answer = head.post(path, data={"words": "Tepinya retak.", "back": "summary"})
    assert (answer.status_code, answer.location) == (303, f"{SUMMARY}#approve")
    order = db.session.scalars(select(WorkOrder).where(WorkOrder.status == "draft")).one()
    assert f"Draft order {order.number} is on the dispatcher’s board." in head.get(SUMMARY).text
    dispatcher = english(story.world, Role.DISPATCHER)
    assert "Jl. Uji 1" in dispatcher.get("/petugas?state=ready").text
    page = dispatcher.get(f"/petugas/perintah/{order.id}").text
    assert "Tepinya retak." in page
    assert fresh(ServiceRequest, request_id).status == "done"
    assert head.get(path).status_code == 404
    assert head.post(path, data={"words": "Lagi."}).status_code == 409


def test_a_reporter_reads_that_a_crew_comes_again(story: Story) -> None:
    (request_id,) = _repair(story, 110.8230, client_key="kunci-pelapor")
    english(story.world, Role.HEAD).post(
        f"{LIST}/{story.cluster_of(request_id)}/belum-beres", data={"words": "Tepinya retak."}
    )
    secret = tracking_secret(story.world.installation, "fieldops", "kunci-pelapor")
    browser = story.world.app.test_client()
    browser.set_cookie("language", "en")
    page = browser.get(f"/lacak/{secret}").text
    assert "A crew comes again" in page
    assert "Tepinya retak." not in page, "that is for dispatcher and crew"
    assert "Yes, fixed" not in page


def test_a_head_sees_and_decides_in_their_own_department_only(story: Story) -> None:
    (request_id,) = _repair(story, 110.8230)
    number = story.cluster_of(request_id)
    held = _held(english(story.world, Role.HEAD).get(LIST).text, number)
    other = db.session.scalars(
        select(Department.id).where(Department.id != story.request(request_id).department_id)
    ).first()
    with transaction() as session:
        session.execute(
            update(UserRole)
            .where(UserRole.user_id == story.world.users[Role.HEAD].id)
            .values(department_id=other)
        )
    head = english(story.world, Role.HEAD)
    assert "No finished work waits" in head.get(SUMMARY).text
    assert "Nothing waits to be approved" in head.get(LIST).text
    assert head.post(LIST, data={"only": held}).status_code == 403
    assert head.get(f"{LIST}/{number}/belum-beres").status_code == 404
    assert head.post(f"{LIST}/{number}/belum-beres", data={"words": "Retak."}).status_code == 403
    assert db.session.scalars(select(RepairApproval)).all() == []


def test_the_last_page_stands_for_those_beyond_it(story: Story) -> None:
    _repair(story, 110.8230)
    assert "Jl. Uji 1" in english(story.world, Role.OFFICER).get(f"{LIST}?page=99").text


@pytest.mark.parametrize("role", [Role.CREW_LEADER, Role.ENGINEER, Role.ADMIN])
def test_nobody_else_comes_here(story: Story, role: Role) -> None:
    browser = story.world.sign_in(role)
    for path in (LIST, f"{LIST}/1/belum-beres"):
        assert browser.get(path).status_code == 403
    for path in (LIST, f"{LIST}/urungkan", f"{LIST}/1/dibaca", f"{LIST}/1/belum-beres"):
        assert browser.post(path).status_code == 403


@pytest.mark.parametrize(
    ("language", "words"),
    [("id", ("Menunggu persetujuan", "Belum beres")), ("en", ("To approve", "Pothole"))],
)
def test_the_page_speaks_both_languages(story: Story, language: str, words: tuple[str, str]) -> None:
    _repair(story, 110.8230)
    head = story.world.sign_in(Role.HEAD)
    head.set_cookie("language", language)
    page = head.get(LIST).text
    assert all(word in page for word in words)
