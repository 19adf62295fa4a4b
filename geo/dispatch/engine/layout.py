"""The arrays of the engine: the world, which never changes, and the state of one search in it.

A kernel takes a handle of each; everything small is a field of a record. Times are
seconds, places are rows of the matrices, stops are numbers: 0 … n−1 jobs, n + v the reload of vehicle v.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from geo.dispatch.engine.handles import HandleType
from geo.dispatch.engine.tuning import Tuning

Int64Array: TypeAlias = npt.NDArray[np.int64]
Int32Array: TypeAlias = npt.NDArray[np.int32]
FloatArray: TypeAlias = npt.NDArray[np.float64]
RecordArray: TypeAlias = npt.NDArray[Any]

NOBODY = -1

# Columns of a route's table, one row per gap. Behind them come, per state (breaks taken): leaves, latest,
# ends, done; and per dimension the highest load before and after. `Rule` says where each group begins.
STOP = 0
"""The stop behind the gap; nothing in the last gap."""
NEAR = 1
"""Place before the gap."""
FAR = 2
"""Place behind the gap."""
ARC = 3
"""Cost of driving through the gap."""
ROOM = 4
"""Seconds that a job put into the gap may take at most, ways and service together, its windows apart."""
LEAVES = 5
"""Earliest departure into the gap, breaks before leaving included."""

RELEASE = 0
DEADLINE = 1
NO_RELEASE = -1

# Rows of `State.mark`.
STOPS_SEEN = 0
VEHICLES_SEEN = 1
NOTED = 2

# Rows of `State.zone`.
ZONE_VEHICLES = 0
ZONE_JOBS = 1
IN_ZONE = 2
TO_LOOK_AT = 3

MOST_STATES = 4
MOST_LABELS = 24
"""Ways through a day kept per state, where lateness has a price.

