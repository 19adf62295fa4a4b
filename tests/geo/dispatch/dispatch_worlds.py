"""Small random planning files for the tests, every feature switched on now and then."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

from geo.dispatch.files import read_problem
from geo.dispatch.problem import Problem, Vehicle
from geo.dispatch.referee import judge_order
from geo.dispatch.result import Plan, PlannedRoute, ScoreParts, Step, Unassigned

FEATURES = (
    "windows", "breaks", "load", "reload", "overtime", "after", "late", "skills", "open_end", "open_start",
    "days", "fairness", "islands", "frozen", "pinned", "previous", "limits", "two_breaks", "costs", "detours",
)  # fmt: skip


def random_file(seed: int, jobs: int, crews: int, features: set[str]) -> dict[str, Any]:
    """A planning file; the same arguments give the same file."""
    rng = random.Random(seed)
    places = [(rng.randrange(1000), rng.randrange(1000)) for _ in range(jobs + 2)]
    data: dict[str, Any] = {
        "matrices": {"car": _matrices(rng, places, features)},
        "jobs": [_job(rng, n, features) for n in range(jobs)],
        "vehicles": [_vehicle(rng, n, features) for n in range(crews)],
        "options": {"must_do_penalty": 5000, "reassign_penalty": 100, "min_gain": 0.0},
    }
    if "fairness" in features:
        data["options"]["fairness_weight"] = 0.3
    if "days" in features:
        data["options"]["day_decay"] = 0.9
    if "frozen" in features and jobs > 2:
        _freeze(rng, data)
    if "pinned" in features and jobs > 2:
        step = {"type": "job", "id": 2, "pinned": True}
        if rng.random() < 0.5:
            step |= {"service_after": 500, "service_before": 6000}
        data["vehicles"][-1].setdefault("steps", []).append(step)
    if "previous" in features:
        ids = [job["id"] for job in data["jobs"]]
        rng.shuffle(ids)
        data["previous"] = [
            {"vehicle": vehicle["id"], "jobs": ids[n::crews][:2]}
            for n, vehicle in enumerate(data["vehicles"])
        ]
    return data


def _matrices(rng: random.Random, places: list[tuple[int, int]], features: set[str]) -> dict[str, Any]:
    size = len(places)
    durations: list[list[int | None]] = [
        [abs(a[0] - b[0]) + abs(a[1] - b[1]) for b in places] for a in places
    ]
    if "detours" in features:  # one-way streets: not symmetric, no triangle inequality
        durations = [
            [0 if a == b else int((d or 0) * rng.uniform(1, 1.5)) for b, d in enumerate(row)]
            for a, row in enumerate(durations)
        ]
    if "islands" in features:
        for _ in range(size):
            a, b = rng.randrange(size), rng.randrange(size)
            if a != b:
                durations[a][b] = None
    out: dict[str, Any] = {"durations": durations}
    if "costs" in features:
        out["costs"] = [[None if d is None else d * 2 + (d > 0) for d in row] for row in durations]
    return out


def _job(rng: random.Random, n: int, features: set[str]) -> dict[str, Any]:
    job: dict[str, Any] = {
        "id": n + 1,
        "location_index": n + 2,
        "service": rng.choice([0, 60, 300, 600]),
        "prize": rng.randrange(200, 4000),
    }
    if rng.random() < 0.2:
        job["must_do"] = True
    if "windows" in features and rng.random() < 0.6:
        start = rng.randrange(0, 5000)
        job["time_windows"] = [[start, start + rng.choice([0, 300, 1500])]]
        if rng.random() < 0.5:
            job["time_windows"].append([start + 2500, start + 3000])
    if "load" in features:
        job["delivery"], job["pickup"] = [rng.randrange(4)], [rng.randrange(3)]
    if "after" in features and n > 0 and rng.random() < 0.4:
        job["after"] = [rng.randrange(n) + 1]
    if "late" in features and rng.random() < 0.6:
        job["due"], job["late_cost"] = rng.randrange(500, 5000), rng.choice([0.5, 2])
    if "skills" in features and rng.random() < 0.4:
        job["skills"] = [rng.randrange(2)]
    return job


def _vehicle(rng: random.Random, n: int, features: set[str]) -> dict[str, Any]:
    start = rng.randrange(0, 1000)
    vehicle: dict[str, Any] = {
        "id": n + 10,
        "start_index": 0,
        "end_index": rng.randrange(2),
        "capacity": [rng.randrange(4, 8)],
        "time_window": [start, start + rng.randrange(3000, 9000)],
        "costs": {"fixed": rng.choice([0, 300]), "per_hour": 3600},
    }
    if "skills" in features:
        vehicle["skills"] = [rng.randrange(2)]
    if "breaks" in features or "two_breaks" in features:
        at = start + rng.randrange(500, 2500)
        vehicle["breaks"] = [{"id": 1, "time_windows": [[at, at + 900]], "service": 300}]
        if "two_breaks" in features:
            windows = [[at, at + 200], [at + 600, at + 2500]]
            vehicle["breaks"].append({"id": 2, "time_windows": windows, "service": 100})
    if "overtime" in features:
        vehicle["overtime"] = {"max": 1200, "cost": 1.5}
    if "reload" in features:
        vehicle["reload"] = {"service": 120, "max": 1}
    if "open_end" in features and n == 0:
        del vehicle["end_index"]
    elif "open_start" in features:
        del vehicle["start_index"]
        vehicle.pop("reload", None)
    if "days" in features:
        vehicle["day"], vehicle["crew"] = n, "the same" if rng.random() < 0.5 else f"crew {n}"
    if "limits" in features:
        vehicle["max_tasks"], vehicle["max_travel_time"] = rng.randrange(1, 4), rng.randrange(2000, 6000)
    return vehicle


def _freeze(rng: random.Random, data: dict[str, Any]) -> None:
    vehicle = data["vehicles"][0]
    at = vehicle["time_window"][0] + 400
    steps: list[dict[str, Any]] = [{"type": "start", "frozen": True}] if "start_index" in vehicle else []
    steps.append({"type": "job", "id": 1, "frozen": True, "service_at": at, "end_at": at + 250})
    if vehicle.get("breaks") and rng.random() < 0.5:
        steps.append({"type": "break", "id": 1, "frozen": True, "service_at": at + 300})
    vehicle["steps"] = steps
    if rng.random() < 0.3:
        vehicle["available_at"], vehicle["position_index"] = at + 700, 3


# ---------------------------------------------------------------- every plan there is


def best_score(problem: Problem) -> float:
    """The least score over all assignments, orders, break and reload places, by the referee's price."""
    jobs = [job.id for job in problem.jobs]
    best = float("inf")
    for owners in itertools.product(range(-1, len(problem.vehicles)), repeat=len(jobs)):
        groups = [
            [job for job, owner in zip(jobs, owners, strict=True) if owner == v]
            for v in range(len(problem.vehicles))
        ]
        left = [job for job, owner in zip(jobs, owners, strict=True) if owner == -1]
        options = [
            list(_orders(vehicle, group)) for vehicle, group in zip(problem.vehicles, groups, strict=True)
        ]
        for orders in itertools.product(*options):
            verdict = judge_order(problem, order_plan(problem, orders, left))
            if verdict.accepted:
                best = min(best, verdict.score.total)
    return best


