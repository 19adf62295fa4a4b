"""The private page: what it shows, what its buttons do, and that nothing else opens it."""

import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from fieldops import clock
from fieldops.domain.request_states import RequestStatus as S
from fieldops.domain.roles import THE_SYSTEM, By, Role
from fieldops.extensions import db
from fieldops.models import Follower, Photo, ServiceRequest, WorkOrder
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.group_requests import group_request
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.citizens import photo_bytes, said, send, stored


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", "en")
    return client


def moved(target: S, by: By, **facts: object) -> None:
    with transaction() as session:
        row = session.query(ServiceRequest).one()
        change_request_status(session, row, target, by, facts=facts, words=str(facts.pop("words", "")))


def bring_to(world: World, *targets: S) -> None:
    official, crew = world.by(Role.DISPATCHER), world.leader("A")
    steps = {
        S.ACKNOWLEDGED: (official, {}), S.SCHEDULED: (THE_SYSTEM, {"date": "2026-11-25"}),
        S.IN_PROGRESS: (crew, {}), S.DONE: (crew, {"evidence": True}),
        S.DECLINED: (official, {"reason": "unclear", "words": "Fotonya terlalu gelap."}),
    }  # fmt: skip
    for target in targets:
        by, facts = steps[target]
        moved(target, by, **facts)


def test_the_page_is_private(reader: FlaskClient) -> None:
    answer = reader.get(send(reader).location)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "noindex" in answer.get_data(as_text=True)


def test_it_shows_both_promises_running(reader: FlaskClient) -> None:
    moment = clock.now()
    with clock.frozen(moment):
        link = send(reader).location
    with clock.frozen(moment + timedelta(hours=30)):
        words = said(reader.get(link))
    assert "First response 6 hours late" in words
    assert "Follow-up 18 hours left" in words


def test_promises_stop_when_they_are_kept(reader: FlaskClient, world: World) -> None:
    moment = clock.now()
    with clock.frozen(moment):
        link = send(reader).location
    with clock.frozen(moment + timedelta(hours=3, minutes=12)):
        bring_to(world, S.ACKNOWLEDGED)
    with clock.frozen(moment + timedelta(hours=5)):
        bring_to(world, S.SCHEDULED)
    with clock.frozen(moment + timedelta(days=9)):
        words = said(reader.get(link))
    assert "First response 3 hours 12 min" in words
    assert "Follow-up 5 hours" in words
    assert words.count("On time") == 2
    assert "Planned for Wednesday 25 Nov." in words


def test_steps_to_come_are_hollow(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.ACKNOWLEDGED)
    page = reader.get(link).get_data(as_text=True)
    assert len(re.findall('<li class="later">', page)) == 4
    assert "(to come)" in page


def test_a_refusal_is_told_in_words(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.DECLINED)
    words = said(reader.get(link))
    assert "Declined" in words
    assert "Too little to go on. Fotonya terlalu gelap." in words
    assert "Do you disagree?" in words
    assert "Still not right?" not in words, "nothing was repaired"
    assert "(to come)" not in words


