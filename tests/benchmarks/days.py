"""Days to plan, made by recipe: complaints that cluster along real or generated streets, and crews for most.

Sizes follow what a town's repair yard meets: about fifteen work orders a crew, of which eleven to thirteen
fit into eight hours. Prizes are on the product's scale (seconds of driving a work order is worth). The same
recipe gives the same day, whatever else is computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from geo.dispatch.problem import NO_WAY, Break, Job, Problem, TravelTimes, Vehicle, Window
from geo.roads.travel_times import road_travel_times
from tests.benchmarks.road_nets import Name, net, places_on

Variant = Literal["plain", "breaks", "waiting", "sequence", "overtime"]
"""What a day has beyond skills, loads and windows.

``breaks``: a lunch break. ``waiting``: a tenth of the work orders wait for another one at the same place.
``sequence``: both. ``overtime``: neither, but crews may stay up to an hour longer at a price.
"""

WITH_BREAKS: tuple[Variant, ...] = ("breaks", "sequence")
WITH_PRECEDENCE: tuple[Variant, ...] = ("waiting", "sequence")
HOUR = 3600
DRAIN, PAVING = 1, 2
SHIFTS: tuple[Window, ...] = ((7 * HOUR, 15 * HOUR), (8 * HOUR, 16 * HOUR))
LUNCH = Break(id=1, time_windows=((int(11.5 * HOUR), 13 * HOUR),), service_s=40 * 60, description="lunch")
CREW_SKILLS = (frozenset({DRAIN}), frozenset({PAVING}), frozenset({DRAIN, PAVING}))
CAPACITY = (48, 60)
"""Bags of cold mix and crates of silt; rarely what binds."""
FIXED_COST = 600
JOBS_PER_CREW = {"surakarta": 15.5, "metropolitan": 14.5, "balikpapan": 15.5}
DEPOTS = {"surakarta": 1, "metropolitan": 3, "balikpapan": 1}
FOLLOWERS = 0.10
PLACES_PER_CLUSTER = 12
SPREAD_DEGREES = 350 / 111_320
SPARE = 1.1
"""More places than needed are drawn: a few may lie where no road leads."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which day: the network, how many work orders, what is special and the seed."""

    net: Name
    n: int
    variant: Variant
    seed: int = 1

    @property
    def name(self) -> str:
        """As rows and files are called."""
        return f"{self.n}/{self.net}/{self.variant}/{self.seed}"


@lru_cache(maxsize=2)
def day(recipe: Recipe) -> Problem:
    """The problem of a recipe; FileNotFoundError when its network is real and its data isn't there."""
    dice = np.random.default_rng([recipe.seed, recipe.n, *recipe.net.encode(), *recipe.variant.encode()])
    depots = DEPOTS[recipe.net] + (recipe.n >= 1000)
    leaders = recipe.n - (round(FOLLOWERS * recipe.n) if recipe.variant in WITH_PRECEDENCE else 0)
    durations, places = _drives(recipe, depots, leaders, dice)
    jobs = _with_must_do([_job(number, depots + number, dice) for number in range(leaders)], dice)
    if recipe.variant in WITH_PRECEDENCE:
        jobs += _followers(jobs, recipe.n - leaders, dice)
    crews = max(2, round(recipe.n / JOBS_PER_CREW[recipe.net]))
    vehicles = [_crew(number, depots, recipe.variant) for number in range(crews)]
    return Problem(tuple(vehicles), tuple(jobs), {"car": TravelTimes(durations)}, places=places)


def without_sequence(problem: Problem) -> Problem:
    """The same work orders, none of which waits for another."""
    return replace(problem, jobs=tuple(replace(job, after=()) for job in problem.jobs))


# ---------------------------------------------------------------- places


def _drives(
    recipe: Recipe, depots: int, count: int, dice: np.random.Generator
) -> tuple[np.ndarray, tuple[tuple[float, float], ...]]:
    """Drives between depots and places, (depots + count) squared int32 seconds, and where they are."""
    graph = net(recipe.net)
    pool = places_on(graph, 12 * recipe.n + 200, recipe.seed)
    yards = _yards(pool, depots)
    wanted = _clustered(pool, round(SPARE * count), dice)
    points = np.concatenate([yards, wanted])
    durations = road_travel_times(graph, points).durations_s
    reached = (durations[:depots] != NO_WAY).all(axis=0) & (durations[:, :depots] != NO_WAY).all(axis=1)
    kept = np.flatnonzero(reached)[: depots + count]
    durations = np.ascontiguousarray(durations[np.ix_(kept, kept)])
    if len(kept) < depots + count or (durations == NO_WAY).any():
        raise ValueError(f"too many places of {recipe.name} lie where no road leads")
    return durations, tuple((float(lon), float(lat)) for lon, lat in points[kept])


