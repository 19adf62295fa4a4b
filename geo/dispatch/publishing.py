"""From the solver's numbers to a `Plan` with ids, clock times, loads and the price by parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from geo.dispatch.drives import INF
from geo.dispatch.engine.engine import Draft
from geo.dispatch.problem import NO_WAY, Matrix, PlannedStep, Vehicle
from geo.dispatch.result import PlannedRoute, ScoreParts, Step
from geo.dispatch.tables import Crew, Tables
from geo.dispatch.timetable import DayPlan, Visit, orders_of, settle


@dataclass(frozen=True, slots=True)
class Outcome:
    """Routes and their price, before the jobs left out are explained."""

    routes: tuple[PlannedRoute, ...]
    score: ScoreParts
    must_do_missed: int
    moved: int


def write_out(tables: Tables, draft: Draft) -> Outcome:
    """Settle the times and write every used vehicle's route."""
    days = settle(tables, orders_of(tables, draft))
    writers = [_Writer(tables, crew, day) for crew, day in zip(tables.crews, days, strict=True)]
    served = {job: v for v, order in enumerate(draft.orders) for job in order if job < tables.n}
    unserved = [job for job in tables.open_jobs if job not in served]
    moved = sum(_has_moved(tables, job, v) for job, v in served.items())
    return Outcome(
        tuple(writer.route() for writer in writers if writer.is_used),
        _score(tables, writers, unserved, moved),
        sum(tables.is_must[job] for job in unserved),
        moved,
    )


def _has_moved(tables: Tables, job: int, v: int) -> bool:
    before = tables.previous.get(job)
    return before is not None and before != tables.crews[v].name


def _score(tables: Tables, writers: Sequence[_Writer], unserved: Sequence[int], moved: int) -> ScoreParts:
    options = tables.problem.options
    work = [0] * tables.crew_names
    for writer in writers:
        work[writer.crew.name] += writer.travel_s + writer.service_s
    return ScoreParts(
        travel=sum(writer.travel_cost * writer.crew.per_second for writer in writers),
        fixed=sum(writer.crew.fixed for writer in writers if writer.serves),
        lost=float(sum(tables.worth[job] for job in unserved)),
        overtime=sum(writer.overtime for writer in writers),
        lateness=sum(writer.lateness for writer in writers),
        day=sum(writer.day_cost for writer in writers),
        reassign=moved * options.reassign_penalty,
        fairness=options.fairness_weight * _unevenness(work) if options.fairness_weight else 0.0,
    )


def _unevenness(work: Sequence[int]) -> float:
    """Σ(W − mean)²/mean over crews; 0 when nobody works."""
    mean = sum(work) / len(work)
    return sum((each - mean) ** 2 for each in work) / mean if mean else 0.0


