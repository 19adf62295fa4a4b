"""Open reports near a place, for officials: what a conversation may be about already."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.models import Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.look_around import distances_m
from fieldops.queries.requests import open_requests_in
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import box_around

RADIUS_M: Final = 150.0
MOST: Final = 5


@dataclass(frozen=True)
class NearRequest:
    """An open report, its kind, and how far away it is in metres."""

    request: ServiceRequest
    service: Service
    away_m: float


def near_requests(
    session: Session, city: City, lon: float, lat: float, *, other_than: int | None = None
) -> list[NearRequest]:
    """Return the open reports within 150 m of a place in degrees, nearest first, at most five."""
    found = [one for one in open_requests_in(session, box_around(lon, lat, RADIUS_M)) if one.id != other_than]
    places = [lon_lat(one.place) for one in found if one.place is not None]
    away = distances_m(city, lon, lat, places).tolist() if places else []
    services = services_by_id(session)
    near = [
        NearRequest(one, services[one.service_id], metres)
        for one, metres in zip(found, away, strict=True)
        if metres <= RADIUS_M
    ]
    return sorted(near, key=lambda one: (one.away_m, one.request.id))[:MOST]
