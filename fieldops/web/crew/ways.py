"""The ways between a day's stops, as a crew's pages show them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

from fieldops import clock
from fieldops.extensions import db
from fieldops.models import DayPlan, RoadClosure
from fieldops.queries.closures import as_closures, closures_between, is_in_force
from fieldops.queries.crew_day import CrewDay, StopLine
from fieldops.routing.drives import Place, Source, Way
from fieldops.web.crew.way_words import Step, steps_of
from fieldops.web.page import installation


@dataclass(frozen=True)
class DayWays:
    """The ways of one day; each is looked up when a page asks for it."""

    day: CrewDay

    @property
    def path(self) -> list[Place]:
        """The places of the day in order: depot, stops, depot."""
        return [self.day.depot, *(line.place for line in self.day.lines), self.day.depot]

    @cached_property
    def closed(self) -> list[RoadClosure]:
        """The closures that hold now or later in the shift."""
        now = clock.now()
        since = max(now, self.day.shift.starts_at)
        return closures_between(db.session(), since, max(since, self.day.shift.ends_at))

    @property
    def closed_now(self) -> list[RoadClosure]:
        """The closures in force."""
        return [row for row in self.closed if is_in_force(row, clock.now())]

    def way_to(self, line: StopLine) -> Way | None:
        """Return the way to a stop from the place before it; None when no open road leads there."""
        number = self.day.lines.index(line)
        return installation().roads.way(self.path[number], self.path[number + 1], as_closures(self.closed))

    def steps_to(self, line: StopLine) -> list[Step]:
        """Return the directions to a stop; none where streets are not known."""
        way = self.way_to(line)
        return [] if way is None else steps_of(way)

    @cached_property
    def all(self) -> list[Way | None]:
        """The ways between all places of the day."""
        return installation().roads.ways(self.path, as_closures(self.closed))

    @cached_property
    def times_are_estimates(self) -> bool:
        """Whether the list's arrival times were computed without streets."""
        facts = db.session().get_one(DayPlan, self.day.batch.day_plan_id).problem.get("_roads", {})
        return bool(facts.get("source", Source.ESTIMATE.value) == Source.ESTIMATE.value)

    @cached_property
    def version(self) -> str:
        """A word that changes when the map of the day would be another one."""
        held = [
            installation().roads.state().key,
            as_closures(self.closed).key,
            *(f"{line.stop.id}-{line.stop.version}-{line.place}" for line in self.day.lines),
        ]
        return hashlib.blake2b(" ".join(held).encode(), digest_size=6).hexdigest()
