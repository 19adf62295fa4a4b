"""From the door to the inbox: nothing acknowledged is lost or doubled, and no event holds up others."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as listening
from sqlalchemy import func, select

from fieldops import clock
from fieldops.config import ROOT
from fieldops.errors import Busy
from fieldops.extensions import db
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationClock,
    ConversationMessage,
    InboundEvent,
    Task,
)
from fieldops.operations import read_waiting
from fieldops.operations.drain_spool import drain_spool
from fieldops.operations.read_event import read_events
from fieldops.operations.receive_message import receive_message
from fieldops.operations.store_event import store_event
from fieldops.operations.tidy_events import tidy_damaged
from fieldops.outbox import enqueue
from fieldops.spool.segments import DAMAGED, SpoolReader, spool_state
from fieldops.spool.writer import SpoolWriter
from fieldops.tasks.intake import Intake, intake_lines
from fieldops.tasks.time_limit import time_limit
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def a_message(number: int, person: int = 0, words: str = "") -> dict[str, Any]:
    """A text of one of some people, in the shape of the vendor's."""
    event = said.text(words or f"Lubang nomor {number} di depan pasar")
    value = event["entry"][0]["changes"][0]["value"]
    value["messages"][0]["id"] = f"wamid.N{number}"
    for holder in (value["messages"][0], value["contacts"][0]):
        for name in ("from_user_id", "user_id"):
            if name in holder:
                holder[name] = f"ID.77{person:012d}"
        for name in ("from", "wa_id"):
            holder.pop(name, None)
    return event


def post(channel: Channels, *events: dict[str, Any]) -> None:
    assert {channel.call(event).status_code for event in events} == {200}


def count(table: Any, *conditions: Any) -> int:
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def heard() -> list[str]:
    session = db.session()
    session.rollback()
    rows = select(ConversationMessage.words).where(ConversationMessage.direction == "in")
    return list(session.scalars(rows.order_by(ConversationMessage.id)))


def test_an_event_is_on_disk_when_it_is_answered_and_in_the_inbox_a_moment_later(channel: Channels) -> None:
    spool = channel.world.installation.settings.spool_dir
    post(channel, a_message(1))
    assert spool_state(spool).files == 1
    assert count(InboundEvent) == 0
    channel.work()
    assert spool_state(spool).files == 0
    assert count(InboundEvent, InboundEvent.state == "done") == 1
    assert len(heard()) == 1


def test_the_door_answers_while_the_database_is_held_by_a_writer(channel: Channels) -> None:
    held, free = threading.Event(), threading.Event()

    def hold() -> None:
        with channel.world.app.app_context():
            with transaction() as session:
                store_event(session, channel.account_id, "held", b"{}")
                held.set()
                free.wait(20)
            db.session.remove()

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(10)
    began = time.perf_counter()
    post(channel, a_message(1))
    took_s = time.perf_counter() - began
    free.set()
    holder.join()
    assert took_s < 2


