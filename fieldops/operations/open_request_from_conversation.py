"""Turning a conversation into a request: by the same door as every other, private, with its own start."""

from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import asks_for_data
from fieldops.domain.places import Channel, LocationSource
from fieldops.domain.request_states import ENDED, RequestStatus
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, Follower, Photo, ServiceRequest
from fieldops.operations.attach_photo import MOST_PHOTOS
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.correct_triage import correct_triage, suggested_kind
from fieldops.operations.hash_photos import ask_for_hashes
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.run_clocks import note_change
from fieldops.operations.submit_request import Submission, submit_request
from fieldops.outbox import insert_if_absent
from fieldops.queries.conversations import messages_of, photos_of_conversation


@dataclass(frozen=True)
class Reading:
    """What the official took from a conversation. Without `lon` and `lat`, words say where."""

    service_code: str
    severity: int
    words: str
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    source: LocationSource = LocationSource.CHANNEL
    address: str = ""
    landmark: str = ""


def open_request_from_conversation(
    session: Session, installation: Installation, conversation: Conversation, reading: Reading, by: By
) -> ServiceRequest:
    """Make the request of a conversation, once; it stays private, and its reporter hears of it in the thread.

    Raises
    ------
    Conflict
        The conversation has become a request already.
    InvalidInput, OutOfArea
        As `submit_request`.
    """
    if conversation.request_id is not None:
        raise Conflict("This conversation has become a report already.")
    account = session.get_one(ChannelAccount, conversation.account_id)
    person = session.get_one(ChannelPerson, conversation.person_id)
    submitted = submit_request(
        session,
        installation,
        Submission(
            service_code=reading.service_code,
            words=reading.words,
            client_key=f"conversation.{conversation.id}",
            lon=reading.lon,
            lat=reading.lat,
            accuracy_m=reading.accuracy_m,
            location_source=reading.source,
            address=reading.address,
            landmark=reading.landmark,
            severity=reading.severity,
            channel=Channel(account.kind),
            language="en" if conversation.language == "en" else "id",
            anonymous=True,
            confidential=True,
            source="channel",
            reported_at=conversation.started_at,
        ),
        by,
    )
    request = submitted.request
    request.department_id = conversation.department_id
    conversation.request_id = request.id
    conversation.is_unread = False
    insert_if_absent(
        session,
        Follower,
        request_id=request.id,
        reporter_id=person.reporter_id,
        part="author",
        since=clock.now(),
    )
    # Whoever wrote has waited since then, and somebody has read it now.
    request.received_at = conversation.started_at
    change_request_status(session, request, RequestStatus.ACKNOWLEDGED, by, tell=False)
    notify_reporters(session, request, "received", {})
    _bring_photos(session, conversation, request)
    _note_choice(session, conversation, request, by)
    note_change(session, conversation, "became_request", by, request=request.id)
    return request


def join_request(
    session: Session, conversation: Conversation, request: ServiceRequest, by: By
) -> ServiceRequest:
    """Tie a conversation to a request that is there already: its person hears of that one's repair.

    Raises
    ------
    Conflict
        The conversation has become a request already.
    InvalidInput
        The request is no longer open.
    """
    if conversation.request_id is not None:
        raise Conflict("This conversation has become a report already.")
    if RequestStatus(request.status) in ENDED:
        raise InvalidInput("This report has ended. Make a new one, or reopen it.", field="code")
    person = session.get_one(ChannelPerson, conversation.person_id)
    conversation.request_id = request.id
    conversation.is_unread = False
    insert_if_absent(
        session,
        Follower,
        request_id=request.id,
        reporter_id=person.reporter_id,
        part="me_too",
        since=clock.now(),
    )
    note_change(session, conversation, "joined_request", by, request=request.id)
    return request


def words_of(session: Session, conversation: Conversation) -> str:
    """Return what the person wrote, one message a line: what the request begins from."""
    rows = [row for row in messages_of(session, conversation.id) if row.direction == "in"]
    said = [row.words.strip() for row in rows if row.words.strip() and not asks_for_data(row.words)]
    return "\n".join(said)[:4000]


def _bring_photos(session: Session, conversation: Conversation, request: ServiceRequest) -> None:
    once = {photo.sha256: photo.id for photo in reversed(photos_of_conversation(session, conversation.id))}
    numbers = sorted(once.values())[:MOST_PHOTOS]
    if numbers:
        session.execute(
            update(Photo).where(Photo.id.in_(numbers)).values(request_id=request.id, kind="report")
        )
        ask_for_hashes(session)


def _note_choice(session: Session, conversation: Conversation, request: ServiceRequest, by: By) -> None:
    """Keep which kind was suggested and which was chosen: the suggestions learn from it."""
    correct_triage(
        session,
        "service_request",
        request.id,
        suggested=suggested_kind(session, conversation),
        chosen_service_id=request.service_id,
        by=by,
    )
