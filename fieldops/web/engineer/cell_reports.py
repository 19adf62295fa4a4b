"""The reports that one cell counted, place by place, with the work that followed."""

from dataclasses import dataclass
from typing import Any, Final

from fieldops.domain.hotspot_questions import Question
from fieldops.extensions import db
from fieldops.models import HotspotCell, Photo, ServiceRequest, WorkOrder
from fieldops.operations.look_into_cell import look_into_cell
from fieldops.queries.place_history import orders_of_clusters, photos_after, photos_before, requests_numbered
from fieldops.queries.services import services_by_id
from fieldops.web.page import installation

MOST_SHOWN: Final = 100


@dataclass(frozen=True)
class PlaceShown:
    """One cluster, or one report alone, with its orders and photos."""

    cluster_id: int
    requests: list[ServiceRequest]
    orders: list[WorkOrder]
    before: list[Photo]
    after: list[Photo]


def cell_reports(question: Question, cell: HotspotCell) -> dict[str, Any]:
    """Return what a cell's page shows of its reports, the place with most reports first."""
    session = db.session()
    inside = look_into_cell(session, installation().city, question, cell)
    requests = requests_numbered(session, inside, MOST_SHOWN)
    places: dict[int, list[ServiceRequest]] = {}
    for one in requests:
        places.setdefault(one.cluster_id or -one.id, []).append(one)
    orders = orders_of_clusters(session, [number for number in places if number > 0])
    before = photos_before(session, [one.id for one in requests])
    after = photos_after(session, [order.id for held in orders.values() for order in held])
    shown = [
        PlaceShown(
            cluster_id=max(0, number),
            requests=held,
            orders=orders.get(number, []),
            before=[photo for one in held for photo in before.get(one.id, [])],
            after=[photo for order in orders.get(number, []) for photo in after.get(order.id, [])],
        )
        for number, held in places.items()
    ]
    return {
        "places": sorted(shown, key=lambda one: (-len(one.requests), one.cluster_id)),
        "reports": len(inside),
        "shown": len(requests),
        "services": services_by_id(session),
    }
