"""One's own data by the chat: asked for with two words, answered with a link, deleted in every copy."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient
from sqlalchemy import func, select

from fieldops import clock
from fieldops.channels.inbound import Sender
from fieldops.domain.own_data import LINK_MARK
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    ChannelAccount,
    ChannelPerson,
    Conversation,
    ConversationMessage,
    DataLink,
    Department,
    InboundEvent,
    PersonKey,
    Reporter,
    ServiceRequest,
)
from fieldops.operations.answer_data_request import data_requests, says_more
from fieldops.operations.correspondence import Correspondence
from fieldops.operations.follow_request import follow_request
from fieldops.operations.forget_person import forget_person
from fieldops.operations.know_person import know_person
from fieldops.operations.open_request_from_conversation import (
    Reading,
    open_request_from_conversation,
    words_of,
)
from fieldops.operations.same_person import same_person
from fieldops.operations.send_reply import send_reply
from fieldops.operations.submit_request import submit_request
from fieldops.operations.understand_conversation import understand_conversation
from fieldops.outbox import enqueue
from fieldops.queries.conversations import clocks_of, get_conversation, messages_of
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels
from tests.web.citizens import said as page_words

COMPLAINT = "Lubang besar di depan pasar, dalam sekali"
LINK = re.compile(r"https?://\S+/data-saya/buka/\S+")


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def hear(channel: Channels, event: dict[str, Any]) -> None:
    """Hear an event, and let the pace pass by which a person is written to."""
    channel.hear(event)
    channel.wait(minutes=1)


def sent_links(channel: Channels) -> list[str]:
    """The paths of the links the person got."""
    return [urlsplit(found).path for words in channel.told() for found in LINK.findall(words)]


def browser(channel: Channels) -> FlaskClient:
    reader = channel.world.app.test_client()
    reader.set_cookie("language", "en")
    return reader


def became_report(channel: Channels) -> ServiceRequest:
    with transaction() as session:
        held = get_conversation(session, channel.only().id)
        reading = Reading("pothole", 2, words_of(session, held), 110.823, -7.566)
        by = channel.world.by(Role.OFFICER)
        request = open_request_from_conversation(session, channel.world.installation, held, reading, by)
        number = request.id
    channel.work()
    return db.session().get_one(ServiceRequest, number)


def by_letter(subject: str, *letters: str) -> list[str]:
    """The words of those letters of one thread that ask for their writer's data."""
    thread = Conversation(subject=subject, is_public=False)
    rows = [ConversationMessage(words=words, facts={}) for words in letters]
    return [row.words for row in data_requests(thread, rows, by_letter=True)]


def test_a_letter_asks_in_its_first_line_or_its_subject() -> None:
    assert by_letter("Halo", "Data saya\n\nSalam,\nBudi") == ["Data saya\n\nSalam,\nBudi"]
    assert by_letter("Data saya", "", "Jalan berlubang") == [""]
    assert by_letter("Data saya", "Jalan berlubang") == []
    assert says_more(ConversationMessage(words="Data saya\n\nSalam", facts={}))
    assert not says_more(ConversationMessage(words="Data saya\n\n-- \nBudi, RT 3", facts={}))


def test_in_public_nobody_is_sent_a_link() -> None:
    row = ConversationMessage(words="data saya", facts={})
    assert data_requests(Conversation(subject="", is_public=True), [row], by_letter=False) == []
    assert data_requests(Conversation(subject="", is_public=False), [row], by_letter=False) == [row]


def test_two_words_are_answered_with_a_link_and_are_no_complaint(channel: Channels) -> None:
    hear(channel, said.text("Data saya"))
    held = channel.only()
    assert held.tray == "greetings"
    assert not clocks_of(db.session(), [held.id])
    assert len(channel.told()) == 1
    (path,) = sent_links(channel)
    ours = [row for row in messages_of(db.session(), held.id) if row.direction == "out"]
    assert LINK_MARK in ours[0].words
    secret = path.rpartition("/")[2]
    assert all(secret not in row.words for row in messages_of(db.session(), held.id)), "staff read the thread"
    officer = channel.world.sign_in(Role.OFFICER)
    assert secret not in officer.get(f"/petugas/kotak-masuk/{held.id}").text
    reader = browser(channel)
    assert reader.get(path).status_code == 200
    shown = reader.post(path, follow_redirects=True)
    assert "WhatsApp" in page_words(shown)
    assert "••••••77" in page_words(shown)
    document = reader.get("/data-saya/unduh.json").get_json()
    assert document["conversations"][0]["messages"][0]["words"] == "Data saya"
    assert {one["id"] for one in document["identities"]} == {said.BSUID, said.PHONE}


