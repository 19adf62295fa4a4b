"""Versions of the suggestion model, and the words that staff confirmed."""

from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, undefer

from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.errors import NotFound
from fieldops.models import Service, ServiceRequest, TriageCorrection, TriageModel

READ_BY_STAFF: Final = (
    RequestStatus.ACKNOWLEDGED, RequestStatus.SCHEDULED, RequestStatus.IN_PROGRESS, RequestStatus.DONE,
)  # fmt: skip
FOUND_TRUE: Final = (ClosedReason.REPAIRED, ClosedReason.FOUND_FIXED)
MOST_OF_A_KIND: Final = 500
LEAST_SIGNS: Final = 8


def active_version(session: Session) -> int | None:
    """Return the number of the version in use, None for the one that came with the program."""
    return session.scalar(
        select(TriageModel.id).where(TriageModel.is_active.is_(True)).order_by(TriageModel.id.desc()).limit(1)
    )


def version_data(session: Session, version: int) -> bytes:
    """Return a version's file.

    Raises
    ------
    NotFound
        There is no such version.
    """
    data = session.scalar(select(TriageModel.data).where(TriageModel.id == version))
    if data is None:
        raise NotFound("There is no such version of the suggestions.")
    return data


def all_versions(session: Session) -> list[TriageModel]:
    """Return the versions without their files, the newest first."""
    return list(session.scalars(select(TriageModel).order_by(TriageModel.id.desc())))


def version_with_data(session: Session, version: int) -> TriageModel:
    """Return a version with its file.

    Raises
    ------
    NotFound
        There is no such version.
    """
    found = session.get(TriageModel, version, options=[undefer(TriageModel.data)])
    if found is None:
        raise NotFound("There is no such version of the suggestions.")
    return found


def confirmed_words(session: Session) -> list[tuple[str, str]]:
    """Return (words, service code) of reports that a person has read and not turned down, the newest first,
    at most `MOST_OF_A_KIND` of a kind. A correction's kind goes before the report's own.
    """
    newest = (
        select(TriageCorrection.thing_id, func.max(TriageCorrection.id).label("id"))
        .where(
            TriageCorrection.thing == "service_request",
            TriageCorrection.chosen_service_id.is_not(None),
        )
        .group_by(TriageCorrection.thing_id)
        .subquery()
    )
    kind = func.coalesce(TriageCorrection.chosen_service_id, ServiceRequest.service_id)
    place = func.row_number().over(partition_by=kind, order_by=ServiceRequest.id.desc()).label("place")
    held = (
        select(ServiceRequest.id, ServiceRequest.words, kind.label("service_id"), place)
        .outerjoin(newest, newest.c.thing_id == ServiceRequest.id)
        .outerjoin(TriageCorrection, TriageCorrection.id == newest.c.id)
        .where(
            func.length(ServiceRequest.words) >= LEAST_SIGNS,
            or_(
                ServiceRequest.status.in_(READ_BY_STAFF),
                ServiceRequest.closed_reason.in_(FOUND_TRUE),
            ),
        )
        .subquery()
    )
    rows = session.execute(
        select(held.c.words, Service.code)
        .join(Service, Service.id == held.c.service_id)
        .where(held.c.place <= MOST_OF_A_KIND)
        .order_by(held.c.id.desc())
    )
    return [(words, code) for words, code in rows]
