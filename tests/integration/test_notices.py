"""An officer with the page closed: told of what is theirs, seldom, and of nothing that was said."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import MOST_DEVICES, MOST_FAILURES, SILENT_AFTER, NewsKind
from fieldops.domain.roles import Actor, By, Role
from fieldops.errors import Busy, InvalidInput, NotFound
from fieldops.extensions import db
from fieldops.models import Batch, Department, PushSubscription, StaffNews, Task, User, UserRole
from fieldops.operations.add_news import add_news
from fieldops.operations.call_for_help import HelpAsked, answer_help_call, call_for_help
from fieldops.operations.change_user import set_active, set_password
from fieldops.operations.hand_conversation import assign_conversation, hand_over_conversation
from fieldops.operations.keep_device import (
    DeviceOffer,
    forget_browser,
    forget_device,
    keep_device,
    renew_device,
    tidy_devices,
    try_device,
    welcome_device,
)
from fieldops.operations.notice_words import DEVICES_PATH, HELP_PATH, INBOX_PATH, LIST_PATH
from fieldops.operations.send_notice import send_notice
from fieldops.operations.sort_conversation import mute_person
from fieldops.operations.tell_staff import tell_staff
from fieldops.operations.tick_response_clocks import tick_response_clocks
from fieldops.queries.conversations import get_conversation
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.channels.http_stand_in import Answer
from tests.channels.push_stand_in import Device, PushStandIn
from tests.conftest import World
from tests.integration.channels import Channels, channels
from tests.integration.conftest import Story

COMPLAINT = "Lubang besar di Jl. Slamet Riyadi depan pasar, anak saya jatuh, telepon 0812 0000 0077"


@dataclass
class Notices:
    """A channel that hears, a push service that tells, and devices behind it."""

    channel: Channels
    push: PushStandIn

    @property
    def world(self) -> World:
        return self.channel.world

    def device(self, role: Role, *, browser: str = "", language: str = "id") -> Device:
        """Somebody switches notices on in a browser."""
        made = self.push.device()
        with transaction() as session:
            keep_device(
                session,
                self.world.installation,
                DeviceOffer(**self.push.offer(made)),
                device_digest=browser or made.path,
                label="Chrome · Android",
                language=language,
                by=self.world.by(role),
            )
        return made

    def hear(self, number: int = 1, words: str = COMPLAINT) -> None:
        """A person writes, and three seconds pass."""
        event = said.text(words)
        value = event["entry"][0]["changes"][0]["value"]
        person = f"ID.15000000000000{number:04d}"
        value["contacts"][0] |= {"user_id": person, "wa_id": f"62812000{number:05d}"}
        value["messages"][0] |= {
            "from_user_id": person,
            "from": f"62812000{number:05d}",
            "id": f"wamid.IN{number}.{len(self.channel.meta.asked)}",
        }
        assert self.channel.call(event).status_code == 200
        self.channel.meta.last_word[person] = self.channel.meta.now
        self.channel.work()
        self.pass_time(4)

    def pass_time(self, seconds: float) -> None:
        self.channel.wait(seconds=seconds)

    def rows(self) -> list[PushSubscription]:
        db.session.remove()
        return list(db.session().scalars(select(PushSubscription).order_by(PushSubscription.id)))

    def waiting(self) -> list[Task]:
        query = select(Task).where(Task.name == "send_notice", Task.state == "todo").order_by(Task.due_at)
        db.session.remove()
        return list(db.session().scalars(query))

    def change(self, act: Callable[[Session], Any]) -> None:
        with transaction() as session:
            act(session)
        db.session.remove()


@pytest.fixture
def notices(world: World) -> Iterator[Notices]:
    with channels(world) as channel, PushStandIn() as push:
        yield Notices(channel, push)


def titles(device: Device) -> list[str]:
    return [notice["title"] for notice in device.got]


# ---------------------------------------------------------------- what is told


def test_a_crews_call_for_help_reaches_the_office_and_an_answered_one_nobody(notices: Notices) -> None:
    dispatcher, crew = notices.device(Role.DISPATCHER), notices.device(Role.CREW_LEADER)
    asked = HelpAsked("key-of-a-call", "hurt", "Kaki tertimpa pelat")
    notices.change(lambda session: call_for_help(session, asked, notices.world.leader("A")))
    notices.pass_time(4)
    (told,) = dispatcher.got
    assert (told["title"], told["url"]) == ("Ada regu meminta bantuan", HELP_PATH)
    assert "Kaki" not in json.dumps(told)
    assert crew.got == []

    def ask_and_answer(session: Session) -> None:
        call = call_for_help(session, HelpAsked("key-of-another", "broken"), notices.world.leader("A"))
        answer_help_call(session, call.id, notices.world.by(Role.OFFICER))

    notices.change(ask_and_answer)
    notices.pass_time(60)
    assert len(dispatcher.got) == 1


def test_a_message_reaches_the_departments_devices_without_a_word_of_it(notices: Notices) -> None:
    officer, head = notices.device(Role.OFFICER), notices.device(Role.HEAD, language="en")
    crew = notices.device(Role.CREW_LEADER)
    notices.hear()
    number = notices.channel.only().id
    (told,) = officer.got
    assert told["title"] == "1 pesan baru menunggu"
    assert told["url"] == f"/petugas/kotak-masuk/{number}"
    assert told["body"] == db.session().get_one(Department, notices.channel.account.department_id).name
    assert (told["tag"], told["lang"]) == ("fieldops-inbox", "id")
    assert titles(head) == ["1 new message is waiting"]
    assert crew.got == []
    assert set(told) == {"title", "body", "url", "tag", "key", "lang"}
    words = json.dumps(officer.got + head.got, ensure_ascii=False).casefold()
    for private in (
        "lubang",
        "slamet",
        "riyadi",
        "anak",
        "jatuh",
        "0812",
        "62812",
        said.NAME.casefold(),
        "id.15",
    ):
        assert private not in words, private
    (headers,) = officer.headers
    assert headers["topic"] == "inbox"
    assert headers["urgency"] == "high", "somebody fell: it says so to the phone's battery, in no word"


def test_several_become_one_notice_and_no_device_is_told_too_often(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    for number in range(1, 6):
        notices.hear(number)
    assert titles(device) == ["1 pesan baru menunggu"]
    notices.pass_time(30)
    assert titles(device)[1:] == ["5 pesan baru menunggu"]
    assert device.got[-1]["url"] == "/petugas/kotak-masuk/"
    notices.pass_time(600)
    assert len(device.got) == 2, "what was told is not told again"


def test_a_storm_of_news_is_one_task_and_one_notice(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear()
    number = notices.channel.only().id
    for _again in range(300):
        notices.change(lambda session: add_news(session, NewsKind.MESSAGE, [number]))
    waiting = db.session().scalar(
        select(func.count()).select_from(Task).where(Task.name == "tell_staff", Task.state == "todo")
    )
    assert waiting == 1
    notices.pass_time(60)
    notices.pass_time(60)
    assert len(device.got) == 2
    assert db.session().scalar(select(func.count()).select_from(StaffNews)) == 0


def test_what_was_answered_meanwhile_is_not_told(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear(1)
    notices.hear(2)
    first, second = notices.channel.conversations()
    ids = first.id, second.id
    page = f"/petugas/kotak-masuk/{ids[1]}/jawaban"
    browser = notices.world.sign_in(Role.OFFICER)
    assert browser.post(page, data={"words": "Kami ke sana.", "key": "k1"}).status_code == 303
    notices.pass_time(60)
    assert titles(device) == ["1 pesan baru menunggu"]
    assert notices.rows()[0].news[0]["id"] == ids[0]


def test_greetings_and_muted_people_ring_nobody(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear(1, "Selamat pagi")
    assert device.got == []
    notices.hear(2)
    number = notices.channel.conversations()[-1].id
    by = notices.world.by(Role.OFFICER)
    notices.change(lambda session: mute_person(session, get_conversation(session, number), by, muted=True))
    notices.pass_time(40)
    notices.hear(2, "Halo?")
    notices.pass_time(60)
    assert len(device.got) == 1


def test_what_somebody_has_rings_them_alone(notices: Notices) -> None:
    officer, dispatcher = notices.device(Role.OFFICER), notices.device(Role.DISPATCHER)
    notices.hear()
    number = notices.channel.only().id
    to, by = notices.world.users[Role.DISPATCHER].id, notices.world.by(Role.OFFICER)
    notices.change(lambda session: assign_conversation(session, get_conversation(session, number), to, by))
    notices.pass_time(40)
    assert dispatcher.got[-1]["body"].startswith("Diberikan kepada Anda: 1")
    notices.hear(1, "Masih ada")
    notices.pass_time(60)
    assert len(officer.got) == 1
    assert titles(dispatcher) == ["1 pesan baru menunggu"] * 3


def test_nobody_hears_of_what_they_did_themselves(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear()
    number = notices.channel.only().id
    by = notices.world.by(Role.OFFICER)
    notices.change(
        lambda session: assign_conversation(session, get_conversation(session, number), by.user_id, by)
    )
    notices.pass_time(60)
    assert len(device.got) == 1


def in_department(session: Session, user_id: int, department_id: int) -> None:
    session.execute(update(UserRole).where(UserRole.user_id == user_id).values(department_id=department_id))


def test_another_department_hears_of_it_once_it_is_handed_over(notices: Notices) -> None:
    here, there = db.session().scalars(select(Department.id).order_by(Department.id).limit(2)).all()
    db.session.remove()
    users = notices.world.users
    notices.change(lambda session: in_department(session, users[Role.OFFICER].id, here))
    notices.change(lambda session: in_department(session, users[Role.HEAD].id, there))
    officer, head = notices.device(Role.OFFICER), notices.device(Role.HEAD)
    notices.hear()
    assert (len(officer.got), len(head.got)) == (1, 0)
    number = notices.channel.only().id
    by = notices.world.by(Role.OFFICER)
    notices.change(
        lambda session: hand_over_conversation(
            session, get_conversation(session, number), there, "Saluran kota", by
        )
    )
    notices.pass_time(60)
    assert (len(officer.got), len(head.got)) == (1, 1)
    assert "Saluran" not in json.dumps(head.got)


def test_clocks_ring_before_the_promise_is_over_and_the_head_when_it_is(notices: Notices) -> None:
    officer, head = notices.device(Role.OFFICER), notices.device(Role.HEAD)
    notices.hear()
    number = notices.channel.only().id
    to, by = notices.world.users[Role.OFFICER].id, notices.world.by(Role.DISPATCHER)
    notices.change(lambda session: assign_conversation(session, get_conversation(session, number), to, by))
    notices.pass_time(40)
    before = len(officer.got), len(head.got)
    for hours in (12.5, 7.5, 4.5):
        notices.channel.wait(hours=hours)
        notices.change(tick_response_clocks)
        notices.pass_time(40)
    told = [one["body"] for one in officer.got[before[0] :]]
    assert "Batas waktu sedang berjalan: 1" in told[0], "half of it is left: not near yet"
    assert "Batas waktu sedang berjalan: 1" in told[1]
    assert "Lewat batas waktu: 1" in told[-1]
    assert len(head.got) == before[1] + 1
    assert head.got[-1]["title"] == "Lewat batas waktu: 1"
    assert officer.headers[-1]["urgency"] == "high"


def test_a_crew_hears_of_its_list_and_of_no_other(world: World, story: Story) -> None:
    with PushStandIn() as push:
        (request,) = story.report()
        devices = {}
        for letter, member in world.leaders.items():
            devices[letter] = push.device()
            with transaction() as session:
                keep_device(
                    session,
                    world.installation,
                    DeviceOffer(**push.offer(devices[letter])),
                    device_digest=letter,
                    label="",
                    language="id",
                    by=By(Actor.CREW_LEADER, member.id),
                )
        _order, stop = story.send_out(request)
        leader = story.leader_of(stop)
        with clock.frozen(clock.now() + timedelta(seconds=4)):
            work_until_idle(world.installation)
        told = {letter: titles(device) for letter, device in devices.items() if device.got}
        theirs = next(letter for letter, member in world.leaders.items() if member.id == leader.user_id)
        assert told == {theirs: ["Daftar kerja regu Anda berubah"]}
        assert devices[theirs].got[0]["url"] == "/regu"
        assert db.session().scalar(select(func.count()).select_from(Batch)) == 1


# ---------------------------------------------------------------- what the service answers


def test_a_device_that_is_gone_is_forgotten(notices: Notices) -> None:
    for status in (404, 410):
        notices.device(Role.OFFICER)
        notices.push.refusals.append(Answer(status))
        notices.hear(status)
        assert notices.rows() == []
    notices.pass_time(4000)
    assert len(notices.push.asked) == 2


def test_too_fast_waits_as_long_as_it_is_asked_to(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.push.refusals.append(Answer(429, headers={"Retry-After": "600"}))
    notices.hear(1)
    notices.hear(2)
    notices.pass_time(560)
    assert len(notices.push.asked) == 1
    notices.pass_time(60)
    assert titles(device) == ["2 pesan baru menunggu"]
    (row,) = notices.rows()
    assert (row.failures, row.quiet_until, row.last_error) == (0, None, "")


def test_trouble_is_tried_again_ever_later_and_given_up_without_a_person(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.push.refusals += [Answer(500)] * MOST_FAILURES
    notices.hear(1)
    waits = []
    while notices.waiting():
        now = clock.now()
        waits.append((notices.waiting()[0].due_at - now).total_seconds())
        notices.pass_time(waits[-1] + 0.001)
    assert [round(one) for one in waits] == [30, 60, 120, 240, 480, 960, 1920]
    assert len(notices.push.asked) == MOST_FAILURES
    parked = db.session().scalar(select(func.count()).select_from(Task).where(Task.state == "parked"))
    assert parked == 0
    notices.hear(2)
    notices.pass_time(30)
    assert titles(device) == ["2 pesan baru menunggu"], "the next news are tried again"
    assert notices.rows()[0].failures == 0


def test_no_answer_is_trouble_too(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.push.hang_up = True
    notices.hear(1)
    assert notices.rows()[0].last_error.startswith("no answer")
    notices.push.hang_up = False
    notices.pass_time(61)
    assert titles(device) == ["1 pesan baru menunggu"]


def test_a_service_that_does_not_answer_is_asked_for_one_device_and_then_let_alone(notices: Notices) -> None:
    """Else a hundred devices would hold the only worker ten seconds each."""
    devices = [notices.device(role) for role in (Role.OFFICER, Role.HEAD, Role.DISPATCHER)]
    notices.push.hang_up = True
    notices.hear(1)
    notices.pass_time(40)
    assert len(notices.push.asked) == 1
    notices.push.hang_up = False
    notices.pass_time(61)
    assert [titles(device) for device in devices] == [["1 pesan baru menunggu"]] * 3


def test_a_service_that_never_wants_us_loses_the_device(notices: Notices) -> None:
    notices.device(Role.OFFICER)
    notices.push.refusals += [Answer(403)] * MOST_FAILURES
    for number in range(1, MOST_FAILURES + 1):
        assert len(notices.rows()) == 1
        notices.hear(number)
        notices.pass_time(60)
    assert notices.rows() == []


def test_a_rehearsal_keeps_real_devices_notices_inside(notices: Notices) -> None:
    made = notices.push.device()
    offer = notices.push.offer(made) | {"endpoint": "https://fcm.googleapis.com/fcm/send/abc"}
    notices.change(
        lambda session: keep_device(
            session, notices.world.installation, DeviceOffer(**offer), device_digest="x", label="",
            language="id", by=notices.world.by(Role.OFFICER),
        )
    )  # fmt: skip
    notices.hear()
    (row,) = notices.rows()
    assert (row.last_error, row.failures) == ("rehearsal", 0)
    assert notices.waiting() == []


# ---------------------------------------------------------------- crashes


class Killed(BaseException):
    """The process ends here."""


def test_a_crash_before_it_is_noted_sends_the_same_notice_once_more(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.channel.call(said.text(COMPLAINT))
    with clock.frozen(clock.now()):
        notices.channel.work()
    with clock.frozen(clock.now() + timedelta(seconds=4)):
        with transaction() as session:
            tell_staff(session)
        db.session.remove()
        number = notices.rows()[0].id
        opened = 0

        @contextmanager
        def dies_at_the_second() -> Iterator[Session]:
            nonlocal opened
            opened += 1
            with transaction() as session:
                yield session
                if opened == 2:
                    raise Killed

        with pytest.raises(Killed):
            send_notice(notices.world.installation, number, dies_at_the_second)
        db.session.remove()
    assert len(device.got) == 1
    assert notices.rows()[0].last_success_at is None
    with clock.frozen(clock.now() + timedelta(seconds=40)):
        send_notice(notices.world.installation, number, transaction)
    first, second = device.got
    assert first == second, "the same key and tag: a device that shows it stays quiet"
    assert notices.rows()[0].last_success_at is not None


def _news_and_death(session: Session, number: int) -> None:
    add_news(session, NewsKind.MESSAGE, [number])
    raise Killed


def test_news_that_are_not_committed_ring_nobody(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear()
    number = notices.channel.only().id
    before = len(device.got)
    with pytest.raises(Killed):
        notices.change(lambda session: _news_and_death(session, number))
    notices.pass_time(60)
    assert len(device.got) == before


def test_a_device_switched_off_while_its_notice_is_on_its_way_stays_off(notices: Notices) -> None:
    notices.device(Role.OFFICER, browser="b")
    notices.hear()
    number = notices.rows()[0].id
    opened = 0

    @contextmanager
    def off_in_between() -> Iterator[Session]:
        nonlocal opened
        opened += 1
        if opened == 2:
            notices.change(lambda session: forget_browser(session, "b"))
        with transaction() as session:
            yield session

    conversation = notices.channel.only().id
    notices.change(lambda session: add_news(session, NewsKind.MESSAGE, [conversation]))
    with clock.frozen(clock.now() + timedelta(seconds=40)):
        with transaction() as session:
            tell_staff(session)
        send_notice(notices.world.installation, number, off_in_between)
    assert opened == 2
    assert notices.rows() == []


def test_news_of_many_at_once_reach_the_device_each_once(notices: Notices) -> None:
    """Several processes write news while several hand them on."""
    notices.device(Role.OFFICER)
    for number in range(1, 7):
        notices.hear(number)
    notices.pass_time(60)
    ids = [one.id for one in notices.channel.conversations()]
    before = {one["id"]: one["at"] for one in notices.rows()[0].news}
    db.session.remove()
    app, troubles = notices.world.app, []

    def work(mine: list[int]) -> None:
        with app.app_context():
            for number in mine:
                for act in (lambda s, n=number: add_news(s, NewsKind.MESSAGE, [n]), tell_staff):
                    try:
                        with transaction() as session:
                            act(session)
                    except Busy as busy:
                        troubles.append(str(busy))
                    db.session.remove()

    with clock.frozen(clock.now() + timedelta(seconds=5)):
        threads = [Thread(target=work, args=(ids[start::3],)) for start in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        with transaction() as session:
            tell_staff(session)
        db.session.remove()
    assert troubles == []
    after = {one["id"]: one["at"] for one in notices.rows()[0].news}
    assert set(after) == set(ids)
    assert all(after[number] > before[number] for number in ids)
    assert db.session().scalar(select(func.count()).select_from(StaffNews)) == 0


# ---------------------------------------------------------------- whose device it is


def test_addresses_and_keys_are_sealed_and_only_known_services_kept(notices: Notices) -> None:
    made = notices.device(Role.OFFICER)
    (row,) = notices.rows()
    held = f"{row.address_sealed!r} {row.endpoint_digest} {row.device_digest} {row.label}"
    for secret in (notices.push.endpoint(made), made.keys["p256dh"], made.keys["auth"]):
        assert secret not in held
    bad = [
        {"endpoint": "https://evil.example/a"},
        {"endpoint": "http://169.254.169.254/a"},
        {"p256dh": "x"},
        {"auth": ""},
    ]
    for change in bad:
        offer = DeviceOffer(**(notices.push.offer(made) | change))
        with pytest.raises(InvalidInput), transaction() as session:
            keep_device(
                session, notices.world.installation, offer, device_digest="b", label="", language="id",
                by=notices.world.by(Role.OFFICER),
            )  # fmt: skip


def test_one_browser_is_one_device_and_changes_hands(notices: Notices) -> None:
    first = notices.device(Role.OFFICER, browser="desk")
    notices.device(Role.OFFICER, browser="desk")
    assert len(notices.rows()) == 1
    notices.change(lambda session: welcome_device(session, notices.world.users[Role.DISPATCHER].id, "desk"))
    assert notices.rows() == [], "somebody else works here now"
    notices.hear()
    assert first.got == []


def test_an_account_has_few_devices(notices: Notices) -> None:
    made = [notices.device(Role.OFFICER) for _one in range(MOST_DEVICES + 2)]
    assert len(notices.rows()) == MOST_DEVICES
    notices.hear()
    assert [len(one.got) for one in made] == [0, 0] + [1] * MOST_DEVICES


@pytest.mark.parametrize(
    "act",
    [
        lambda session, user, by: set_active(session, user, False, by),
        lambda session, user, by: set_password(session, user, "sandi yang lain", by),
        lambda session, user, by: session.execute(
            update(UserRole).where(UserRole.user_id == user.id).values(role=Role.ENGINEER.value)
        ),
    ],
    ids=["switched off", "new password", "other role"],
)
def test_who_may_no_longer_read_is_no_longer_told(notices: Notices, act: Callable[..., Any]) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear(1)
    notices.hear(2)  # waits for its turn
    user_id, by = notices.world.users[Role.OFFICER].id, notices.world.by(Role.ADMIN)
    notices.change(lambda session: act(session, session.get_one(User, user_id), by))
    notices.pass_time(60)
    notices.hear(3)
    notices.pass_time(60)
    assert len(device.got) == 1


def test_a_new_password_keeps_the_browser_it_was_typed_in(notices: Notices) -> None:
    notices.device(Role.OFFICER, browser="lost phone")
    kept = notices.device(Role.OFFICER, browser="here")
    user_id, by = notices.world.users[Role.OFFICER].id, notices.world.by(Role.OFFICER)
    notices.change(
        lambda session: set_password(
            session, session.get_one(User, user_id), "sandi yang lain", by, device_digest="here"
        )
    )
    assert [row.device_digest for row in notices.rows()] == ["here"]
    notices.hear()
    assert len(kept.got) == 1


def test_a_month_without_signing_in_ends_it(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.channel.wait(seconds=(SILENT_AFTER - timedelta(minutes=1)).total_seconds())
    user_id = notices.world.users[Role.OFFICER].id
    notices.change(lambda session: welcome_device(session, user_id, device.path))
    notices.pass_time(120)
    notices.hear(1)
    assert len(device.got) == 1
    notices.channel.wait(seconds=SILENT_AFTER.total_seconds())
    notices.hear(2)
    assert len(device.got) == 1
    notices.change(tidy_devices)
    assert notices.rows() == []


def test_consent_withdrawn_leaves_nothing(notices: Notices) -> None:
    device = notices.device(Role.OFFICER)
    notices.hear(1)
    notices.hear(2)
    (row,) = notices.rows()
    number, by = row.id, notices.world.by(Role.OFFICER)
    assert by.user_id is not None
    with pytest.raises(NotFound), transaction() as session:
        forget_device(session, notices.world.users[Role.HEAD].id, number, by)
    notices.change(lambda session: forget_device(session, by.user_id or 0, number, by))
    assert notices.rows() == []
    notices.pass_time(60)
    assert len(device.got) == 1


def test_a_browser_that_changes_its_address_is_told_at_the_new_one(notices: Notices) -> None:
    old = notices.device(Role.OFFICER, browser="b")
    new = notices.push.device()
    offer = DeviceOffer(**notices.push.offer(new))
    with pytest.raises(NotFound), transaction() as session:
        renew_device(session, notices.world.installation, "another", offer)
    notices.change(lambda session: renew_device(session, notices.world.installation, "b", offer))
    notices.hear()
    assert (old.got, len(new.got)) == ([], 1)


def test_a_test_notice_does_not_wait_its_turn(notices: Notices) -> None:
    device = notices.device(Role.ADMIN)
    (row,) = notices.rows()
    number, user_id = row.id, row.user_id
    for _again in range(2):
        notices.change(lambda session: try_device(session, user_id, number))
        notices.channel.work()
    assert titles(device) == ["Perangkat ini diberi tahu"] * 2
    assert device.got[0]["url"] == "/akun/pemberitahuan"
    with pytest.raises(NotFound), transaction() as session:
        try_device(session, user_id + 1, number)


def test_addresses_in_notices_are_pages(notices: Notices) -> None:
    with notices.world.app.test_request_context():
        url_for = notices.world.app.url_for
        assert url_for("inbox.conversations", _external=False) == INBOX_PATH
        assert url_for("inbox.conversation", conversation_id=7, _external=False) == f"{INBOX_PATH}7"
        assert url_for("crew.today", _external=False) == LIST_PATH
        assert url_for("dispatch.today", _external=False) == HELP_PATH
        assert url_for("account.devices", _external=False) == DEVICES_PATH