When there are more, the earliest stay: what is feasible stays feasible, and the price is at most too high.
The plan that is written out is priced without a limit.
"""

RULE = np.dtype(
    [
        (name, np.int64)
        for name in (
            "jobs",
            "vehicles",
            "dims",
            "open_jobs",
            "latest",
            "ends",
            "done",
            "before",
            "after",
            "trial",
            "has_after",
            "has_previous",
            "names",
        )
    ]
    + [("fairness", np.float64), ("reassign", np.float64)]
    + [(field.name, np.float64 if field.type == "float" else np.int64) for field in fields(Tuning)]
)
"""Sizes, where the columns begin, prices of the whole plan, and the fields of `Tuning`."""

STOPS = np.dtype(
    [
        (name, np.int64)
        for name in (
            "place",
            "service",
            "window_at",
            "windows",
            "due",
            "is_must",
            "previous",
            "after_at",
            "afters",
            "follower_at",
            "followers",
            "frozen_end",
        )
    ]
    + [("worth", np.float64), ("late_cost", np.float64), ("choice", np.float64)]
)
"""One stop: jobs first, then one reload per vehicle. ``frozen_end`` is −1 for an open job; ``choice`` is the
length of its windows."""

CREWS = np.dtype(
    [
        (name, np.int64)
        for name in (
            "name",
            "matrix",
            "start",
            "end",
            "departs",
            "shift_end",
            "latest",
            "rest_at",
            "rests",
            "reload_stop",
            "reloads_left",
            "tasks_left",
            "travel_limit",
            "frozen_travel",
            "frozen_travel_cost",
            "frozen_service",
            "is_used",
            "drives_home",
        )
    ]
    + [
        (name, np.float64)
        for name in ("overtime_cost", "per_second", "fixed", "day_factor", "frozen_lateness", "frozen_worth")
    ]
)

RESTS = np.dtype([("window_at", np.int64), ("windows", np.int64), ("length", np.int64)])

SUMS = np.dtype(
    [
        (name, np.int64)
        for name in (
            "length",
            "jobs",
            "reloads",
            "version",
            "finish",
            "room",
            "travel",
            "travel_cost",
            "service",
            "is_feasible",
            "are_loads_kept",
            "is_late",
        )
    ]
    + [("extra", np.float64), ("cost", np.float64)]
)
"""What is known of one route. ``version`` names its content: equal versions, equal tables."""

TOTALS = np.dtype(
    [
        (name, np.int64)
        for name in (
            "version",
            "turn",
            "stamp",
            "stashed",
            "logged",
            "is_undoable",
            "rounds",
            "engine",
            "zone_vehicles",
            "zone_jobs",
            "zone_left",
        )
    ]
    + [("dice", np.uint64)]
    + [(name, np.float64) for name in ("lost", "routed", "cost", "best_cost")]
)
"""``lost`` is the worth of unserved jobs, ``routed`` the price of all routes, followed round by round."""

MEMORY = np.dtype(
    [
        ("version", np.int64),
        ("release", np.int64),
        ("cost", np.float64),
        ("gap", np.int32),
        ("reload_at", np.int32),
    ]
)
"""The best place of a job on a route, true as long as the route has that version and the job that release."""


class World(NamedTuple):
    """One problem. ``m`` vehicles, ``n`` jobs, ``P`` places and one more, nowhere, from and to which every
    drive takes 0.

    Attributes
    ----------
    rule, stops, crews, rests
        Records: 1, n + m, m, and all breaks.
    windows
        (w, 2) first and last moment, of stops and breaks.
    links
        Numbers of jobs: after whom, who follows.
    goods
        (n + m, dims, 2) delivery and pickup.
    holds
        (m, dims, 3) capacity, load after the frozen part and highest load in it, open deliveries apart.
    drives, costs, costs_to
        (profiles, P + 1, P + 1) int32, by rows of places; ``BLOCKED`` where no road leads; the last with rows
        and columns exchanged.
    row_of
        (P + 1,) the row of each place of the problem: near places have near rows.
    able
        (n, m) whether the vehicle may serve the job.
    near
        (n, k) nearest open jobs by the way there and back, −1 where there are fewer.
    open_jobs
        Numbers of jobs that are not frozen.
    """

    rule: RecordArray
    stops: RecordArray
    crews: RecordArray
    rests: RecordArray
    windows: Int64Array
    links: Int64Array
    goods: Int64Array
    holds: Int64Array
    drives: Int32Array
    costs: Int32Array
    costs_to: Int32Array
    row_of: Int64Array
    able: Int64Array
    near: Int64Array
    open_jobs: Int64Array


class State(NamedTuple):
    """One search.

    Attributes
    ----------
    totals
        One record: counters, dice, the objective.
    lines, sums
        (2 m + 1, gaps, columns) and (2 m + 1): routes, one for trials, and copies to go back to.
    who
        Vehicle of each job, ``NOBODY`` when unserved.
    promise
        (n + m, 2) release and deadline of each stop.
    memory
        (n, m) best places.
    work
        Seconds of travel and service per crew name.
    stash
        (2, m) round in which a route was last kept, and the route of each kept copy.
    log
        (·, 4) job, vehicle, release, deadline before a change.
    mark
        (3, n + m) stamps on stops and vehicles, for sets, and the round in which a job was noted.
    zone
        (4, n + m) vehicles and jobs of the part that is worked on, whether a vehicle is in it, and vehicles
        on which a job's place is looked for.
    queue
        (4, ·) lists of jobs.
    keys
        (3, ·) what jobs are sorted by; how often a job could not be placed; scratch.
    times, label_times, label_costs
        Scratch, (·, 4) and (states + 1, labels).
    best_orders, best_sums, best_promise
        The best plan: stops per vehicle, (m, 2) length and version, promises.
    """

    totals: RecordArray
    lines: Int64Array
    sums: RecordArray
    who: Int64Array
    promise: Int64Array
    memory: RecordArray
    work: Int64Array
    stash: Int64Array
    log: Int64Array
    mark: Int64Array
    zone: Int64Array
    queue: Int64Array
    keys: FloatArray
    times: Int64Array
    label_times: Int64Array
    label_costs: FloatArray
    best_orders: Int64Array
    best_sums: Int64Array
    best_promise: Int64Array


_I8, _I4, _F8 = np.dtype(np.int64), np.dtype(np.int32), np.dtype(np.float64)

WORLD = HandleType(
    "World",
    [
        ("rule", RULE, 1),
        ("stops", STOPS, 1),
        ("crews", CREWS, 1),
        ("rests", RESTS, 1),
        ("windows", _I8, 2),
        ("links", _I8, 1),
        ("goods", _I8, 3),
        ("holds", _I8, 3),
        ("drives", _I4, 3),
        ("costs", _I4, 3),
        ("costs_to", _I4, 3),
        ("row_of", _I8, 1),
        ("able", _I8, 2),
        ("near", _I8, 2),
        ("open_jobs", _I8, 1),
    ],
)

STATE = HandleType(
    "State",
    [
        ("totals", TOTALS, 1),
        ("lines", _I8, 3),
        ("sums", SUMS, 1),
        ("who", _I8, 1),
        ("promise", _I8, 2),
        ("memory", MEMORY, 2),
        ("work", _I8, 1),
        ("stash", _I8, 2),
        ("log", _I8, 2),
        ("mark", _I8, 2),
        ("zone", _I8, 2),
        ("queue", _I8, 2),
        ("keys", _F8, 2),
        ("times", _I8, 2),
        ("label_times", _I8, 2),
        ("label_costs", _F8, 2),
        ("best_orders", _I8, 2),
        ("best_sums", _I8, 2),
        ("best_promise", _I8, 2),
    ],
)
