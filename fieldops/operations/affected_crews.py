"""Which crews that are out would have driven through what was closed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from geoalchemy2.shape import to_shape
from shapely import prepare
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.work_order_states import StopStatus
from fieldops.installation import Installation
from fieldops.models import Crew, RoadClosure, WorkOrder
from fieldops.models.base import lon_lat
from fieldops.queries.closures import as_closures, is_in_force, standing_closures
from fieldops.queries.running_day import BEGUN, DONE, RunningCrew, running_crews
from fieldops.routing.drives import Place, Way


@dataclass(frozen=True)
class AffectedCrew:
    """A crew, and how many of the drives that are left lead through the closure.

    `longer_s` is how much longer they take around it; `cut_off` counts stops that no open road leads to.
    """

    crew: Crew
    drives: int
    longer_s: int
    cut_off: int


def affected_crews(
    session: Session, installation: Installation, closure: RoadClosure, day: date
) -> list[AffectedCrew]:
    """Return the crews with a list out whose usual way to what they have left leads through a closure.

    Empty without a road graph: straight lines say nothing of streets.
    """
    now = clock.now()
    others = [
        row for row in standing_closures(session, now) if row.id != closure.id and is_in_force(row, now)
    ]
    before, after = as_closures(others), as_closures([*others, closure])
    area = to_shape(closure.shape)
    prepare(area)
    found: list[AffectedCrew] = []
    for one in running_crews(session, day):
        path = _left(session, one)
        if len(path) < 2 or one.batch is None:
            continue
        usual, around = installation.roads.ways(path, before), installation.roads.ways(path, after)
        through = [n for n, way in enumerate(usual) if way is not None and _crosses(way, area)]
        if through:
            found.append(_affected(one.crew, through, usual, around))
    return found


def _left(session: Session, one: RunningCrew) -> list[Place]:
    """Return the places of the drives that a crew has left: from where it is, to its stops, to its depot."""
    depot = lon_lat(one.depot.place)
    open_stops = [stop for stop in one.stops if stop.status not in DONE]
    if not open_stops:
        return []
    orders = {
        order.id: lon_lat(order.place)
        for order in session.scalars(
            select(WorkOrder).where(WorkOrder.id.in_([stop.work_order_id for stop in one.stops]))
        )
    }
    done = [stop for stop in one.stops if stop.status in DONE]
    start = orders[done[-1].work_order_id] if done else depot
    begun = [stop for stop in open_stops if stop.status in BEGUN]
    ahead = [*begun, *(stop for stop in open_stops if stop not in begun)]
    if begun and begun[0].status == StopStatus.ARRIVED.value:
        start, ahead = orders[begun[0].work_order_id], ahead[1:]
    return [start, *(orders[stop.work_order_id] for stop in ahead), depot]


def _crosses(way: Way, area: BaseGeometry) -> bool:
    return not way.is_estimate and bool(LineString(way.line).intersects(area))


def _affected(
    crew: Crew, through: Sequence[int], usual: Sequence[Way | None], around: Sequence[Way | None]
) -> AffectedCrew:
    longer, cut_off = 0.0, 0
    for n in through:
        before, after = usual[n], around[n]
        if after is None:
            cut_off += 1
        elif before is not None:
            longer += max(0.0, after.duration_s - before.duration_s)
    return AffectedCrew(crew, len(through), round(longer), cut_off)
