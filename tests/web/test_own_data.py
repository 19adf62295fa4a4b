"""One's own data: asked for, seen, corrected, taken away and deleted, without an account."""

import io
import json
import re
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.request_states import RequestStatus as S
from fieldops.domain.roles import Role
from fieldops.extensions import db, limiter
from fieldops.models import (
    AuditEntry,
    ContactView,
    DataDeletion,
    DataLink,
    DataVisit,
    Message,
    Photo,
    Reporter,
    ServiceRequest,
    StatusChange,
    User,
    WorkOrder,
)
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.follow_request import follow_request
from fieldops.operations.group_requests import group_request
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.open_data_link import tidy_own_data
from fieldops.operations.reveal_contact import reveal_contact
from fieldops.operations.send_data_link import data_link_address
from fieldops.outbox import enqueue
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.citizens import photo_bytes, said, send, stored

BUDI = "budi.s@example.org"
SAME = "If this report and this contact belong together"


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def other(world: World) -> FlaskClient:
    """Somebody else's browser."""
    stranger = world.app.test_client()
    stranger.set_cookie("language", "en")
    return stranger


def links() -> list[DataLink]:
    db.session.rollback()
    return list(db.session().scalars(select(DataLink).order_by(DataLink.id)))


def address_of(world: World, link: DataLink) -> str:
    """Where a link that is on its way leads to."""
    return urlsplit(data_link_address(db.session(), world.installation, link.id)).path


def report(reader: FlaskClient, contact: str = BUDI, **changes: object) -> ServiceRequest:
    """Report from a browser of its own: what a page says there is said to nobody else."""
    browser = reader.application.test_client()
    browser.set_cookie("language", "en")
    assert send(browser, contact=contact, **changes).status_code == 303
    return stored()[-1]


def ask(reader: FlaskClient, code: str, contact: str = BUDI) -> TestResponse:
    return reader.post("/data-saya", data={"code": code, "contact": contact}, follow_redirects=True)


def begin(reader: FlaskClient, world: World, code: str, contact: str = BUDI) -> TestResponse:
    """Ask for a link and use it."""
    ask(reader, code, contact)
    return reader.post(address_of(world, links()[-1]), follow_redirects=True)


def whose() -> str:
    """The first reporter, as the form names them."""
    db.session.rollback()
    return str(db.session().scalars(select(Reporter.id).order_by(Reporter.id)).first())


# ---------------------------------------------------------------- the way in


def test_the_answer_is_the_same_whether_anybody_gave_this_contact(reader: FlaskClient, world: World) -> None:
    code = report(reader).code
    right, wrong = ask(reader, code), ask(reader, code, "siti@example.org")
    nowhere = ask(reader, "SKA-2222-222")
    assert SAME in said(right)
    assert said(right) == said(wrong) == said(nowhere)
    assert right.status_code == wrong.status_code == nowhere.status_code == 200
    (link,) = links()
    assert link.purpose == "open"
    secret = address_of(world, link).rpartition("/")[2]
    assert secret not in (link.digest, link.key)
    message = db.session().scalars(select(Message).where(Message.template == "data_link")).one()
    assert (message.channel, message.facts) == ("email", {"data_link": link.id})


def test_a_code_that_can_be_none_is_named(reader: FlaskClient) -> None:
    for code, contact, status, words in (
        ("SKA-XXXX-XXX", BUDI, 422, "This is no code of a report."),
        ("", BUDI, 422, "This is needed."),
        ("SKA-2222-222", "di rumah", 422, "neither an e-mail address nor a telephone number"),
        ("SKA-2222-222", "x" * 6000, 422, "at most 120 characters"),
        ("k" * 6000, BUDI, 422, "at most 40 characters"),
        ("\0", "\0", 422, "This is"),
    ):
        answer = ask(reader, code, contact)
        assert answer.status_code == status, (code[:20], contact[:20])
        assert words in said(answer)
        assert len(answer.data) < 20_000
    assert not links()


