"""The referee reproduces the cost of best-known solutions of public instances exactly."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from geo.dispatch.problem import Job, Problem, TravelTimes, Vehicle
from geo.dispatch.referee import judge, judge_order
from geo.dispatch.search import plan
from tests.geo.dispatch.dispatch_worlds import order_plan

ARCHIVE = Path(__file__).resolve().parents[4] / "shared" / "data" / "vrp_instances" / "instances.tar.xz"
SCALE = 10  # distances are truncated to one decimal; ten times as large they are whole

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not ARCHIVE.exists(), reason="the public VRP instances are not beside the checkout"),
]


@pytest.fixture(scope="module")
def files():
    wanted = {"pcvrptw/R1_10_1", "pcvrptw/C1_10_1", "pcvrptw/RC2_10_1", "solomon/RC101", "solomon/R201"}
    with tarfile.open(ARCHIVE) as archive:
        return {
            member.name: archive.extractfile(member).read().decode()
            for member in archive
            if member.name.rsplit(".", 1)[0] in wanted
        }


@dataclass
class Instance:
    xy: np.ndarray
    demand: list[int]
    windows: list[tuple[int, int]]
    prizes: list[int]
    service: int
    capacity: int
    vehicles: int

    def problem(self) -> Problem:
        distance = np.sqrt(((self.xy[:, None] - self.xy[None]) ** 2).sum(axis=2))
        durations = np.floor(distance * SCALE).astype(np.int32)
        jobs = tuple(
            Job(
                id=n,
                location_index=n,
                service_s=self.service * SCALE,
                delivery=(self.demand[n],),
                time_windows=((self.windows[n][0] * SCALE, self.windows[n][1] * SCALE),),
                prize=self.prizes[n] * SCALE,
            )
            for n in range(1, len(self.xy))
        )
        shift = (self.windows[0][0] * SCALE, self.windows[0][1] * SCALE)
        vehicles = tuple(
            Vehicle(id=n, start_index=0, end_index=0, capacity=(self.capacity,), time_window=shift)
            for n in range(self.vehicles)
        )
        return Problem(vehicles, jobs, {"car": TravelTimes(durations)})


def read_pcvrptw(text: str) -> Instance:
    head, *sections = text.split("_SECTION")
    values = {
        line.split(":")[0].strip(): line.split(":")[1].strip() for line in head.splitlines() if ":" in line
    }
    tables = [
        [list(map(int, row.split())) for row in section.splitlines() if row.strip()[:1].isdigit()]
        for section in sections
    ]
    coordinates, demand, windows, prizes = tables[:4]
    return Instance(
        np.array([row[1:3] for row in coordinates], dtype=float),
        [row[1] for row in demand],
        [(row[1], row[2]) for row in windows],
        [row[1] for row in prizes],
        int(values["SERVICE_TIME"]),
        int(values["CAPACITY"]),
        int(values["VEHICLES"]),
    )


def read_solomon(text: str) -> Instance:
    rows = [
        list(map(int, line.split()))
        for line in text.splitlines()
        if line.split() and line.split()[0].isdigit()
    ]
    (vehicles, capacity), *places = rows
    prize = 10_000
    return Instance(
        np.array([row[1:3] for row in places], dtype=float),
        [row[3] for row in places],
        [(row[4], row[5]) for row in places],
        [prize] * len(places),
        places[1][6],
        capacity,
        vehicles,
    )


def routes_of(solution: str) -> tuple[list[list[int]], int]:
    routes = [
        list(map(int, line.split(":")[1].split()))
        for line in solution.splitlines()
        if line.startswith("Route")
    ]
    cost = next(int(line.split()[1]) for line in solution.splitlines() if line.startswith("Cost"))
    return routes, cost


@pytest.mark.parametrize("name", ["R1_10_1", "C1_10_1", "RC2_10_1"])
def test_the_referee_reproduces_best_known_costs(files, name):
    problem = read_pcvrptw(files[f"pcvrptw/{name}.vrp"]).problem()
    routes, cost = routes_of(files[f"pcvrptw/{name}.sol"])
    orders = [[("job", job) for job in route] for route in routes]
    orders += [[] for _ in range(len(problem.vehicles) - len(orders))]
    left = [job.id for job in problem.jobs if not any(job.id in route for route in routes)]
    verdict = judge_order(problem, order_plan(problem, orders, left))
    assert verdict.accepted, verdict.violations[:3]
    assert verdict.score.total == cost


@pytest.mark.parametrize("name", ["RC101", "R201"])
def test_a_first_plan_of_a_solomon_instance_is_sound(files, name):
    problem = read_solomon(files[f"solomon/{name}.txt"]).problem()
    made = plan(problem, iterations=10)
    assert judge(problem, made).accepted
    assert not made.unassigned
