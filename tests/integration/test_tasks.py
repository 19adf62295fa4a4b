"""Tasks: taken once, finished by their holder only, retried with patience, parked at last, never lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update

from fieldops import clock
from fieldops.errors import SetupError
from fieldops.extensions import db
from fieldops.models import Cluster, IdempotencyKey, ServiceRequest, Task
from fieldops.operations.retry_task import retry_task
from fieldops.operations.submit_request import submit_request
from fieldops.operations.tidy_tasks import tidy_tasks
from fieldops.outbox import enqueue
from fieldops.queries.tasks import oldest_overdue_lease_s, parked_tasks
from fieldops.tasks.leases import MOST_ATTEMPTS, Lease, finish, free_leases, give_back, renew, take
from fieldops.tasks.registry import TASKS
from fieldops.tasks.schedule import SCHEDULE, tick
from fieldops.tasks.worker import only_worker, work_once, work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.integration.conftest import Story

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)


def _put(name: str = "tidy_tasks", **options: Any) -> None:
    with transaction() as session:
        enqueue(session, name, {}, **options)


def _take() -> Lease | None:
    with transaction() as session:
        return take(session)


def _tasks() -> list[Task]:
    db.session.remove()
    return list(db.session().scalars(select(Task).order_by(Task.id)))


def test_a_task_lives_and_dies_with_the_change_that_asked_for_it(world: World) -> None:
    def ask_and_fail() -> None:
        with transaction() as session:
            enqueue(session, "tidy_tasks", {})
            raise RuntimeError("undone")

    with pytest.raises(RuntimeError, match="undone"):
        ask_and_fail()
    assert _tasks() == []


def test_the_oldest_due_task_is_taken_first_and_none_before_its_time(world: World) -> None:
    with clock.frozen(NOW):
        _put(due_at=NOW + timedelta(minutes=5))
        _put(due_at=NOW - timedelta(minutes=1))
        _put(due_at=NOW - timedelta(minutes=2))
        taken = [lease.task_id for lease in (_take(), _take()) if lease]
        assert taken == [3, 2]
        assert _take() is None
    with clock.frozen(NOW + timedelta(minutes=6)):
        last = _take()
        assert last is not None
        assert last.task_id == 3, "the lease of the first has run out by then, and it was due before"


def test_a_lost_lease_counts_for_nothing(world: World) -> None:
    with clock.frozen(NOW):
        _put()
        first = _take()
        assert first is not None
        assert _take() is None
    with clock.frozen(NOW + timedelta(seconds=121)):
        assert oldest_overdue_lease_s(db.session()) == 1.0
        second = _take()
        assert second is not None
        assert (second.task_id, second.attempts) == (first.task_id, 2)
        with transaction() as session:
            assert not finish(session, first)
            assert not renew(session, first)
            give_back(session, first, "too late")
        assert [(task.state, task.last_error) for task in _tasks()] == [("leased", "")]
        with transaction() as session:
            assert renew(session, second, 900)
    with clock.frozen(NOW + timedelta(seconds=121 + 800)):
        assert _take() is None
        with transaction() as session:
            assert finish(session, second)
    assert [task.state for task in _tasks()] == ["done"]


def test_failures_wait_longer_each_time_and_end_parked_where_a_person_lets_them_go_on(world: World) -> None:
    with clock.frozen(NOW):
        _put("no_such_task")
    delays, at = [], NOW
    for attempt in range(1, MOST_ATTEMPTS + 1):
        with clock.frozen(at):
            assert work_once(world.installation)
        (task,) = _tasks()
        assert task.attempts == attempt
        if task.state == "todo":
            with clock.frozen(task.due_at - timedelta(seconds=1)):
                assert not work_once(world.installation)
            delays.append((task.due_at - at).total_seconds())
            at = task.due_at
    assert delays == [5, 15, 45, 135, 405, 1215, 3600]
    assert task.state == "parked"
    assert "no_such_task" in task.last_error
    assert [parked.id for parked in parked_tasks(db.session())] == [task.id]
    with clock.frozen(at + timedelta(days=30)):
        assert not work_once(world.installation)
        with transaction() as session:
            tidy_tasks(session)
            retry_task(session, task.id, world.by(next(iter(world.users))))
        assert work_once(world.installation)
    (task,) = _tasks()
    assert (task.state, task.attempts) == ("todo", 1)


def test_what_kills_its_worker_every_time_is_parked_too(world: World) -> None:
    at = NOW
    with clock.frozen(at):
        _put()
    for _attempt in range(MOST_ATTEMPTS):
        with clock.frozen(at):
            assert _take() is not None
        at += timedelta(seconds=121)
    with clock.frozen(at):
        assert _take() is None
    (task,) = _tasks()
    assert (task.state, task.last_error) == ("parked", "its worker died each time")


def test_one_task_waits_however_often_it_is_asked_for_but_news_queues_again(world: World) -> None:
    with clock.frozen(NOW):
        for minutes in (5, 1, 9):
            _put(dedupe_key="once", due_at=NOW + timedelta(minutes=minutes))
        (task,) = _tasks()
        assert task.due_at == NOW + timedelta(minutes=1), "the earliest wish holds"
    with clock.frozen(NOW + timedelta(minutes=2)):
        running = _take()
        assert running is not None
        _put(dedupe_key="once")
        assert [row.state for row in _tasks()] == ["leased", "todo"]
        with transaction() as session:
            finish(session, running)
        _put(dedupe_key="once")
        assert [row.state for row in _tasks()] == ["done", "todo"]


def test_news_is_not_lost_between_the_asking_and_the_commit(world: World) -> None:
    """A worker must not take a waiting task, see the old state and finish, while the news is on its way."""
    if db.engine.dialect.name == "sqlite":
        pytest.skip("one writer at a time on SQLite")
    _put(dedupe_key="once")
    outcomes: list[Lease | None] = []

    def steal() -> None:
        with world.app.app_context():
            outcomes.append(_take())
            db.session.remove()

    with transaction() as session:
        enqueue(session, "tidy_tasks", {}, dedupe_key="once")
        thread = threading.Thread(target=steal)
        thread.start()
        thread.join(30)
    assert outcomes == [None], "the waiting task is held until the news is in"
    assert _take() is not None


def test_many_workers_never_take_one_task_twice(world: World) -> None:
    with transaction() as session:
        for _number in range(40):
            enqueue(session, "tidy_tasks", {})
    start, taken = threading.Barrier(4), []

    def work() -> None:
        with world.app.app_context():
            start.wait()
            while (lease := _take()) is not None:
                taken.append(lease.task_id)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_the_only_worker_frees_what_a_dead_one_held(world: World) -> None:
    _put()
    assert _take() is not None
    assert not work_once(world.installation)
    with transaction() as session:
        assert free_leases(session) == 1
    assert work_once(world.installation)
    assert [task.state for task in _tasks()] == ["done"]


def test_finished_tasks_are_forgotten_after_two_weeks(world: World) -> None:
    with clock.frozen(NOW):
        _put()
        _put("no_such_task")
        work_until_idle(world.installation)
    with clock.frozen(NOW + timedelta(days=15)), transaction() as session:
        tidy_tasks(session)
    assert [task.name for task in _tasks()] == ["no_such_task"]


def test_the_scheduler_asks_once_a_period_whoever_ticks(world: World) -> None:
    start, asked = threading.Barrier(4), []

    def beat() -> None:
        with world.app.app_context():
            start.wait()
            asked.extend(tick())
            db.session.remove()

    with clock.frozen(NOW):
        threads = [threading.Thread(target=beat) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert Counter(asked) == {entry.name: 1 for entry in SCHEDULE}
        assert tick() == []
    with clock.frozen(NOW + timedelta(hours=1)):
        assert set(tick()) == {entry.name for entry in SCHEDULE if entry.every_s <= 3600}
    assert {entry.name for entry in SCHEDULE} <= set(TASKS)
    beats = len(SCHEDULE) + sum(entry.every_s <= 3600 for entry in SCHEDULE)
    assert db.session().scalar(select(func.count()).select_from(IdempotencyKey)) == beats


def test_every_scheduled_task_runs(world: World) -> None:
    """What waits for the night is in test_triage."""
    tick()
    by_day = {entry.name for entry in SCHEDULE if entry.nightly_at_s is None}
    assert work_until_idle(world.installation) == len(by_day)
    assert {task.state for task in _tasks() if task.name in by_day} == {"done"}


# ---------------------------------------------------------------- real processes


def _environment(world: World) -> dict[str, str]:
    settings = world.installation.settings
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return kept | {
        "FIELDOPS_INSTANCE_DIR": str(settings.instance_dir),
        "DATABASE_URL": settings.database_url,
        "FIELDOPS_SECRET_KEY": settings.secret_key,
    }


def _start_worker(world: World) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "fieldops", "worker"]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=_environment(world),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _count(state: str) -> int:
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count()).select_from(Task).where(Task.state == state)) or 0


def _wait_for(condition: Any, worker: "subprocess.Popen[str]", seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert worker.poll() is None, f"the worker ended: {worker.stderr.read() if worker.stderr else ''}"
        assert time.monotonic() < until, "nothing happened for a minute"
        time.sleep(0.005)


@pytest.mark.slow
def test_a_worker_killed_in_mid_task_loses_nothing(world: World, story: Story) -> None:
    reports = 60
    with transaction() as session:
        for number in range(reports):
            submission = story.submission(
                lon=110.80 + 0.0008 * (number % 30), lat=-7.58 + 0.02 * (number // 30)
            )
            submit_request(session, world.installation, submission)
    for goal in (8, 20, 32):
        worker = _start_worker(world)
        _wait_for(lambda goal=goal: _count("done") >= goal and _count("leased") > 0, worker)
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)
        if worker.stderr:
            worker.stderr.close()
        if world.installation.settings.database_url:  # elsewhere the next worker knows that it is alone
            with transaction() as session:
                session.execute(update(Task).where(Task.state == "leased").values(lease_until=clock.now()))
    worker = _start_worker(world)
    _wait_for(lambda: _count("done") == reports, worker)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(20) == 0
    if worker.stderr:
        worker.stderr.close()
    tasks = _tasks()
    assert {task.state for task in tasks} == {"done"}
    assert len(tasks) == reports
    assert max(task.attempts for task in tasks) <= 4
    grouped = db.session().scalars(select(ServiceRequest.cluster_id)).all()
    assert None not in grouped
    assert len(set(grouped)) == reports == db.session().scalar(select(func.count()).select_from(Cluster))


@pytest.mark.slow
def test_how_many_workers_there_may_be(world: World) -> None:
    first = _start_worker(world)
    if not world.installation.settings.database_url:
        lock = world.installation.settings.instance_dir / "worker.lock"
        _wait_for(lock.exists, first)
        _wait_for(lambda: not _lock_is_free(world), first)
        second = subprocess.run(
            [sys.executable, "-m", "fieldops", "worker"],
            cwd=ROOT, env=_environment(world), capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert second.returncode == 1
        assert second.stderr.strip() == (
            "fieldops: Another worker runs on this embedded database; it takes one only."
        )
    else:
        second_one = _start_worker(world)
        with transaction() as session:
            for _number in range(60):
                enqueue(session, "tidy_tasks", {})
        _wait_for(lambda: _count("done") == 60, second_one)
        assert {task.attempts for task in _tasks()} == {1}
        second_one.send_signal(signal.SIGTERM)
        assert second_one.wait(20) == 0
        if second_one.stderr:
            second_one.stderr.close()
    first.send_signal(signal.SIGTERM)
    assert first.wait(20) == 0
    if first.stderr:
        first.stderr.close()


def _lock_is_free(world: World) -> bool:
    try:
        with only_worker(world.installation):
            return True
    except SetupError:
        return False
