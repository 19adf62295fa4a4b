"""Service requests for staff: one, a page of many, and their history. Never who reported them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.places import LocationState
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.searched_words import searched_words
from fieldops.errors import InvalidInput, NotFound
from fieldops.models import Area, Service, ServiceRequest, StatusChange
from fieldops.queries.clusters import OPEN_CODES
from fieldops.queries.spatial import Box, within

PAGE = 50


def get_request(session: Session, request_id: int) -> ServiceRequest:
    """Return a request or raise NotFound."""
    found = session.get(ServiceRequest, request_id)
    if found is None:
        raise NotFound("There is no such report.")
    return found


def request_by_code(session: Session, code: str) -> ServiceRequest:
    """Return the request of a code as staff type it; capitals and spaces do not matter.

    Raises
    ------
    InvalidInput
        There is none.
    """
    typed = "".join(code.split()).upper()
    found = session.scalar(select(ServiceRequest).where(ServiceRequest.code == typed))
    if found is None:
        raise InvalidInput("There is no report %(code)s.", field="code", code=typed[:40])
    return found


def duplicates_of(session: Session, request_id: int) -> list[ServiceRequest]:
    """Return the requests that were merged into this one."""
    return list(
        session.scalars(
            select(ServiceRequest)
            .where(
                ServiceRequest.duplicate_of_id == request_id,
                ServiceRequest.status == RequestStatus.DUPLICATE.value,
            )
            .order_by(ServiceRequest.id)
        )
    )


def count_unplaced(session: Session) -> int:
    """Return how many open requests have an estimated place, which somebody is to confirm."""
    query = select(func.count(ServiceRequest.id)).where(
        ServiceRequest.place.is_not(None),
        ServiceRequest.location_state != LocationState.CONFIRMED.value,
        ServiceRequest.status.in_(OPEN_CODES),
    )
    return session.scalar(query) or 0


def was_reopened_from(session: Session, request_id: int, source: RequestStatus) -> bool:
    """Return whether a request was opened again from this state before."""
    return (
        session.scalar(
            select(StatusChange.id)
            .where(
                StatusChange.request_id == request_id,
                StatusChange.source == source.value,
                StatusChange.target == RequestStatus.REOPENED.value,
            )
            .limit(1)
        )
        is not None
    )


@dataclass(frozen=True)
class RequestFilter:
    """Which requests to list; empty fields let everything through.

    `status` is a status's code, or "open"; `place` "none" keeps those without a sure location.
    """

    words: str = ""
    status: str = ""
    service: str = ""
    channel: str = ""
    place: str = ""


@dataclass(frozen=True)
class RequestPage:
    """One page of a list: rows of (request, service, kelurahan's name), and how many there are in all."""

    rows: list[tuple[ServiceRequest, Service, str | None]]
    page: int
    pages: int
    total: int


def find_requests(session: Session, wanted: RequestFilter, page: int) -> RequestPage:
    """Return a page of requests, newest first. A page beyond the last shows the last."""
    query = _narrowed(select(ServiceRequest, Service, Area.name), wanted)
    total = session.scalar(_narrowed(select(func.count(ServiceRequest.id)), wanted)) or 0
    pages = max(1, -(-total // PAGE))
    page = min(max(1, page), pages)
    rows = session.execute(
        query.order_by(ServiceRequest.reported_at.desc(), ServiceRequest.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return RequestPage([(request, service, area) for request, service, area in rows], page, pages, total)


def _narrowed(query: Select, wanted: RequestFilter) -> Select:  # type: ignore[type-arg]
    query = query.join(Service, Service.id == ServiceRequest.service_id).outerjoin(
        Area, Area.id == ServiceRequest.area_id
    )
    if wanted.words:
        columns = (ServiceRequest.code, ServiceRequest.address, ServiceRequest.landmark, Area.name)
        for spellings in searched_words(wanted.words) or [(wanted.words,)]:
            query = query.where(
                or_(*(column.icontains(one, autoescape=True) for column in columns for one in spellings))
            )
    if wanted.status == "open":
        query = query.where(ServiceRequest.status.in_(OPEN_CODES))
    elif wanted.status:
        query = query.where(ServiceRequest.status == wanted.status)
    if wanted.service:
        query = query.where(Service.code == wanted.service)
    if wanted.channel:
        query = query.where(ServiceRequest.channel == wanted.channel)
    if wanted.place == "none":
        query = query.where(ServiceRequest.location_state != LocationState.CONFIRMED.value)
    return query


def history_of(session: Session, request_ids: Collection[int]) -> list[StatusChange]:
    """Return the appended history of these requests, oldest first."""
    return list(
        session.scalars(
            select(StatusChange)
            .where(StatusChange.request_id.in_(list(request_ids)))
            .order_by(StatusChange.at, StatusChange.id)
        )
    )


def open_requests_in(session: Session, box: Box) -> list[ServiceRequest]:
    """Return the open, placed requests whose exact place lies in a box of degrees; for staff only."""
    query = select(ServiceRequest).where(
        ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.place.is_not(None)
    )
    return list(
        session.scalars(within(session, query, ServiceRequest.place, box).order_by(ServiceRequest.id))
    )
