"""A problem in the compiled search: a current plan, the best one, and what can be asked about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from geo.dispatch.drives import INF
from geo.dispatch.engine import entry
from geo.dispatch.engine.explaining import WIDTH
from geo.dispatch.engine.handles import Handle
from geo.dispatch.engine.layout import (
    DEADLINE,
    MEMORY,
    MOST_LABELS,
    MOST_STATES,
    NO_RELEASE,
    NOBODY,
    RELEASE,
    STATE,
    SUMS,
    TOTALS,
    WORLD,
    FloatArray,
    Int64Array,
    State,
    World,
)
from geo.dispatch.engine.tuning import TUNING, Tuning
from geo.dispatch.engine.world import world_of
from geo.dispatch.tables import Tables

NOTHING: FloatArray = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan written down: stops per vehicle, and the promises (release, deadline) of every stop."""

    orders: tuple[tuple[int, ...], ...]
    promises: Int64Array
    cost: float

    def releases(self) -> dict[int, int]:
        """Moments before which a follower does not start."""
        return {stop: int(at) for stop, at in enumerate(self.promises[:, RELEASE]) if at > NO_RELEASE}

    def deadlines(self) -> dict[int, int]:
        """Moments by which a predecessor has ended."""
        return {stop: int(at) for stop, at in enumerate(self.promises[:, DEADLINE]) if at < INF}

    def leaves_out(self, jobs: Sequence[int]) -> list[int]:
        """Those of the jobs that stand on no route."""
        served = {stop for order in self.orders for stop in order}
        return [job for job in jobs if job not in served]

    def serves(self, job: int) -> bool:
        """Whether the job stands on a route."""
        return any(job in order for order in self.orders)


@dataclass(frozen=True, slots=True)
class Place:
    """The cheapest place of an unserved job.

    Attributes
    ----------
    cost
        Increase of the whole objective, the job's own worth apart.
    vehicle
        Vehicle number, None when it fits nowhere.
    gap
        Index the job would have among the stops.
    fits_alone
        Whether an able vehicle could do it as its only open work; only asked when it fits nowhere.
    release_s
        When its predecessors are finished; INF when one is unserved.
    """

    cost: float
    vehicle: int | None
    gap: int
    fits_alone: bool
    release_s: int


class Engine:
    """One search. Every call is one call of compiled code; none holds the interpreter's lock."""

    def __init__(
        self, tables: Tables, seed: int = 0, like: Engine | None = None, tuning: Tuning = TUNING
    ) -> None:
        self.tables = tables
        self.world: World = world_of(tables, None if like is None else like.world, tuning)
        self.state = _state_of(tables, self.world, seed)
        self.handles = Handle(WORLD, self.world), Handle(STATE, self.state)
        self._do(entry.CLEAR)

    # -------- what to do

    def complete(self, *, everything: bool) -> None:
        """Insert what is missing: what pays, or everything that fits and then drop what does not pay."""
        self._do(entry.COMPLETE, 1.0 if everything else 0.0)

    def rebuild(self, orders: Sequence[Sequence[int]]) -> int:
        """Begin anew with each vehicle's jobs appended in order; returns how many did not fit."""
        self._write_down(orders)
        return int(self._do(entry.REBUILD))

    def improve(self, rounds: int, heat: float) -> None:
        """Ruin and recreate at one temperature, in seconds of travel."""
        self._do(entry.IMPROVE, rounds, heat)

    def clear(self) -> None:
        """Serve nobody."""
        self._do(entry.CLEAR)

    def eject(self) -> None:
        """Make room for missed compulsory jobs."""
        self._do(entry.EJECT)

    def finish(self) -> None:
        """Make room for compulsory jobs, drop what does not pay and insert what does."""
        self._do(entry.FINISH)

    def keep(self) -> None:
        """Make the current plan the best one."""
        self._do(entry.KEEP)

    def keep_if_better(self) -> None:
        """Make the current plan the best one if it is."""
        if self.cost < self.best_cost:
            self.keep()

    def go_to_best(self) -> None:
        """Make the best plan the current one."""
        self._do(entry.LOAD)

    def load(self, draft: Draft) -> None:
        """Make a plan written down the current and the best one."""
        self._write_down(draft.orders)
        self.state.best_promise[:] = draft.promises
        self._do(entry.LOAD)

    # -------- what there is

    @property
    def cost(self) -> float:
        """The objective of the current plan."""
        return float(self.state.totals[0]["cost"])

    @property
    def best_cost(self) -> float:
        """The objective of the best plan."""
        return float(self.state.totals[0]["best_cost"])

    @property
    def is_feasible(self) -> bool:
        """Whether every route of the current plan keeps every rule."""
        return bool(self.state.sums["is_feasible"][: len(self.tables.crews)].all())

    @property
    def route_of(self) -> list[int]:
        """Vehicle number of each job, −1 when unserved."""
        return [int(v) for v in self.state.who]

    def draft(self) -> Draft:
        """Write the current plan down."""
        orders = tuple(
            tuple(int(stop) for stop in self.state.lines[v, : self.state.sums[v]["length"], 0])
            for v in range(len(self.tables.crews))
        )
        return Draft(orders, self.state.promise.copy(), self.cost)

    def best_unserved(self) -> list[int]:
        """Numbers of the open jobs that the best plan leaves out."""
        left = np.ones(self.tables.n + len(self.tables.crews), dtype=bool)
        for v, (length, _) in enumerate(self.state.best_sums):
            left[self.state.best_orders[v, :length]] = False
        open_jobs = self.world.open_jobs
        return [int(job) for job in open_jobs[left[open_jobs]]]

    def places(self, jobs: Sequence[int]) -> list[Place]:
        """The cheapest place of each unserved job, at any price."""
        values = np.zeros((len(jobs), WIDTH))
        values[:, 0] = jobs
        flat = values.reshape(-1)
        entry.run(entry.PLACES, *self.handles, flat)
        return [
            Place(float(cost), None if v == NOBODY else int(v), int(gap), bool(alone), int(release))
            for cost, v, gap, alone, release in flat.reshape(-1, WIDTH)
        ]

    def _write_down(self, orders: Sequence[Sequence[int]]) -> None:
        for v, order in enumerate(orders):
            self.state.best_orders[v, : len(order)] = order
            self.state.best_sums[v] = len(order), -1

    def _do(self, task: int, *values: float) -> float:
        numbers = np.array(values, dtype=np.float64) if values else NOTHING
        return entry.run(task, *self.handles, numbers)