def test_nobody_is_sent_more_than_three_links_within_an_hour(reader: FlaskClient) -> None:
    code = report(reader).code
    moment = clock.now()
    with clock.frozen(moment):
        for _try in range(5):
            assert SAME in said(ask(reader, code))
        assert len(links()) == 3
    with clock.frozen(moment + timedelta(minutes=61)):
        ask(reader, code)
    assert len(links()) == 4


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_asking_again_and_again_is_refused(settings: Settings, world: World) -> None:
    del world
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    reader = app.test_client()
    reader.set_cookie("language", "en")
    with app.app_context():
        limiter.reset()
        answers = [ask(reader, "SKA-2222-222").status_code for _try in range(11)]
        limiter.reset()
        db.engine.dispose()
    assert answers == [200] * 10 + [429]


def test_looking_at_a_link_uses_nothing_up(reader: FlaskClient, world: World) -> None:
    ask(reader, report(reader).code)
    address = address_of(world, links()[0])
    for _scan in range(3):
        shown = reader.get(address)
        assert shown.status_code == 200
        assert reader.head(address).status_code == 200
    assert shown.headers["Cache-Control"] == "private, no-store"
    assert "noindex" in shown.headers["X-Robots-Tag"]
    assert "Budi" not in said(shown)
    assert BUDI not in said(shown)
    assert links()[0].used_at is None
    assert reader.get("/data-saya/lihat").status_code == 403
    assert reader.post(address).status_code == 303


def test_a_link_is_good_once_and_for_half_an_hour(
    reader: FlaskClient, other: FlaskClient, world: World
) -> None:
    code = report(reader).code
    moment = clock.now()
    with clock.frozen(moment):
        ask(reader, code)
        address = address_of(world, links()[0])
        assert other.post(address).status_code == 303
        again = reader.post(address)
        assert again.status_code == 410
        assert "This link was used already." in said(again)
        assert reader.get(address).status_code == 410
        assert reader.get("/data-saya/lihat").status_code == 403
        ask(reader, code)
        late = address_of(world, links()[1])
    with clock.frozen(moment + timedelta(minutes=31)):
        for answer in (reader.get(late), reader.post(late)):
            assert answer.status_code == 410
            assert "The time of this link is over." in said(answer)
        ended = other.get("/data-saya/lihat")
        assert ended.status_code == 410
        assert "Half an hour is over" in said(ended)
        assert other.post("/data-saya/hapus").status_code == 410
    assert stored()[0].words


def test_a_forged_link_opens_nothing(reader: FlaskClient) -> None:
    for secret in ("x", "x" * 6000, "..%2F", "a" * 24):
        for answer in (reader.get(f"/data-saya/buka/{secret}"), reader.post(f"/data-saya/buka/{secret}")):
            assert answer.status_code == 404
    reader.set_cookie("data_saya", "y" * 3000, path="/data-saya")
    assert reader.get("/data-saya/lihat").status_code == 403


def test_nothing_of_it_answers_without_a_visit(reader: FlaskClient) -> None:
    report(reader)
    for path in ("lihat", "hapus", "unduh.json", "unduh.zip", "cetak", "foto/1/small"):
        answer = reader.get(f"/data-saya/{path}")
        assert answer.status_code == 403, path
        assert answer.headers["Cache-Control"] == "private, no-store"
    for path in ("nama", "kontak", "kontak/kembali", "bahasa", "kabar", "hapus", "hapus/batal"):
        assert reader.post(f"/data-saya/{path}").status_code == 403, path
    assert reader.get("/data-saya/terhapus").location.endswith("/data-saya")


# ---------------------------------------------------------------- what is shown


