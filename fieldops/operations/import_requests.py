"""Taking over requests from another system, a chunk at a time, so that an import can be taken up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.places import LocationSource, LocationState
from fieldops.domain.request_states import ENDED, ClosedReason, RequestStatus
from fieldops.domain.roles import THE_SYSTEM
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import ImportRun, Service, ServiceRequest
from fieldops.operations.add_requests import HistoryLine, ReadyRequest, add_requests
from fieldops.operations.follow_request import follow_request
from fieldops.operations.submit_request import Submission
from fieldops.outbox import insert_if_absent


@dataclass(frozen=True)
class OldRequest:
    """A request of another system: a checked submission, and what became of it there.

    `duplicate_of` is the other system's key of the request that it repeats, "" when it does not.
    """

    submission: Submission
    status: RequestStatus
    ended_at: datetime | None = None
    closed_reason: ClosedReason | None = None
    duplicate_of: str = ""
    location_state: LocationState = LocationState.CONFIRMED


@dataclass(frozen=True)
class RunState:
    """How far an import has come, in rows of the file."""

    id: int
    done: int
    added: int
    known: int
    refused: int
    finished: bool


def begin_import(session: Session, file_digest: str, mapping_digest: str, source: str) -> RunState:
    """Return the import of this file by this mapping, begun now if it is new.

    One that finished with refused rows begins again: what hindered them may be gone, and the rows that are
    here already are known.
    """
    now = clock.now()
    insert_if_absent(
        session, ImportRun, file_digest=file_digest, mapping_digest=mapping_digest, source=source,
        started_at=now, rows_done=0, rows_added=0, rows_known=0, rows_refused=0,
    )  # fmt: skip
    run = session.scalars(
        select(ImportRun).where(
            ImportRun.file_digest == file_digest, ImportRun.mapping_digest == mapping_digest
        )
    ).one()
    if run.finished_at is not None and run.rows_refused:
        run.rows_done = run.rows_added = run.rows_known = run.rows_refused = 0
        run.started_at, run.finished_at = now, None
        session.flush()
    return RunState(
        run.id, run.rows_done, run.rows_added, run.rows_known, run.rows_refused, run.finished_at is not None
    )


def import_chunk(
    session: Session,
    installation: Installation,
    run: RunState,
    requests: Sequence[OldRequest],
    *,
    rows: int,
    repeated: int,
    refused: int,
) -> RunState:
    """Add the next chunk's requests and note in the same transaction how far the import has come.

    Nobody is written to: to their reporters these requests are not new.

    Parameters
    ----------
    run
        As `begin_import` or the chunk before returned it.
    rows
        How many rows of the file the chunk takes, repeated and refused ones included.

    Raises
    ------
    Conflict
        Somebody else carries on with the same import.
    """
    moved = session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id, ImportRun.rows_done == run.done)
        .values(rows_done=run.done + rows)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("Another import of this file is running. Wait until it has ended, then start again.")
    source = requests[0].submission.source if requests else ""
    services = _services(session)
    ready = [_ready(request, services) for request in requests]
    ids = add_requests(session, installation, source, ready) if ready else {}
    _link_duplicates(session, source, requests, ids)
    _add_followers(session, installation, requests, ids)
    new = RunState(
        run.id,
        run.done + rows,
        run.added + len(ids),
        run.known + len(requests) - len(ids) + repeated,
        run.refused + refused,
        finished=False,
    )
    session.execute(
        update(ImportRun)
        .where(ImportRun.id == run.id)
        .values(rows_added=new.added, rows_known=new.known, rows_refused=new.refused)
        .execution_options(synchronize_session=False)
    )
    return new


def finish_import(session: Session, run: RunState) -> None:
    """Note that the whole file was gone through."""
    session.get_one(ImportRun, run.id).finished_at = clock.now()


def _services(session: Session) -> dict[str, tuple[int, int]]:
    rows = session.execute(select(Service.code, Service.id, Service.department_id))
    return {row[0]: (row[1], row[2]) for row in rows}


def _ready(request: OldRequest, services: dict[str, tuple[int, int]]) -> ReadyRequest:
    told = request.submission
    service_id, department_id = services[told.service_code]
    reported_at = told.reported_at or clock.now()
    placed = told.lon is not None and told.lat is not None
    columns: dict[str, Any] = {
        "service_id": service_id,
        "department_id": department_id,
        "status": request.status.value,
        "closed_reason": request.closed_reason.value if request.closed_reason else None,
        "severity": told.severity,
        "words": told.words,
        "channel": told.channel.value,
        "language": told.language,
        "location_state": (request.location_state if placed else LocationState.NONE).value,
        "location_source": (LocationSource.IMPORT if placed else LocationSource.TEXT).value,
        "accuracy_m": told.accuracy_m if placed else None,
        "address": told.address,
        "landmark": told.landmark,
        "anonymous": told.anonymous,
        "confidential": told.confidential,
        "reported_at": reported_at,
        "ended_at": request.ended_at if request.status in ENDED else None,
        "times_reopened": 0,
    }
    return ReadyRequest(told.client_key, columns, told.lon, told.lat, _history(request, reported_at))


def _history(request: OldRequest, reported_at: datetime) -> list[HistoryLine]:
    """Return what is known and no more: when it came, and when and how it ended there."""
    told, actor = request.submission, THE_SYSTEM.actor.value
    came = {"channel": told.channel.value, "imported_from": told.source}
    lines = [HistoryLine(RequestStatus.SUBMITTED.value, reported_at, actor, facts=came)]
    if request.status is not RequestStatus.SUBMITTED:
        facts: dict[str, Any] = {"imported_from": told.source}
        if request.closed_reason:
            facts["closed_reason"] = request.closed_reason.value
        at = request.ended_at or reported_at
        lines.append(HistoryLine(request.status.value, at, actor, facts=facts))
    return lines


def _link_duplicates(
    session: Session, source: str, requests: Sequence[OldRequest], ids: dict[str, int]
) -> None:
    """Point requests at the one they repeat; one that is not here, or comes later, stays unnamed."""
    wanted = {
        request.submission.client_key: request.duplicate_of
        for request in requests
        if request.duplicate_of and request.submission.client_key in ids
    }
    if not wanted:
        return
    originals = {
        row[0]: row[1]
        for row in session.execute(
            select(ServiceRequest.external_key, ServiceRequest.id).where(
                ServiceRequest.source == source, ServiceRequest.external_key.in_(set(wanted.values()))
            )
        )
    }
    for key, original in wanted.items():
        if original in originals and originals[original] != ids[key]:
            session.execute(
                update(ServiceRequest)
                .where(ServiceRequest.id == ids[key])
                .values(duplicate_of_id=originals[original])
                .execution_options(synchronize_session=False)
            )


def _add_followers(
    session: Session, installation: Installation, requests: Sequence[OldRequest], ids: dict[str, int]
) -> None:
    for request in requests:
        told = request.submission
        if told.contact and told.client_key in ids:
            row = session.get_one(ServiceRequest, ids[told.client_key])
            follow_request(session, installation, row, told.contact, part="author", language=told.language)
