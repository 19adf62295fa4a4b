"""A crew asks the office for help; the office says that it has seen it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.help_calls import HELP_MOVES, HelpReason, HelpStatus
from fieldops.domain.notices import NewsKind
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.models import Batch, Crew, HelpCall, Stop
from fieldops.models.base import as_point
from fieldops.operations.add_news import add_news
from fieldops.operations.append_stop_event import EventSaid, append_stop_event, known_event, phone_time
from fieldops.outbox import insert_if_absent
from fieldops.queries.crew_day import own_stop
from fieldops.queries.help_calls import call_by_key, get_call
from fieldops.queries.plans import crews_led_by

MOST_WORDS: Final = 1000


@dataclass(frozen=True)
class HelpAsked:
    """What the form says. `at` is the phone's time, `place` (lon, lat) where it stood, if known."""

    client_key: str
    reason: str
    words: str = ""
    at: datetime | None = None
    place: tuple[float, float] | None = None


def call_for_help(
    session: Session, asked: HelpAsked, by: By, *, stop_id: int | None = None, crew_id: int | None = None
) -> HelpCall:
    """Take a crew's call, at a stop or for its day, and let the office's devices be told.

    No state of a list keeps a call out: who is in need is in need after the shift, too. The same key again
    returns the call that it made.

    Raises
    ------
    NotAllowed
        Whoever calls leads no crew, or the stop or crew is another's.
    Conflict
        The key came with another report.
    InvalidInput
        The reason is missing, or "other" has no words; `field` names it.
    """
    reason = _checked(asked)
    stop, crew = _who(session, by, stop_id, crew_id)
    HELP_MOVES.check(None, HelpStatus.ASKED, by.actor, {"reason"})
    is_new = insert_if_absent(
        session,
        HelpCall,
        crew_id=crew.id,
        stop_id=stop.id if stop else None,
        client_key=asked.client_key,
        reason=reason.value,
        words=asked.words.strip(),
        place=as_point(*asked.place) if asked.place else None,
        user_id=by.user_id,
        at=phone_time(asked.at),
        received_at=clock.now(),
        answer="",
        version=1,
    )
    call = call_by_key(session, asked.client_key)
    if call is None or (call.crew_id, call.stop_id) != (crew.id, stop.id if stop else None):
        raise Conflict("This report's key was used for another one. Reload your list.")
    if is_new:
        if stop is not None:
            _note_at_stop(session, stop, asked, reason, by)
        add_news(session, NewsKind.HELP, [call.id], by.user_id)
    return call


def answer_help_call(session: Session, call_id: int, by: By, words: str = "") -> HelpCall:
    """Say that the office has seen a call, with words for the crew where there are some.

    Raises
    ------
    NotFound
        There is no such call.
    Conflict
        Somebody answered it already.
    InvalidInput
        The words are too long.
    """
    call = get_call(session, call_id)
    if call.answered_at is not None:
        raise Conflict("Somebody in the office has answered this call already.")
    HELP_MOVES.check(HelpStatus.ASKED, HelpStatus.ANSWERED, by.actor)
    if len(words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="answer", most=MOST_WORDS)
    call.answered_at, call.answered_by_id, call.answer = clock.now(), by.user_id, words.strip()
    session.flush()
    return call


def _checked(asked: HelpAsked) -> HelpReason:
    try:
        reason = HelpReason(asked.reason)
    except ValueError:
        raise InvalidInput("Say what you need help for.", field="reason") from None
    if reason is HelpReason.OTHER and not asked.words.strip():
        raise InvalidInput("Write in a few words what you need.", field="words")
    if len(asked.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    return reason


def _who(session: Session, by: By, stop_id: int | None, crew_id: int | None) -> tuple[Stop | None, Crew]:
    mine = crews_led_by(session, by.user_id) if by.user_id is not None else []
    if not mine:
        raise NotAllowed("Only who leads a crew calls for help here.")
    if stop_id is not None and by.user_id is not None:
        stop = own_stop(session, stop_id, by.user_id)[0]
        return stop, session.get_one(Crew, session.get_one(Batch, stop.batch_id).crew_id)
    crew = next((one for one in mine if crew_id in (None, one.id)), None)
    if crew is None:
        raise NotAllowed("This crew is led by somebody else.")
    return None, crew


def _note_at_stop(session: Session, stop: Stop, asked: HelpAsked, reason: HelpReason, by: By) -> None:
    said = EventSaid(
        StopEventKind.HELP, asked.client_key, asked.at, asked.place, asked.words, {"help": reason.value}
    )
    if append_stop_event(session, stop, said, by) is None:
        known_event(session, stop, StopEventKind.HELP, asked.client_key)
