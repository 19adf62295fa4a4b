"""Reading what was said so far: which kind, where, how urgent. A suggestion, never a decision."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops.domain.conversations import Tray
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, ConversationMessage, Photo, Service
from fieldops.models.base import lon_lat
from fieldops.operations.answer_by_itself import LETTERS, Voice, answer_by_itself, remind_of_place
from fieldops.operations.answer_data_request import answer_data_requests, data_requests, says_more
from fieldops.operations.correspondence import Correspondence
from fieldops.operations.hear_if_fixed import hear_if_fixed
from fieldops.operations.open_channel import open_channel
from fieldops.operations.queue_reply import AutomaticReply, queue_automatic_replies
from fieldops.operations.run_clocks import note_change, start_clocks
from fieldops.operations.suggest_triage import TriageReader, TriageSuggestion, open_reader
from fieldops.queries.services import active_services

KEPT: Final = ("pinned", "said", "by_hand")
"""What reading a conversation anew leaves as it is."""
MOST_READ: Final = 4000
"""Characters of a conversation that are read for a suggestion."""
PHOTO_ACCURACY_M: Final = 15.0
SHOWN_BY_WORDS: Final = frozenset({"map_link", "geo_link", "coordinates", "plus_code"})
"""Ways of saying a place in words that are as good as a pin."""


def understand_conversation(session: Session, installation: Installation, conversation_id: int) -> None:
    """Read a conversation anew, keep what is understood, start its clocks, and answer what is due.

    An official's own choices are never changed. A greeting has no clock; in doubt it is a complaint.
    """
    conversation = session.get(Conversation, conversation_id)
    if conversation is not None:
        understand_conversations(session, installation, [conversation])


def understand_conversations(
    session: Session,
    installation: Installation,
    conversations: Sequence[Conversation],
    known: Correspondence | None = None,
    reader: TriageReader | None = None,
) -> None:
    """Understand conversations together, asking once for what all of them need.

    A caller who changes them in the same unit of work hands over what was asked before the first change:
    every question in between writes what was changed so far, and each row is better written once.
    """
    known = known or Correspondence(session, installation)
    known.open([conversation.id for conversation in conversations])
    reader = reader or open_reader(session, installation)
    replies = [
        _understand(session, installation, conversation, known, reader)
        for conversation in conversations
        if conversation.state == "open"
    ]
    queue_automatic_replies(session, [reply for some in replies for reply in some])


def _understand(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    known: Correspondence,
    reader: TriageReader,
) -> list[AutomaticReply]:
    rows = known.messages(conversation)
    inbound = [row for row in rows if row.direction == "in"]
    if not inbound:
        return []
    if conversation.request_id is not None:
        session.flush()  # what they said may be our question's answer, and opens the report again
        hear_if_fixed(session, installation, conversation, [row for row in rows if row.direction != "note"])
    account = session.get_one(ChannelAccount, conversation.account_id)
    asking = data_requests(conversation, inbound, by_letter=account.kind in LETTERS)
    links = answer_data_requests(session, installation, conversation, asking)
    telling = [row for row in inbound if row not in asking or says_more(row)]
    photos = known.photos(conversation)
    shown = _shown_place(installation, conversation, inbound, photos)
    words = "\n".join(row.words for row in telling if row.words)[-MOST_READ:]
    suggestion = reader.read(words, has_photo=bool(photos), has_place=shown is not None)
    place = shown or place_in_words(suggestion)
    kept = {key: conversation.understood[key] for key in KEPT if key in conversation.understood}
    conversation.understood = _as_facts(suggestion) | kept | ({"place": place} if place else {})
    if conversation.request_id is None:
        conversation.language = suggestion.language
    _mind_hazards(session, conversation, suggestion)
    _sort(session, conversation, telling, suggestion, known)
    if links and not telling:
        conversation.is_unread = False  # answered; nobody needs to read it
    if inbound[-1] in asking:
        return links  # thanks for a report, or a greeting, would be beside the point
    voice = _voice(session, installation, conversation, reader.services)
    person = session.get_one(ChannelPerson, conversation.person_id)
    said = answer_by_itself(voice, conversation, person, rows)
    return links if said is None else [*links, said]


def _voice(
    session: Session, installation: Installation, conversation: Conversation, services: Mapping[str, Service]
) -> Voice:
    account = session.get_one(ChannelAccount, conversation.account_id)
    return Voice(installation, account, open_channel(installation, account), services)


def remind(session: Session, installation: Installation, conversation_id: int) -> None:
    """Ask once more for a place that nobody has shown a day later."""
    conversation = session.get(Conversation, conversation_id)
    if conversation is None:
        return
    services = {service.code: service for service in active_services(session)}
    person = session.get_one(ChannelPerson, conversation.person_id)
    reply = remind_of_place(_voice(session, installation, conversation, services), conversation, person)
    queue_automatic_replies(session, [reply] if reply is not None else [])


def _as_facts(suggestion: TriageSuggestion) -> dict[str, Any]:
    return {
        "intent": suggestion.intent.value,
        "language": suggestion.language,
        "hazards": [hazard.term for hazard in suggestion.hazards],
        "severity": suggestion.severity.level,
        "is_sure": suggestion.is_sure,
        "version": suggestion.version,
        "services": [
            {"code": one.code, "confidence": round(one.confidence, 3)} for one in suggestion.services
        ],
    }


def _mind_hazards(session: Session, conversation: Conversation, suggestion: TriageSuggestion) -> None:
    if suggestion.hazards and not conversation.is_urgent:
        conversation.is_urgent = True
        note_change(session, conversation, "hazard", words=[hazard.term for hazard in suggestion.hazards])


def _sort(
    session: Session,
    conversation: Conversation,
    telling: list[ConversationMessage],
    suggestion: TriageSuggestion,
    known: Correspondence,
) -> None:
    """Choose the tray, as long as no official has, and start the clocks of a complaint.

    `telling` are the person's messages without those that only ask for their own data.
    """
    by_hand = conversation.understood.get("by_hand")
    if by_hand or (telling and all(row.facts.get("automatic") for row in telling)):
        return
    is_greeting = not telling or suggestion.intent in ("greeting", "stop")
    clocks = known.clocks(conversation)
    if is_greeting and not clocks:
        conversation.tray = Tray.GREETINGS.value
        return
    if conversation.tray == Tray.GREETINGS.value:
        conversation.tray = Tray.COMPLAINTS.value
        start_clocks(session, conversation, telling[-1].at, clocks, known.promised(telling[-1].at))
    else:
        promised = known.promised(conversation.started_at)
        start_clocks(session, conversation, conversation.started_at, clocks, promised)


def _shown_place(
    installation: Installation,
    conversation: Conversation,
    inbound: list[ConversationMessage],
    photos: list[Photo],
) -> dict[str, Any] | None:
    """Return the place somebody showed: by the link, by the channel's own way, or by where a photo was taken;
    None without one inside the city.
    """
    pinned = conversation.understood.get("pinned")
    if pinned:
        return _place(pinned, "drag")
    for row in reversed(inbound):
        sent = row.facts.get("place")
        if sent and installation.city.holds(sent["lon"], sent["lat"]):
            return _place(sent, "channel")
    for photo in photos:
        if photo.offered_place is not None:
            lon, lat = lon_lat(photo.offered_place)
            if installation.city.holds(lon, lat):
                return _place({"lon": lon, "lat": lat, "accuracy_m": PHOTO_ACCURACY_M}, "exif")
    return None


def _place(sent: dict[str, Any], source: str) -> dict[str, Any]:
    return {
        "lon": sent["lon"],
        "lat": sent["lat"],
        "accuracy_m": sent.get("accuracy_m"),
        "words": sent.get("name") or "",
        "source": source,
        "is_estimate": False,
    }


def place_in_words(suggestion: TriageSuggestion) -> dict[str, Any] | None:
    """Return the likeliest place the words name: an estimate that nobody pins silently.

    A position that was written down (a map link, a Plus Code) is one that was shown.
    """
    if not suggestion.places.candidates:
        return None
    best = suggestion.places.candidates[0]
    return {
        "lon": best.lon,
        "lat": best.lat,
        "accuracy_m": best.radius_m,
        "words": ", ".join(dict.fromkeys(reason.name or reason.said for reason in best.reasons))[:200],
        "source": "text",
        "is_estimate": not any(reason.code in SHOWN_BY_WORDS for reason in best.reasons),
    }
