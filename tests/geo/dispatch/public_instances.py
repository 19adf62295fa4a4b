"""Public instances of routing problems, read as planning problems: Solomon's, and prize-collecting ones."""

import tarfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from geo.dispatch.problem import Job, Problem, TravelTimes, Vehicle

ARCHIVE = Path(__file__).resolve().parents[4] / "shared" / "data" / "vrp_instances" / "instances.tar.xz"
SCALE = 10  # distances are truncated to one decimal; ten times as large they are whole


def texts(wanted: Collection[str]) -> dict[str, str]:
    """Files of the archive whose path without its ending is wanted, by their whole path."""
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.name.rsplit(".", 1)[0] in wanted]
        files = {member.name: archive.extractfile(member) for member in members}
        return {name: file.read().decode() for name, file in files.items() if file is not None}


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
