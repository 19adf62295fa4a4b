"""What becomes different when crews' lists change: stop by stop, in an order that can be read out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

NOTICEABLE: Final = timedelta(minutes=5)
"""From this much on another time is worth telling a crew (ours)."""

What = Literal["added", "removed", "moved", "retimed"]


@dataclass(frozen=True)
class Visit:
    """One place on a crew's list, still to be visited, with the times it was told."""

    order_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class ListChange:
    """One order's change. `moved` goes from one crew to another; `retimed` stays with its crew.

    The crew is None where the order was, or will be, on nobody's list; so is the time.
    """

    what: What
    order_id: int
    from_crew: int | None
    to_crew: int | None
    was_at: datetime | None
    now_at: datetime | None

    def concerns(self, crew_id: int) -> bool:
        """Whether a crew's list is touched."""
        return crew_id in (self.from_crew, self.to_crew)

    def as_facts(self) -> dict[str, Any]:
        """Return the change as JSON values; moments as Unix seconds."""
        return {
            "what": self.what,
            "order": self.order_id,
            "from": self.from_crew,
            "to": self.to_crew,
            "was": int(self.was_at.timestamp()) if self.was_at else None,
            "now": int(self.now_at.timestamp()) if self.now_at else None,
        }


Lists = Mapping[int, Sequence[Visit]]


def changes_between(before: Lists, after: Lists) -> list[ListChange]:
    """Return what changes from one day of lists to another, in the order of the new times.

    Parameters
    ----------
    before, after
        Crew id to its visits in order. A crew that stands in neither has no list.
    """
    old = {visit.order_id: (crew, visit) for crew, visits in before.items() for visit in visits}
    new = {visit.order_id: (crew, visit) for crew, visits in after.items() for visit in visits}
    changes = [_change(order_id, old.get(order_id), new.get(order_id)) for order_id in {*old, *new}]
    return sorted(
        (change for change in changes if change is not None),
        key=lambda change: (change.now_at is None, change.now_at or change.was_at, change.order_id),
    )


def _change(order_id: int, old: tuple[int, Visit] | None, new: tuple[int, Visit] | None) -> ListChange | None:
    was, now = old[1].starts_at if old else None, new[1].starts_at if new else None
    from_crew, to_crew = old[0] if old else None, new[0] if new else None
    if old is None:
        return ListChange("added", order_id, None, to_crew, None, now)
    if new is None:
        return ListChange("removed", order_id, from_crew, None, was, None)
    if from_crew != to_crew:
        return ListChange("moved", order_id, from_crew, to_crew, was, now)
    if was is not None and now is not None and abs(now - was) >= NOTICEABLE:
        return ListChange("retimed", order_id, from_crew, to_crew, was, now)
    return None


def new_sequence(before: Sequence[Visit], after: Sequence[Visit]) -> bool:
    """Return whether the visits that stay on a list are visited in another order."""
    kept = {visit.order_id for visit in before} & {visit.order_id for visit in after}
    old = [visit.order_id for visit in before if visit.order_id in kept]
    return old != [visit.order_id for visit in after if visit.order_id in kept]