def test_reading_it_again_sends_nothing_more(channel: Channels) -> None:
    hear(channel, said.text("my data"))
    for _time in range(2):
        with transaction() as session:
            understand_conversation(session, channel.world.installation, channel.only().id)
        channel.work()
    assert len(sent_links(channel)) == 1
    assert db.session().scalar(select(func.count()).select_from(DataLink)) == 1


def test_in_a_complaint_it_stops_no_clock_and_is_no_part_of_it(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    before = {
        kind: row.due_at for kind, row in clocks_of(db.session(), [channel.only().id]).popitem()[1].items()
    }
    channel.wait(minutes=3)
    hear(channel, said.text("data saya", id="wamid.IN2"))
    held = channel.only()
    assert held.tray == "complaints"
    rows = clocks_of(db.session(), [held.id])[held.id]
    assert {kind: row.due_at for kind, row in rows.items()} == before
    assert all(row.stopped_at is None for row in rows.values())
    assert words_of(db.session(), held) == COMPLAINT
    assert len(sent_links(channel)) == 1


def test_whoever_said_stop_is_answered_when_they_ask(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    hear(channel, said.text("berhenti", id="wamid.IN2"))
    hear(channel, said.text("data saya", id="wamid.IN3"))
    (path,) = sent_links(channel)
    reader = browser(channel)
    reader.post(path)
    person = db.session().scalars(select(ChannelPerson)).one()
    assert person.stopped_at is not None
    reader.post("/data-saya/kabar", data={"news": "on"})
    db.session.remove()
    assert db.session().scalars(select(ChannelPerson)).one().stopped_at is None


def test_asking_again_and_again_brings_three_links_an_hour(channel: Channels) -> None:
    for number in range(5):
        hear(channel, said.text("data saya", id=f"wamid.A{number}"))
    assert len(sent_links(channel)) == 3


def test_a_link_whose_time_is_over_does_not_leave(channel: Channels) -> None:
    channel.call(said.text("data saya"))
    with transaction() as session:
        account = session.get_one(ChannelAccount, channel.account_id)
        account.state = "paused"
    channel.work()
    channel.wait(minutes=31)
    with transaction() as session:
        session.get_one(ChannelAccount, channel.account_id).state = "active"
        number = session.scalars(
            select(ConversationMessage.id).where(ConversationMessage.direction == "out")
        ).one()
    send_reply(channel.world.installation, number, transaction)
    assert not sent_links(channel)
    row = db.session().get_one(ConversationMessage, number)
    assert (row.state, row.last_error) == ("failed", "link_over")


def test_the_page_sends_the_link_into_the_chat(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    code = became_report(channel).code
    reader = browser(channel)
    for contact in ("0812 0000 0077", "+62 812-0000-0077"):
        reader.post("/data-saya", data={"code": code, "contact": contact})
        channel.wait(minutes=1)
    reader.post("/data-saya", data={"code": code, "contact": "0812 0000 0078"})
    channel.wait(minutes=1)
    assert len(sent_links(channel)) == 2
    assert code in page_words(reader.post(sent_links(channel)[-1], follow_redirects=True))


def test_deleting_reaches_every_copy(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    became_report(channel)
    hear(channel, said.statuses("read"))
    hear(channel, said.text("data saya", id="wamid.IN5"))
    reader = browser(channel)
    reader.post(sent_links(channel)[-1])
    asked = page_words(reader.get("/data-saya/hapus"))
    assert "your conversations with us" in asked
    done = reader.post("/data-saya/hapus", follow_redirects=True)
    assert "Your data are deleted" in page_words(done)
    db.session.remove()
    session = db.session()
    reporter = session.scalars(select(Reporter)).one()
    assert (reporter.contact_sealed, reporter.name_sealed) == (None, None)
    assert not session.scalars(select(PersonKey)).all()
    rows = session.scalars(select(ConversationMessage)).all()
    assert {row.words for row in rows} == {""}
    assert not [row for row in rows if row.external_id and "wamid" in row.external_id]
    for event in session.scalars(select(InboundEvent)):
        assert said.PHONE.encode() not in event.raw
        assert said.BSUID.encode() not in event.raw
    request = session.scalars(select(ServiceRequest)).one()
    assert request.words == ""
    assert request.place is not None
    told = len(channel.told())
    hear(channel, said.text(COMPLAINT))  # the vendor sends the first one once more
    assert len(channel.conversations()) == 1, "it is known, though not whose it was"
    assert len(channel.told()) == told


def test_a_danger_told_in_the_chat_lets_it_wait(channel: Channels) -> None:
    hear(channel, said.text("Kabel listrik putus di jalan, bahaya kesetrum"))
    became_report(channel)
    assert channel.only().is_urgent
    hear(channel, said.text("data saya", id="wamid.IN5"))
    reader = browser(channel)
    reader.post(sent_links(channel)[-1])
    answer = reader.post("/data-saya/hapus", follow_redirects=True)
    assert "Your deletion waits." in page_words(answer)
    db.session.remove()
    assert db.session().scalars(select(Reporter)).one().contact_sealed is not None
    channel.wait(hours=73)
    with transaction() as session:
        enqueue(session, "carry_out_deletions", {})
    channel.work()
    assert db.session().scalars(select(Reporter)).one().contact_sealed is None


def test_an_address_is_one_person_on_the_web_and_in_letters_a_number_is_not(
    world: World, submission: Any
) -> None:
    sealer = world.installation.sealer
    with transaction() as session:
        department = session.scalars(select(Department.id).order_by(Department.id)).first()
        accounts = [
            ChannelAccount(
                kind=kind, name=kind, department_id=department, options={}, hook_key=kind,
                secrets_sealed=sealer.seal("{}"), created_at=clock.now(),
            )
            for kind in ("email", "sms")
        ]  # fmt: skip
        session.add_all(accounts)
        session.flush()
        known = Correspondence(session, world.installation)
        letters, texts = (
            know_person(known, account, Sender(one))
            for account, one in zip(accounts, ("budi@example.org", "+6281234567890"), strict=True)
        )
        request = submit_request(session, world.installation, submission()).request
        by_mail, by_number = (
            session.get_one(
                Reporter,
                follow_request(
                    session, world.installation, request, one, part="author", language="id"
                ).reporter_id,
            )
            for one in ("Budi@Example.org", "+6281234567890")
        )
        both = [one.id for one in same_person(session, world.installation, by_mail)]
        assert both == sorted([letters.reporter_id, by_mail.id])
        from_letters = session.get_one(Reporter, letters.reporter_id)
        assert [one.id for one in same_person(session, world.installation, from_letters)] == both
        alone = same_person(session, world.installation, by_number)
        assert [one.id for one in alone] == [by_number.id]
        assert texts.reporter_id not in both


def test_copies_of_damaged_files_that_name_somebody_go_too(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    folder = channel.world.installation.settings.spool_dir / "damaged"
    folder.mkdir(parents=True)
    (folder / "theirs").write_bytes(b"\0torn " + said.PHONE.encode())
    (folder / "others").write_bytes(b"\0torn 6281200000099")
    with transaction() as session:
        person = session.scalars(select(ChannelPerson)).one()
        forget_person(session, channel.world.installation, person.id, channel.world.by(Role.OFFICER))
    assert [path.name for path in folder.iterdir()] == ["others"]


def test_somebody_whose_key_was_lost_can_be_forgotten(channel: Channels) -> None:
    hear(channel, said.text(COMPLAINT))
    lost = Fernet(Fernet.generate_key())
    with transaction() as session:
        for key in session.scalars(select(PersonKey)):
            key.id_sealed = lost.encrypt(b"x")
        session.scalars(select(Reporter)).one().contact_sealed = lost.encrypt(b"x")
    with transaction() as session:
        person = session.scalars(select(ChannelPerson)).one()
        forget_person(session, channel.world.installation, person.id, channel.world.by(Role.OFFICER))
    db.session.remove()
    assert db.session().scalars(select(Reporter)).one().contact_sealed is None
    assert {row.words for row in messages_of(db.session(), channel.only().id)} == {""}