def _yards(pool: np.ndarray, count: int) -> np.ndarray:
    """Depots: one near the middle, others in quarters of the town around it."""
    middle, spread = np.median(pool, axis=0), pool.std(axis=0)
    around = np.array([[0.0, 0.0], [-0.9, 0.7], [0.9, -0.7], [0.8, 0.9]])[:count]
    wanted = middle + around * spread
    return pool[[int(((pool - spot) ** 2).sum(axis=1).argmin()) for spot in wanted]]


def _clustered(pool: np.ndarray, count: int, dice: np.random.Generator) -> np.ndarray:
    """Complaints cluster: seven in ten lie around one of some centres, the rest anywhere."""
    centres = pool[dice.choice(len(pool), max(4, count // PLACES_PER_CLUSTER), replace=False)]
    size = dice.gamma(1.2, 1.0, len(centres))
    near = np.zeros(len(pool))
    for centre, weight in zip(centres, size, strict=True):
        near += weight * np.exp(-((pool - centre) ** 2).sum(axis=1) / (2 * SPREAD_DEGREES**2))
    chance = 0.7 * near / near.sum() + 0.3 / len(pool)
    return pool[dice.choice(len(pool), count, replace=False, p=chance)]


# ---------------------------------------------------------------- work orders and crews


def _job(number: int, place: int, dice: np.random.Generator) -> Job:
    kind = dice.choice(3, p=[0.42, 0.42, 0.16])
    minutes = dice.choice([10, 15, 20, 25] if kind == 2 else [15, 20, 30, 30, 40, 45, 60, 60])
    amount = int(dice.integers(1, 6))
    return Job(
        id=number + 1,
        location_index=place,
        service_s=int(minutes) * 60,
        delivery=(amount if kind == 0 else 0, 0),
        pickup=(0, amount if kind == 1 else 0),
        skills=(frozenset({PAVING}), frozenset({DRAIN}), frozenset[int]())[kind],
        time_windows=_windows(dice),
        prize=_prize(dice),
    )


def _prize(dice: np.random.Generator) -> int:
    low, high = ((900, 2400), (3000, 5500), (8000, 12_000))[dice.choice(3, p=[0.5, 0.37, 0.13])]
    return int(dice.integers(low, high + 1))


def _windows(dice: np.random.Generator) -> tuple[Window, ...]:
    """A quarter have windows: before the market opens, outside school hours, when the street is quiet."""
    draw = dice.random()
    if draw >= 0.26:
        return ((0, 24 * HOUR),)
    if draw < 0.08:  # around the lessons
        return ((7 * HOUR, int(8.5 * HOUR)), (int(12.5 * HOUR), int(14.5 * HOUR)))
    start = int(dice.choice(np.arange(7.0, 13.5, 0.5)) * HOUR)
    return ((start, start + int(dice.choice([1.0, 1.5, 2.0, 3.0]) * HOUR)),)


def _with_must_do(jobs: list[Job], dice: np.random.Generator) -> list[Job]:
    chosen = set(dice.choice(len(jobs), max(1, round(0.03 * len(jobs))), replace=False).tolist())
    return [replace(job, must_do=number in chosen) for number, job in enumerate(jobs)]


def _followers(jobs: list[Job], count: int, dice: np.random.Generator) -> list[Job]:
    """Paving that waits until the drain under it is clear, at the same place."""
    drains = [job for job in jobs if DRAIN in job.skills]
    chosen = sorted(dice.choice(len(drains), count, replace=False).tolist())
    return [
        Job(
            id=len(jobs) + 1 + number,
            location_index=drains[at].location_index,
            service_s=int(dice.choice([15, 20, 30, 45])) * 60,
            delivery=(int(dice.integers(1, 6)), 0),
            skills=frozenset({PAVING}),
            time_windows=((0, 24 * HOUR),),
            prize=_prize(dice),
            after=(drains[at].id,),
        )
        for number, at in enumerate(chosen)
    ]


def _crew(number: int, depots: int, variant: Variant) -> Vehicle:
    depot = number % depots
    return Vehicle(
        id=number + 1,
        start_index=depot,
        end_index=depot,
        capacity=CAPACITY,
        skills=CREW_SKILLS[(number // depots) % 3],
        time_window=SHIFTS[number // 2 % 2],
        breaks=(LUNCH,) if variant in WITH_BREAKS else (),
        fixed_cost=FIXED_COST,
        overtime_max_s=HOUR if variant == "overtime" else 0,
    )
