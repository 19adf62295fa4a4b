"""Planning files: read a problem, write a plan, in the JSON that VROOM made common, with extensions.

Reading lives in `geo.dispatch.reading`, writing in `geo.dispatch.writing`; this is the door to both.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geo.dispatch.contradictions import check_problem
from geo.dispatch.problem import Problem
from geo.dispatch.reading import read_problem
from geo.dispatch.writing import error_to_dict, plan_to_dict, problem_to_dict
from geo.errors import BadProblem
from geo.roads.graph import RoadGraph


def read_problem_file(file: Path, roads: RoadGraph | None = None) -> Problem:
    """Read a planning file; array files named in it may lie beside it, drives may run over roads.

    Raises
    ------
    BadProblem
        When the file cannot be read, is no JSON, or breaks the rules of `read_problem`.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadProblem(file.name, f"cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise BadProblem(file.name, f"is not JSON: {error}") from error
    return read_problem(data, file.parent, roads)


def write_json(file: Path, data: dict[str, Any]) -> None:
    """Write one JSON object, stable byte by byte."""
    file.write_text(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


__all__ = [
    "check_problem",
    "error_to_dict",
    "plan_to_dict",
    "problem_to_dict",
    "read_problem",
    "read_problem_file",
    "write_json",
]
