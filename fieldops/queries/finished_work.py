"""What finished work took, as its history says: minutes at the place and material used."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.work_order_states import RepairKind
from fieldops.models import WorkOrder, WorkOrderChange

MOST_JOBS: Final = 200
LEAST_MINUTES, MOST_MINUTES = 3, 8 * 60
"""What lies outside was not measured: a crew that reports arrival and end at once, or forgets the end."""


@dataclass(frozen=True)
class FinishedWork:
    """What finished jobs of one kind and size took, newest first."""

    minutes: tuple[int, ...]
    material: tuple[int, ...]


def finished_work(session: Session, service_id: int, severity: int, since: datetime) -> FinishedWork:
    """Return what the newest finished jobs took; a correction replaces what the crew reported."""
    rows = session.execute(
        select(WorkOrder.id, WorkOrderChange.facts)
        .join(WorkOrderChange, WorkOrderChange.work_order_id == WorkOrder.id)
        .where(
            WorkOrder.service_id == service_id,
            WorkOrder.severity == severity,
            WorkOrder.status == "done",
            WorkOrder.repair_kind != RepairKind.RESIDENT_WORK.value,
            WorkOrder.ended_at >= since,
            WorkOrderChange.target == "done",
        )
        .order_by(WorkOrder.ended_at.desc(), WorkOrder.id, WorkOrderChange.id.desc())
        .limit(3 * MOST_JOBS)
    )
    minutes: dict[int, int] = {}
    material: dict[int, int] = {}
    for order_id, facts in rows:
        if LEAST_MINUTES <= (facts.get("minutes") or 0) <= MOST_MINUTES:
            minutes.setdefault(order_id, facts["minutes"])
        if facts.get("material") is not None:
            material.setdefault(order_id, facts["material"])
    return FinishedWork(tuple(minutes.values())[:MOST_JOBS], tuple(material.values())[:MOST_JOBS])


def used_of(session: Session, order_id: int) -> tuple[int | None, int | None]:
    """Return (minutes, material) that one finished order took, None where nobody said."""
    lines = session.scalars(
        select(WorkOrderChange.facts)
        .where(WorkOrderChange.work_order_id == order_id, WorkOrderChange.target == "done")
        .order_by(WorkOrderChange.id.desc())
    ).all()
    minutes = next((facts["minutes"] for facts in lines if facts.get("minutes") is not None), None)
    material = next((facts["material"] for facts in lines if facts.get("material") is not None), None)
    return minutes, material
