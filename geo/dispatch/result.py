"""What a plan says: routes step by step, jobs left out with the reason, and the price of it all by parts."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Literal, TypeAlias

from geo.dispatch.problem import MatrixSource, StepType

Reason: TypeAlias = Literal[
    "no_skill",
    "unreachable",
    "predecessor",
    "pinned",
    "capacity",
    "time_window",
    "no_room",
    "not_worth",
]
Binding: TypeAlias = Literal["load", "time", "shift", "break", "precedence", "limits"]


@dataclass(frozen=True, slots=True)
class Step:
    """One stop of a route.

    Attributes
    ----------
    type
        start, job, break, reload or end.
    id
        Of the job or break, None otherwise.
    location_index
        Matrix row; None for a break.
    arrival_s
        When the crew is there and free; ``arrival_s + waiting_s`` is when it begins.
    waiting_s, service_s
        Idle time before, and time spent.
    duration_s
        Travel since the start of the route.
    load
        On board after the step, per dimension.
    frozen
        It happened or is happening; the times are those that were given.
    lateness_s
        Seconds the service ends after the job's due time.
    """

    type: StepType
    arrival_s: int
    id: int | None = None
    location_index: int | None = None
    waiting_s: int = 0
    service_s: int = 0
    duration_s: int = 0
    load: tuple[int, ...] = ()
    frozen: bool = False
    lateness_s: int = 0

    @property
    def start_s(self) -> int:
        """When the service or break begins."""
        return self.arrival_s + self.waiting_s

    @property
    def end_s(self) -> int:
        """When the service or break ends."""
        return self.arrival_s + self.waiting_s + self.service_s


@dataclass(frozen=True, slots=True)
class PlannedRoute:
    """The day of one vehicle, frozen stops first. ``cost`` is travel and fixed cost."""

    vehicle: int
    steps: tuple[Step, ...]
    cost: float = 0.0
    service_s: int = 0
    duration_s: int = 0
    waiting_s: int = 0
    delivery: tuple[int, ...] = ()
    pickup: tuple[int, ...] = ()
    distance_m: int | None = None

    @property
    def job_ids(self) -> tuple[int, ...]:
        """Jobs in order."""
        return tuple(step.id for step in self.steps if step.type == "job" and step.id is not None)


@dataclass(frozen=True, slots=True)
class Unassigned:
    """A job left out and why.

    Attributes
    ----------
    reason
        The first code that holds; see `geo.dispatch.reasons`.
    insertion_cost
        Increase of the objective at its cheapest place in this plan, None when it fits nowhere.
    worth
        What serving it is worth; ``not_worth`` means ``insertion_cost`` is at least that.
    best_vehicle, best_position
        The cheapest place: vehicle id and index among its jobs and reloads, frozen ones not counted.
    best_after
        Id of the job before that place, None at the head of the route.
    binding
        With ``no_room``: the rule whose absence would make the cheapest place.
    predecessor
        With ``predecessor``: the job it waits for.
    text
        The reason as an English sentence; pages translate from the code and the numbers.
    """

    id: int
    location_index: int
    reason: Reason
    worth: float
    insertion_cost: float | None = None
    best_vehicle: int | None = None
    best_position: int | None = None
    best_after: int | None = None
    binding: Binding | None = None
    predecessor: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ScoreParts:
    """The objective by parts, in travel-seconds; lower is better."""

    travel: float = 0.0
    fixed: float = 0.0
    lost: float = 0.0
    overtime: float = 0.0
    lateness: float = 0.0
    day: float = 0.0
    reassign: float = 0.0
    fairness: float = 0.0

    @property
    def total(self) -> float:
        """The score."""
        return float(sum(getattr(self, part.name) for part in fields(self)))


@dataclass(frozen=True, slots=True)
class Timings:
    """How long the computation took, in milliseconds of wall time."""

    loading_ms: int = 0
    warmup_ms: int = 0
    solving_ms: int = 0
    first_feasible_ms: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """A day's plan. ``timings`` is the only part that differs between equal runs."""

    routes: tuple[PlannedRoute, ...]
    unassigned: tuple[Unassigned, ...]
    score: ScoreParts
    must_do_missed: int = 0
    moved: int = 0
    kept_previous: bool = False
    seed: int = 0
    iterations: int = 0
    matrix_source: MatrixSource = "given"
    timings: Timings = field(default_factory=Timings, compare=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the search stands; handed to ``on_progress`` a few times a second."""

    phase: Literal["construct", "improve", "explain"]
    fraction: float
    iterations: int
    elapsed_s: float
    score: float
    unserved: int
    must_do_missed: int
