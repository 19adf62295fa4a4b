"""One job of a planning file."""

from __future__ import annotations

from typing import Any

from geo.dispatch.fields import Fields, read_location, read_windows
from geo.dispatch.problem import Job, Options
from geo.errors import BadProblem

PRIZE_OF_PRIORITY = 100_000
"""Without a prize a job is done if at all possible."""

LONGEST_S = 1 << 30


def read_job(value: Any, path: str, options: Options) -> Job:
    """Read one of ``jobs``; without matrices its index is still −1."""
    fields = Fields(value, path)
    for key in ("setup", "setup_per_type", "service_per_type"):
        fields.refuse(key, "put the time into service", harmless=(0, {}))
    if fields.has("amount") and fields.has("delivery"):
        raise BadProblem(fields.at("amount"), "stands beside delivery: give one of them")
    priority = fields.integer("priority", 0, high=100)
    job = Job(
        id=fields.integer("id"),
        location_index=fields.integer("location_index", -1, low=0),
        service_s=fields.integer("service", 0, high=LONGEST_S),
        delivery=fields.integers("amount" if fields.has("amount") else "delivery"),
        pickup=fields.integers("pickup"),
        skills=frozenset(fields.integers("skills")),
        time_windows=read_windows(fields, "time_windows"),
        description=fields.text("description"),
        priority=priority,
        prize=fields.integer("prize", PRIZE_OF_PRIORITY * (1 + priority)),
        must_do=fields.flag("must_do"),
        after=fields.integers("after"),
        due_s=fields.time("due"),
        late_cost=fields.number("late_cost", options.late_cost),
        location=read_location(fields, "location"),
    )
    fields.finish()
    return job
