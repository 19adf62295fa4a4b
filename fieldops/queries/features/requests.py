"""Reports as features: for staff with the exact place, for everybody what the public map shows."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, or_

from fieldops.domain.map_groups import REPAIRED_SHOWN_DAYS, UNDER_WAY, MapGroup
from fieldops.domain.places import Channel
from fieldops.domain.request_states import OPEN, ClosedReason, RequestStatus
from fieldops.domain.roles import Right
from fieldops.i18n import _l
from fieldops.models import Area, Service, ServiceRequest
from fieldops.queries.features.layer import Column, Kind, Layer, Rows, Scene
from fieldops.queries.spatial import unindexed

OPEN_CODES: Final = sorted(status.value for status in OPEN)
TITLE: Final = _l("Reports")


def _of_service(rows: Rows) -> Rows:
    # every report has one; an outer join that nobody asks by is left out where they are counted
    return rows.outerjoin(Service, Service.id == ServiceRequest.service_id)


# ---------------------------------------------------------------- staff


def _placed(rows: Rows, _scene: Scene) -> Rows:
    return _of_service(rows).outerjoin(Area, Area.id == ServiceRequest.area_id).where(
        ServiceRequest.place.is_not(None)
    )  # fmt: skip


STAFF_REQUESTS: Final = Layer(
    id="requests",
    title=TITLE,
    description=_l("Every report with a place, where it is exactly. No words, photos or people."),
    right=Right.SEE_BOARD,
    shape="Point",
    number=ServiceRequest.id,
    geometry=ServiceRequest.place,
    rows=_placed,
    moment=ServiceRequest.reported_at,
    columns=(
        Column("code", Kind.TEXT, _l("Code"), ServiceRequest.code, asked=True),
        Column("service", Kind.TEXT, _l("Code of the kind of report"), Service.code, asked=True),
        Column("service_name", Kind.TEXT, _l("Kind of report"), Service.name_id),
        Column(
            "status", Kind.TEXT, _l("Status"), ServiceRequest.status,
            asked=True, choices=tuple(status.value for status in RequestStatus),
        ),
        Column("closed_reason", Kind.TEXT, _l("Why it was closed"), ServiceRequest.closed_reason),
        Column("severity", Kind.WHOLE, _l("Severity, 1 to 3"), ServiceRequest.severity, asked=True),
        Column("reported_at", Kind.MOMENT, _l("When it was reported"), ServiceRequest.reported_at),
        Column("ended_at", Kind.MOMENT, _l("When it ended"), ServiceRequest.ended_at),
        Column(
            "channel", Kind.TEXT, _l("The way it came"), ServiceRequest.channel,
            asked=True, choices=tuple(channel.value for channel in Channel),
        ),
        Column("address", Kind.TEXT, _l("Street"), ServiceRequest.address),
        Column("kelurahan", Kind.TEXT, _l("Kelurahan"), Area.name, asked=True),
        Column("accuracy_m", Kind.NUMBER, _l("Accuracy of the place in metres"), ServiceRequest.accuracy_m),
        Column("cluster", Kind.WHOLE, _l("Number of its cluster"), ServiceRequest.cluster_id, asked=True),
        Column(
            "times_reopened", Kind.WHOLE, _l("How often it was opened again"), ServiceRequest.times_reopened
        ),
    ),
)  # fmt: skip


# ---------------------------------------------------------------- everybody

_REPAIRED: Final = or_(
    unindexed(ServiceRequest.status) == RequestStatus.DONE.value,
    and_(
        unindexed(ServiceRequest.status) == RequestStatus.CLOSED.value,
        ServiceRequest.closed_reason == ClosedReason.REPAIRED.value,
    ),
)
_GROUP: Final = case(
    (ServiceRequest.status.in_(sorted(status.value for status in UNDER_WAY)), MapGroup.IN_PROGRESS.value),
    (ServiceRequest.status.in_(OPEN_CODES), MapGroup.OPEN.value),
    else_=MapGroup.REPAIRED.value,
)
"""`told_as(map_group(…), is_public=True)` in SQL, for what `_public` lets through."""


def _public(rows: Rows, scene: Scene) -> Rows:
    """Keep what the public map shows (`maps.live_map`): repairs leave it after two weeks, at midnight."""
    since = scene.city.midnight(scene.day(scene.now) - timedelta(days=REPAIRED_SHOWN_DAYS))
    return _of_service(rows).where(
        ServiceRequest.confidential.is_(False),
        ServiceRequest.public_place.is_not(None),
        or_(
            unindexed(ServiceRequest.status).in_(OPEN_CODES),
            and_(_REPAIRED, ServiceRequest.ended_at >= since),
        ),
    )


def _day(moment: datetime, scene: Scene) -> str:
    return scene.day(moment).isoformat()


def _shows_single_reports(scene: Scene) -> bool:
    return scene.map_least == 0


PUBLIC_REQUESTS: Final = Layer(
    id="requests",
    title=TITLE,
    description=_l(
        "Reports that everybody may know of, on their street: the kind, where it stands, and the day. As on "
        "the public map."
    ),
    shape="Point",
    number=ServiceRequest.id,
    geometry=ServiceRequest.public_place,
    rows=_public,
    moment=ServiceRequest.reported_at,
    is_by_day=True,
    is_numbered=False,
    is_there=_shows_single_reports,
    columns=(
        Column("service", Kind.TEXT, _l("Code of the kind of report"), Service.code, asked=True),
        Column("service_name", Kind.TEXT, _l("Kind of report"), Service.name_id),
        Column(
            "status", Kind.TEXT, _l("Where it stands"), _GROUP,
            asked=True,
            choices=(MapGroup.OPEN.value, MapGroup.IN_PROGRESS.value, MapGroup.REPAIRED.value),
        ),
        Column(
            "reported_on", Kind.DAY, _l("Day on which it was reported"), ServiceRequest.reported_at,
            shown=_day,
        ),
    ),
)  # fmt: skip
