"""What no single key of a planning file shows: double ids, unknown references, circles."""

from __future__ import annotations

from geo.dispatch.problem import Problem
from geo.errors import BadProblem


def check_problem(problem: Problem) -> None:
    """Refuse what no single key shows: double ids, unknown references, circles.

    Raises
    ------
    BadProblem
        Naming the key.
    """
    _check_ids(problem)
    _check_amounts(problem)
    _check_after(problem)
    _check_step_ids(problem)


def _check_ids(problem: Problem) -> None:
    for key, ids in (
        ("vehicles", [vehicle.id for vehicle in problem.vehicles]),
        ("jobs", [job.id for job in problem.jobs]),
    ):
        seen: set[int] = set()
        for n, number in enumerate(ids):
            if number in seen:
                raise BadProblem(f"{key}[{n}].id", f"{number} is used twice")
            seen.add(number)


def _check_amounts(problem: Problem) -> None:
    longest = max(len(vehicle.capacity) for vehicle in problem.vehicles)
    for n, job in enumerate(problem.jobs):
        for key, amounts in (("delivery", job.delivery), ("pickup", job.pickup)):
            if len(amounts) > longest:
                raise BadProblem(
                    f"jobs[{n}].{key}",
                    f"has {len(amounts)} dimensions, the vehicles' capacities at most {longest}",
                )


def _check_after(problem: Problem) -> None:
    position = {job.id: n for n, job in enumerate(problem.jobs)}
    for n, job in enumerate(problem.jobs):
        for place, other in enumerate(job.after):
            path = f"jobs[{n}].after[{place}]"
            if other == job.id:
                raise BadProblem(path, f"job {other} cannot wait for itself")
            if other not in position:
                raise BadProblem(path, f"there is no job {other}")
    if circle := _waiting_circle({job.id: job.after for job in problem.jobs}):
        names = " → ".join(map(str, circle))
        raise BadProblem(f"jobs[{position[circle[0]]}].after", f"jobs wait for each other: {names}")


def _waiting_circle(after: dict[int, tuple[int, ...]]) -> list[int]:
    """The jobs of a circle, the first one repeated at the end; empty when there is none."""
    waiting = {job: set(others) for job, others in after.items()}
    while free := [job for job, others in waiting.items() if not others]:
        for job in free:
            del waiting[job]
        gone = set(free)
        waiting = {job: others - gone for job, others in waiting.items()}
    if not waiting:
        return []
    walk = [min(waiting)]
    while walk[-1] not in walk[:-1]:
        walk.append(min(waiting[walk[-1]]))
    return walk[walk.index(walk[-1]) :]


def _check_step_ids(problem: Problem) -> None:
    jobs = {job.id for job in problem.jobs}
    holder: dict[int, int] = {}
    for v, vehicle in enumerate(problem.vehicles):
        breaks = {rest.id for rest in vehicle.breaks}
        taken: set[int] = set()
        for n, step in enumerate(vehicle.steps):
            path = f"vehicles[{v}].steps[{n}]"
            if step.type == "break" and (step.id not in breaks or step.id in taken):
                raise BadProblem(f"{path}.id", f"break {step.id} is unknown or stands there twice")
            if step.type == "break" and step.id is not None:
                taken.add(step.id)
            if step.type == "job" and step.id is not None:
                _check_job_step(step.id, vehicle.id, path, jobs, holder)
            if step.type == "reload" and vehicle.reload is None:
                raise BadProblem(f"{path}.type", "the vehicle has no reload")


def _check_job_step(job: int, vehicle: int, path: str, jobs: set[int], holder: dict[int, int]) -> None:
    if job not in jobs:
        raise BadProblem(f"{path}.id", f"there is no job {job}")
    if job in holder:
        raise BadProblem(f"{path}.id", f"job {job} already stands with vehicle {holder[job]}")
    holder[job] = vehicle