def test_the_page_shows_what_is_held_and_nothing_of_others(reader: FlaskClient, world: World) -> None:
    own = report(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg")])
    report(reader, contact="siti@example.org", words="Selokan mampet di gang")
    with transaction() as session:
        session.get_one(User, world.users[Role.DISPATCHER].id).name = "Sri Wahyuni"
        request = session.get_one(ServiceRequest, own.id)
        reveal_contact(session, world.installation, request, "ask_details", world.by(Role.DISPATCHER))
    page = begin(reader, world, own.code)
    words = said(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert own.code in words
    assert "b••••@example.org" in words
    assert "Dispatcher" in words
    assert "Ask for details" in words
    assert "Wahyuni" not in page.text, "in which role, never who"
    assert stored()[1].code not in words
    assert "siti" not in words
    assert "12 months after your report has ended" in words
    track = re.search(r'href="(/lacak/[^"]+)"', page.text)
    assert track is not None
    assert "Lubang besar" in said(reader.get(track[1]))


def test_a_neighbours_report_is_shown_by_what_is_public(reader: FlaskClient, world: World) -> None:
    theirs = report(reader, contact="siti@example.org", words="Rahasia tetangga")
    with transaction() as session:
        request = session.get_one(ServiceRequest, theirs.id)
        follow_request(session, world.installation, request, BUDI, part="me_too", language="id")
    page = begin(reader, world, theirs.code)
    assert "Me too" in said(page)
    assert "/lacak/" not in page.text.replace('href="/lacak"', "")
    document = reader.get("/data-saya/unduh.json").get_json()
    (one,) = document["reports"]
    assert set(one) == {
        "code", "part", "service_code", "service", "status", "closed_reason", "reported_at",
    }  # fmt: skip
    assert "tetangga" not in json.dumps(document)


# ---------------------------------------------------------------- taking it away


def test_the_files_hold_everything(reader: FlaskClient, world: World) -> None:
    own = report(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg")])
    begin(reader, world, own.code)
    answer = reader.get("/data-saya/unduh.json")
    assert answer.mimetype == "application/json"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    document = answer.get_json()
    assert document["format"] == "fieldops-own-data/1"
    assert document["contacts"][0]["contact"] == BUDI
    (one,) = document["reports"]
    assert (one["code"], one["words"]) == (own.code, "Lubang besar di lajur kiri")
    assert one["place"]["lat"] == pytest.approx(-7.566, abs=1e-6)
    with reader.get("/data-saya/unduh.zip") as packed:
        pack = zipfile.ZipFile(io.BytesIO(packed.data))
    assert sorted(pack.namelist()) == sorted(["data.html", "data.json", one["photos"][0]["file"]])
    photo = pack.read(one["photos"][0]["file"])
    assert photo[:2] == b"\xff\xd8"
    assert b"Exif" not in photo
    assert json.loads(pack.read("data.json"))["reports"] == document["reports"]
    assert "Lubang besar" in pack.read("data.html").decode()
    assert one["photos"][0]["file"] in pack.read("data.html").decode()
    printed = reader.get("/data-saya/cetak")
    assert BUDI in said(printed)
    shown = re.search(r"/data-saya/foto/\d+/large", printed.text)
    assert shown is not None
    assert reader.get(shown[0]).mimetype == "image/jpeg"
    assert reader.get("/data-saya/foto/999/large").status_code == 404


# ---------------------------------------------------------------- correcting


def test_a_new_address_counts_when_its_owner_says_so(
    reader: FlaskClient, other: FlaskClient, world: World
) -> None:
    own = report(reader)
    begin(reader, world, own.code)
    answer = reader.post(
        "/data-saya/kontak",
        data={"whose": whose(), "contact": "budi.baru@example.org"},
        follow_redirects=True,
    )
    assert "We sent a link to the new address." in said(answer)
    assert "b••••@example.org" in said(answer)
    held = reader.get("/data-saya/unduh.json").get_json()["contacts"][0]["contact"]
    assert held == BUDI, "not yet"
    confirm = address_of(world, links()[-1])
    assert "Confirm your new address" in said(other.get(confirm))
    assert "budi" not in said(other.get(confirm))
    assert "From now on we write to this address." in said(other.post(confirm))
    assert other.post(confirm).status_code == 410
    assert other.get("/data-saya/lihat").status_code == 403, "it opens no data"
    held = reader.get("/data-saya/unduh.json").get_json()["contacts"][0]["contact"]
    assert held == "budi.baru@example.org"
    begin(other, world, own.code, "budi.baru@example.org")
    assert own.code in said(other.get("/data-saya/lihat"))


def test_an_address_that_is_known_already_brings_both_together(
    reader: FlaskClient, other: FlaskClient, world: World
) -> None:
    first, second = report(reader), report(reader, contact="budi.dua@example.org")
    begin(reader, world, first.code)
    reader.post("/data-saya/kontak", data={"whose": whose(), "contact": "budi.dua@example.org"})
    other.post(address_of(world, links()[-1]))
    words = said(reader.get("/data-saya/lihat"))
    assert first.code in words
    assert second.code in words


def test_a_number_counts_at_once_and_can_be_taken_back(reader: FlaskClient, world: World) -> None:
    begin(reader, world, report(reader).code)
    number = {"whose": whose(), "contact": "0812 3456 7890"}
    assert "••••••90" in said(reader.post("/data-saya/kontak", data=number, follow_redirects=True))
    back = reader.post("/data-saya/kontak/kembali", follow_redirects=True)
    assert "Your contact is as it was." in said(back)
    assert "b••••@example.org" in said(back)
    assert reader.post("/data-saya/kontak/kembali").status_code == 409


def test_writing_anothers_number_leads_to_none_of_their_reports(reader: FlaskClient, world: World) -> None:
    theirs = report(reader, contact="0812 3456 7890")
    own = report(reader)
    begin(reader, world, own.code)
    mine = db.session().scalars(select(Reporter.id).where(Reporter.channel == "email")).one()
    reader.post("/data-saya/kontak", data={"whose": str(mine), "contact": "0812 3456 7890"})
    words = said(reader.get("/data-saya/lihat"))
    assert own.code in words
    assert theirs.code not in words


def test_bad_corrections_name_the_culprit(reader: FlaskClient, world: World) -> None:
    report(reader, contact="siti@example.org")
    begin(reader, world, report(reader).code)
    mine = db.session().scalars(select(Reporter.id).order_by(Reporter.id.desc())).first()
    for path, data, status, words in (
        ("kontak", {"whose": mine, "contact": "x" * 6000}, 422, "neither an e-mail address"),
        ("kontak", {"whose": mine, "contact": BUDI.upper()}, 422, "the contact that we have already"),
        ("kontak", {"whose": whose(), "contact": "a@b.id"}, 404, "no such contact among your data"),
        ("kontak", {"whose": "1; drop", "contact": "a@b.id"}, 422, "we could not read"),
        ("nama", {"whose": mine, "name": "n" * 6000}, 422, "at most 80 characters"),
        ("nama", {"whose": mine, "name": "a\0b"}, 422, "signs that are no text"),
        ("bahasa", {"language": "xx"}, 422, "Choose one of the answers."),
    ):
        answer = reader.post(f"/data-saya/{path}", data=data)
        assert answer.status_code == status, (path, answer.status_code)
        assert words in said(answer)
        assert len(answer.data) < 40_000


def test_name_language_and_news_are_theirs_to_choose(reader: FlaskClient, world: World) -> None:
    own = report(reader)
    begin(reader, world, own.code)
    reader.post("/data-saya/nama", data={"whose": whose(), "name": "  Budi   Santoso "})
    assert "Budi Santoso" in said(reader.get("/data-saya/lihat"))
    reader.post("/data-saya/bahasa", data={"language": "en"})
    assert reader.get("/data-saya/unduh.json").get_json()["contacts"][0]["language"] == "en"
    count = select(func.count()).select_from(Message).where(Message.template == "acknowledged")
    for news, told in (("off", 0), ("on", 1)):
        reader.post("/data-saya/kabar", data={"news": news})
        with transaction() as session:
            notify_reporters(session, session.get_one(ServiceRequest, own.id), "acknowledged", {})
        assert db.session().scalar(count) == told


# ---------------------------------------------------------------- by a report's own link


def test_a_reports_link_sends_the_author_a_link_where_that_can_be(
    reader: FlaskClient, other: FlaskClient
) -> None:
    page = send(reader, contact=BUDI).location
    answer = other.post(f"{page}/data", follow_redirects=True)
    assert "We sent a link to the contact of this report." in said(answer)
    assert len(links()) == 1
    assert other.get("/data-saya/lihat").status_code == 403, "the link may have been passed on"


def test_a_reports_link_opens_that_report_alone_where_nobody_can_be_written_to(
    reader: FlaskClient, world: World
) -> None:
    number = "0812 3456 7890"
    page = send(reader, contact=number).location
    second = report(reader, contact=number)
    shown = reader.post(f"{page}/data", follow_redirects=True)
    words = said(shown)
    assert stored()[0].code in words
    assert second.code not in words
    assert "••••••90" in words
    for text in (shown.text, reader.get("/data-saya/unduh.json").text):
        assert "3456" not in text or "7890" not in text, "a time's fractions may hold four of them"
    for path in ("nama", "kontak", "bahasa", "kabar"):
        answer = reader.post(f"/data-saya/{path}", data={"whose": "1", "contact": BUDI, "language": "en"})
        assert answer.status_code == 404, path
    assert "the words and photos of this report" in said(reader.get("/data-saya/hapus"))
    receipt = reader.post("/data-saya/hapus", follow_redirects=True)
    assert "Your data are deleted" in said(receipt)
    first, other_one = stored()
    assert (first.words, bool(other_one.words)) == ("", True)
    assert db.session().scalars(select(Reporter)).one().contact_sealed is not None, "another report has it"
    del world


def test_a_report_without_a_contact_can_be_emptied(reader: FlaskClient) -> None:
    page = send(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg")]).location
    reader.post(f"{page}/data")
    assert "No contact is kept." in said(reader.get("/data-saya/lihat"))
    reader.post("/data-saya/hapus")
    assert stored()[0].words == ""
    assert not db.session().scalars(select(Photo)).all()


# ---------------------------------------------------------------- deleting


def test_deleting_reaches_every_copy_and_leaves_the_facts(reader: FlaskClient, world: World) -> None:
    own = report(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg")])
    store = world.installation.media
    names = list(store.names())
    assert len(names) == 2
    with transaction() as session:
        request = session.get_one(ServiceRequest, own.id)
        for target, by in (
            (S.ACKNOWLEDGED, world.by(Role.DISPATCHER)),
            (S.DECLINED, world.by(Role.DISPATCHER)),
        ):
            change_request_status(session, request, target, by, facts={"reason": "unclear", "words": "x"})
    page = reader.get("/lapor")  # another page of the same browser changes nothing
    assert page.status_code == 200
    begin(reader, world, own.code)
    with transaction() as session:
        session.add(
            StatusChange(
                request_id=own.id, source="declined", target="reopened", actor="reporter", at=clock.now(),
                words="Ini depan rumah saya", facts={},
            )
        )  # fmt: skip
    asked = said(reader.get("/data-saya/hapus"))
    assert "This is deleted at once" in asked
    assert "This stays, without you" in asked
    assert stored()[0].words, "looking deletes nothing"
    receipt = reader.post("/data-saya/hapus", follow_redirects=True)
    assert receipt.status_code == 200
    assert "Your data are deleted" in said(receipt)
    assert "Reports emptied 1" in said(receipt)
    session = db.session()
    session.rollback()
    row, reporter = stored()[0], session.scalars(select(Reporter)).one()
    assert (row.words, row.landmark) == ("", "")
    assert row.place is not None
    assert row.code == own.code
    assert (reporter.contact_sealed, reporter.contact_digest, reporter.name_sealed) == (None, None, None)
    assert reporter.anonymised_at is not None
    assert not session.scalars(select(Photo)).all()
    assert not list(store.names())
    assert not session.scalars(select(Message).where(Message.state != "sent")).all()
    said_back = session.scalars(select(StatusChange.words).where(StatusChange.actor == "reporter"))
    assert set(said_back) == {""}
    assert all(link.reporter_id is None and link.contact_sealed is None for link in links())
    entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "data_deleted")).one()
    assert (entry.user_id, set(entry.facts)) == (None, {"reports", "photos", "messages", "contacts"})
    assert BUDI not in json.dumps(entry.facts)
    assert SAME in said(ask(reader, own.code))
    assert not [link for link in links() if link.reporter_id is not None]


def test_deleting_twice_says_so(reader: FlaskClient, other: FlaskClient, world: World) -> None:
    own = report(reader)
    begin(reader, world, own.code)
    begin(other, world, own.code)
    ask(reader, own.code)
    waiting = address_of(world, links()[-1])
    assert reader.post("/data-saya/hapus").status_code == 303
    for browser in (reader, other):
        again = browser.post("/data-saya/hapus")
        assert again.status_code == 410
        assert "Your data were deleted already." in said(again)
        assert browser.get("/data-saya/lihat").status_code == 410
        assert browser.post("/data-saya/kabar", data={"news": "on"}).status_code == 410
    late = reader.post(waiting)
    assert late.status_code == 410
    assert "These data were deleted" in said(late)
    assert db.session().scalar(select(func.count()).select_from(AuditEntry)) == 1


def test_somebody_elses_visit_cannot_delete_mine(
    reader: FlaskClient, other: FlaskClient, world: World
) -> None:
    mine, theirs = report(reader), report(other, contact="siti@example.org")
    begin(reader, world, mine.code)
    begin(other, world, theirs.code, "siti@example.org")
    other.post("/data-saya/hapus")
    assert [bool(row.words) for row in stored()] == [True, False]
    assert mine.code in said(reader.get("/data-saya/lihat"))


def open_danger(own: ServiceRequest, world: World) -> int:
    """Make a report's place an emergency of today."""
    with transaction() as session:
        group_request(session, world.installation, own.id)
        request = session.get_one(ServiceRequest, own.id)
        order = WorkOrder(
            number="PK-2611-001", cluster_id=request.cluster_id, service_id=request.service_id,
            department_id=request.department_id, status="ready", place=request.place, duration_s=1800,
            material="none", material_amount=0, skills=[], estimate={}, urgent_by=clock.now(),
            created_at=clock.now(),
        )  # fmt: skip
        session.add(order)
        session.flush()
        return order.id


def work(world: World) -> None:
    with transaction() as session:
        enqueue(session, "carry_out_deletions", {})
    work_until_idle(world.installation)
    db.session.rollback()


def test_a_deletion_waits_for_the_end_of_a_danger(reader: FlaskClient, world: World) -> None:
    own = report(reader)
    open_danger(own, world)
    begin(reader, world, own.code)
    assert "The deletion waits until the place is safe, at most 72 hours." in said(
        reader.get("/data-saya/hapus")
    )
    for _press in range(2):
        answer = reader.post("/data-saya/hapus", follow_redirects=True)
        assert "Your deletion waits." in said(answer)
        assert own.code in said(answer)
    db.session.rollback()
    assert db.session().scalar(select(func.count()).select_from(DataDeletion)) == 1
    work(world)
    assert stored()[0].words
    with transaction() as session:
        session.get_one(ServiceRequest, own.id).made_safe_at = clock.now()
    work(world)
    assert stored()[0].words == ""
    assert not db.session().scalars(select(DataDeletion)).all()
    assert reader.get("/data-saya/lihat").status_code == 410


def test_it_waits_three_days_at_most_and_can_be_taken_back(
    reader: FlaskClient, other: FlaskClient, world: World
) -> None:
    own = report(reader)
    open_danger(own, world)
    begin(reader, world, own.code)
    reader.post("/data-saya/hapus")
    assert "Nothing is deleted." in said(reader.post("/data-saya/hapus/batal", follow_redirects=True))
    moment = clock.now()
    reader.post("/data-saya/hapus")
    with clock.frozen(moment + timedelta(hours=71)):
        work(world)
        assert stored()[0].words
        begin(other, world, own.code)
        assert "A deletion waits here" in said(other.get("/data-saya/lihat"))
    with clock.frozen(moment + timedelta(hours=73)):
        work(world)
    assert stored()[0].words == ""


def test_leaving_closes_it(reader: FlaskClient, world: World) -> None:
    begin(reader, world, report(reader).code)
    assert "Nobody sees your data on this device" in said(
        reader.post("/data-saya/keluar", follow_redirects=True)
    )
    assert reader.get("/data-saya/lihat").status_code == 403


def test_what_is_over_is_tidied(reader: FlaskClient, world: World) -> None:
    begin(reader, world, report(reader).code)
    with clock.frozen(clock.now() + timedelta(hours=30)), transaction() as session:
        tidy_own_data(session)
    assert not links()
    assert not db.session().scalars(select(DataVisit)).all()
    assert not db.session().scalars(select(ContactView)).all()


def test_it_is_there_in_indonesian(client: FlaskClient) -> None:
    words = said(client.get("/data-saya"))
    assert "Data saya" in words
    assert "Kirimi saya tautan" in words
