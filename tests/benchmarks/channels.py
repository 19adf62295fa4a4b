"""Messages over HTTP, as deployed: two gunicorn workers, one worker of tasks, an embedded database.

A stand-in for a vendor posts signed events of WhatsApp at a steady pace, some of them twice, while the worker
of tasks is killed (SIGKILL) and started again. Measured: the time until an event is acknowledged; whether
each message is in exactly one conversation of its person once the worker has caught up; and, at rest, the
time from a message to its row in the inbox. The account is paused, so that nothing is sent. Sender, server,
worker and database share the machine.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select

from fieldops.app import create_app
from fieldops.channels.meta_signature import sign
from fieldops.config import ROOT, Settings
from fieldops.domain.roles import THE_SYSTEM
from fieldops.extensions import db
from fieldops.models import (
    Conversation,
    ConversationClock,
    ConversationMessage,
    Department,
    InboundEvent,
)
from fieldops.operations.connect_account import connect_account
from fieldops.operations.establish_city import establish_city
from fieldops.transaction import transaction
from tests.benchmarks.rows import Row, made_row
from tests.benchmarks.served import environment, site

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
DRAIN_LIMIT_S = 600.0


def run(quick: bool) -> Iterator[Row]:
    """Measure; yields a row each. Quick: a quarter of the pace for five seconds, without kills."""
    pace, seconds = (50, 5) if quick else (200, 60)
    with tempfile.TemporaryDirectory(prefix="fieldops-channels-") as folder:
        app, hook = _installation(Path(folder))
        with site(folder) as (port, _ready_s), _worker(folder) as worker:
            kills = () if quick else (seconds * 0.25, seconds * 0.5, seconds * 0.75)
            times, codes, sent = asyncio.run(_post_all(port, hook, pace, seconds, worker, kills))
            yield _acknowledged(times, codes, pace, seconds, len(kills))
            drain_s = _drained(app)
            yield _kept(app, sent, drain_s, len(kills))
            yield _in_the_inbox(app, port, hook, 5 if quick else 30)


def _installation(folder: Path) -> tuple[Flask, str]:
    app = create_app(Settings(instance_dir=folder, database_url="", rate_limits=False), pages=False)
    with app.app_context():
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


class Worker:
    """The worker of tasks, which may be killed and begins again."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.running = subprocess.Popen(
            [sys.executable, "-m", "fieldops", "worker"],
            env=environment(self.folder),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.running.kill()
        self.running.wait()


@contextmanager
def _worker(folder: str) -> Iterator[Worker]:
    worker = Worker(folder)
    try:
        yield worker
    finally:
        worker.running.send_signal(signal.SIGTERM)
        try:
            worker.running.wait(20)
        except subprocess.TimeoutExpired:
            worker.kill()


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


