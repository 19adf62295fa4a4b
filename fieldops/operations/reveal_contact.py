"""Showing a reporter's contact to a member of staff: each look is written down."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput, NotAllowed
from fieldops.installation import Installation
from fieldops.models import ChannelPerson, ContactView, Conversation, Reporter, ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.run_clocks import note_change
from fieldops.queries.reporters import contact_words, followers_of

REASONS = ("ask_location", "ask_details", "urgent_danger")


@dataclass(frozen=True)
class Contact:
    """How one reporter is reached. Never stored, never logged."""

    channel: str
    address: str


def reveal_contact(
    session: Session, installation: Installation, request: ServiceRequest, reason: str, by: By
) -> list[Contact]:
    """Return the contacts of a report's followers and log the look.

    Raises
    ------
    InvalidInput
        No reason of the list was given.
    NotAllowed
        The reporter asked to stay anonymous.
    """
    if reason not in REASONS:
        raise InvalidInput("Choose why you need the contact.", field="reason")
    if request.anonymous:
        raise NotAllowed("The reporter asked to stay anonymous, so the contact stays closed.")
    contacts: list[Contact] = []
    for reporter in followers_of(session, request.id):
        if reporter.contact_sealed is None or by.user_id is None:
            continue
        session.add(ContactView(reporter_id=reporter.id, user_id=by.user_id, at=clock.now(), reason=reason))
        contacts.append(Contact(reporter.channel, contact_words(installation.sealer, reporter)))
    write_audit(
        session, by, "contact_shown", "service_request", request.id, reason=reason, shown=len(contacts)
    )
    return contacts


def reveal_person(
    session: Session, installation: Installation, conversation: Conversation, reason: str, by: By
) -> Contact:
    """Return who wrote a conversation, as the channel knows them, and log the look.

    Raises
    ------
    InvalidInput
        No reason of the list was given.
    NotAllowed
        The person asked to be forgotten.
    """
    if reason not in REASONS:
        raise InvalidInput("Choose why you need the contact.", field="reason")
    person = session.get_one(ChannelPerson, conversation.person_id)
    reporter = session.get_one(Reporter, person.reporter_id)
    if reporter.contact_sealed is None or by.user_id is None:
        raise NotAllowed("The person asked to be forgotten.")
    session.add(ContactView(reporter_id=reporter.id, user_id=by.user_id, at=clock.now(), reason=reason))
    note_change(session, conversation, "contact_shown", by, why=reason)
    write_audit(session, by, "contact_shown", "conversation", conversation.id, reason=reason, shown=1)
    return Contact(reporter.channel, contact_words(installation.sealer, reporter))
