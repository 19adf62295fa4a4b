"""Opening one's own data: by a link that was sent, once, or for one report by its secret link."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import VISIT_FOR
from fieldops.domain.references import digest, new_secret
from fieldops.errors import Gone, NotFound
from fieldops.installation import Installation
from fieldops.models import DataLink, DataVisit, ServiceRequest
from fieldops.operations.send_data_link import send_data_link
from fieldops.queries.own_data import link_by_secret
from fieldops.queries.reporters import followers_of, part_of


def usable_link(session: Session, secret: str) -> DataLink:
    """Return the link of a secret; looking at it does not use it.

    Raises
    ------
    NotFound
        It was not made here, or not copied whole.
    Gone
        It was used, its time is over, or its person was forgotten.
    """
    link = link_by_secret(session, secret)
    if link is None:
        raise NotFound("This link is not valid. Check that it was copied whole.")
    if link.reporter_id is None:
        raise Gone("These data were deleted, so this link opens nothing any more.")
    if link.used_at is not None:
        raise Gone("This link was used already. It is good once; ask for a new one.")
    if link.expires_at <= clock.now():
        raise Gone("The time of this link is over. Ask for a new one.")
    return link


def open_data_link(session: Session, secret: str) -> str:
    """Use a link to somebody's data up and begin a visit; return the visit's secret, for the browser alone.

    Raises
    ------
    NotFound, Gone
        As `usable_link`.
    """
    link = use_up(session, secret)
    return begin_visit(session, reporter_id=link.reporter_id)


def use_up(session: Session, secret: str) -> DataLink:
    """Use a link up, once, whoever else presses at the same time.

    Raises
    ------
    NotFound, Gone
        As `usable_link`.
    """
    link = usable_link(session, secret)
    used = session.execute(
        update(DataLink)
        .where(DataLink.id == link.id, DataLink.used_at.is_(None))
        .values(used_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )
    if used.rowcount != 1:  # type: ignore[attr-defined]
        raise Gone("This link was used already. It is good once; ask for a new one.")
    return link


def begin_visit(session: Session, *, reporter_id: int | None = None, request_id: int | None = None) -> str:
    """Begin a visit of a person, or of one report alone; return its secret."""
    secret, now = new_secret(), clock.now()
    session.add(
        DataVisit(
            reporter_id=reporter_id,
            request_id=request_id,
            digest=digest(secret),
            began_at=now,
            expires_at=now + VISIT_FOR,
            receipt={},
        )
    )
    session.flush()
    return secret


def ask_by_tracking(session: Session, installation: Installation, request: ServiceRequest) -> str:
    """Let whoever has a report's secret link come to its data; return the secret of a visit of this report
    alone, or nothing where the author is sent a link.

    That link may have been passed on. So it opens no contact and no other report; where the author can be
    written to, they alone decide. Who left no contact, or a telephone number only, has no other way.
    """
    authors = [
        one for one in followers_of(session, request.id) if part_of(session, request.id, one.id) == "author"
    ]
    sent = [send_data_link(session, installation, author, request) for author in authors]
    return "" if any(sent) else begin_visit(session, request_id=request.id)


def end_visit(visit: DataVisit) -> None:
    """End a visit before its time."""
    visit.expires_at = clock.now()
    visit.undo_sealed = None


def tidy_own_data(session: Session) -> None:
    """Delete links and visits whose time is over."""
    for table in (DataLink, DataVisit):
        session.execute(
            delete(table)
            .where(table.expires_at < clock.now() - VISIT_FOR * 48)
            .execution_options(synchronize_session=False)
        )