def _state_of(tables: Tables, world: World, seed: int) -> State:
    n, m = tables.n, len(tables.crews)
    gaps = _most_stops(tables) + 2
    columns = int(world.rule[0]["after"]) + tables.dims
    totals = np.zeros(1, dtype=TOTALS)
    totals[0]["dice"] = _first_dice(seed)
    totals[0]["lost"] = sum(tables.worth[job] for job in tables.open_jobs)
    totals[0]["best_cost"] = float(INF)
    promise = np.empty((n + m, 2), dtype=np.int64)
    promise[:, 0], promise[:, 1] = NO_RELEASE, INF
    best_sums = np.zeros((m, 2), dtype=np.int64)
    best_sums[:, 1] = -1
    return State(
        totals=totals,
        lines=np.zeros((2 * m + 1, gaps, columns), dtype=np.int64),
        sums=np.zeros(2 * m + 1, dtype=SUMS),
        who=np.full(n, NOBODY, dtype=np.int64),
        promise=promise,
        memory=np.zeros((n, m), dtype=MEMORY),
        work=np.zeros(tables.crew_names, dtype=np.int64),
        stash=np.zeros((2, m), dtype=np.int64),
        log=np.zeros((n + m, 4), dtype=np.int64),
        mark=np.zeros((3, n + m), dtype=np.int64),
        zone=np.zeros((4, n + m), dtype=np.int64),
        queue=np.zeros((4, n + m + 1), dtype=np.int64),
        keys=np.zeros((3, n + m + 1)),
        times=np.zeros((3, MOST_STATES), dtype=np.int64),
        label_times=np.zeros((MOST_STATES + 1, MOST_LABELS + 1), dtype=np.int64),
        label_costs=np.zeros((MOST_STATES + 1, MOST_LABELS + 1)),
        best_orders=np.zeros((m, max(gaps, _longest_proposal(tables))), dtype=np.int64),
        best_sums=best_sums,
        best_promise=promise.copy(),
    )


def _most_stops(tables: Tables) -> int:
    """No route is longer: of the shortest services, those that fit into the longest shift; and reloads.

    A reload stands before a job, so there are never more reloads than jobs, one trial apart.
    """
    longest = max((crew.latest_s - crew.departs_s for crew in tables.crews), default=0)
    services = np.sort(np.array([tables.service[job] for job in tables.open_jobs], dtype=np.int64))
    jobs = int(np.searchsorted(np.cumsum(services), longest, side="right")) + 1
    jobs = min(jobs, len(tables.open_jobs))
    return 2 * jobs + 2 if any(crew.reload_stop >= 0 for crew in tables.crews) else jobs + 1


def _longest_proposal(tables: Tables) -> int:
    """Proposed orders may hold more than a route ever will; what does not fit is dropped later."""
    proposed = [len(vehicle.steps) for vehicle in tables.problem.vehicles]
    told: dict[int, int] = {}
    for route in tables.problem.previous:
        told[route.vehicle] = told.get(route.vehicle, 0) + len(route.jobs)
    return max([0, *proposed, *told.values()])


def _first_dice(seed: int) -> np.uint64:
    """Spread a seed over all bits; never 0, from which the generator would not move."""
    mixed = (seed * 0x9E3779B97F4A7C15 + 0xD1B54A32D192ED03) % (1 << 64)
    return np.uint64(mixed or 1)
