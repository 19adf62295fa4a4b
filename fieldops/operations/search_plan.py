"""Letting `geo.dispatch` search within a limit, and judging what it finds."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

from fieldops.models import DayPlan
from geo.dispatch.engine.entry import warm_up
from geo.dispatch.problem import Problem
from geo.dispatch.referee import judge
from geo.dispatch.result import Plan, Progress
from geo.dispatch.search import plan
from geo.dispatch.verdict import Verdict
from geo.dispatch.writing import plan_to_dict

GRACE_S: Final = 30.0
"""How much longer than asked a search may take, loading and compiling included, before its process ends."""

MOST_TRIES: Final = 2
"""How often a search is begun whose process died in it."""

Limit = Callable[[float], AbstractContextManager[None]]
"""Given seconds, ends the process when what is inside is not done by then."""


def warm_up_search() -> None:
    """Load the compiled search, or compile it, outside any limit: compiling takes longer than the grace."""
    warm_up()


def no_limit(_seconds: float) -> AbstractContextManager[None]:
    """Let it take as long as it takes: the search keeps to its budget by itself."""
    return nullcontext()


@dataclass(frozen=True)
class Budget:
    """How long to search: `iterations` where the result must be the same everywhere, else `seconds`."""

    seconds: float
    seed: int
    iterations: int | None = None


class Patience:
    """Ends a search that does not keep its budget, and whatever `carry_on` no longer wants."""

    SLACK = 1.5

    def __init__(self, seconds: float, carry_on: Callable[[Progress], bool]) -> None:
        self.until = time.monotonic() + seconds * self.SLACK + GRACE_S / 2
        self.carry_on = carry_on

    def __call__(self, progress: Progress) -> bool:
        """Return whether to go on."""
        return time.monotonic() < self.until and self.carry_on(progress)


def search(
    problem: Problem,
    budget: Budget,
    *,
    carry_on: Callable[[Progress], bool] = lambda _progress: True,
    limit: Limit = no_limit,
) -> tuple[Plan, Verdict]:
    """Search, and let the referee judge.

    Parameters
    ----------
    carry_on
        Asked now and then; False ends the search with the best plan so far.
    limit
        What makes sure that a search which never ends does not hold everything else up.
    """
    patience = Patience(budget.seconds, carry_on)
    with limit(budget.seconds + GRACE_S):
        if budget.iterations is not None:
            answer = plan(problem, seed=budget.seed, iterations=budget.iterations, on_progress=patience)
        else:
            answer = plan(problem, seed=budget.seed, seconds=budget.seconds, on_progress=patience)
        return answer, judge(problem, answer)


def write_answer(
    day_plan: DayPlan,
    problem: Problem,
    answer: Plan,
    verdict: Verdict,
    left_out: list[dict[str, Any]],
    roads: dict[str, Any],
) -> None:
    """Keep a plan with the referee's verdict, what was left out before the search, and what its drives were
    computed from.
    """
    day_plan.problem = day_plan.problem | {"_roads": roads}
    day_plan.answer = plan_to_dict(answer, problem)
    _explain_unreachable(day_plan.answer, roads)
    day_plan.accepted = verdict.accepted
    day_plan.violations = {
        "left_out": left_out,
        "found": [{"code": found.code, "message": found.message} for found in verdict.violations],
    }


def _explain_unreachable(answer: dict[str, Any], roads: dict[str, Any]) -> None:
    """Write beside orders that nobody can drive to how far from roads they are, and how much was closed."""
    away = dict(roads.get("far", []))
    for left in answer["unassigned"]:
        if left["reason"] == "unreachable":
            left |= {"_away_m": away.get(left["id"], 0), "_closures": len(roads.get("closures", []))}


def give_up(day_plan: DayPlan, fault: str, words: str = "") -> None:
    """Write down that no plan came of it: `fault` is a code for the page, `words` name the culprit."""
    day_plan.state = "failed"
    day_plan.asked = day_plan.asked | {"fault": fault, "fault_words": words[:500]}
