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


def _as_known(contact: str, channel: Channel) -> str:
    """Return a contact without the blanks and marks by which people write one number in many ways."""
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
    sealer = installation.sealer
    channel = channel_of(contact)
    key = sealer.contact_digest(_as_known(contact, channel))
    # Two reports of one person at once: the second finds the row of the first instead of failing.
    insert_if_absent(
        session,
        Reporter,
        channel=channel.value,
        contact_digest=key,
        contact_sealed=sealer.seal(contact.strip()),
        language=language,
        created_at=clock.now(),
    )
    reporter = session.scalars(select(Reporter).where(Reporter.contact_digest == key)).one()
    insert_if_absent(
        session, Follower, request_id=request.id, reporter_id=reporter.id, part=part, since=clock.now()
    )
    return session.scalars(
        select(Follower).where(Follower.request_id == request.id, Follower.reporter_id == reporter.id)
    ).one()
