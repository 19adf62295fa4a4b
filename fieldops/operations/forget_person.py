"""Forgetting somebody who wrote by a channel: words, photos, ids, names, and the vendor's raw events.

What the city did stays, as facts without a person: that a conversation began, when it was answered, by whom.
"""

from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.installation import Installation
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationFile,
    InboundEvent,
    Message,
    PersonKey,
    Photo,
    Reporter,
    ServiceRequest,
    TriageCorrection,
)
from fieldops.operations.audit import write_audit
from fieldops.operations.run_clocks import note_change
from fieldops.queries.channels import joins_into
from fieldops.queries.conversations import conversations_of, files_of, messages_of
from fieldops.queries.triage import IN_CONVERSATION

FORGOTTEN: Final = ""
SIZES: Final = ("large", "small")


def forget_person(session: Session, installation: Installation, person_id: int, by: By) -> list[str]:
    """Take away every copy of what a person wrote and who they are; return the photo files that nobody needs
    any more, to be deleted from the store after the unit of work.

    The words of requests that came from their conversations go too; place, kind and history of these stay.
    """
    person = session.get_one(ChannelPerson, person_id)
    conversations = conversations_of(session, person_id)
    unneeded: list[str] = []
    for conversation in conversations:
        unneeded += _empty(session, installation, conversation)
        note_change(session, conversation, "forgotten", by)
    session.execute(delete(PersonKey).where(PersonKey.person_id == person_id))
    joined = [session.get_one(ChannelPerson, join.joined_id) for join in joins_into(session, person_id)]
    for one in (person, *joined):  # whoever was joined to them is the same person
        reporter = session.get_one(Reporter, one.reporter_id)
        reporter.contact_sealed = reporter.name_sealed = reporter.contact_digest = None
        reporter.anonymised_at = clock.now()
        session.execute(delete(Message).where(Message.reporter_id == reporter.id, Message.state != "sent"))
    write_audit(
        session, by, "person_forgotten", "channel_person", person_id, conversations=len(conversations)
    )
    return unneeded


def _empty(session: Session, installation: Installation, conversation: Conversation) -> list[str]:
    rows = messages_of(session, conversation.id)
    events = {row.facts["event"] for row in rows if row.facts.get("event")}
    files = [file for held in files_of(session, [row.id for row in rows]).values() for file in held]
    photo_ids = [file.photo_id for file in files if file.photo_id is not None]
    digests = set(session.scalars(select(Photo.sha256).where(Photo.id.in_(photo_ids))))
    session.execute(delete(ConversationFile).where(ConversationFile.id.in_([file.id for file in files])))
    session.execute(delete(Photo).where(Photo.id.in_(photo_ids)))
    for row in rows:
        row.words, row.facts = FORGOTTEN, {"forgotten": True}
        if row.state in ("queued", "sending", "held", "unsure"):
            row.state, row.last_error = "failed", "forgotten"
    session.execute(
        update(InboundEvent)
        .where(InboundEvent.id.in_(events))
        .values(raw=b"", state="done", reason="forgotten")
        .execution_options(synchronize_session=False)
    )
    session.execute(
        delete(TriageCorrection).where(
            TriageCorrection.thing == IN_CONVERSATION, TriageCorrection.thing_id == conversation.id
        )
    )
    conversation.subject, conversation.understood = FORGOTTEN, {}
    conversation.thread_sealed = installation.sealer.seal(FORGOTTEN)
    conversation.state, conversation.is_unread = "ended", False
    if conversation.request_id is not None:
        request = session.get_one(ServiceRequest, conversation.request_id)
        if request.external_key == f"conversation.{conversation.id}":
            request.words = FORGOTTEN
    session.flush()
    return [f"{digest}-{size}.jpg" for digest in _needed_by_nobody(session, digests) for size in SIZES]


def _needed_by_nobody(session: Session, digests: set[str]) -> list[str]:
    kept = set(session.scalars(select(Photo.sha256).where(Photo.sha256.in_(digests))))
    return sorted(digests - kept)
