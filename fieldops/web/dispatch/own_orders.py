"""Lists that crews put in an order of their own: when, what it costs, and what comes late by it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fieldops.extensions import db
from fieldops.i18n import _, clock_words
from fieldops.models import Batch
from fieldops.queries.own_orders import own_orders
from fieldops.web.order_words import cost_words


@dataclass(frozen=True)
class OwnOrderSaid:
    """When a crew put its list in order, what that costs, and a sentence for each promise that it breaks."""

    at: datetime
    cost: str
    broken: tuple[str, ...]
    is_undone: bool


def own_orders_said(batches: Collection[Batch]) -> dict[int, OwnOrderSaid]:
    """Return, by crew, what its own order of its list is, as long as that is the newest version."""
    crew_of = {batch.id: batch.crew_id for batch in batches}
    found = own_orders(db.session(), crew_of)
    return {
        crew_of[batch_id]: OwnOrderSaid(
            event.at,
            cost_words(event.facts["longer_s"], event.facts["later_s"], _moment(event.facts["back"])),
            tuple(_broken(one) for one in event.facts["broken"]),
            bool(event.facts.get("undo")),
        )
        for batch_id, event in found.items()
    }


def _broken(one: dict[str, Any]) -> str:
    at, until = clock_words(_moment(one["at"])), clock_words(_moment(one["until"]))
    if one["kind"] == "shift":
        return _("Back at about %(at)s, after the shift ends at %(until)s.", at=at, until=until)
    return _(
        "%(number)s is promised by %(until)s and would be over at about %(at)s.",
        number=one["number"],
        at=at,
        until=until,
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