async def _post_all(
    port: int, hook: str, pace: int, seconds: int, worker: Worker, kills: tuple[float, ...]
) -> tuple[list[float], list[int], int]:
    """Post at a steady pace; returns times in seconds, statuses, and how many messages there were."""
    chance = random.Random(5)
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    times: list[float] = []
    codes: list[int] = []
    posting = [asyncio.create_task(_post(port, queue, times, codes)) for _one in range(CONNECTIONS)]
    killing = [asyncio.create_task(_kill_later(worker, at)) for at in kills]
    began = time.perf_counter()
    total = pace * seconds
    for number in range(total):
        question = _question(hook, number, number % (total // MESSAGES_EACH), chance.choice(WORDS))
        queue.put_nowait(question)
        if chance.random() < REPLAYED:
            queue.put_nowait(question)
        await asyncio.sleep(max(0.0, began + (number + 1) / pace - time.perf_counter()))
    for _one in posting:
        queue.put_nowait(None)
    await asyncio.gather(*posting, *killing)
    return times, codes, total


async def _kill_later(worker: Worker, after_s: float) -> None:
    await asyncio.sleep(after_s)
    await asyncio.to_thread(worker.kill)
    worker.start()


async def _post(
    port: int, queue: "asyncio.Queue[bytes | None]", times: list[float], codes: list[int]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (question := await queue.get()) is not None:
        began = time.perf_counter()
        writer.write(question)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line[:15].lower() == b"content-length:"), 0
        )
        await reader.readexactly(length)
        times.append(time.perf_counter() - began)
        codes.append(int(head[9:12]))
        if b"connection: close" in head.lower():
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


# ---------------------------------------------------------------- what came of it


def _drained(app: Flask) -> float:
    """Wait until every event is read and every conversation understood; returns how long, in seconds."""
    began = time.perf_counter()
    while time.perf_counter() - began < DRAIN_LIMIT_S:
        with app.app_context():
            waiting = db.session.scalar(
                select(func.count()).select_from(InboundEvent).where(InboundEvent.state == "todo")
            )
            clocks = db.session.scalar(select(func.count(func.distinct(ConversationClock.conversation_id))))
            conversations = db.session.scalar(select(func.count()).select_from(Conversation))
            db.session.remove()
        if waiting == 0 and clocks == conversations:
            break
        time.sleep(1)
    return time.perf_counter() - began


def _acknowledged(times: list[float], codes: list[int], pace: int, seconds: int, kills: int) -> Row:
    ms = np.array(times) * 1e3
    p99 = float(np.percentile(ms, 99))
    good = all(code == 200 for code in codes)
    return made_row(
        "webhooks/acknowledged-p99", len(ms), round(p99, 1), None, f"< {ACK_TARGET_MS:g} ms",
        p99 < ACK_TARGET_MS and good, p50_ms=round(float(np.percentile(ms, 50)), 1),
        most_ms=round(float(ms.max()), 1), pace_per_s=pace, seconds=seconds, kills=kills,
        statuses={code: codes.count(code) for code in sorted(set(codes))},
        load=round(os.getloadavg()[0], 1), cores=len(os.sched_getaffinity(0)),
    )  # fmt: skip


def _kept(app: Flask, sent: int, drain_s: float, kills: int) -> Row:
    """Lost: messages that are nowhere. Doubled: messages, or conversations of one person, too many."""
    with app.app_context():
        inbound = ConversationMessage.direction == "in"
        ids = select(ConversationMessage.external_id).where(inbound)
        found = db.session.scalar(select(func.count()).select_from(ids.subquery())) or 0
        apart = db.session.scalar(select(func.count(func.distinct(ids.subquery().c.external_id)))) or 0
        conversations = db.session.scalar(select(func.count()).select_from(Conversation)) or 0
        people = db.session.scalar(select(func.count(func.distinct(Conversation.person_id)))) or 0
        db.session.remove()
    lost, doubled = sent - apart, (found - apart) + (conversations - people)
    return made_row(
        "webhooks/lost-and-doubled", sent, lost + doubled, None, "0", lost == 0 and doubled == 0,
        lost=lost, doubled=doubled, conversations=conversations, kills=kills, drain_s=round(drain_s, 1),
    )  # fmt: skip


def _in_the_inbox(app: Flask, port: int, hook: str, times: int) -> Row:
    """Message by message, at rest: from posting to a conversation whose clock runs."""
    took: list[float] = []
    for number in range(times):
        question = _question(hook, 10_000_000 + number, 10_000_000 + number, WORDS[0])
        began = time.perf_counter()
        asyncio.run(_post_one(port, question))
        while not _has_clock(app, f"wamid.B{10_000_000 + number}") and time.perf_counter() - began < 30:
            time.sleep(0.02)
        took.append(time.perf_counter() - began)
    worst = max(took)
    return made_row(
        "inbox/message-to-row", times, round(worst, 2), None, f"< {INBOX_TARGET_S:g} s",
        worst < INBOX_TARGET_S, median_s=round(float(np.median(took)), 2),
    )  # fmt: skip


async def _post_one(port: int, question: bytes) -> None:
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()
    queue.put_nowait(question)
    queue.put_nowait(None)
    await _post(port, queue, [], [])


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
