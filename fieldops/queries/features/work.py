"""Places of work and work orders as features, for staff."""

from typing import Final

from sqlalchemy import case, func, select

from fieldops.domain.roles import Right
from fieldops.domain.work_order_states import RepairKind, WorkOrderStatus
from fieldops.i18n import _l
from fieldops.models import Area, Cluster, Department, Service, ServiceRequest, WorkOrder
from fieldops.queries.features.layer import Column, Kind, Layer, Rows, Scene
from fieldops.queries.features.requests import OPEN_CODES

_STATE: Final = case((Cluster.open.is_(True), "open"), else_="closed")
_REPORTS: Final = (
    select(func.count(ServiceRequest.id))
    .where(ServiceRequest.cluster_id == Cluster.id)
    .correlate(Cluster)
    .scalar_subquery()
)
_OPEN_REPORTS: Final = (
    select(func.count(ServiceRequest.id))
    .where(ServiceRequest.cluster_id == Cluster.id, ServiceRequest.status.in_(OPEN_CODES))
    .correlate(Cluster)
    .scalar_subquery()
)


def _living(rows: Rows, _scene: Scene) -> Rows:
    """Leave out numbers that lead to another cluster."""
    return (
        rows.join(Service, Service.id == Cluster.service_id)
        .outerjoin(Area, Area.id == Cluster.area_id)
        .where(Cluster.joined_into_id.is_(None))
    )


CLUSTERS: Final = Layer(
    id="clusters",
    title=_l("Clusters"),
    description=_l("Reports judged to be one place of work, at the place of the oldest."),
    right=Right.SEE_BOARD,
    shape="Point",
    number=Cluster.id,
    geometry=Cluster.anchor,
    rows=_living,
    moment=Cluster.created_at,
    columns=(
        Column("service", Kind.TEXT, _l("Code of the kind of report"), Service.code, asked=True),
        Column("service_name", Kind.TEXT, _l("Kind of report"), Service.name_id),
        Column("status", Kind.TEXT, _l("Status"), _STATE, asked=True, choices=("open", "closed")),
        Column("severity", Kind.WHOLE, _l("Severity, 1 to 3"), Cluster.severity, asked=True),
        Column("reports", Kind.WHOLE, _l("Reports"), _REPORTS),
        Column("open_reports", Kind.WHOLE, _l("Open reports"), _OPEN_REPORTS),
        Column("address", Kind.TEXT, _l("Street"), Cluster.address),
        Column("kelurahan", Kind.TEXT, _l("Kelurahan"), Area.name, asked=True),
        Column("created_at", Kind.MOMENT, _l("When it was made"), Cluster.created_at),
        Column("closed_at", Kind.MOMENT, _l("When it was closed"), Cluster.closed_at),
    ),
)


def _ordered(rows: Rows, _scene: Scene) -> Rows:
    return rows.join(Service, Service.id == WorkOrder.service_id).join(
        Department, Department.id == WorkOrder.department_id
    )


WORK_ORDERS: Final = Layer(
    id="work-orders",
    title=_l("Work orders"),
    description=_l("Instructions for work at one cluster, with what they take. No notes."),
    right=Right.SEE_BOARD,
    shape="Point",
    number=WorkOrder.id,
    geometry=WorkOrder.place,
    rows=_ordered,
    moment=WorkOrder.created_at,
    columns=(
        Column("number", Kind.TEXT, _l("Number"), WorkOrder.number, asked=True),
        Column("cluster", Kind.WHOLE, _l("Number of its cluster"), WorkOrder.cluster_id, asked=True),
        Column("service", Kind.TEXT, _l("Code of the kind of report"), Service.code, asked=True),
        Column("service_name", Kind.TEXT, _l("Kind of report"), Service.name_id),
        Column("department", Kind.TEXT, _l("Department"), Department.code, asked=True),
        Column(
            "status", Kind.TEXT, _l("Status"), WorkOrder.status,
            asked=True, choices=tuple(status.value for status in WorkOrderStatus),
        ),
        Column("severity", Kind.WHOLE, _l("Severity, 1 to 3"), WorkOrder.severity, asked=True),
        Column("duration_s", Kind.WHOLE, _l("Duration in seconds"), WorkOrder.duration_s),
        Column("material", Kind.TEXT, _l("Material"), WorkOrder.material),
        Column("material_amount", Kind.WHOLE, _l("Amount of material"), WorkOrder.material_amount),
        Column("needs_dry_weather", Kind.TRUTH, _l("Needs dry weather"), WorkOrder.dry_weather),
        Column("due_at", Kind.MOMENT, _l("When it is due"), WorkOrder.due_at),
        Column(
            "repair_kind", Kind.TEXT, _l("Temporary or permanent"), WorkOrder.repair_kind,
            asked=True, choices=tuple(kind.value for kind in RepairKind),
        ),
        Column("blocked_reason", Kind.TEXT, _l("Why it could not be done"), WorkOrder.blocked_reason),
        Column("created_at", Kind.MOMENT, _l("When it was made"), WorkOrder.created_at),
        Column("ended_at", Kind.MOMENT, _l("When it ended"), WorkOrder.ended_at),
    ),
)  # fmt: skip