def best_score_by_subsets(problem: Problem) -> float:
    """The least score where no crew's route depends on another's and no rule eases as a route grows.

    Each crew's cheapest route for every set of jobs, by the referee; orders whose beginning breaks a rule are
    not followed. Then the best of all ways to share the jobs.
    """
    jobs = [job.id for job in problem.jobs]
    nobody = _price(problem, {})
    routes = []
    for vehicle in problem.vehicles:
        gain: dict[frozenset[int], float] = {frozenset(): 0.0}
        waiting: list[list[int]] = [[]]
        while waiting:
            order = waiting.pop()
            for job in jobs:
                longer = [*order, job]
                price = _price(problem, {vehicle.id: longer}) if job not in order else None
                if price is not None and nobody is not None:
                    key = frozenset(longer)
                    gain[key] = min(gain.get(key, float("inf")), price - nobody)
                    waiting.append(longer)
        routes.append(gain)
    best = {frozenset[int](): nobody or 0.0}
    for gain in routes:
        shared: dict[frozenset[int], float] = {}
        for done, price in best.items():
            for chosen, more in gain.items():
                if not done & chosen:
                    key = done | chosen
                    shared[key] = min(shared.get(key, float("inf")), price + more)
        best = shared
    return min(best.values())


def _price(problem: Problem, orders: dict[int, list[int]]) -> float | None:
    """The referee's price of a plan; None when it refuses it."""
    lines = [[("job", job) for job in orders.get(vehicle.id, [])] for vehicle in problem.vehicles]
    served = {job for order in orders.values() for job in order}
    left = [job.id for job in problem.jobs if job.id not in served]
    verdict = judge_order(problem, order_plan(problem, lines, left))
    return verdict.score.total if verdict.accepted else None


def _orders(vehicle: Vehicle, jobs: list[int]) -> Iterator[list[tuple[str, int | None]]]:
    if not jobs:
        yield []
        return
    for order in itertools.permutations(jobs):
        stops: list[list[tuple[str, int | None]]] = [[("job", job) for job in order]]
        if vehicle.reload is not None:
            stops += [[*stops[0][:at], ("reload", None), *stops[0][at:]] for at in range(len(order) + 1)]
        for line in stops:
            yield from _with_breaks(line, [rest.id for rest in vehicle.breaks], 0)


def _with_breaks(
    line: list[tuple[str, int | None]], rests: list[int], first: int
) -> Iterator[list[tuple[str, int | None]]]:
    if not rests:
        yield line
        return
    for at in range(first, len(line) + 1):
        yield from _with_breaks([*line[:at], ("break", rests[0]), *line[at:]], rests[1:], at + 1)


def order_plan(problem: Problem, orders: Any, left: list[int]) -> Plan:
    """A plan of which only the order is filled in; `orders` per vehicle, frozen stops apart."""
    places = {job.id: job.location_index for job in problem.jobs}
    routes = []
    for vehicle, order in zip(problem.vehicles, orders, strict=True):
        if not order:
            continue
        steps = (
            [Step("start", 0, location_index=vehicle.start_index)] if vehicle.start_index is not None else []
        )
        for kind, number in order:
            place = places[number] if kind == "job" else None
            if kind == "reload" and vehicle.reload is not None:
                place = vehicle.reload.location_index
            steps.append(Step(kind, 0, id=number, location_index=place))
        if vehicle.end_index is not None:
            steps.append(Step("end", 0, location_index=vehicle.end_index))
        routes.append(PlannedRoute(vehicle.id, tuple(steps)))
    unassigned = tuple(Unassigned(job, places[job], "not_worth", 0.0) for job in left)
    return Plan(tuple(routes), unassigned, ScoreParts())


def random_problem(seed: int, jobs: int, crews: int, features: set[str]) -> Problem:
    """`random_file`, read."""
    return read_problem(random_file(seed, jobs, crews, features))
