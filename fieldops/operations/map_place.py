"""Giving a request its place: the exact point, the public one, and where both lie on the map of tiles."""

from fieldops.models import ServiceRequest
from fieldops.models.base import as_point
from geo.tiles.positions import map_key

Degrees = tuple[float, float]


def put_on_map(request: ServiceRequest, place: Degrees, public: Degrees) -> None:
    """Set a request's places, (lon, lat) in degrees, with their keys: each key is made once, here or for many
    at a time in `add_requests`, and stored, since another machine's logarithm may differ in the last bit.
    """
    request.place, request.map_key = as_point(*place), map_key(*place)
    request.public_place, request.public_key = as_point(*public), map_key(*public)
