"""Runs of priorities and evaluations, and their rows."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.maintenance_questions import MaintenanceKind
from fieldops.errors import NotFound
from fieldops.models import MaintenanceRow, MaintenanceRun, ServiceRequest, WorkOrder
from fieldops.queries.hotspots import BEING_MADE


def get_maintenance_run(session: Session, run_id: int, kind: MaintenanceKind | None = None) -> MaintenanceRun:
    """Return a run, of a kind if one is named.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    found = session.get(MaintenanceRun, run_id)
    if found is None or (kind is not None and found.kind != kind.value):
        raise NotFound("There is no such computation.")
    return found


def same_maintenance_run(session: Session, digest: str, seed: int, change_seq: int) -> MaintenanceRun | None:
    """Return a run of the same question and seed that is being made, or saw the same change of the map."""
    return session.scalar(
        select(MaintenanceRun)
        .where(
            MaintenanceRun.question_digest == digest,
            MaintenanceRun.seed == seed,
            or_(
                MaintenanceRun.state.in_(BEING_MADE),
                and_(MaintenanceRun.state.in_(("done", "refused")), MaintenanceRun.change_seq == change_seq),
            ),
        )
        .order_by(MaintenanceRun.id.desc())
        .limit(1)
    )


def newest_maintenance(session: Session, kind: MaintenanceKind, most: int) -> list[MaintenanceRun]:
    """Return the newest runs of a kind."""
    return list(
        session.scalars(
            select(MaintenanceRun)
            .where(MaintenanceRun.kind == kind.value)
            .order_by(MaintenanceRun.id.desc())
            .limit(most)
        )
    )


def maintenance_waiting(session: Session, user_id: int | None) -> int:
    """Return how many runs a user waits for."""
    query = select(func.count()).where(
        MaintenanceRun.user_id == user_id, MaintenanceRun.state.in_(BEING_MADE)
    )
    return session.scalar(query) or 0


def maintenance_rows(
    session: Session, run_id: int, *, chosen: bool = False, most: int | None = None, offset: int = 0
) -> Sequence[MaintenanceRow]:
    """Return the rows of a run by number, of the chosen ones alone if wanted."""
    query = select(MaintenanceRow).where(MaintenanceRow.run_id == run_id)
    if chosen:
        query = query.where(MaintenanceRow.is_chosen.is_(True))
    return session.scalars(query.order_by(MaintenanceRow.number).limit(most).offset(offset)).all()


def count_maintenance_rows(session: Session, run_id: int, *, chosen: bool = False) -> int:
    """Return how many rows a run keeps."""
    query = select(func.count()).where(MaintenanceRow.run_id == run_id)
    if chosen:
        query = query.where(MaintenanceRow.is_chosen.is_(True))
    return session.scalar(query) or 0


def first_reported(session: Session) -> datetime | None:
    """Return when the first report that is kept was made."""
    return session.scalar(select(func.min(ServiceRequest.reported_at)))


def finished_order(session: Session, number: str) -> tuple[WorkOrder, float, float] | None:
    """Return a finished work order by its number, with its longitude and latitude."""
    row = session.execute(
        select(WorkOrder, func.ST_X(WorkOrder.place), func.ST_Y(WorkOrder.place)).where(
            WorkOrder.number == number, WorkOrder.status == "done", WorkOrder.ended_at.is_not(None)
        )
    ).first()
    return (row[0], float(row[1]), float(row[2])) if row else None