def test_a_full_disk_makes_the_vendor_send_again(channel: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fieldops.spool.writer.os.write", full)
    assert channel.call(a_message(1)).status_code == 503
    monkeypatch.undo()
    post(channel, a_message(1))
    channel.work()
    assert len(heard()) == 1


def test_a_burst_of_one_person_is_one_conversation_in_order(channel: Channels) -> None:
    words = [f"Pesan ke-{number}, lubang" for number in range(25)]
    post(channel, *(a_message(number, words=one) for number, one in enumerate(words)))
    channel.work()
    assert heard() == words
    assert len(channel.conversations()) == 1
    assert count(ChannelPerson) == 1
    assert count(ConversationMessage, ConversationMessage.direction == "out") == 1


def test_many_people_at_once_each_get_one_conversation_and_one_answer(
    channel: Channels,
) -> None:
    post(channel, *(a_message(number, person=number % 30) for number in range(120)))
    channel.work()
    assert len(channel.conversations()) == count(ChannelPerson) == 30
    assert count(ConversationClock) == 60
    assert len(heard()) == 120
    assert count(ConversationMessage, ConversationMessage.direction == "out") == 30


def test_a_batch_asks_few_questions(channel: Channels) -> None:
    """What it costs, in statements a message; the figures stand in docs/channels.md."""
    asked: list[str] = []

    @listening.listens_for(db.engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    costs = []
    for turn in range(2):  # the first time everybody is new
        post(channel, *(a_message(turn * 100 + number, person=number) for number in range(80)))
        asked.clear()
        intake = Intake(channel.world.installation)
        while intake.take_in():
            pass
        intake.free()
        costs.append(len(asked) / 80)
    listening.remove(db.engine, "before_cursor_execute", note)
    assert costs[0] < 17
    assert costs[1] < 5


def test_an_event_that_fails_is_tried_again_alone_and_holds_up_nobody(
    channel: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = receive_message

    def fails(known: Any, account: Any, adapter: Any, message: Any, *more: Any, **facts: Any) -> Any:
        if message.text == "racun":
            raise ZeroDivisionError
        return whole(known, account, adapter, message, *more, **facts)

    monkeypatch.setattr("fieldops.operations.read_event.receive_message", fails)
    post(channel, *(a_message(number, number, "racun" if number == 4 else "") for number in range(9)))
    intake = Intake(channel.world.installation)
    intake.take_in()
    intake.free()
    assert len(heard()) == 8
    assert count(InboundEvent, InboundEvent.state == "again") == 1
    channel.work()  # the task that tries again fails as well
    assert count(Task, Task.name == "read_event", Task.state == "todo", Task.attempts == 1) == 1
    monkeypatch.undo()
    channel.wait(minutes=1)
    assert "racun" in heard()
    assert count(InboundEvent, InboundEvent.state != "done") == 0


def test_a_database_that_is_busy_blames_no_event(channel: Channels, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_all: Any) -> None:
        raise Busy("busy")

    monkeypatch.setattr("fieldops.operations.read_waiting.read_events", busy)
    post(channel, a_message(1))
    intake = Intake(channel.world.installation)
    with pytest.raises(Busy):
        intake.take_in()
    monkeypatch.undo()
    intake.take_in()
    intake.free()
    assert len(heard()) == 1


def _read_once(channel: Channels) -> None:
    reader = read_waiting.EventReader(channel.world.installation, transaction, time_limit)
    reader.read(db.session())
    db.session.remove()


class Killed(BaseException):
    """Stands for SIGKILL: nothing that follows in the process runs."""


def test_an_event_that_ends_its_readers_is_found_and_left_for_a_person(
    channel: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = read_events

    def dies(session: Any, installation: Any, ids: list[int]) -> None:
        if 3 in ids:
            raise Killed
        whole(session, installation, ids)

    monkeypatch.setattr("fieldops.operations.read_waiting.read_events", dies)
    with transaction() as session:
        for number in range(1, 6):
            raw = json.dumps(a_message(number, number)).encode()
            store_event(session, channel.account_id, str(number), raw)
    deaths = 0
    for _life in range(10):
        try:
            _read_once(channel)
            break
        except Killed:
            deaths += 1
            db.session.rollback()
    assert deaths == 1 + read_waiting.MOST_DEATHS
    _read_once(channel)
    db.session.remove()
    rows = db.session().execute(select(InboundEvent.id, InboundEvent.state))
    states = {row.id: row.state for row in rows}
    assert states == {1: "done", 2: "done", 3: "parked", 4: "done", 5: "done"}


def test_what_was_stored_before_its_file_was_deleted_comes_once(channel: Channels) -> None:
    """The end of the process between the two is the same as a reader that never removes."""
    installation = channel.world.installation
    post(channel, a_message(1), a_message(2))

    class Forgetful(SpoolReader):
        def remove(self, haul: Any) -> None:
            del haul

    assert drain_spool(installation, Forgetful(installation.settings.spool_dir), transaction) == 2
    assert drain_spool(installation, SpoolReader(installation.settings.spool_dir), transaction) == 2
    assert count(InboundEvent) == 2
    channel.work()
    assert len(heard()) == 2


def test_events_of_an_account_that_is_gone_are_set_aside_and_block_nothing(channel: Channels) -> None:
    settings = channel.world.installation.settings
    writer = SpoolWriter(settings.spool_dir)
    writer.append(9_999, "whose", b"{}")
    post(channel, a_message(1))
    writer.close()
    channel.work()
    assert len(heard()) == 1
    assert spool_state(settings.spool_dir).damaged == 1
    assert any("set aside" in line for line in intake_lines(settings))
    with clock.frozen(clock.now() + timedelta(days=31)):
        assert tidy_damaged(settings.spool_dir) == 1
    assert not list((settings.spool_dir / DAMAGED).iterdir())


def test_the_doctor_says_when_nothing_takes_in(channel: Channels) -> None:
    settings = channel.world.installation.settings
    assert intake_lines(settings) == ["intake: nothing waits in the spool"]
    post(channel, a_message(1))
    assert "wait in the spool" in intake_lines(settings)[0]
    with clock.frozen(clock.now() + timedelta(minutes=3)):
        assert "does not keep up" in intake_lines(settings)[1]


def test_trouble_with_the_spool_keeps_the_worker_from_nothing_else(
    channel: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_reader: SpoolReader) -> None:
        raise PermissionError(13, "Permission denied")

    with transaction() as session:
        enqueue(session, "tidy_tasks", {})
    monkeypatch.setattr(SpoolReader, "look", unreadable)
    post(channel, a_message(1))
    work_until_idle(channel.world.installation)
    assert count(Task, Task.name == "tidy_tasks", Task.state == "done") == 1
    monkeypatch.undo()
    channel.work()
    assert len(heard()) == 1


def test_the_worker_takes_in_only_while_no_intake_does(channel: Channels) -> None:
    intake = Intake(channel.world.installation)
    assert intake.has_lock()
    post(channel, a_message(1))
    work_until_idle(channel.world.installation)
    assert heard() == []
    intake.free()
    work_until_idle(channel.world.installation)
    assert len(heard()) == 1


# ---------------------------------------------------------------- real processes, really killed


@pytest.mark.slow
def test_killing_everybody_at_any_moment_loses_and_doubles_nothing(channel: Channels) -> None:
    """Doors, intake and worker are processes of their own and end by SIGKILL, again and again."""
    installation = channel.world.installation
    env = os.environ | {
        "FIELDOPS_INSTANCE_DIR": str(installation.settings.instance_dir),
        "DATABASE_URL": installation.settings.database_url,
        "FIELDOPS_RATE_LIMITS": "false",
    }
    with transaction() as session:
        session.get_one(type(channel.account), channel.account_id).state = "paused"
    db.session.remove()
    running = {name: _start(name, env) for name in ("intake", "worker")}
    acknowledged: list[int] = []
    number = 0
    try:
        for life in range(8):
            door = _Door(channel, env)
            until = time.monotonic() + 0.6 + 0.11 * life
            while time.monotonic() < until:
                if door.post(a_message(number, person=number % 40, words=f"Lubang {number}")):
                    acknowledged.append(number)
                    number += 1
                time.sleep(0.004)
            door.kill()
            victim = ("intake", "worker")[life % 2]
            running[victim].kill()
            running[victim].wait(10)
            running[victim] = _start(victim, env)
        until = time.monotonic() + 60
        while time.monotonic() < until and set(heard()) < {f"Lubang {one}" for one in acknowledged}:
            time.sleep(0.1)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        for process in running.values():
            process.wait(20)
    assert len(acknowledged) > 100
    words = heard()
    assert sorted(words) == sorted({f"Lubang {one}" for one in acknowledged} | set(words))
    assert {f"Lubang {one}" for one in acknowledged} <= set(words)
    assert count(Conversation) == count(ChannelPerson) == 40
    work_until_idle(installation)
    assert count(InboundEvent, InboundEvent.state != "done") == 0


def _start(name: str, env: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "fieldops", name],
        env=env,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class _Door:
    """A process that appends as the web server does: it says of each event on its input when it is kept."""

    CODE = """
import sys
from pathlib import Path
from fieldops.spool.writer import SpoolWriter
writer = SpoolWriter(Path(sys.argv[1]))
for line in sys.stdin.buffer:
    account, key, raw = line.rstrip(b"\\n").split(b" ", 2)
    writer.append(int(account), key.decode(), raw)
    sys.stdout.write("kept\\n")
    sys.stdout.flush()
"""

    def __init__(self, channel: Channels, env: dict[str, str]) -> None:
        self._account = channel.account_id
        spool = channel.world.installation.settings.spool_dir
        self._process = subprocess.Popen(
            [sys.executable, "-c", self.CODE, str(spool)],
            env=env,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def post(self, event: dict[str, Any]) -> bool:
        """Hand an event in and return whether it was acknowledged."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        raw = json.dumps(event, separators=(",", ":")).replace(f'"{said.AT}"', f'"{int(time.time())}"')
        key = event["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
        stdin.write(f"{self._account} {key} {raw}\n".encode())
        stdin.flush()
        return stdout.readline() == b"kept\n"

    def kill(self) -> None:
        """End it as a power cut would, in the middle of whatever it does."""
        self._process.kill()
        self._process.wait(10)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
