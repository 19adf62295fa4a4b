"""Messages over HTTP, as deployed: two gunicorn workers, the intake, one worker of tasks, one database.

A stand-in for a vendor posts signed events of WhatsApp at a steady pace, some of them twice, while intake and
worker are killed (SIGKILL) and started again; then, for a shorter time, while web processes are killed and
whatever was not answered is sent again, as vendors do. Measured: the time until an event is acknowledged;
whether each message is in exactly one conversation of its person once the intake has caught up; the time
from a message to its row in the inbox, under the load and at rest. The account is paused, so that nothing is
sent. Sender, server, intake, worker and database share the machine. Every part is bounded in time: one that
does not end counts as missed.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from fieldops.app import create_app
from fieldops.channels.meta_signature import sign
from fieldops.config import ROOT, Settings
from fieldops.database import require_connection
from fieldops.domain.roles import THE_SYSTEM
from fieldops.extensions import db
from fieldops.models import (
    Conversation,
    ConversationClock,
    ConversationMessage,
    Department,
    InboundEvent,
    Task,
)
from fieldops.operations.connect_account import connect_account
from fieldops.operations.establish_city import establish_city
from fieldops.spool.segments import spool_state
from fieldops.transaction import transaction
from tests.benchmarks.rows import Row, made_row
from tests.benchmarks.served import START_LIMIT_S, environment, site

SECRET = "rahasia aplikasi"
NUMBER = "109000000000001"
CONNECTIONS = 20
REPLAYED = 0.02
MESSAGES_EACH = 4
"""Messages of one person; all come within ten minutes, so they are one conversation."""
WORDS = (
    "Lubang besar di Jl. Slamet Riyadi depan toko",
    "banyu nggenang ngarep pasar, wis telung dina",
    "Saluran mampet di Gajahan RT 02",
    "Tutup got hilang, bahaya anak sekolah",
    "Kapan diperbaiki pak?",
)
ACK_TARGET_MS, INBOX_TARGET_S = 100.0, 2.0
POST_LIMIT_S = 20.0
"""Seconds beyond the planned ones after which posting is broken off."""
DRAIN_LIMIT_S = 60.0
FIRST = 5_000_000
"""Number of the message that is posted before all others."""
POSTGIS_URL = "FIELDOPS_BENCHMARK_POSTGIS"
"""Names a PostGIS database that may be emptied; without it the embedded database is measured alone."""


KILLS = (
    (10.0, ("intake",)),
    (20.0, ("worker",)),
    (30.0, ("intake", "worker")),
    (40.0, ("intake",)),
    (50.0, ("worker",)),
)


@dataclass(frozen=True)
class Load:
    """What is posted: how many a second, for how long, and which processes are killed when (in seconds)."""

    pace: int
    seconds: int
    kills: tuple[tuple[float, tuple[str, ...]], ...] = ()
    web_kills: tuple[float, ...] = ()


def run(quick: bool) -> Iterator[Row]:
    """Measure; yields a row each. Quick: a quarter of the pace for five seconds, without kills."""
    yield from _measured("", "", quick)
    if not quick and (url := os.environ.get(POSTGIS_URL)):
        yield from _measured("postgis/", url, quick)


def _measured(prefix: str, url: str, quick: bool) -> Iterator[Row]:
    steady = Load(50, 5) if quick else Load(200, 60, kills=KILLS)
    broken = Load(50, 3, web_kills=(1.0,)) if quick else Load(200, 15, web_kills=(3.0, 6.0, 9.0, 12.0))
    with tempfile.TemporaryDirectory(prefix="fieldops-channels-") as folder:
        app, hook = _installation(Path(folder), url)
        env = environment(folder) | {"DATABASE_URL": url}
        with (
            site(folder, env=env) as (port, _ready_s),
            _processes(env) as processes,
            _Watch(app) as watch,
        ):
            _begin(app, port, hook)
            posted = asyncio.run(_post_all(port, hook, steady, processes, first=0))
            posted.messages += 1
            yield _acknowledged(f"{prefix}webhooks/acknowledged-p99", posted, steady)
            drain_s = _drained(app)
            yield _kept(f"{prefix}webhooks/lost-and-doubled", app, posted, steady, drain_s)
            yield _under_load(f"{prefix}inbox/under-load", watch.took_s(), steady)
            again = asyncio.run(_post_all(port, hook, broken, processes, first=1_000_000))
            drain_s = _drained(app)
            yield _kept(f"{prefix}webhooks/web-killed", app, posted + again, broken, drain_s)
            yield _at_rest(f"{prefix}inbox/at-rest", app, port, hook, 5 if quick else 30)
        if url:
            _empty(app)


def _installation(folder: Path, url: str = "") -> tuple[Flask, str]:
    app = create_app(Settings(instance_dir=folder, database_url=url, rate_limits=False), pages=False)
    with app.app_context():
        require_connection(db.engine)
        upgrade()
        installation = app.extensions["fieldops"]
        with transaction() as session:
            establish_city(session, installation.city)
        with transaction() as session:
            department = session.scalars(select(Department).order_by(Department.id).limit(1)).one()
            values = {
                "phone_number_id": NUMBER,
                "app_secret": SECRET,
                "verify_token": "x",
                "access_token": "x",
                "api_url": "http://127.0.0.1:9/v23.0",
            }
            account = connect_account(
                session, installation, "whatsapp", "Kepala", department.id, None, values, THE_SYSTEM
            )
            account.state = "paused"
            hook = account.hook_key
        db.session.remove()
    return app, hook


# ---------------------------------------------------------------- who takes part


class Process:
    """A process of the installation, which may be killed and begins again."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        self.name = name
        self.env = env
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.running = subprocess.Popen(
            [sys.executable, "-m", "fieldops", self.name],
            env=self.env,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.running.kill()
        self.running.wait()

    def stop(self) -> None:
        """Ask it to end, and make it."""
        self.running.send_signal(signal.SIGTERM)
        try:
            self.running.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()


@contextmanager
def _processes(env: dict[str, str]) -> Iterator[list[Process]]:
    running = [Process(name, env) for name in ("intake", "worker")]
    try:
        yield running
    finally:
        for one in running:
            one.stop()


def _kill_one_web_process() -> None:
    """Kill the oldest process that the web server forked; the server forks another one."""
    server = next(one for one in _children(os.getpid()) if b"gunicorn" in _command(one))
    os.kill(min(_children(server)), signal.SIGKILL)


def _children(process: int) -> list[int]:
    words = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [int(word) for word in words.split()]


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


class _Watch:
    """Looks from outside, twice a second, which messages are in the inbox, and notes how old they were.

    The time of a message is that of its acknowledgement at the earliest, so the figure is too high by up to
    half a second.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._last = 0
        self._ages: list[float] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def took_s(self) -> list[float]:
        """Return how old each message but the first was when it was seen, in seconds, so far."""
        return self._ages[1:]

    def _look(self) -> None:
        while not self._stop.wait(0.5):
            with self._app.app_context():
                rows = db.session.execute(
                    select(ConversationMessage.id, ConversationMessage.at)
                    .where(ConversationMessage.id > self._last, ConversationMessage.direction == "in")
                    .order_by(ConversationMessage.id)
                ).all()
                db.session.remove()
            now = datetime.now(UTC)
            self._ages += [(now - at).total_seconds() for _number, at in rows]
            self._last = max([self._last, *(number for number, _at in rows)])


def _question(hook: str, number: int, person: int, words: str) -> bytes:
    user = f"ID.15{person:016d}"
    said = {
        "from_user_id": user,
        "id": f"wamid.B{number}",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": words},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "62271000000", "phone_number_id": NUMBER},
        "contacts": [{"profile": {"name": "Warga"}, "user_id": user}],
        "messages": [said],
    }
    event = {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}],
    }
    raw = json.dumps(event, separators=(",", ":")).encode()
    head = (
        f"POST /kanal/{hook} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Hub-Signature-256: {sign(SECRET, raw)}\r\nContent-Length: {len(raw)}\r\n\r\n"
    )
    return head.encode() + raw


@dataclass
class Posted:
    """What became of the posts: seconds until each answer, statuses, how many were sent again or never."""

    messages: int = 0
    times: list[float] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    sent_again: int = 0
    unanswered: int = 0
    took_s: float = 0.0

    def __add__(self, other: "Posted") -> "Posted":
        return Posted(
            self.messages + other.messages,
            self.times + other.times,
            self.codes + other.codes,
            self.sent_again + other.sent_again,
            self.unanswered + other.unanswered,
            self.took_s + other.took_s,
        )


async def _post_all(port: int, hook: str, load: Load, processes: list[Process], first: int) -> Posted:
    """Post at a steady pace."""
    chance = random.Random(5)
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    posted = Posted()
    total = load.pace * load.seconds
    people = total // MESSAGES_EACH
    posting = [asyncio.create_task(_post(port, queue, posted)) for _one in range(CONNECTIONS)]
    killing = [asyncio.create_task(_kill_later(processes, *kill)) for kill in load.kills]
    killing += [asyncio.create_task(_kill_web_later(at)) for at in load.web_kills]
    began = time.perf_counter()
    for number in range(total):
        question = _question(hook, first + number, first + number % people, chance.choice(WORDS))
        queue.put_nowait(question)
        if chance.random() < REPLAYED:
            queue.put_nowait(question)
        await asyncio.sleep(max(0.0, began + (number + 1) / load.pace - time.perf_counter()))
    for _one in posting:
        queue.put_nowait(None)
    _done, late = await asyncio.wait(posting, timeout=POST_LIMIT_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*killing)
    posted.messages = total
    posted.unanswered = len(late) + sum(1 for question in _left(queue) if question is not None)
    posted.took_s = time.perf_counter() - began
    return posted


def _left(queue: "asyncio.Queue[bytes | None]") -> Iterator[bytes | None]:
    while not queue.empty():
        yield queue.get_nowait()


async def _kill_later(processes: list[Process], after_s: float, names: tuple[str, ...]) -> None:
    await asyncio.sleep(after_s)
    victims = [process for process in processes if process.name in names]
    for process in victims:
        await asyncio.to_thread(process.kill)
    for process in victims:
        process.start()


async def _kill_web_later(after_s: float) -> None:
    await asyncio.sleep(after_s)
    _kill_one_web_process()


async def _post(port: int, queue: "asyncio.Queue[bytes | None]", posted: Posted) -> None:
    """Post what is in the queue, one after the other; what breaks off is sent again, as vendors do."""
    connection = None
    while (question := await queue.get()) is not None:
        while True:
            try:
                connection = connection or await asyncio.open_connection("127.0.0.1", port)
                is_open = await _post_once(*connection, question, posted)
            except (OSError, asyncio.IncompleteReadError):
                posted.sent_again += 1
                connection = None
                await asyncio.sleep(0.05)
                continue
            if not is_open:
                connection[1].close()
                connection = None
            break
    if connection is not None:
        connection[1].close()


async def _post_once(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: bytes, posted: Posted
) -> bool:
    """Post once and return whether the connection stays open."""
    began = time.perf_counter()
    writer.write(question)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
    )
    await reader.readexactly(length)
    posted.times.append(time.perf_counter() - began)
    posted.codes.append(int(head[9:12]))
    return b"connection: close" not in head.lower()


# ---------------------------------------------------------------- what came of it


def _begin(app: Flask, port: int, hook: str) -> None:
    """Post one message and wait until intake and worker have both done their part: all are up then."""
    asyncio.run(_post_one(port, _question(hook, FIRST, FIRST, WORDS[0])))
    began = time.perf_counter()
    while time.perf_counter() - began < START_LIMIT_S:
        with app.app_context():
            done = db.session.scalar(
                select(func.count()).select_from(Task).where(Task.name == "send_reply", Task.state == "done")
            )
            db.session.remove()
        if done:
            return
        time.sleep(0.2)


def _drained(app: Flask) -> float:
    """Wait until every event is read and every conversation understood; returns how long, in seconds."""
    spool = app.extensions["fieldops"].settings.spool_dir
    began = time.perf_counter()
    while time.perf_counter() - began < DRAIN_LIMIT_S:
        with app.app_context():
            waiting = db.session.scalar(
                select(func.count()).select_from(InboundEvent).where(InboundEvent.state == "todo")
            )
            clocks = db.session.scalar(select(func.count(func.distinct(ConversationClock.conversation_id))))
            conversations = db.session.scalar(select(func.count()).select_from(Conversation))
            db.session.remove()
        if waiting == 0 and clocks == conversations and spool_state(spool).files == 0:
            break
        time.sleep(0.2)
    return time.perf_counter() - began


def _acknowledged(name: str, posted: Posted, load: Load) -> Row:
    ms = np.array(posted.times) * 1e3
    p99 = float(np.percentile(ms, 99))
    good = set(posted.codes) == {200} and posted.unanswered == 0
    return made_row(
        name, len(ms), round(p99, 1), None, f"< {ACK_TARGET_MS:g} ms",
        p99 < ACK_TARGET_MS and good, p50_ms=round(float(np.percentile(ms, 50)), 1),
        most_ms=round(float(ms.max()), 1), offered_per_s=load.pace, seconds=load.seconds,
        taken_per_s=round(len(ms) / posted.took_s, 1), kills=len(load.kills), unanswered=posted.unanswered,
        statuses={code: posted.codes.count(code) for code in sorted(set(posted.codes))},
        load=round(os.getloadavg()[0], 1), cores=len(os.sched_getaffinity(0)),
    )  # fmt: skip


def _kept(name: str, app: Flask, posted: Posted, load: Load, drain_s: float) -> Row:
    """Lost: messages that are nowhere. Doubled: messages, or conversations of one person, too many."""
    with app.app_context():
        inbound = ConversationMessage.direction == "in"
        ids = select(ConversationMessage.external_id).where(inbound)
        found = db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
        apart = db.session.scalar(select(func.count(func.distinct(ids.subquery().c.external_id)))) or 0
        conversations = db.session.scalar(select(func.count()).select_from(Conversation)) or 0
        people = db.session.scalar(select(func.count(func.distinct(Conversation.person_id)))) or 0
        db.session.remove()
    lost, doubled = posted.messages - apart, (found - apart) + (conversations - people)
    return made_row(
        name, posted.messages, lost + doubled, None, "0", lost == 0 and doubled == 0,
        lost=lost, doubled=doubled, conversations=conversations, kills=len(load.kills),
        web_kills=len(load.web_kills), sent_again=posted.sent_again, drain_s=round(drain_s, 1),
    )  # fmt: skip


def _under_load(name: str, took_s: list[float], load: Load) -> Row:
    """From the acknowledgement of a message to its row in the inbox while the load lasts, kills included."""
    ages = np.array(took_s or [float("inf")])
    p95 = float(np.percentile(ages, 95))
    return made_row(
        name, len(took_s), round(p95, 2), None, f"< {INBOX_TARGET_S:g} s", p95 < INBOX_TARGET_S,
        median_s=round(float(np.median(ages)), 2), p99_s=round(float(np.percentile(ages, 99)), 2),
        most_s=round(float(ages.max()), 2), offered_per_s=load.pace, kills=len(load.kills),
    )  # fmt: skip


def _at_rest(name: str, app: Flask, port: int, hook: str, times: int) -> Row:
    """Message by message: from posting to a conversation whose clock runs."""
    took: list[float] = []
    for number in range(10_000_000, 10_000_000 + times):
        began = time.perf_counter()
        asyncio.run(_post_one(port, _question(hook, number, number, WORDS[0])))
        while not _has_clock(app, f"wamid.B{number}") and time.perf_counter() - began < 10:
            time.sleep(0.02)
        took.append(time.perf_counter() - began)
    worst = max(took)
    return made_row(
        name, times, round(worst, 2), None, f"< {INBOX_TARGET_S:g} s",
        worst < INBOX_TARGET_S, median_s=round(float(np.median(took)), 2),
    )  # fmt: skip


async def _post_one(port: int, question: bytes) -> None:
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    queue.put_nowait(question)
    queue.put_nowait(None)
    await asyncio.wait_for(_post(port, queue, Posted()), POST_LIMIT_S)


def _has_clock(app: Flask, external_id: str) -> bool:
    with app.app_context():
        found = db.session.scalar(
            select(ConversationClock.id)
            .join(
                ConversationMessage, ConversationMessage.conversation_id == ConversationClock.conversation_id
            )
            .where(ConversationMessage.external_id == external_id)
            .limit(1)
        )
        db.session.remove()
    return found is not None


def _empty(app: Flask) -> None:
    """Take away all that was written to a database that stays."""
    with app.app_context():
        db.session.remove()
        with db.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        db.engine.dispose()
