"""`python -m geo plan`: a planning file in, a plan out."""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from geo.dispatch.files import (
    error_to_dict,
    plan_to_dict,
    problem_to_dict,
    read_problem_file,
    write_json,
)
from geo.dispatch.result import Plan, Progress
from geo.dispatch.search import DEFAULT_SECONDS, plan
from geo.errors import BadProblem, RoadFileError
from geo.roads.graph import RoadGraph

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it so

DONE, INTERNAL, BAD_INPUT, NO_ROADS = 0, 1, 2, 3


def add_parser(subparsers: SubParsers) -> argparse.ArgumentParser:
    """Add the `plan` command; its arguments' `run` carries it out and returns the exit status."""
    parser = subparsers.add_parser(
        "plan",
        help="plan the day of all crews",
        description="Choose which jobs are done today, by which crew and in which order. Exit status: 0 a "
        "plan was written (jobs left out are normal), 1 internal fault, 2 bad input, 3 roads unavailable.",
    )
    parser.add_argument("problem", type=Path, help="planning file (JSON)")
    parser.add_argument("plan", type=Path, help="file to write (JSON)")
    parser.add_argument(
        "--seconds", type=_not_negative, help=f"time for the search (default: {DEFAULT_SECONDS:g})"
    )
    parser.add_argument("--iterations", type=_count, help="rounds of the search: repeatable with --seed")
    parser.add_argument("--seed", type=_count, default=0, help="of the random choices (default: 0)")
    parser.add_argument("--cpu", action="store_true", help="count CPU seconds of the process, not the wall")
    parser.add_argument(
        "--write-problem", type=Path, metavar="FILE", help="save the problem with its matrices completed"
    )
    parser.add_argument(
        "--roads",
        type=Path,
        metavar="FILE",
        help="road graph (python -m geo roads) to drive over when the problem has no matrices",
    )
    parser.set_defaults(run=run)
    return parser


def _not_negative(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a time")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return the exit status."""
    try:
        roads = None if arguments.roads is None else RoadGraph.open(arguments.roads)
        problem = read_problem_file(arguments.problem, roads)
        if arguments.write_problem is not None:
            write_json(arguments.write_problem, problem_to_dict(problem))
        made = _with_bar(
            lambda report: plan(
                problem,
                seconds=arguments.seconds,
                iterations=arguments.iterations,
                seed=arguments.seed,
                cpu=arguments.cpu,
                on_progress=report,
            )
        )
        write_json(arguments.plan, plan_to_dict(made, problem))
    except OSError as error:
        sys.stderr.write(f"plan: {error.filename}: cannot be written: {error.strerror}\n")
        return BAD_INPUT
    except RoadFileError as error:
        return _fail(arguments.plan, NO_ROADS, str(error))
    except BadProblem as error:
        return _fail(arguments.plan, BAD_INPUT, str(error))
    except Exception as error:  # noqa: BLE001 - whatever else happens is ours, and must not look like bad input
        traceback.print_exc()
        return _fail(arguments.plan, INTERNAL, f"internal fault: {type(error).__name__}: {error}")
    return DONE


def _fail(file: Path, status: int, error: str) -> int:
    sys.stderr.write(f"plan: {error}\n")
    try:
        write_json(file, error_to_dict(status, error))
    except OSError as fault:
        sys.stderr.write(f"plan: {file.name}: cannot be written: {fault.strerror}\n")
    return status


def _with_bar(make: Callable[[Callable[[Progress], bool] | None], Plan]) -> Plan:
    """Show a bar on a terminal, nothing in a pipe."""
    if not sys.stderr.isatty():
        return make(None)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
    with Bar(*columns, TimeElapsedColumn(), console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("plan", total=1.0, state="")

        def report(progress: Progress) -> bool:
            state = f"score {progress.score:.0f}, {progress.unserved} not served"
            if progress.must_do_missed:
                state += f", {progress.must_do_missed} of them must-do"
            bar.update(task, completed=progress.fraction, state=state)
            return True

        return make(report)
