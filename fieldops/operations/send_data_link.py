"""Sending somebody the link to their own data, by the way they reported and by no other."""

import json
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import LINK_FOR, LINK_MARK, LINKS_WITHIN, MOST_LINKS, plain_number
from fieldops.domain.places import Channel
from fieldops.domain.references import digest, new_secret
from fieldops.installation import Installation
from fieldops.models import Conversation, DataLink, Message, Reporter, ServiceRequest
from fieldops.operations.follow_request import channel_of
from fieldops.operations.queue_reply import AutomaticReply, queue_automatic_replies
from fieldops.operations.same_person import person_of
from fieldops.operations.write_message import write_chat
from fieldops.outbox import enqueue
from fieldops.queries.conversations import conversations_of
from fieldops.queries.own_data import links_sent
from fieldops.queries.reporters import followers_of
from fieldops.sealing import Sealer

PURPOSE = "my-data"


def ask_for_data_link(session: Session, installation: Installation, code: str, contact: str) -> None:
    """Send a link to whoever follows a report and gave this contact; say nothing of whether there is one.

    Raises
    ------
    InvalidInput
        The contact is neither an e-mail address nor a telephone number.
    """
    channel = channel_of(contact)
    request = session.scalar(select(ServiceRequest).where(ServiceRequest.code == code))
    if request is None:
        return
    for reporter in followers_of(session, request.id):
        if _is_contact_of(installation.sealer, reporter, contact.strip(), channel):
            send_data_link(session, installation, reporter, request)


def send_data_link(
    session: Session, installation: Installation, reporter: Reporter, request: ServiceRequest
) -> bool:
    """Put a fresh link on its way; return whether this person can be reached by the ways we have.

    Whoever got several within the hour gets no more: anybody who knows a code and a contact can ask.
    """
    conversation = private_conversation(session, reporter)
    if conversation is None and not is_reached_by_letter(session, reporter):
        return False
    if links_sent(session, reporter.id, clock.now() - LINKS_WITHIN) >= MOST_LINKS:
        return True
    link = new_data_link(session, installation, reporter, "open", LINK_FOR)
    if conversation is not None:
        reply = link_reply(conversation, link, f"data.{link.id}")
        queue_automatic_replies(session, [reply])
    else:
        write_data_letter(session, reporter, request, link, "data_link")
    return True


def new_data_link(
    session: Session,
    installation: Installation,
    reporter: Reporter,
    purpose: str,
    good_for: timedelta,
    contact: str = "",
) -> DataLink:
    """Return a new link, whose secret is kept nowhere; `contact` is the new one that it proves."""
    key, now = new_secret(), clock.now()
    link = DataLink(
        reporter_id=reporter.id,
        purpose=purpose,
        key=key,
        digest=digest(installation.sealer.link_secret(PURPOSE, key)),
        contact_sealed=installation.sealer.seal(contact) if contact else None,
        created_at=now,
        expires_at=now + good_for,
    )
    session.add(link)
    session.flush()
    return link


def data_link_address(session: Session, installation: Installation, link_id: int) -> str:
    """Return a link's address; empty where it opens nothing any more."""
    link = session.get(DataLink, link_id)
    if link is None or link.reporter_id is None or link.used_at is not None or link.expires_at <= clock.now():
        return ""
    secret = installation.sealer.link_secret(PURPOSE, link.key)
    return f"{installation.settings.public_url.rstrip('/')}/data-saya/buka/{secret}"


def link_reply(conversation: Conversation, link: DataLink, key: str) -> AutomaticReply:
    """Return the message that brings a link into a conversation; the link itself is put in as it leaves."""
    words = write_chat("my_data", conversation.language, service=None, link=LINK_MARK)
    return AutomaticReply(conversation, words, key, {"data_link": link.id, "asked_for": True})


def write_data_letter(
    session: Session, reporter: Reporter, request: ServiceRequest, link: DataLink, template: str
) -> None:
    """Put a letter with a link into the outbox."""
    message = Message(
        request_id=request.id,
        reporter_id=reporter.id,
        channel=Channel.EMAIL.value,
        language=reporter.language,
        template=template,
        facts={"data_link": link.id},
        state="queued",
        dedupe_key=f"{template}:{link.id}",
        created_at=clock.now(),
        last_error="",
    )
    session.add(message)
    session.flush()
    enqueue(session, "send_message", {"message_id": message.id}, dedupe_key=f"send:{message.id}")


def private_conversation(session: Session, reporter: Reporter) -> Conversation | None:
    """Return the private conversation in which a person is answered; None for who came by none."""
    person = person_of(session, reporter.id)
    if person is None:
        return None
    private = [one for one in conversations_of(session, person.id) if not one.is_public]
    return max(private, key=lambda one: one.last_message_at, default=None)


def is_reached_by_letter(session: Session, reporter: Reporter) -> bool:
    """Return whether a person of the web left an e-mail address: a number alone is called by people only."""
    return (
        reporter.channel == Channel.EMAIL.value
        and reporter.contact_sealed is not None
        and person_of(session, reporter.id) is None
    )


def _is_contact_of(sealer: Sealer, reporter: Reporter, contact: str, channel: Channel) -> bool:
    if reporter.contact_sealed is None:
        return False
    held = sealer.open(reporter.contact_sealed)
    known = [held]
    if held.startswith("{"):
        parts = json.loads(held)
        known = [one for one in (parts["user_id"], parts.get("phone"), *parts.get("aliases", ())) if one]
    if channel is Channel.PHONE:
        return bool(plain_number(contact)) and any(
            plain_number(one) == plain_number(contact) for one in known if "@" not in one
        )
    return any(one.casefold() == contact.casefold() for one in known)
