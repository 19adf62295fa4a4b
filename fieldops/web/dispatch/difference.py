"""A proposed change as its page shows it: each crew's list as it would be, beside what it was told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.domain.list_changes import ListChange, Visit, changes_between, new_sequence
from fieldops.models import Cluster, Crew, DayPlan, Service, WorkOrder
from fieldops.queries.changes import proposed_lists, told_lists
from fieldops.queries.orders import orders_described
from fieldops.queries.shifts import all_crews

LATER: Final = timedelta(hours=1)
"""A stop that comes so much later is named among what the change costs (ours)."""

Described = Mapping[int, tuple[WorkOrder, Service, Cluster]]


@dataclass(frozen=True)
class Row:
    """One stop of a list, as it would be; `change` is None where nothing becomes different.

    `now` is None for a stop that leaves the list.
    """

    label: str
    order: WorkOrder
    service: Service
    cluster: Cluster
    was: datetime | None
    now: datetime | None
    change: ListChange | None


@dataclass(frozen=True)
class CrewDifference:
    """One crew's list. Drives are seconds, distances metres, from now to the end of the day."""

    crew: Crew
    index: int
    rows: tuple[Row, ...]
    gone: tuple[Row, ...]
    is_changed: bool
    is_reordered: bool
    drive_before_s: int
    drive_after_s: int
    distance_before_m: int
    distance_after_m: int
    back_at: datetime | None

    @property
    def came(self) -> int:
        """How many stops are new on the list."""
        return sum(row.change is not None and row.change.what in ("added", "moved") for row in self.rows)

    @property
    def tone(self) -> str:
        """The tone of the crew's hue."""
        return chr(ord("a") + (ord(self.crew.letter[0]) - ord("A")) % 12)


@dataclass(frozen=True)
class Difference:
    """The whole change. `lost` lose the promised day, `overdue` would end after their deadline and did not
    before, `later` come an hour later or more.
    """

    crews: tuple[CrewDifference, ...]
    changes: tuple[ListChange, ...]
    lost: tuple[Row, ...]
    overdue: tuple[Row, ...]
    later: tuple[Row, ...]
    orders: Described
    letters: Mapping[int, str]

    def count(self, what: str) -> int:
        """How many orders change in this way."""
        return sum(change.what == what for change in self.changes)

    @property
    def drive_s(self) -> int:
        """How much more driving it is, in seconds."""
        return sum(one.drive_after_s - one.drive_before_s for one in self.crews)

    @property
    def distance_m(self) -> int:
        """How much farther it is, in metres."""
        return sum(one.distance_after_m - one.distance_before_m for one in self.crews)


def difference_of(session: Session, day_plan: DayPlan, city: City) -> Difference:
    """Return what a computed change would make different from what the crews were told."""
    before, after = told_lists(day_plan), proposed_lists(day_plan, city)
    changes = changes_between(before, after)
    numbers = {visit.order_id for lists in (before, after) for held in lists.values() for visit in held}
    orders = orders_described(session, sorted(numbers))
    crews = [crew for crew in all_crews(session) if crew.id in after or crew.id in before]
    parts = _Parts(day_plan, city, orders, {change.order_id: change for change in changes})
    shown = tuple(
        parts.crew(crew, index, before.get(crew.id, []), after.get(crew.id, []))
        for index, crew in enumerate(crews)
        if before.get(crew.id) or after.get(crew.id)
    )
    rows = {row.order.id: row for one in shown for row in one.rows}
    gone = {row.order.id: row for one in shown for row in one.gone}
    return Difference(
        crews=shown,
        changes=tuple(changes),
        lost=tuple(gone[number] for number in sorted(set(gone) - set(rows))),
        overdue=tuple(row for row in rows.values() if _is_overdue(row)),
        later=tuple(row for row in rows.values() if row.was and row.now and row.now - row.was >= LATER),
        orders=orders,
        letters={crew.id: crew.letter for crew in all_crews(session)},
    )


def who_comes_to(difference: Difference, order_id: int) -> tuple[CrewDifference, Row] | None:
    """Return who comes to an order by the proposed lists, and when; None when nobody does."""
    return next(
        ((one, row) for one in difference.crews for row in one.rows if row.order.id == order_id), None
    )


def _is_overdue(row: Row) -> bool:
    due = row.order.due_at
    return due is not None and row.now is not None and row.was is not None and row.was <= due < row.now


@dataclass(frozen=True)
class _Parts:
    day_plan: DayPlan
    city: City
    orders: Described
    changes: Mapping[int, ListChange]

    def crew(self, crew: Crew, index: int, old: Sequence[Visit], new: Sequence[Visit]) -> CrewDifference:
        drive: dict[str, Any] = next(
            (held for held in self.day_plan.asked.get("drives", []) if held["crew"] == crew.id), {}
        )
        (before_s, before_m), (after_s, after_m) = drive.get("before", [0, 0]), drive.get("after", [0, 0])
        was = {visit.order_id: visit for visit in old}
        kept = {visit.order_id for visit in new}
        begun = self._begun(crew)
        rows = tuple(
            self._row(f"{crew.letter}{number}", visit.order_id, was.get(visit.order_id), visit)
            for number, visit in enumerate(new, start=begun + 1)
        )
        gone = tuple(
            self._row("", visit.order_id, visit, None) for visit in old if visit.order_id not in kept
        )
        reordered = new_sequence(old, new)
        return CrewDifference(
            crew,
            index,
            rows,
            gone,
            is_changed=bool(gone) or reordered or any(row.change is not None for row in rows),
            is_reordered=reordered,
            drive_before_s=before_s,
            drive_after_s=after_s,
            distance_before_m=before_m,
            distance_after_m=after_m,
            back_at=self._back(crew),
        )

    def _row(self, label: str, order_id: int, old: Visit | None, new: Visit | None) -> Row:
        change = self.changes.get(order_id)
        was = old.starts_at if old else change.was_at if change is not None else None
        return Row(label, *self.orders[order_id], was, new.starts_at if new else None, change)

    def _route(self, crew: Crew) -> list[dict[str, Any]]:
        routes = self.day_plan.answer.get("routes", [])
        found: list[dict[str, Any]] = next(
            (route["steps"] for route in routes if route["vehicle"] == crew.id), []
        )
        return found

    def _begun(self, crew: Crew) -> int:
        return sum(step["type"] == "job" and step["frozen"] for step in self._route(crew))

    def _back(self, crew: Crew) -> datetime | None:
        steps = self._route(crew)
        if not steps or steps[-1]["type"] != "end":
            return None
        return self.city.midnight(self.day_plan.day) + timedelta(seconds=steps[-1]["arrival"])
