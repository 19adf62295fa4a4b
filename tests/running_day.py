"""One working day with holes to patch, sent out in the morning and running."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from fieldops import clock
from fieldops.domain.day_events import DayEventKind
from fieldops.models import Batch, Crew, DayPlan, Stop
from fieldops.operations.compute_change import compute_change
from fieldops.operations.decide_change import approve_change
from fieldops.operations.replan_day import Happening, replan_day
from fieldops.queries.changes import mark_of
from fieldops.transaction import transaction
from tests.integration.conftest import Story

HOLES = [
    (110.8105, -7.5570), (110.8150, -7.5600), (110.8230, -7.5660),
    (110.8290, -7.5700), (110.8350, -7.5790), (110.8390, -7.5850),
]  # fmt: skip


class Day:
    """One working day with holes to patch, sent out in the morning."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.day = story.work_days()[0]
        self.city = story.world.installation.city
        with self.at(7, 0):
            self.requests = [story.report(lon=lon, lat=lat)[0] for lon, lat in HOLES]
            self.orders = [story.order(request) for request in self.requests]
            self.plan = story.plan(self.day)
            self.stops = story.dispatch(self.plan)

    def at(self, hour: int, minute: int = 0) -> Any:
        moment = datetime.fromisoformat(f"{self.day}T{hour:02}:{minute:02}:00+07:00")
        return clock.frozen(moment)

    def happens(self, kind: DayEventKind, **what: Any) -> int:
        """Tell what happened and compute the change; return the plan's id."""
        with transaction() as session:
            asked = replan_day(
                session, self.story.world.installation, Happening(kind, **what), self.story.dispatcher
            )
        compute_change(self.story.world.installation, asked.id, transaction, iterations=200)
        return asked.id

    def change(self, plan_id: int) -> DayPlan:
        return self.story._fresh().get_one(DayPlan, plan_id)

    def approve(self, plan_id: int) -> list[Any]:
        mark = mark_of(self.change(plan_id))
        with transaction() as session:
            return approve_change(
                session, self.story.world.installation, plan_id, mark, self.story.dispatcher
            )

    def lists(self) -> dict[str, list[tuple[int, str, int]]]:
        """Each crew's list: (order, state, position), removed stops left out."""
        session = self.story._fresh()
        rows = session.execute(
            select(Crew.letter, Stop)
            .join(Batch, Batch.id == Stop.batch_id)
            .join(Crew, Crew.id == Batch.crew_id)
            .where(Stop.status != "removed", Batch.status.in_(("dispatched", "finished")))
            .order_by(Crew.letter, Stop.position)
        )
        found: dict[str, list[tuple[int, str, int]]] = {}
        for letter, stop in rows:
            found.setdefault(letter, []).append((stop.work_order_id, stop.status, stop.position))
        return found

    def snapshot(self) -> list[Any]:
        session = self.story._fresh()
        stops = session.scalars(select(Stop).order_by(Stop.id))
        rows: list[Any] = [(s.id, s.status, s.position, s.arrives_at, s.ends_at, s.version) for s in stops]
        batches = session.scalars(select(Batch).order_by(Batch.id))
        return [*rows, *((b.id, b.status, b.day_plan_id, b.version) for b in batches)]

    def crew_with_work(self) -> str:
        return max(self.lists().items(), key=lambda row: (len(row[1]), row[0]))[0]

    def crew_id(self, letter: str) -> int:
        return self.story._fresh().scalars(select(Crew.id).where(Crew.letter == letter)).one()

    def stop_of(self, order_id: int) -> Stop:
        query = select(Stop).where(Stop.work_order_id == order_id, Stop.status != "removed")
        return self.story._fresh().scalars(query).one()
