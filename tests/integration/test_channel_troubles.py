"""A channel that is down for a day, somebody who writes to two departments, and a place shown late."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from fieldops import clock
from fieldops.domain.conversations import Tray
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    ChannelAccount,
    ChannelPerson,
    Conversation,
    ConversationChange,
    ConversationMessage,
    Department,
    Task,
    UserRole,
)
from fieldops.operations.connect_account import connect_account
from fieldops.operations.forget_person import forget_person
from fieldops.operations.pin_link import pin_link
from fieldops.operations.send_reply import LONGEST_WAIT_S
from fieldops.operations.sort_conversation import end_conversation, move_to_tray
from fieldops.queries.conversations import clocks_of, messages_of
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.channels.meta_stand_in import NUMBER_ID
from tests.conftest import World
from tests.integration.channels import Channels, channels, values

COMPLAINT = "Lubang besar di depan pasar, dalam sekali"
OTHER_NUMBER = "109000000000002"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def reply(browser: FlaskClient, number: int, words: str, key: str) -> None:
    answer = browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": words, "key": key})
    assert answer.status_code == 303


def next_try(message_id: int) -> datetime | None:
    """When a message is to be sent next."""
    session = db.session()
    session.rollback()
    due = session.scalars(select(Task).where(Task.name == "send_reply", Task.state == "todo"))
    return min((task.due_at for task in due if task.payload["message_id"] == message_id), default=None)


# ---------------------------------------------------------------- down for a whole day


def test_a_channel_that_is_down_for_a_day_loses_nothing_and_recovers(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number, told = channel.only().id, len(channel.told())
    channel.meta.is_down = True
    officer, admin = channel.world.sign_in(Role.OFFICER), channel.world.sign_in(Role.ADMIN)
    reply(officer, number, "Kami datang besok.", "k1")
    began = clock.now()
    channel.wait(seconds=7)
    row = messages_of(db.session(), number)[-1]

    tries: list[datetime] = []
    while clock.now() - began < timedelta(hours=12):
        due = next_try(row.id)
        assert due is not None
        tries.append(due)
        channel.wait(seconds=max(0.0, (due - clock.now()).total_seconds()))
    # What people write meanwhile still comes in, and keeps the window open.
    channel.meta.last_word[said.BSUID] = channel.meta.now
    channel.hear(said.text("Sudah setengah hari, masih berlubang", id="wamid.IN2"))
    while clock.now() - began < timedelta(hours=24):
        due = next_try(row.id)
        assert due is not None
        tries.append(due)
        channel.wait(seconds=max(0.0, (due - clock.now()).total_seconds()))

    waits = [round((later - earlier).total_seconds()) for earlier, later in pairwise(tries)]
    assert waits == sorted(waits)
    assert waits[0] <= 20
    assert waits[-1] == LONGEST_WAIT_S
    assert waits.count(LONGEST_WAIT_S) > 30
    assert len(channel.told()) == told
    assert clocks_of(db.session(), [number])[number]["first_response"].stopped_at is None
    inbound = [one.words for one in messages_of(db.session(), number) if one.direction == "in"]
    assert inbound == [COMPLAINT, "Sudah setengah hari, masih berlubang"]
    assert "tidak berfungsi sejak" in officer.get("/petugas/kotak-masuk/").text
    assert "Tidak berfungsi sejak" in admin.get("/admin/kanal").text

    channel.meta.is_down = False
    due = next_try(row.id)
    assert due is not None
    channel.wait(seconds=(due - clock.now()).total_seconds())
    channel.wait(seconds=LONGEST_WAIT_S)
    assert channel.told().count("Kami datang besok.") == 1
    assert channel.account.failing_since is None
    stopped = clocks_of(db.session(), [number])[number]["first_response"].stopped_at
    assert stopped is not None
    assert "tidak berfungsi sejak" not in officer.get("/petugas/kotak-masuk/").text
    assert "Tidak berfungsi sejak" not in admin.get("/admin/kanal").text


def test_after_two_days_an_official_is_told_that_it_did_not_leave(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    channel.meta.is_down = True
    reply(channel.world.sign_in(Role.OFFICER), number, "Kami datang besok.", "k1")
    channel.wait(seconds=7)
    row_id = messages_of(db.session(), number)[-1].id
    channel.wait(hours=47)
    assert next_try(row_id) is not None
    channel.wait(hours=2)
    channel.wait(seconds=20)  # the reminder went first
    row = db.session().get_one(ConversationMessage, row_id)
    assert (row.state, row.last_error) == ("failed", "channel_down")
    assert channel.only().is_unread
    assert clocks_of(db.session(), [number])[number]["first_response"].stopped_at is None


# ---------------------------------------------------------------- one person, two departments


@pytest.fixture
def two(channel: Channels) -> Channels:
    """The same city, where another department has an account as well, and each has an official of its own."""
    with transaction() as session:
        first, other = session.scalars(select(Department).order_by(Department.id).limit(2)).all()
        facts = values(channel.meta) | {"phone_number_id": OTHER_NUMBER}
        by = channel.world.by(Role.ADMIN)
        connect_account(
            session, channel.world.installation, "whatsapp", "Kepala lain", other.id, None, facts, by
        )
        for role, department in ((Role.OFFICER, first), (Role.HEAD, other)):
            session.execute(
                update(UserRole)
                .where(UserRole.user_id == channel.world.users[role].id)
                .values(department_id=department.id)
            )
    db.session.remove()
    return channel


def write_to(channel: Channels, number_id: str, event: dict[str, Any]) -> None:
    """Somebody writes to the account with a number."""
    event["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = number_id
    accounts = db.session().scalars(select(ChannelAccount).order_by(ChannelAccount.id)).all()
    wanted = 1 if number_id == OTHER_NUMBER else 0
    before, channel.account_id = channel.account_id, accounts[wanted].id
    channel.hear(event)
    channel.account_id = before


def test_one_person_writes_to_two_departments_and_each_sees_its_own(two: Channels) -> None:
    write_to(two, NUMBER_ID, said.text(COMPLAINT, id="wamid.A1"))
    two.wait(hours=3)
    write_to(two, OTHER_NUMBER, said.text("Saluran mampet di Gajahan", id="wamid.B1"))
    write_to(two, NUMBER_ID, said.text("Masih ada, Pak", id="wamid.A2"))

    one, other = two.conversations()
    assert one.department_id != other.department_id
    assert one.person_id != other.person_id
    assert db.session().scalar(select(func.count()).select_from(ChannelPerson)) == 2
    assert [row.words for row in messages_of(db.session(), one.id) if row.direction == "in"] == [
        COMPLAINT,
        "Masih ada, Pak",
    ]
    clocks = clocks_of(db.session(), [one.id, other.id])
    apart = clocks[other.id]["first_response"].started_at - clocks[one.id]["first_response"].started_at
    assert apart == timedelta(hours=3)

    officer, head = two.world.sign_in(Role.OFFICER), two.world.sign_in(Role.HEAD)
    for browser, own, foreign in ((officer, one.id, other.id), (head, other.id, one.id)):
        listed = browser.get("/petugas/kotak-masuk/").text
        assert f"/petugas/kotak-masuk/{own}" in listed
        assert f"/petugas/kotak-masuk/{foreign}" not in listed
        assert browser.get(f"/petugas/kotak-masuk/{own}").status_code == 200
        assert browser.get(f"/petugas/kotak-masuk/{foreign}").status_code == 404
        found = browser.get("/petugas/kotak-masuk/?q=saluran").text
        assert ("Gajahan" in found) == (browser is head)


def test_what_is_handed_over_is_seen_there_and_answers_go_by_the_account_it_came_by(two: Channels) -> None:
    write_to(two, NUMBER_ID, said.text(COMPLAINT, id="wamid.A1"))
    write_to(two, OTHER_NUMBER, said.text("Saluran mampet di Gajahan", id="wamid.B1"))
    (number, _department), (number_there, department) = [
        (row.id, row.department_id) for row in two.conversations()
    ]
    began = clocks_of(db.session(), [number])[number]["first_response"].started_at
    officer, head = two.world.sign_in(Role.OFFICER), two.world.sign_in(Role.HEAD)
    handed = officer.post(
        f"/petugas/kotak-masuk/{number}/dinas",
        data={"department": str(department), "why": "soal saluran"},
    )
    assert handed.status_code == 303
    assert head.get(f"/petugas/kotak-masuk/{number}").status_code == 200
    assert officer.get(f"/petugas/kotak-masuk/{number}").status_code == 404

    two.wait(seconds=7)
    reply(head, number, "Kami ambil alih.", "k1")
    two.work()
    clocks = clocks_of(db.session(), [number, number_there])
    assert clocks[number]["first_response"].started_at == began
    assert clocks[number]["first_response"].stopped_at is not None
    assert clocks[number_there]["first_response"].stopped_at is None
    assert two.meta.asked[-1].path.split("/")[2] == NUMBER_ID
    # What they write next to the first account joins the conversation, where it is now.
    write_to(two, NUMBER_ID, said.text("Terima kasih, ditunggu", id="wamid.A2"))
    assert len(two.conversations()) == 2
    assert {row.department_id for row in two.conversations()} == {department}


# ---------------------------------------------------------------- the place, shown late


def ended(channel: Channels) -> tuple[int, str]:
    """A complaint that was answered and ended, and the path of its link."""
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    path = urlsplit(pin_link(channel.world.installation, number)).path
    reply(channel.world.sign_in(Role.OFFICER), number, "Di mana tepatnya?", "k1")
    channel.wait(seconds=10)
    with transaction() as session:
        conversation = session.get_one(Conversation, number)
        end_conversation(session, conversation, channel.world.by(Role.OFFICER))
        conversation.is_unread = False
    db.session.remove()
    return number, path


def test_a_place_shown_after_the_end_opens_the_conversation_again(channel: Channels) -> None:
    number, path = ended(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    assert f"/petugas/kotak-masuk/{number}" not in officer.get("/petugas/kotak-masuk/").text
    channel.wait(hours=30)
    citizen = channel.world.app.test_client()
    assert citizen.post(path, data={"lat": "-7.5666", "lon": "110.8231"}).status_code == 303
    channel.work()

    shown = channel.only()
    assert (shown.state, shown.is_unread) == ("open", True)
    assert shown.understood["place"]["source"] == "drag"
    kinds = db.session().scalars(
        select(ConversationChange.kind).where(ConversationChange.conversation_id == number)
    )
    assert {"placed", "opened_again"} <= set(kinds)
    assert f"/petugas/kotak-masuk/{number}" in officer.get("/petugas/kotak-masuk/").text
    assert citizen.post(path, data={"lat": "-7.5", "lon": "110.8"}).status_code == 409


def test_opening_the_late_link_alone_changes_nothing(channel: Channels) -> None:
    _number, path = ended(channel)
    assert channel.world.app.test_client().get(path).status_code == 200
    assert channel.only().state == "ended"


def test_a_place_shown_after_the_person_was_forgotten_is_not_kept(channel: Channels) -> None:
    number, path = ended(channel)
    with transaction() as session:
        person = session.get_one(Conversation, number).person_id
        forget_person(session, channel.world.installation, person, channel.world.by(Role.ADMIN))
    db.session.remove()
    citizen = channel.world.app.test_client()
    assert citizen.post(path, data={"lat": "-7.5666", "lon": "110.8231"}).status_code == 410
    assert channel.only().understood == {}
    assert channel.only().state == "ended"


def test_a_place_changes_nothing_that_an_official_sorted(channel: Channels) -> None:
    channel.hear(said.text("Halo"))
    number = channel.only().id
    with transaction() as session:
        move_to_tray(
            session, session.get_one(Conversation, number), Tray.COMPLAINTS, channel.world.by(Role.OFFICER)
        )
    path = urlsplit(pin_link(channel.world.installation, number)).path
    channel.world.app.test_client().post(path, data={"lat": "-7.5666", "lon": "110.8231"})
    channel.work()
    assert channel.only().tray == "complaints"
    assert channel.only().understood["by_hand"] is True
