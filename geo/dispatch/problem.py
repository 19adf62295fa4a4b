"""The data of one planning problem: jobs, vehicles, travel times and what a good plan means.

All times are whole seconds on one clock of the caller's choice (since midnight, or Unix time). Durations are
seconds, distances metres, costs travel-seconds: what a second of driving costs is the unit of the objective.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

FOREVER = 1 << 50
"""End of an unlimited time window; later than any time a file may hold."""

NO_WAY = -1
"""Entry of a matrix between two places that no road connects."""

Window: TypeAlias = tuple[int, int]
Matrix: TypeAlias = npt.NDArray[np.int32]
StepType: TypeAlias = Literal["start", "job", "break", "reload", "end"]
MatrixSource: TypeAlias = Literal["given", "roads", "affine"]

ANY_TIME: tuple[Window, ...] = ((0, FOREVER),)


@dataclass(frozen=True, slots=True)
class Job:
    """One work order: a place, an amount of work and what it is worth.

    Attributes
    ----------
    id
        Unique number, ≥ 0.
    location_index
        Row and column of its place in the matrices.
    service_s
        Time at the place, ≥ 0.
    delivery, pickup
        Amounts per dimension taken out to the place or brought back from it.
    skills
        What a crew must have, all of them.
    time_windows
        Sorted and disjoint; the service starts inside one of them, both ends included.
    prize
        What serving it is worth, in seconds of driving.
    must_do
        Adds ``Options.must_do_penalty`` to the worth and is counted apart when missed.
    after
        Ids of jobs that must be finished, by whichever crew, before this one starts.
    due_s, late_cost
        Each second the service ends after ``due_s`` costs ``late_cost``.
    location
        (longitude, latitude) in EPSG:4326, when known.
    """

    id: int
    location_index: int
    service_s: int = 0
    delivery: tuple[int, ...] = ()
    pickup: tuple[int, ...] = ()
    skills: frozenset[int] = frozenset()
    time_windows: tuple[Window, ...] = ANY_TIME
    description: str = ""
    priority: int = 0
    prize: int = 100_000
    must_do: bool = False
    after: tuple[int, ...] = ()
    due_s: int | None = None
    late_cost: float = 0.0
    location: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A compulsory rest: it starts inside one of its windows, between jobs, never during a drive."""

    id: int
    time_windows: tuple[Window, ...] = ANY_TIME
    service_s: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Reload:
    """Where and how often a vehicle may refill to capacity on the way; ``max_count`` None is unlimited."""

    location_index: int
    service_s: int = 0
    max_count: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A stop that happened (frozen), must stay with its vehicle (pinned), or is proposed to start from.

    ``service_at_s`` is the actual start when frozen, a hard start when pinned; ``end_at_s`` the actual end.
    """

    type: StepType
    id: int | None = None
    frozen: bool = False
    service_at_s: int | None = None
    end_at_s: int | None = None
    pinned: bool = False
    service_after_s: int | None = None
    service_before_s: int | None = None

    @property
    def start_window(self) -> Window:
        """When a pinned job may start, whatever its own windows say; empty when start exceeds end."""
        first = max(self.service_after_s or 0, self.service_at_s or 0)
        last = FOREVER if self.service_before_s is None else self.service_before_s
        return first, last if self.service_at_s is None else min(last, self.service_at_s)


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One crew with its vehicle on one day.

    Attributes
    ----------
    start_index, end_index
        Where it begins and ends; None begins at the first job, or ends where the last one is.
    capacity
        Per dimension; missing dimensions are 0.
    time_window
        The shift. It may end up to ``overtime_max_s`` later, at ``overtime_cost`` a second.
    breaks
        Taken in this order by every route with at least one open job.
    fixed_cost, per_hour
        Cost of using it at all, and of an hour of driving (3,600 = one travel-second a second).
    steps
        Frozen stops first, then pinned stops and proposals.
    available_at_s, position_index
        When and where the part still to be planned begins, if not at the last frozen stop.
    crew, day
        Work is shared fairly among crews, over all their days; worth decays from day to day.
    """

    id: int
    start_index: int | None = None
    end_index: int | None = None
    profile: str = "car"
    description: str = ""
    capacity: tuple[int, ...] = ()
    skills: frozenset[int] = frozenset()
    time_window: Window = (0, FOREVER)
    breaks: tuple[Break, ...] = ()
    max_tasks: int | None = None
    max_travel_time_s: int | None = None
    fixed_cost: int = 0
    per_hour: float = 3600.0
    steps: tuple[PlannedStep, ...] = ()
    overtime_max_s: int = 0
    overtime_cost: float = 1.0
    reload: Reload | None = None
    available_at_s: int | None = None
    position_index: int | None = None
    crew: str = ""
    day: int = 0

    @property
    def crew_name(self) -> str:
        """The crew whose work is summed up; its own id when none is named."""
        return self.crew or str(self.id)

    @property
    def frozen_steps(self) -> tuple[PlannedStep, ...]:
        """Stops that happened or are happening."""
        return tuple(step for step in self.steps if step.frozen)

    @property
    def open_steps(self) -> tuple[PlannedStep, ...]:
        """Stops that are still to be planned."""
        return tuple(step for step in self.steps if not step.frozen)


@dataclass(frozen=True, slots=True, eq=False)
class TravelTimes:
    """Matrices of one profile; entry [i, j] is from place i to place j, ``NO_WAY`` where no road leads.

    Attributes
    ----------
    durations_s
        (n, n) int32.
    costs
        (n, n) int32 in travel-seconds, when driving costs something else than its time.
    distances_m
        (n, n) int32, only reported.
    """

    durations_s: Matrix
    costs: Matrix | None = None
    distances_m: Matrix | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What a good plan means beyond driving little; all costs in travel-seconds."""

    must_do_penalty: int = 36_000
    reassign_penalty: float = 300.0
    min_gain: float = 0.02
    fairness_weight: float = 0.0
    late_cost: float = 0.0
    day_decay: float = 1.0


@dataclass(frozen=True, slots=True)
class PreviousRoute:
    """What a vehicle was told before: job ids in order."""

    vehicle: int
    jobs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan is made from."""

    vehicles: tuple[Vehicle, ...]
    jobs: tuple[Job, ...]
    matrices: dict[str, TravelTimes]
    options: Options = field(default_factory=Options)
    previous: tuple[PreviousRoute, ...] = ()
    previous_unknown: int = 0
    matrix_source: MatrixSource = "given"
    places: tuple[tuple[float, float], ...] | None = None
    """(longitude, latitude) of each matrix row, when the matrices were computed from places."""

    @property
    def is_update(self) -> bool:
        """Whether there is an earlier plan that people already know."""
        return bool(self.previous)
