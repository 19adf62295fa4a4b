"""Deleting what is held about somebody at their own word: at once, or when an open danger is over."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import DELETION_WAITS
from fieldops.domain.roles import THE_REPORTER
from fieldops.errors import Gone
from fieldops.installation import Installation
from fieldops.models import (
    ConversationMessage,
    DataDeletion,
    DataVisit,
    Follower,
    Photo,
    Reporter,
    ServiceRequest,
)
from fieldops.operations.audit import write_audit
from fieldops.operations.forget_people import forget_people
from fieldops.operations.forget_reporter import forget_report, reports_by
from fieldops.operations.same_person import person_of, same_person
from fieldops.queries.conversations import conversations_of
from fieldops.queries.own_data import deletions_of, open_dangers, waiting_deletions


@dataclass(frozen=True)
class Deleted:
    """What became of a wish: `waits` where a danger is still open, else what went, as figures.

    `files` are photos that nobody needs any more, to be deleted from the store after the unit of work.
    """

    waits: bool = False
    receipt: dict[str, Any] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


def delete_own_data(session: Session, installation: Installation, visit: DataVisit) -> Deleted:
    """Delete what a visit may see, or let it wait for the end of a danger; twice is one.

    Raises
    ------
    Gone
        It was deleted already.
    """
    session.refresh(visit, with_for_update=True)  # two tabs at once
    if visit.forgotten_at is not None:
        raise Gone("Your data were deleted already. There is nothing left to delete.")
    people, reports = _subject(session, installation, visit.reporter_id, visit.request_id)
    if open_dangers(session, [row.id for row in reports]):
        _let_wait(session, visit)
        return Deleted(waits=True)
    files, receipt = _delete(session, installation, people, reports, limited=visit.reporter_id is None)
    visit.forgotten_at, visit.receipt = clock.now(), receipt
    visit.reporter_id = visit.request_id = visit.undo_sealed = None
    return Deleted(receipt=receipt, files=files)


def keep_own_data(session: Session, installation: Installation, visit: DataVisit) -> None:
    """Take a deletion that waits back."""
    people, reports = _subject(session, installation, visit.reporter_id, visit.request_id)
    limited = [row.id for row in reports] if visit.reporter_id is None else []
    for row in deletions_of(session, [one.id for one in people], limited):
        session.delete(row)


def carry_out_deletions(session: Session, installation: Installation) -> list[str]:
    """Carry out the deletions whose danger is over, or that have waited as long as the law lets them; return
    the photo files that nobody needs any more.
    """
    files: list[str] = []
    for row in waiting_deletions(session):
        people, reports = _subject(session, installation, row.reporter_id, row.request_id)
        if row.due_at > clock.now() and open_dangers(session, [one.id for one in reports]):
            continue
        gone, _receipt = _delete(session, installation, people, reports, limited=row.reporter_id is None)
        files += gone
    return files


def _subject(
    session: Session, installation: Installation, reporter_id: int | None, request_id: int | None
) -> tuple[list[Reporter], list[ServiceRequest]]:
    """Return whom and which reports a visit or a deletion is about."""
    if reporter_id is None:
        found = session.get(ServiceRequest, request_id) if request_id is not None else None
        return [], [found] if found is not None else []
    people = same_person(session, installation, session.get_one(Reporter, reporter_id))
    reports = {row.id: row for one in people for row in reports_by(session, one.id)}
    return people, list(reports.values())


def _let_wait(session: Session, visit: DataVisit) -> None:
    known = deletions_of(
        session,
        [visit.reporter_id] if visit.reporter_id is not None else [],
        [visit.request_id] if visit.request_id is not None else [],
    )
    if known:
        return
    now = clock.now()
    row = DataDeletion(
        reporter_id=visit.reporter_id, request_id=visit.request_id, asked_at=now, due_at=now + DELETION_WAITS
    )
    session.add(row)
    session.flush()
    write_audit(session, THE_REPORTER, "data_deletion_waits", "data_deletion", row.id)


def _delete(
    session: Session,
    installation: Installation,
    people: Collection[Reporter],
    reports: Collection[ServiceRequest],
    *,
    limited: bool,
) -> tuple[list[str], dict[str, int]]:
    receipt = _figures(session, people, reports)
    files: list[str] = []
    if limited:
        for report in reports:
            files += forget_report(session, report)
            write_audit(session, THE_REPORTER, "report_emptied", "service_request", report.id, **receipt)
        return files, receipt
    files += forget_people(session, installation, people, THE_REPORTER)
    for row in people:
        write_audit(session, THE_REPORTER, "data_deleted", "reporter", row.id, **receipt)
    return sorted(set(files)), receipt


def _figures(
    session: Session, people: Collection[Reporter], reports: Collection[ServiceRequest]
) -> dict[str, int]:
    """Return how much of what there is; figures only."""
    conversations = {
        row.id
        for one in people
        if (person := person_of(session, one.id)) is not None
        for row in conversations_of(session, person.id)
    }
    numbers = [row.id for row in reports]
    return {
        "reports": len(numbers),
        "photos": _count(session, Photo.request_id.in_(numbers) & Photo.stop_id.is_(None)),
        "messages": _count(session, ConversationMessage.conversation_id.in_(conversations)),
        "contacts": len([one for one in people if one.contact_sealed is not None])
        or _count(session, Follower.request_id.in_(numbers) & (Follower.part == "author")),
    }


def _count(session: Session, condition: Any) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0
