"""What a plan's pages say of the roads it was computed over."""

from dataclasses import dataclass

from fieldops.models import DayPlan, WorkOrder
from fieldops.routing.drives import UNREACHABLE_M, Source
from fieldops.web.dispatch.planned_day import Described
from fieldops.web.road_words import source_words, why_words


@dataclass(frozen=True)
class FarOrder:
    """An order far from any road: metres, −1 where there is none at all."""

    order: WorkOrder
    away_m: int

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no crew walks there."""
        return not 0 <= self.away_m <= UNREACHABLE_M


@dataclass(frozen=True)
class RoadsSaid:
    """`said` names the source, `why` says why no better one was used; `closures` counts what was closed."""

    is_estimate: bool
    said: str
    why: str
    closures: int
    far: tuple[FarOrder, ...]


def roads_said(day_plan: DayPlan, orders: Described) -> RoadsSaid:
    """Return what to say of a plan's roads. Plans from before roads were known are estimates."""
    facts = day_plan.problem.get("_roads", {})
    return RoadsSaid(
        facts.get("source", Source.ESTIMATE.value) == Source.ESTIMATE.value,
        source_words(facts),
        why_words(facts),
        len(facts.get("closures", [])),
        tuple(
            FarOrder(orders[number][0], away_m) for number, away_m in facts.get("far", []) if number in orders
        ),
    )
