"""Giving a report without a sure location its place, so that it can join a cluster."""

from sqlalchemy.orm import Session

from fieldops.domain.places import LocationSource, LocationState
from fieldops.domain.roles import By
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.locate_request import locate
from fieldops.operations.map_place import put_on_map
from fieldops.operations.submit_request import check_coordinates
from fieldops.outbox import enqueue

STAFF_ACCURACY_M = 30.0
"""What a place found from words is taken to be good for (ours)."""


def place_request(
    session: Session, installation: Installation, request: ServiceRequest, lon: float, lat: float, by: By
) -> None:
    """Set the place of a report that has none, or an estimated one, in degrees, and let it be grouped: a
    member of staff has found it.

    Raises
    ------
    Conflict
        Its place is confirmed already.
    InvalidInput, OutOfArea
        The point cannot be.
    """
    if request.location_state == LocationState.CONFIRMED.value:
        raise Conflict("This report has a location already.")
    lon, lat = check_coordinates(lon, lat, installation)
    located = locate(session, installation.city, lon, lat)
    put_on_map(request, (lon, lat), located.public)
    request.area_id, request.address = located.area_id, request.address or located.street
    request.location_state = LocationState.CONFIRMED.value
    request.location_source, request.accuracy_m = LocationSource.STAFF.value, STAFF_ACCURACY_M
    write_audit(session, by, "request_placed", "service_request", request.id)
    session.flush()
    enqueue(session, "group_request", {"request_id": request.id}, dedupe_key=f"group:{request.id}")
