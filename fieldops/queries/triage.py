"""Versions of the suggestion model, and the words that staff confirmed."""

from collections import defaultdict
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, Subquery, cast, func, literal, or_, select, union_all
from sqlalchemy.orm import Session, undefer

from fieldops.domain.conversations import Tray
from fieldops.domain.request_states import ClosedReason, RequestStatus
from fieldops.errors import NotFound
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationMessage,
    Service,
    ServiceRequest,
    TriageCorrection,
    TriageModel,
)

READ_BY_STAFF: Final = (
    RequestStatus.ACKNOWLEDGED, RequestStatus.SCHEDULED, RequestStatus.IN_PROGRESS, RequestStatus.DONE,
)  # fmt: skip
FOUND_TRUE: Final = (ClosedReason.REPAIRED, ClosedReason.FOUND_FIXED)
MOST_OF_A_KIND: Final = 500
LEAST_SIGNS: Final = 8
MOST_OF_A_PERSON: Final = 3
"""Conversations of one person that are learned from: nobody teaches the suggestions alone."""
MOST_WORDS: Final = 4000
IN_CONVERSATION: Final = "conversation"
"""What a correction of a conversation calls its thing."""
NO_KIND: Final = ""
"""The code of what is no complaint."""


def active_version(session: Session) -> int | None:
    """Return the number of the version in use, None for the one that came with the program."""
    return session.scalar(
        select(TriageModel.id).where(TriageModel.is_active.is_(True)).order_by(TriageModel.id.desc()).limit(1)
    )


def version_data(session: Session, version: int) -> bytes:
    """Return a version's file.

    Raises
    ------
    NotFound
        There is no such version.
    """
    data = session.scalar(select(TriageModel.data).where(TriageModel.id == version))
    if data is None:
        raise NotFound("There is no such version of the suggestions.")
    return data


def all_versions(session: Session) -> list[TriageModel]:
    """Return the versions without their files, the newest first."""
    return list(session.scalars(select(TriageModel).order_by(TriageModel.id.desc())))


def version_with_data(session: Session, version: int) -> TriageModel:
    """Return a version with its file.

    Raises
    ------
    NotFound
        There is no such version.
    """
    found = session.get(TriageModel, version, options=[undefer(TriageModel.data)])
    if found is None:
        raise NotFound("There is no such version of the suggestions.")
    return found


def confirmed_words(session: Session) -> list[tuple[str, str]]:
    """Return (words, service code) of reports that a person has read and not turned down, the newest first,
    at most `MOST_OF_A_KIND` of a kind. A correction's kind goes before the report's own.
    """
    newest = (
        select(TriageCorrection.thing_id, func.max(TriageCorrection.id).label("id"))
        .where(
            TriageCorrection.thing == "service_request",
            TriageCorrection.chosen_service_id.is_not(None),
        )
        .group_by(TriageCorrection.thing_id)
        .subquery()
    )
    kind = func.coalesce(TriageCorrection.chosen_service_id, ServiceRequest.service_id)
    place = func.row_number().over(partition_by=kind, order_by=ServiceRequest.id.desc()).label("place")
    held = (
        select(ServiceRequest.id, ServiceRequest.words, kind.label("service_id"), place)
        .outerjoin(newest, newest.c.thing_id == ServiceRequest.id)
        .outerjoin(TriageCorrection, TriageCorrection.id == newest.c.id)
        .where(
            func.length(ServiceRequest.words) >= LEAST_SIGNS,
            or_(
                ServiceRequest.status.in_(READ_BY_STAFF),
                ServiceRequest.closed_reason.in_(FOUND_TRUE),
            ),
        )
        .subquery()
    )
    rows = session.execute(
        select(held.c.words, Service.code)
        .join(Service, Service.id == held.c.service_id)
        .where(held.c.place <= MOST_OF_A_KIND)
        .order_by(held.c.id.desc())
    )
    return [(words, code) for words, code in rows]


def inbox_words(session: Session) -> list[tuple[str, str | None]]:
    """Return (words, service code) of conversations that an official sorted by hand; None: not a complaint.

    Not a complaint is what lies with the greetings because an official put it there, names no danger, and was
    made no report. Of a kind is what an official joined to a report that a person has read. Of one person at
    most `MOST_OF_A_PERSON` of both together, of nobody who is muted, the newest first, at most
    `MOST_OF_A_KIND` in all of what is no complaint. Of who was forgotten neither words nor corrections
    are left.
    """
    both = union_all(_dismissed(), _joined()).subquery()
    place = func.row_number().over(partition_by=both.c.person_id, order_by=both.c.id.desc())
    newest = select(both.c.id, both.c.code, place.label("place")).subquery()
    dismissed = _words_of(session, newest, newest.c.code == NO_KIND)
    joined = _words_of(session, newest, newest.c.code != NO_KIND)
    return [*((words, None) for words, _code in dismissed), *joined]


def _dismissed() -> Select[Any]:
    by_hand = select(TriageCorrection.thing_id).where(
        TriageCorrection.thing == IN_CONVERSATION,
        TriageCorrection.chosen_service_id.is_(None),
        TriageCorrection.user_id.is_not(None),
    )
    return _of_people(literal(NO_KIND)).where(
        Conversation.tray == Tray.GREETINGS.value,
        Conversation.request_id.is_(None),
        Conversation.is_urgent.is_(False),
        Conversation.id.in_(by_hand),
    )


def _joined() -> Select[Any]:
    return (
        _of_people(Service.code)
        .join(ServiceRequest, ServiceRequest.id == Conversation.request_id)
        .join(Service, Service.id == ServiceRequest.service_id)
        .where(
            # A report made of the conversation itself is learned from by its own words.
            ServiceRequest.external_key != literal("conversation.") + cast(Conversation.id, String),
            or_(ServiceRequest.status.in_(READ_BY_STAFF), ServiceRequest.closed_reason.in_(FOUND_TRUE)),
        )
    )


def _of_people(code: Any) -> Select[Any]:
    return (
        select(Conversation.id, Conversation.person_id, code.label("code"))
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(ChannelPerson.muted.is_(False))
    )


def _words_of(session: Session, held: Subquery, side: ColumnElement[bool]) -> list[tuple[str, str]]:
    """Return (words, code) of one side: what was dismissed, or what was joined."""
    rows = session.execute(
        select(held.c.id, held.c.code)
        .where(held.c.place <= MOST_OF_A_PERSON, side)
        .order_by(held.c.id.desc())
        .limit(MOST_OF_A_KIND)
    ).all()
    said: dict[int, list[str]] = defaultdict(list)
    messages = session.execute(
        select(ConversationMessage.conversation_id, ConversationMessage.words, ConversationMessage.facts)
        .where(
            ConversationMessage.conversation_id.in_([number for number, _code in rows]),
            ConversationMessage.direction == "in",
        )
        .order_by(ConversationMessage.at, ConversationMessage.id)
    )
    for number, words, facts in messages:
        if words.strip() and not facts.get("automatic"):
            said[number].append(words.strip())
    texts = [("\n".join(said[number])[:MOST_WORDS], code) for number, code in rows]
    return [(words, code) for words, code in texts if len(words) >= LEAST_SIGNS]