class _Writer:
    """Writes the steps of one vehicle and sums up what they cost."""

    def __init__(self, tables: Tables, crew: Crew, day: DayPlan) -> None:
        self.tables, self.crew, self.day = tables, crew, day
        self.vehicle: Vehicle = tables.problem.vehicles[crew.number]
        self.steps: list[Step] = []
        self.travel_s = self.travel_cost = self.service_s = self.distance_m = self.waiting_s = 0
        self.lateness = self.overtime = self.day_cost = 0.0
        self.jobs: list[int] = list(crew.frozen.jobs)
        self.at: int | None = self.vehicle.start_index
        self.load = [0] * tables.dims
        self.open_jobs = [visit.what for visit in day.visits if 0 <= visit.what < tables.n]
        self.has_open = bool(self.open_jobs)
        self.is_used = self.has_open or crew.has_started
        if self.is_used:
            self._write()

    @property
    def serves(self) -> bool:
        return self.has_open or bool(self.crew.frozen.jobs)

    def route(self) -> PlannedRoute:
        """The finished route."""
        cost = self.travel_cost * self.crew.per_second + (self.crew.fixed if self.serves else 0.0)
        return PlannedRoute(
            vehicle=self.vehicle.id,
            steps=tuple(self.steps),
            cost=cost,
            service_s=self.service_s,
            duration_s=self.travel_s,
            waiting_s=self.waiting_s,
            delivery=self._total(self.tables.delivery),
            pickup=self._total(self.tables.pickup),
            distance_m=None if self._distances() is None else self.distance_m,
        )

    def _total(self, amounts: list[tuple[int, ...]]) -> tuple[int, ...]:
        served = [*self.crew.frozen.jobs, *self.open_jobs]
        return tuple(sum(amounts[job][d] for job in served) for d in range(self.tables.dims))

    def _write(self) -> None:
        self.legs = self._legs()
        self._refill()
        self._write_start()
        for step in self.vehicle.frozen_steps:
            self._write_frozen(step)
        if self.vehicle.position_index is not None:
            self.at = self.vehicle.position_index
        for visit in self.day.visits:
            self._write_visit(visit)
        self._write_end()
        served = [*self.crew.frozen.jobs, *self.open_jobs]
        self.day_cost = self.crew.day_factor * sum(self.tables.worth[job] for job in served)

    # -------- loads

    def _legs(self) -> list[list[int]]:
        """The jobs of each leg, frozen and open."""
        legs: list[list[int]] = [[]]
        for step in self.vehicle.frozen_steps:
            if step.type == "reload":
                legs.append([])
            elif step.type == "job" and step.id is not None:
                legs[-1].append(self.tables.number_of[step.id])
        for visit in self.day.visits:
            if visit.what >= self.tables.n:
                legs.append([])
            elif visit.what >= 0:
                legs[-1].append(visit.what)
        return legs[::-1]

    def _refill(self) -> None:
        leg = self.legs.pop()
        self.load = [sum(self.tables.delivery[job][d] for job in leg) for d in range(self.tables.dims)]

    def _hand_over(self, job: int) -> None:
        for d in range(self.tables.dims):
            self.load[d] += self.tables.pickup[job][d] - self.tables.delivery[job][d]

    # -------- steps

    def _write_start(self) -> None:
        place = self.vehicle.start_index
        frozen = self.vehicle.frozen_steps
        if not frozen and self.vehicle.position_index is not None:
            place = self.vehicle.position_index
        if place is None or (frozen and frozen[0].type == "start"):
            return
        at_s = self.crew.departs_s
        times = [step.service_at_s for step in frozen if step.service_at_s is not None]
        if frozen:
            at_s = min([self.vehicle.time_window[0], *times])
        self.steps.append(
            Step("start", at_s, location_index=place, load=tuple(self.load), frozen=bool(frozen))
        )
        self.at = place

    def _write_frozen(self, step: PlannedStep) -> None:
        place, service_s = self._frozen_place(step)
        self._drive(place)
        start_s = self.vehicle.time_window[0] if not self.steps else self.steps[-1].end_s
        start_s = start_s if step.service_at_s is None else step.service_at_s
        end_s = start_s + service_s if step.end_at_s is None else step.end_at_s
        if step.type in {"job", "reload"}:
            self.service_s += service_s
        lateness_s = 0
        if step.type == "job" and step.id is not None:
            job = self.tables.number_of[step.id]
            self._hand_over(job)
            lateness_s = self._note_lateness(job, end_s)
        elif step.type == "reload":
            self._refill()
        self.steps.append(
            Step(
                step.type,
                start_s,
                id=step.id if step.type in {"job", "break"} else None,
                location_index=place,
                service_s=end_s - start_s,
                duration_s=self.travel_s,
                load=tuple(self.load),
                frozen=True,
                lateness_s=lateness_s,
            )
        )

    def _frozen_place(self, step: PlannedStep) -> tuple[int | None, int]:
        if step.type == "job" and step.id is not None:
            job = self.tables.number_of[step.id]
            return self.tables.place[job], self.tables.service[job]
        if step.type == "reload" and self.vehicle.reload is not None:
            return self.vehicle.reload.location_index, self.vehicle.reload.service_s
        if step.type == "break":
            return None, next(rest.service_s for rest in self.vehicle.breaks if rest.id == step.id)
        return (self.vehicle.start_index if step.type == "start" else self.vehicle.end_index), 0

    def _write_visit(self, visit: Visit) -> None:
        if visit.what < 0:
            self._write_break(visit)
            return
        tables, stop = self.tables, visit.what
        is_job = stop < tables.n
        self._drive(tables.place[stop])
        self.service_s += tables.service[stop]
        lateness_s = 0
        if is_job:
            self._hand_over(stop)
            lateness_s = self._note_lateness(stop, visit.end_s)
        else:
            self._refill()
        job_id = tables.problem.jobs[stop].id if is_job else None
        self._append("job" if is_job else "reload", visit, job_id, tables.place[stop], lateness_s)

    def _write_break(self, visit: Visit) -> None:
        open_rests = [rest for rest in self.vehicle.breaks if rest.id not in self.crew.frozen.rests]
        self._append("break", visit, open_rests[-1 - visit.what].id, None, 0)

    def _append(
        self, kind: str, visit: Visit, number: int | None, place: int | None, lateness_s: int
    ) -> None:
        self.waiting_s += visit.start_s - visit.arrival_s
        self.steps.append(
            Step(
                "job" if kind == "job" else "reload" if kind == "reload" else "break",
                visit.arrival_s,
                id=number,
                location_index=place,
                waiting_s=visit.start_s - visit.arrival_s,
                service_s=visit.end_s - visit.start_s,
                duration_s=self.travel_s,
                load=tuple(self.load),
                lateness_s=lateness_s,
            )
        )

    def _write_end(self) -> None:
        crew = self.crew
        if self.has_open:
            self.overtime = crew.overtime_cost * max(0, self.day.back_s - crew.shift_end_s)
        if crew.frozen.is_over or self.vehicle.end_index is None:
            return
        back_s = self.day.back_s
        if self.at is not None and crew.drives.seconds(self.at, self.vehicle.end_index) >= INF:
            back_s = self.steps[-1].end_s if self.steps else crew.departs_s
        self._drive(self.vehicle.end_index)
        end = Step(
            "end",
            back_s,
            location_index=self.vehicle.end_index,
            duration_s=self.travel_s,
            load=tuple(self.load),
        )
        self.steps.append(end)

    # -------- sums

    def _note_lateness(self, job: int, end_s: int) -> int:
        late_s = max(0, end_s - self.tables.due[job])
        self.lateness += self.tables.late_cost[job] * late_s
        return late_s

    def _drive(self, place: int | None) -> None:
        if place is None:
            return
        if self.at is not None and self.crew.drives.seconds(self.at, place) < INF:
            self.travel_s += self.crew.drives.seconds(self.at, place)
            self.travel_cost += self.crew.drives.cost(self.at, place)
            distances = self._distances()
            if distances is not None and distances[self.at, place] != NO_WAY:
                self.distance_m += int(distances[self.at, place])
        self.at = place

    def _distances(self) -> Matrix | None:
        return self.tables.problem.matrices[self.vehicle.profile].distances_m