def test_photos_open_with_the_link_only(reader: FlaskClient) -> None:
    link = send(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg")]).location
    other = send(reader).location
    photo = db.session.query(Photo).one()
    shown = reader.get(f"{link}/foto/{photo.id}/small")
    assert (shown.status_code, shown.mimetype) == (200, "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    assert b"Exif" not in shown.data
    for address in (
        f"{other}/foto/{photo.id}/small",
        f"{link}/foto/{photo.id}/huge",
        f"{link}/foto/999/small",
    ):
        assert reader.get(address).status_code == 404


def test_looking_changes_nothing(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.ACKNOWLEDGED, S.IN_PROGRESS, S.DONE)
    before = stored()[0].version
    assert "Is it fixed?" in said(reader.get(link))
    for address in (f"{link}/beres", f"{link}/beres?answer=yes", f"{link}/tarik", f"{link}/kontak"):
        assert reader.get(address).status_code == 405
    assert stored()[0].version == before


def test_yes_finishes(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.ACKNOWLEDGED, S.IN_PROGRESS, S.DONE)
    assert reader.post(f"{link}/beres", data={"answer": "yes"}).status_code == 303
    (row,) = stored()
    assert (row.status, row.closed_reason) == ("closed", "repaired")
    assert "The report is finished." in said(reader.get(link))


def test_unknown_changes_nothing(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.ACKNOWLEDGED, S.IN_PROGRESS, S.DONE)
    assert reader.post(f"{link}/beres", data={"answer": "unknown"}).status_code == 303
    assert stored()[0].status == "done"


def test_no_needs_words_and_opens_again(reader: FlaskClient, world: World) -> None:
    link = send(reader, severity="2").location
    bring_to(world, S.ACKNOWLEDGED, S.IN_PROGRESS, S.DONE)
    answer = reader.post(f"{link}/beres", data={"answer": "no", "words": " "})
    assert answer.status_code == 422
    assert "Tell us what is still wrong" in said(answer)
    assert reader.post(f"{link}/beres", data={"answer": "no", "words": "Masih bolong"}).status_code == 303
    (row,) = stored()
    assert (row.status, row.times_reopened, row.severity) == ("reopened", 1, 3)
    assert "You wrote: “Masih bolong”" in said(reader.get(link))


def test_an_answer_too_early_or_unknown_is_refused(reader: FlaskClient) -> None:
    link = send(reader).location
    for early in ("yes", "no"):
        answer = reader.post(f"{link}/beres", data={"answer": early, "words": "Masih bolong"})
        assert answer.status_code == 409
        assert "There is nothing to confirm at this point." in said(answer)
    answer = reader.post(f"{link}/beres", data={"answer": "maybe"})
    assert answer.status_code == 422
    assert "Choose one of the three answers." in said(answer)
    assert stored()[0].status == "submitted"


def test_a_report_can_be_taken_back_while_nobody_is_sent(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    assert "Take this report back" in said(reader.get(link))
    assert reader.post(f"{link}/tarik").status_code == 303
    assert stored()[0].closed_reason == "withdrawn"
    words = said(reader.get(link))
    assert "Withdrawn by the reporter" in words
    assert "First response" not in words, "nobody answered; the city is not praised for it"
    assert "Follow-up" not in words
    answer = reader.post(f"{link}/tarik")
    assert answer.status_code == 409
    assert "it can no longer be taken back" in said(answer)


def test_an_answer_before_it_was_taken_back_stays_one(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    bring_to(world, S.ACKNOWLEDGED)
    reader.post(f"{link}/tarik")
    words = said(reader.get(link))
    assert "First response" in words
    assert "Follow-up" not in words


def test_a_contact_can_be_added_later(reader: FlaskClient) -> None:
    link = send(reader).location
    answer = reader.post(f"{link}/kontak", data={"contact": "not a contact"})
    assert answer.status_code == 422
    assert "neither an e-mail address nor a telephone number" in said(answer)
    assert reader.post(f"{link}/kontak", data={"contact": "0812 3456 7890"}).status_code == 303
    assert db.session.query(Follower).filter_by(part="author").count() == 1
    assert "0812" not in reader.get(link).get_data(as_text=True)


def test_buttons_of_a_forged_link_do_nothing(reader: FlaskClient) -> None:
    send(reader)
    for act in ("beres", "tarik", "kontak"):
        assert reader.post(f"/lacak/forged/{act}", data={"answer": "yes"}).status_code == 404
    assert stored()[0].status == "submitted"


def test_a_temporary_repair_is_not_offered_for_closing(reader: FlaskClient, world: World) -> None:
    link = send(reader).location
    with transaction() as session:
        group_request(session, world.installation, session.query(ServiceRequest).one().id)
    bring_to(world, S.ACKNOWLEDGED, S.IN_PROGRESS, S.DONE)
    with transaction() as session:
        row = session.query(ServiceRequest).one()
        facts = {
            "cluster_id": row.cluster_id, "service_id": row.service_id, "department_id": row.department_id,
            "place": row.place, "duration_s": 600, "material": "none", "material_amount": 0, "skills": [],
            "created_at": clock.now(),
        }  # fmt: skip
        first = WorkOrder(number="PK-1", status="done", repair_kind="temporary", **facts)
        session.add(first)
        session.flush()
        session.add(WorkOrder(number="PK-2", status="draft", rework_of_id=first.id, **facts))
    words = said(reader.get(link))
    assert "Repaired for the time being" in words
    assert "Yes, fixed" not in words
    answer = reader.post(f"{link}/beres", data={"answer": "yes"})
    assert answer.status_code == 409
    assert "The repair so far is temporary" in said(answer)
