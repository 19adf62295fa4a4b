"""Showing where it is, by the link: once; a preview that only opens it changes nothing."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import NewsKind
from fieldops.errors import Conflict, Gone
from fieldops.installation import Installation
from fieldops.models import ChannelPerson, Conversation, Reporter
from fieldops.operations.add_news import add_news
from fieldops.operations.run_clocks import note_change, resume_clocks
from fieldops.operations.submit_request import check_coordinates
from fieldops.outbox import enqueue


@dataclass(frozen=True)
class Pinned:
    """A place in degrees, how exact it is in metres, and what is near it."""

    lon: float | None
    lat: float | None
    accuracy_m: float | None = None
    landmark: str = ""


def place_conversation(
    session: Session, installation: Installation, conversation: Conversation, pinned: Pinned
) -> None:
    """Keep the place somebody showed. A conversation that has ended is opened again: somebody must see it.

    Raises
    ------
    Conflict
        The link was used already.
    Gone
        The person asked to be forgotten since: nothing of theirs is kept.
    InvalidInput, OutOfArea
        The place cannot be, or lies outside the city.
    """
    if conversation.understood.get("pinned"):
        raise Conflict("The place has been sent already. Write to us in the chat if it must be changed.")
    person = session.get_one(ChannelPerson, conversation.person_id)
    if session.get_one(Reporter, person.reporter_id).anonymised_at is not None:
        raise Gone("What you wrote was deleted, as you asked. Please write to us again.")
    lon, lat = check_coordinates(pinned.lon, pinned.lat, installation)
    now = clock.now()
    conversation.understood = conversation.understood | {
        "pinned": {
            "lon": lon,
            "lat": lat,
            "accuracy_m": pinned.accuracy_m,
            "name": pinned.landmark.replace("\0", "").strip()[:200],
        }
    }
    conversation.is_unread = True
    resume_clocks(session, conversation, now)
    note_change(session, conversation, "placed")
    if conversation.state == "ended":
        conversation.state, conversation.last_message_at = "open", now
        note_change(session, conversation, "opened_again", why="placed")
    enqueue(
        session,
        "understand_conversation",
        {"conversation_id": conversation.id},
        dedupe_key=f"understand:{conversation.id}",
    )
    add_news(session, NewsKind.MESSAGE, [conversation.id])
