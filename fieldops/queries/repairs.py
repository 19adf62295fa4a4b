"""Finished repairs, as the search for places that were repaired again reads them."""

from datetime import timedelta
from typing import Final

import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from fieldops.domain.city import City
from fieldops.domain.hotspot_questions import Question
from fieldops.domain.work_order_states import RepairKind
from fieldops.models import Area, Cluster, Service, WorkOrder

COLUMNS: Final = ("id", "ended_at", "repair_kind", "family", "lon", "lat", "kind_before")


def repairs_of(session: Session, city: City, question: Question) -> pd.DataFrame:
    """Return the work that crews finished in a question's period, by time.

    Returns
    -------
    A row an order: id, family (of its kind), at_day (days since the period's first midnight), lon, lat in
    degrees, is_planned (the permanent repair that a temporary one foresaw). Work by residents is left out,
    for it is no crew's.
    """
    earlier = aliased(WorkOrder)
    query = (
        select(
            WorkOrder.id,
            WorkOrder.ended_at,
            WorkOrder.repair_kind,
            Service.family,
            func.ST_X(WorkOrder.place),
            func.ST_Y(WorkOrder.place),
            earlier.repair_kind,
        )
        .join(Service, Service.id == WorkOrder.service_id)
        .outerjoin(earlier, earlier.id == WorkOrder.rework_of_id)
        .where(
            WorkOrder.status == "done",
            WorkOrder.repair_kind.in_((RepairKind.TEMPORARY.value, RepairKind.PERMANENT.value)),
            WorkOrder.ended_at >= city.midnight(question.first),
            WorkOrder.ended_at < city.midnight(question.last + timedelta(days=1)),
        )
        .order_by(WorkOrder.ended_at, WorkOrder.id)
    )
    if question.services:
        query = query.where(Service.code.in_(question.services))
    if question.kelurahan:
        query = (
            query.join(Cluster, Cluster.id == WorkOrder.cluster_id)
            .join(Area, Area.id == Cluster.area_id)
            .where(Area.name == question.kelurahan)
        )
    frame = pd.DataFrame(session.execute(query).all(), columns=list(COLUMNS))
    since = pd.to_datetime(frame.pop("ended_at"), utc=True) - pd.Timestamp(city.midnight(question.first))
    planned = frame.pop("kind_before").eq(RepairKind.TEMPORARY.value) & frame.pop("repair_kind").eq(
        RepairKind.PERMANENT.value
    )
    return frame.assign(at_day=since / pd.Timedelta(days=1), is_planned=planned)
