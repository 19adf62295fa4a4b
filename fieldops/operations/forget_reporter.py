"""Forgetting who reported: contact and name, words and photos of their reports, messages on their way.

What the city did stays, as facts without a person: kind, place, dates, history and the repair. Somebody who
wrote by a channel is forgotten by `forget_person`, which comes here for the rest.
"""

from typing import Final

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import Actor
from fieldops.models import (
    ConversationFile,
    DataDeletion,
    DataLink,
    DataVisit,
    Follower,
    Message,
    Photo,
    Reporter,
    ServiceRequest,
    StatusChange,
    TriageCorrection,
)

FORGOTTEN: Final = ""
SIZES: Final = ("large", "small")


def forget_reporter(session: Session, reporter: Reporter) -> list[str]:
    """Take away who somebody is and what they wrote and sent; return the photo files that nobody needs any
    more, to be deleted from the store after the unit of work. Twice is harmless.
    """
    unneeded: list[str] = []
    for request in reports_by(session, reporter.id):
        unneeded += empty_report(session, request)
    reporter.contact_sealed = reporter.name_sealed = reporter.contact_digest = None
    reporter.stopped_at = None
    reporter.anonymised_at = reporter.anonymised_at or clock.now()
    session.execute(delete(Message).where(Message.reporter_id == reporter.id, Message.state != "sent"))
    session.execute(delete(DataDeletion).where(DataDeletion.reporter_id == reporter.id))
    _forget_visits(session, reporter.id)
    session.flush()
    return unneeded


def forget_report(session: Session, request: ServiceRequest) -> list[str]:
    """Take away what a report holds of its author, whoever that is; return the photo files as above.

    Authors who follow nothing else are forgotten with it; the others no longer hear of it.
    """
    unneeded = empty_report(session, request)
    for follower in session.scalars(
        select(Follower).where(Follower.request_id == request.id, Follower.part == "author")
    ).all():
        reporter = session.get_one(Reporter, follower.reporter_id)
        count = select(func.count()).select_from(Follower).where(Follower.reporter_id == reporter.id)
        if session.scalar(count) == 1:
            unneeded += forget_reporter(session, reporter)
            continue
        session.execute(
            delete(Message).where(
                Message.request_id == request.id,
                Message.reporter_id == reporter.id,
                Message.state != "sent",
            )
        )
        session.delete(follower)
    session.execute(delete(DataDeletion).where(DataDeletion.request_id == request.id))
    session.flush()
    return unneeded


def reports_by(session: Session, reporter_id: int) -> list[ServiceRequest]:
    """Return the reports somebody made, the newest first; not those of others that they follow."""
    return list(
        session.scalars(
            select(ServiceRequest)
            .join(Follower, Follower.request_id == ServiceRequest.id)
            .where(Follower.reporter_id == reporter_id, Follower.part == "author")
            .order_by(ServiceRequest.id.desc())
        )
    )


def empty_report(session: Session, request: ServiceRequest) -> list[str]:
    """Take away what a reporter wrote and sent with a report; return the photo files that nobody needs.

    The landmark goes where a point says the place better, else it stays: without it nobody finds the place.
    """
    request.words = FORGOTTEN
    if request.place is not None:
        request.landmark = FORGOTTEN
    session.execute(
        update(StatusChange)
        .where(StatusChange.request_id == request.id, StatusChange.actor == Actor.REPORTER.value)
        .values(words=FORGOTTEN)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(TriageCorrection).where(
            TriageCorrection.thing == "service_request", TriageCorrection.thing_id == request.id
        )
    )
    theirs = (Photo.request_id == request.id) & Photo.stop_id.is_(None)
    return delete_photos(session, list(session.scalars(select(Photo.id).where(theirs))))


def delete_photos(session: Session, photo_ids: list[int]) -> list[str]:
    """Delete photos' rows; return the names of the files that no other row needs."""
    digests = set(session.scalars(select(Photo.sha256).where(Photo.id.in_(photo_ids))))
    session.execute(
        update(ConversationFile)
        .where(ConversationFile.photo_id.in_(photo_ids))
        .values(photo_id=None, state="gone")
        .execution_options(synchronize_session=False)
    )
    session.execute(delete(Photo).where(Photo.id.in_(photo_ids)))
    session.flush()
    kept = set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(digests))))
    return [f"{digest}-{size}.jpg" for digest in sorted(digests - kept) for size in SIZES]


def _forget_visits(session: Session, reporter_id: int) -> None:
    """Leave no way from links and visits to the person; whoever opens one is told that all was deleted."""
    session.execute(
        update(DataLink)
        .where(DataLink.reporter_id == reporter_id)
        .values(reporter_id=None, contact_sealed=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(DataVisit)
        .where(DataVisit.reporter_id == reporter_id)
        .values(reporter_id=None, undo_sealed=None, forgotten_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
