"""Who hears of a request: its author, and neighbours who said "me too"."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.places import Channel
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import Follower, Reporter, ServiceRequest
from fieldops.outbox import insert_if_absent

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"[+(]?[0-9][0-9 .\-()]{7,18}[0-9]")


def channel_of(contact: str) -> Channel:
    """Return how a contact is reached.

    Raises
    ------
    InvalidInput
        It is neither an e-mail address nor a telephone number; the contact itself is not repeated.
    """
    contact = contact.strip()
    if len(contact) <= 120 and EMAIL.fullmatch(contact):
        return Channel.EMAIL
    if PHONE.fullmatch(contact):
        return Channel.PHONE
    raise InvalidInput(
        "The contact is neither an e-mail address nor a telephone number. Example: 0812 3456 7890.",
        field="contact",
    )


def as_known(contact: str, channel: Channel) -> str:
    """Return what a contact's digest is made of: people write one number with many blanks and marks."""
    if channel is Channel.PHONE:
        return "".join(sign for sign in contact if sign.isdigit() or sign == "+")
    return contact


def follow_request(
    session: Session,
    installation: Installation,
    request: ServiceRequest,
    contact: str,
    *,
    part: str,
    language: str,
) -> Follower:
    """Let a person hear of a request; the same person twice is one follower.

    Parameters
    ----------
    part
        "author" or "me_too".

    Raises
    ------
    InvalidInput
        The contact cannot be reached.
    """
    channel = channel_of(contact)
    if (reporter := known_reporter(session, installation, contact, channel)) is None:
        _meet(session, installation, contact, channel, language)
        reporter = known_reporter(session, installation, contact, channel)
    if reporter is None:
        raise RuntimeError("somebody who was just met is not there")
    insert_if_absent(
        session, Follower, request_id=request.id, reporter_id=reporter.id, part=part, since=clock.now()
    )
    return session.scalars(
        select(Follower).where(Follower.request_id == request.id, Follower.reporter_id == reporter.id)
    ).one()


def known_reporter(
    session: Session, installation: Installation, contact: str, channel: Channel
) -> Reporter | None:
    """Return who is known by a contact, by whichever contact key it was kept."""
    keys = installation.sealer.contact_digests(as_known(contact, channel))
    return session.scalar(
        select(Reporter).where(Reporter.contact_digest.in_(keys)).order_by(Reporter.id).limit(1)
    )


def take_contact(
    session: Session, installation: Installation, reporter: Reporter, contact: str, channel: Channel
) -> None:
    """Let a reporter be reached by another contact from now on.

    Where somebody else is known by it already, it leads to them as before: nobody gets to another's reports
    by writing their number.
    """
    other = known_reporter(session, installation, contact, channel)
    is_free = other is None or other.id == reporter.id
    digest = installation.sealer.contact_digest(as_known(contact, channel))
    reporter.channel = channel.value
    reporter.contact_digest = digest if is_free else None
    reporter.contact_sealed = installation.sealer.seal(contact.strip())


def _meet(
    session: Session, installation: Installation, contact: str, channel: Channel, language: str
) -> None:
    sealer = installation.sealer
    # Two reports of one person at once: the second finds the row of the first instead of failing.
    insert_if_absent(
        session,
        Reporter,
        channel=channel.value,
        contact_digest=sealer.contact_digest(as_known(contact, channel)),
        contact_sealed=sealer.seal(contact.strip()),
        language=language,
        created_at=clock.now(),
    )
