"""The reports that one cell counted, place by place, with the work that followed."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from geoalchemy2.shape import to_shape
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from fieldops.domain.hotspot_questions import Question
from fieldops.extensions import db
from fieldops.models import HotspotCell, Photo, ServiceRequest, WorkOrder
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.hotspot_frames import reports_of
from fieldops.queries.place_history import orders_of_clusters, photos_after, photos_before, requests_numbered
from fieldops.queries.services import services_by_id
from fieldops.web.page import installation
from geo.crs import to_metres

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
    session, shape = db.session(), to_shape(cell.shape)
    found = reports_of(
        session, installation().city, question, question.first, question.last, near=shape.bounds
    ).frame
    inside = found[_lies_in(shape, found["lon"].to_numpy(), found["lat"].to_numpy())]
    requests = requests_numbered(session, inside["id"].tolist(), MOST_SHOWN)
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


def _lies_in(shape: BaseGeometry, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Say which places lie in a cell: in metres, where its sides are straight, as they were counted."""
    crs = city_crs(installation().city)

    def to_plane(places: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_metres(places[:, 0], places[:, 1], crs))

    x_m, y_m = to_metres(lon, lat, crs)
    return np.asarray(shapely.contains_xy(shapely.transform(shape, to_plane), x_m, y_m), dtype=np.bool_)
