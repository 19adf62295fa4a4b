"""Giving a report without a sure location its place, so that it can join a cluster; and correcting one."""

from sqlalchemy.orm import Session

from fieldops.domain.places import LocationSource, LocationState
from fieldops.domain.roles import By
from fieldops.domain.waitings import WaitingKind
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.ask_to_group import ask_to_group
from fieldops.operations.audit import write_audit
from fieldops.operations.change_order import CHANGEABLE
from fieldops.operations.group_requests import group_around
from fieldops.operations.locate_request import locate
from fieldops.operations.map_place import put_on_map
from fieldops.operations.refresh_cluster import lock_grouping, refresh_cluster
from fieldops.operations.run_waitings import end_waiting
from fieldops.operations.submit_request import check_coordinates
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.work_orders import open_orders_of

STAFF_ACCURACY_M = 30.0
"""What a place found from words is taken to be good for (ours)."""

MOVED_ACCURACY_M = 8.0
"""What a pin is taken to be good for that staff have moved to the spot, as a dragged one (ours)."""


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
    _set_place(session, installation, request, lon, lat)
    write_audit(session, by, "request_placed", "service_request", request.id)
    ask_to_group(session, request)


def correct_place(
    session: Session, installation: Installation, request: ServiceRequest, lon: float, lat: float, by: By
) -> None:
    """Move a report to where it is, in degrees, and group anew what it leaves and what it comes to. An order
    that no crew has yet goes along with its place.

    Raises
    ------
    Conflict
        It has no place yet, or it has ended.
    InvalidInput, OutOfArea
        The point cannot be.
    """
    if request.place is None or request.location_state != LocationState.CONFIRMED.value:
        raise Conflict("This report has no location yet.")
    if request.status not in OPEN_CODES:
        raise Conflict("This report has ended, so its place stays as it was.")
    before = lon_lat(request.place)
    lock_grouping(session)
    _set_place(session, installation, request, lon, lat, moved=True)
    write_audit(session, by, "request_moved", "service_request", request.id)
    group_around(session, installation, [request.id], left=[before])
    if request.cluster_id is not None:
        cluster = session.get_one(Cluster, request.cluster_id)
        refresh_cluster(session, cluster)
        for order in open_orders_of(session, cluster.id):
            if order.status in CHANGEABLE:
                order.place = cluster.anchor
    session.flush()


def _set_place(
    session: Session,
    installation: Installation,
    request: ServiceRequest,
    lon: float,
    lat: float,
    *,
    moved: bool = False,
) -> None:
    lon, lat = check_coordinates(lon, lat, installation)
    located = locate(session, installation.city, lon, lat, installation.roads)
    put_on_map(request, (lon, lat), located.public)
    request.area_id = located.area_id
    if moved or not request.address:
        request.address = located.street or request.address
    request.location_state = LocationState.CONFIRMED.value
    request.location_source = LocationSource.STAFF.value
    request.accuracy_m = MOVED_ACCURACY_M if moved else STAFF_ACCURACY_M
    session.flush()
    end_waiting(session, request, WaitingKind.PLACE)
