"""Forgetting somebody who wrote by a channel: words, photos, ids, names, and the vendor's raw events.

What the city did stays, as facts without a person: that a conversation began, when it was answered, by whom.
"""

import json
from collections.abc import Collection
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.errors import SetupError
from fieldops.installation import Installation
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationFile,
    InboundEvent,
    PersonKey,
    Reporter,
    ServiceRequest,
    TriageCorrection,
)
from fieldops.operations.audit import write_audit
from fieldops.operations.correspondence import forgotten_id
from fieldops.operations.forget_reporter import FORGOTTEN, delete_photos, empty_report, forget_reporter
from fieldops.operations.run_clocks import note_change
from fieldops.queries.channels import joins_into
from fieldops.queries.conversations import conversations_of, files_of, messages_of
from fieldops.queries.triage import IN_CONVERSATION
from fieldops.sealing import Sealer
from fieldops.spool.segments import damaged_files

LEAST_SIGNS: Final = 5
"""A shorter id would be found in what others sent."""
READ: Final = ("done", "parked")
"""Events of these states are read by nobody any more; of others, somebody else's words may wait."""


def forget_person(session: Session, installation: Installation, person_id: int, by: By) -> list[str]:
    """Take away every copy of what a person wrote and who they are; return the photo files that nobody needs
    any more, to be deleted from the store after the unit of work.

    The words of requests that came from their conversations go too; place, kind and history of these stay.
    """
    person = session.get_one(ChannelPerson, person_id)
    joined = [session.get_one(ChannelPerson, join.joined_id) for join in joins_into(session, person_id)]
    people = (person, *joined)  # whoever was joined to them is the same person
    ids = _ids_of(session, installation.sealer, people)
    conversations = conversations_of(session, person_id)
    unneeded: list[str] = []
    for conversation in conversations:
        unneeded += _empty(session, installation, conversation)
        note_change(session, conversation, "forgotten", by)
    session.execute(delete(PersonKey).where(PersonKey.person_id.in_([one.id for one in people])))
    for one in people:
        unneeded += forget_reporter(session, session.get_one(Reporter, one.reporter_id))
    _empty_events_that_name(session, person.account_id, ids)
    _delete_damaged_that_name(installation, ids)
    write_audit(
        session, by, "person_forgotten", "channel_person", person_id, conversations=len(conversations)
    )
    return unneeded


def _ids_of(session: Session, sealer: Sealer, people: Collection[ChannelPerson]) -> set[bytes]:
    """Return every id and number by which a channel knows somebody, as it stands in what vendors send."""
    sealed = session.scalars(
        select(PersonKey.id_sealed).where(
            PersonKey.person_id.in_([one.id for one in people]), PersonKey.id_sealed.is_not(None)
        )
    )
    ids = {_opened(sealer, one) for one in sealed if one is not None}
    for one in people:
        contact = session.get_one(Reporter, one.reporter_id).contact_sealed
        words = _opened(sealer, contact) if contact is not None else ""
        if words.startswith("{"):
            held = json.loads(words)
            ids |= {held["user_id"], held.get("phone") or "", *held.get("aliases", ())}
    return {one.encode() for one in ids if len(one) >= LEAST_SIGNS}


def _opened(sealer: Sealer, sealed: bytes) -> str:
    """Return sealed words; none where their key was lost: also then a person can be forgotten."""
    try:
        return sealer.open(sealed)
    except SetupError:
        return ""


def _empty_events_that_name(session: Session, account_id: int, ids: set[bytes]) -> None:
    """Empty what the vendor sent about a person beside their messages: receipts, reactions, edits."""
    held = session.execute(
        select(InboundEvent.id, InboundEvent.raw)
        .where(InboundEvent.account_id == account_id, InboundEvent.state.in_(READ))
        .execution_options(yield_per=200)
    )
    naming = [number for number, raw in held if any(one in raw for one in ids)]
    if naming:
        _empty_events(session, naming)


def _empty_events(session: Session, event_ids: Collection[int]) -> None:
    session.execute(
        update(InboundEvent)
        .where(InboundEvent.id.in_(event_ids))
        .values(raw=b"", state="done", reason="forgotten")
        .execution_options(synchronize_session=False)
    )


def _delete_damaged_that_name(installation: Installation, ids: set[bytes]) -> None:
    """Delete copies of damaged files that name a person; nobody reads them but to look at the damage."""
    for path in damaged_files(installation.settings.spool_dir):
        try:
            held = path.read_bytes()
        except FileNotFoundError:  # another process has tidied meanwhile
            continue
        if any(one in held for one in ids):
            path.unlink(missing_ok=True)


def _empty(session: Session, installation: Installation, conversation: Conversation) -> list[str]:
    rows = messages_of(session, conversation.id)
    events = {row.facts["event"] for row in rows if row.facts.get("event")}
    files = [file for held in files_of(session, [row.id for row in rows]).values() for file in held]
    photo_ids = [file.photo_id for file in files if file.photo_id is not None]
    session.execute(delete(ConversationFile).where(ConversationFile.id.in_([file.id for file in files])))
    unneeded = delete_photos(session, photo_ids)
    for row in rows:
        row.words, row.facts = FORGOTTEN, {"forgotten": True}
        if row.external_id is not None:  # some vendors write a person's number into it
            row.external_id = forgotten_id(installation.sealer, row.external_id)
        if row.state in ("queued", "sending", "held", "unsure"):
            row.state, row.last_error = "failed", "forgotten"
    _empty_events(session, events)
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
            unneeded += empty_report(session, request)
    session.flush()
    return unneeded
