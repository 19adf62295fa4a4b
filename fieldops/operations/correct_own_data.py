"""Correcting what is held about oneself: contact, name, language, and whether news is sent."""

import json
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import CONFIRM_FOR
from fieldops.domain.places import Channel
from fieldops.domain.roles import THE_REPORTER
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.i18n import LANGUAGES
from fieldops.installation import Installation
from fieldops.models import ContactView, DataLink, DataVisit, Follower, Message, Reporter, ServiceRequest
from fieldops.operations.audit import write_audit
from fieldops.operations.follow_request import channel_of, known_reporter, take_contact
from fieldops.operations.open_data_link import use_up
from fieldops.operations.run_clocks import note_change
from fieldops.operations.same_person import person_of, same_person
from fieldops.operations.send_data_link import new_data_link, write_data_letter
from fieldops.queries.conversations import conversations_of

MOST_NAME: Final = 80


def correct_name(
    session: Session, installation: Installation, visit: DataVisit, reporter_id: int, name: str
) -> None:
    """Keep another name, or none.

    Raises
    ------
    InvalidInput
        It is too long, or holds signs that are no text.
    NotFound
        It is not that of this visit's person.
    """
    reporter = _own(session, installation, visit, reporter_id)
    name = " ".join(name.split())
    if len(name) > MOST_NAME:
        raise InvalidInput("The name may have at most %(most)s characters.", field="name", most=MOST_NAME)
    if not name.isprintable():
        raise InvalidInput("The name holds signs that are no text.", field="name")
    reporter.name_sealed = installation.sealer.seal(name) if name else None
    write_audit(session, THE_REPORTER, "name_corrected", "reporter", reporter.id)


def correct_contact(
    session: Session, installation: Installation, visit: DataVisit, reporter_id: int, contact: str
) -> bool:
    """Take a new contact; return whether it waits for its owner's word.

    A new e-mail address counts once the link sent to it was used. A telephone number cannot be asked, so it
    counts at once, and the old contact can be brought back during the visit.

    Raises
    ------
    InvalidInput
        It is neither an address nor a number, or the one that is held already.
    NotFound
        It is not that of this visit's person.
    Conflict
        A channel tells us this contact: it is corrected there.
    """
    reporter = _own(session, installation, visit, reporter_id)
    if person_of(session, reporter.id) is not None:
        raise Conflict("This contact comes from the channel itself. Change it there, and write to us again.")
    channel, contact = channel_of(contact), contact.strip()
    held = installation.sealer.open(reporter.contact_sealed) if reporter.contact_sealed is not None else ""
    if contact.casefold() == held.casefold():
        raise InvalidInput("This is the contact that we have already.", field="contact")
    if channel is Channel.EMAIL:
        request = session.scalars(
            select(ServiceRequest)
            .join(Follower, Follower.request_id == ServiceRequest.id)
            .where(Follower.reporter_id == reporter.id)
            .order_by(ServiceRequest.id.desc())
            .limit(1)
        ).one()
        session.execute(
            update(DataLink)  # an older wish for another address no longer holds
            .where(DataLink.reporter_id == reporter.id, DataLink.purpose == "confirm")
            .values(expires_at=clock.now())
            .execution_options(synchronize_session=False)
        )
        link = new_data_link(session, installation, reporter, "confirm", CONFIRM_FOR, contact)
        write_data_letter(session, reporter, request, link, "data_confirm")
        return True
    visit.undo_sealed = installation.sealer.seal(json.dumps({"reporter": reporter.id, "contact": held}))
    take_contact(session, installation, reporter, contact, channel)
    write_audit(session, THE_REPORTER, "contact_corrected", "reporter", reporter.id)
    return False


def undo_contact(session: Session, installation: Installation, visit: DataVisit) -> None:
    """Bring the contact back that this visit replaced.

    Raises
    ------
    Conflict
        There is nothing to bring back.
    """
    if visit.undo_sealed is None:
        raise Conflict("There is nothing to take back here.")
    before = json.loads(installation.sealer.open(visit.undo_sealed))
    reporter = _own(session, installation, visit, before["reporter"])
    take_contact(session, installation, reporter, before["contact"], channel_of(before["contact"]))
    visit.undo_sealed = None
    write_audit(session, THE_REPORTER, "contact_corrected", "reporter", reporter.id)


def confirm_contact(session: Session, installation: Installation, secret: str) -> None:
    """Let a new address count: whoever reads its letters has used the link.

    Raises
    ------
    NotFound, Gone
        As `usable_link`.
    """
    link = use_up(session, secret)
    if link.contact_sealed is None or link.reporter_id is None:
        raise NotFound("This link is not valid. Check that it was copied whole.")
    contact = installation.sealer.open(link.contact_sealed)
    reporter = session.get_one(Reporter, link.reporter_id)
    link.contact_sealed = None
    other = known_reporter(session, installation, contact, Channel.EMAIL)
    if other is not None and other.id != reporter.id:
        _hand_over(session, reporter, other)
    else:
        take_contact(session, installation, reporter, contact, Channel.EMAIL)
    write_audit(session, THE_REPORTER, "contact_corrected", "reporter", reporter.id)


def choose_language(session: Session, installation: Installation, visit: DataVisit, language: str) -> None:
    """Write in another language from now on.

    Raises
    ------
    InvalidInput
        It is none of ours.
    """
    if language not in LANGUAGES:
        raise InvalidInput("Choose one of the answers.", field="language")
    for reporter in _people(session, installation, visit):
        reporter.language = language
        person = person_of(session, reporter.id)
        for conversation in conversations_of(session, person.id) if person is not None else ():
            conversation.language = language


def choose_news(session: Session, installation: Installation, visit: DataVisit, *, wanted: bool) -> None:
    """Send no more news of reports, or send it again; what a person answers is always sent."""
    at = None if wanted else clock.now()
    for reporter in _people(session, installation, visit):
        person = person_of(session, reporter.id)
        if person is None:
            reporter.stopped_at = at
            continue
        if (person.stopped_at is None) == wanted:
            continue
        person.stopped_at = at
        for conversation in conversations_of(session, person.id)[-1:]:
            note_change(session, conversation, "news_wanted" if wanted else "stopped", THE_REPORTER)


def _people(session: Session, installation: Installation, visit: DataVisit) -> list[Reporter]:
    if visit.reporter_id is None:
        raise NotFound("This is not open to a link of one report. Ask for a link to all your data.")
    return same_person(session, installation, session.get_one(Reporter, visit.reporter_id))


def _own(session: Session, installation: Installation, visit: DataVisit, reporter_id: int) -> Reporter:
    found = next((one for one in _people(session, installation, visit) if one.id == reporter_id), None)
    if found is None:
        raise NotFound("There is no such contact among your data.")
    return found


def _hand_over(session: Session, reporter: Reporter, other: Reporter) -> None:
    """Let whoever has this address already hear what a person followed: they are one."""
    followed = select(Follower.request_id).where(Follower.reporter_id == other.id)
    session.execute(
        update(Follower)
        .where(Follower.reporter_id == reporter.id, Follower.request_id.not_in(followed))
        .values(reporter_id=other.id)
        .execution_options(synchronize_session=False)
    )
    for table in (Message, ContactView, DataVisit, DataLink):
        session.execute(
            update(table)
            .where(table.reporter_id == reporter.id)
            .values(reporter_id=other.id)
            .execution_options(synchronize_session=False)
        )
    reporter.contact_sealed = reporter.contact_digest = reporter.name_sealed = None
    reporter.anonymised_at = clock.now()
