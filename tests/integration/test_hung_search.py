"""A search that never ends holds nothing up: it is cut off, tried once more, and given up with a sentence."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fieldops.domain.day_events import DayEventKind
from fieldops.extensions import db
from fieldops.models import DayPlan
from fieldops.operations.compute_change import compute_change
from fieldops.operations.replan_day import Happening, replan_day
from fieldops.operations.search_plan import Budget, Patience, search
from fieldops.tasks.time_limit import time_limit
from fieldops.transaction import transaction
from geo.dispatch.reading import read_problem
from geo.dispatch.result import Progress
from tests.integration.conftest import Story
from tests.running_day import Day

ROOT = Path(__file__).parents[2]
WORKER = """
    import sys, time
    from pathlib import Path
    from fieldops import clock
    from fieldops.app import create_app
    from fieldops.config import Settings
    from fieldops.operations.compute_change import compute_change
    from fieldops.tasks.time_limit import may_end_this_process, time_limit
    from fieldops.transaction import transaction
    from datetime import datetime

    instance, number, at = Path(sys.argv[1]), int(sys.argv[2]), datetime.fromisoformat(sys.argv[3])
    app = create_app(Settings(instance_dir=instance, database_url="", rate_limits=False), pages=False)
    may_end_this_process()
    time.monotonic = time.perf_counter = time.process_time = lambda: 0.0  # no budget ever ends
    with app.app_context(), clock.frozen(at):
        compute_change(app.extensions["fieldops"], number, transaction, limit=lambda _s: time_limit(1.5))
"""
AT_WORK = Progress("improve", 0.5, 10, 1.0, 0.0, 0, 0)


def small_problem() -> object:
    rows = [[0, 100, 200], [100, 0, 100], [200, 100, 0]]
    jobs = [{"id": n, "location_index": n, "service": 60, "prize": 5000} for n in (1, 2)]
    return read_problem(
        {"matrix": rows, "jobs": jobs, "vehicles": [{"id": 1, "start_index": 0, "end_index": 0}]}
    )


def test_a_search_ends_when_it_is_no_longer_wanted() -> None:
    asked: list[Progress] = []

    def no_more(progress: Progress) -> bool:
        asked.append(progress)
        return False

    answer, verdict = search(small_problem(), Budget(600.0, seed=1), carry_on=no_more)  # type: ignore[arg-type]
    assert asked, "it asks"
    assert verdict.accepted
    assert [sorted(route.job_ids) for route in answer.routes] == [[1, 2]]


def test_patience_ends_before_the_process_is_ended() -> None:
    assert Patience(10.0, lambda _progress: True)(AT_WORK)
    assert not Patience(10.0, lambda _progress: False)(AT_WORK)
    assert not Patience(-1000.0, lambda _progress: True)(AT_WORK)


def test_only_a_worker_of_its_own_ends_itself() -> None:
    with time_limit(0.001):
        sum(range(100_000))  # this process goes on


@pytest.mark.slow
def test_a_search_that_never_ends_ends_its_worker_and_is_given_up(story: Story) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the worker's process opens the embedded database")
    day = Day(story)
    with day.at(8):
        with transaction() as session:
            what = Happening(DayEventKind.AGAIN)
            number = replan_day(session, story.world.installation, what, story.dispatcher).id
        before = day.snapshot()
    instance = str(story.world.installation.settings.instance_dir)
    command = [
        sys.executable,
        "-c",
        textwrap.dedent(WORKER),
        instance,
        str(number),
        f"{day.day}T08:00:00+07:00",
    ]
    for tries in (1, 2):
        died = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert died.returncode != 0, died.stderr
        assert "Timeout" in died.stderr
        assert "most recent call first" in died.stderr, "it says where it hung"
        held = story._fresh().get_one(DayPlan, number)
        assert (held.state, held.tries) == ("computing", tries)
        db.session.rollback()
    compute_change(story.world.installation, number, transaction)
    held = story._fresh().get_one(DayPlan, number)
    assert held.state == "failed"
    assert held.asked["fault"] == "stopped"
    assert day.snapshot() == before, "the crews keep the lists they have"
