"""Sending one message of a conversation: never twice, never lost, not faster than the channel takes it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import (
    AccessExpired,
    Channel,
    ChannelError,
    Outbound,
    Permanent,
    RateLimited,
    TemplateRefused,
    Uncertain,
    WindowClosed,
)
from fieldops.channels.doorman import KeptInside
from fieldops.domain.conversations import ClockKind
from fieldops.domain.message_templates import APPROVED, FilledPart, FilledTemplate
from fieldops.domain.own_data import LINK_MARK
from fieldops.domain.roles import Actor, By
from fieldops.errors import Conflict
from fieldops.i18n import _, in_language
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, ConversationMessage, Reporter
from fieldops.operations.note_receipt import fail
from fieldops.operations.open_channel import open_channel
from fieldops.operations.refresh_templates import note_refusal
from fieldops.operations.run_clocks import stop_clock
from fieldops.operations.send_data_link import data_link_address
from fieldops.operations.thread_token import thread_token
from fieldops.outbox import enqueue
from fieldops.queries.conversations import get_conversation, last_sent_to, reply_target
from fieldops.queries.reporters import user_id_of
from fieldops.queries.templates import template_by_name

FIRST_WAIT_S: Final = 10
LONGEST_WAIT_S: Final = 1800
GIVE_UP_AFTER: Final = timedelta(days=2)
"""A channel may be down for a day; after two, an official is told that the message did not leave."""
LINK_OVER: Final = "link_over"
"""A link to somebody's own data that opens nothing any more is not sent."""

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Parcel:
    """A message ready to leave, and by which adapter."""

    channel: Channel
    outbound: Outbound


def send_reply(installation: Installation, message_id: int, unit_of_work: UnitOfWork) -> None:
    """Send one queued message.

    It is marked before it leaves and again when it has left. When a crash came in between, a channel that
    knows our keys gets it again, since it sends a key once; on the others it is unsure whether it left, and
    an official decides.
    """
    with unit_of_work() as writing:
        parcel = _take(writing, installation, message_id)
    if parcel is None:
        return
    try:
        external_id = parcel.channel.send(parcel.outbound)
    except KeptInside:
        with unit_of_work() as writing:
            _hold(writing, message_id)
    except ChannelError as error:
        with unit_of_work() as writing:
            _note_trouble(writing, message_id, error)
    else:
        with unit_of_work() as writing:
            _note_sent(writing, message_id, external_id)


def _take(session: Session, installation: Installation, message_id: int) -> Parcel | None:
    """Mark a message as leaving and return it, or None when it is not to leave now."""
    row = session.get(ConversationMessage, message_id)
    if row is None or row.state not in ("queued", "sending"):
        return None
    account = session.get_one(ChannelAccount, row.account_id)
    if account.state != "active":
        return None  # queued again when the account works again
    conversation = get_conversation(session, row.conversation_id)
    person = session.get_one(ChannelPerson, conversation.person_id)
    if row.is_automatic and person.stopped_at is not None and not row.facts.get("asked_for"):
        row.state = "stopped"
        return None
    channel = open_channel(installation, account)
    if row.state == "sending" and not channel.traits.repeats_safely:
        row.state = "unsure"
        conversation.is_unread = True
        return None
    due = _not_before(session, account, conversation, channel)
    if due > clock.now():
        _try_again(session, row, due)
        return None
    reporter = session.get_one(Reporter, person.reporter_id)
    if reporter.anonymised_at is not None or reporter.contact_sealed is None:
        row.state, row.last_error = "failed", "forgotten"
        return None
    trouble = _template_trouble(session, row) or _link_trouble(session, installation, row)
    if trouble:
        fail(session, row, trouble)
        return None
    row.state = "sending"
    account.last_sent_at = clock.now()
    return Parcel(channel, _outbound(session, installation, conversation, row, reporter))


def _outbound(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    row: ConversationMessage,
    reporter: Reporter,
) -> Outbound:
    return Outbound(
        key=row.key or f"reply.{row.id}",
        thread=installation.sealer.open(conversation.thread_sealed),
        user_id=user_id_of(installation.sealer, reporter),
        text=_words(session, installation, row),
        subject=conversation.subject,
        reply_to=reply_target(session, conversation.id),
        asks_place=bool(row.facts.get("asks_place")),
        is_automatic=row.is_automatic,
        template=_template(row, conversation),
        language=conversation.language,
        # Thanks under a public comment are public; what a person answers goes to the private thread, and so
        # does what somebody asked for themselves.
        is_public=conversation.is_public and row.is_automatic and not row.facts.get("asked_for"),
        token=thread_token(installation, conversation.id),
        place_label=_place_label(conversation.language),
    )


def _words(session: Session, installation: Installation, row: ConversationMessage) -> str:
    """Return what is said. A link to somebody's own data is put in here, so that it lies nowhere else."""
    if "data_link" not in row.facts:
        return row.words
    return row.words.replace(LINK_MARK, data_link_address(session, installation, row.facts["data_link"]))


def _link_trouble(session: Session, installation: Installation, row: ConversationMessage) -> str:
    number = row.facts.get("data_link")
    return "" if number is None or data_link_address(session, installation, number) else LINK_OVER


def _template(row: ConversationMessage, conversation: Conversation) -> FilledTemplate | None:
    kept = row.facts.get("template")
    if not kept:
        return None
    if isinstance(kept, str):  # queued by a version that knew a name only
        values = tuple(row.facts.get("values", ()))
        return FilledTemplate(kept, conversation.language, (FilledPart("body", 0, values),))
    parts = (
        FilledPart(one["part"], one["index"], tuple(one["values"]), tuple(one["names"]))
        for one in kept["parts"]
    )
    return FilledTemplate(kept["name"], kept["language"], tuple(parts))


def _template_trouble(session: Session, row: ConversationMessage) -> str:
    """Return why a message's template would be refused by now, as a code; "" where it would not."""
    kept = row.facts.get("template")
    if not isinstance(kept, dict):
        return ""
    known = template_by_name(session, row.account_id, kept["name"], kept["language"])
    state = "removed" if known is None else known.state
    return "" if state == APPROVED else f"template_{state}"


def _place_label(language: str) -> str:
    with in_language("en" if language == "en" else "id"):
        return _("Share location")


def _not_before(
    session: Session, account: ChannelAccount, conversation: Conversation, channel: Channel
) -> datetime:
    """Return when the channel takes the next message: by the account's pace, and by the person's."""
    traits = channel.traits
    earliest = clock.now()
    if account.last_sent_at is not None and traits.per_second:
        earliest = max(earliest, account.last_sent_at + timedelta(seconds=1 / traits.per_second))
    last = last_sent_to(session, conversation.id)
    if last is not None and traits.per_person_s:
        earliest = max(earliest, last + timedelta(seconds=traits.per_person_s))
    return earliest


def _try_again(session: Session, row: ConversationMessage, due: datetime) -> None:
    # A key of its own: the task that runs now still holds the usual one.
    enqueue(
        session,
        "send_reply",
        {"message_id": row.id},
        due_at=due,
        dedupe_key=f"reply:{row.id}:{int(due.timestamp())}",
    )


def _hold(session: Session, message_id: int) -> None:
    row = session.get_one(ConversationMessage, message_id)
    row.state, row.last_error = "held", "rehearsal"


def _note_sent(session: Session, message_id: int, external_id: str) -> None:
    row = session.get_one(ConversationMessage, message_id)
    row.state, row.sent_at, row.last_error = "sent", clock.now(), ""
    row.external_id = external_id[:300] or None
    account = session.get_one(ChannelAccount, row.account_id)
    account.failing_since, account.last_error = None, ""
    if not row.is_automatic and row.user_id is not None:
        conversation = get_conversation(session, row.conversation_id)
        by = By(Actor.OFFICER, row.user_id)
        stop_clock(session, conversation, ClockKind.FIRST_RESPONSE, row.at, by, why="answered")
        if row.facts.get("follow_up"):
            stop_clock(
                session, conversation, ClockKind.FOLLOW_UP, row.at, by, why=str(row.facts["follow_up"])
            )


def _note_trouble(session: Session, message_id: int, error: ChannelError) -> None:
    row = session.get_one(ConversationMessage, message_id)
    account = session.get_one(ChannelAccount, row.account_id)
    if isinstance(error, Uncertain):
        row.state, row.last_error = "unsure", str(error)[:200]
        get_conversation(session, row.conversation_id).is_unread = True
    elif isinstance(error, AccessExpired):
        account.state, account.last_error = "expired", "access_expired"
        account.failing_since = account.failing_since or clock.now()
        row.state = "queued"
    elif isinstance(error, WindowClosed):
        fail(session, row, "window_closed")
    elif isinstance(error, TemplateRefused):
        fail(session, row, error.reason)
        kept = row.facts.get("template")
        if isinstance(kept, dict):
            note_refusal(session, account.id, kept["name"], kept["language"], error.reason)
    elif isinstance(error, Permanent):
        fail(session, row, str(error) or "refused")
    else:
        _wait(session, row, account, error)


def _wait(session: Session, row: ConversationMessage, account: ChannelAccount, error: ChannelError) -> None:
    now = clock.now()
    if now - row.at > GIVE_UP_AFTER:
        fail(session, row, "channel_down")
        return
    tries = int(row.facts.get("tries", 0)) + 1
    row.facts = row.facts | {"tries": tries}
    row.state, row.last_error = "queued", str(error)[:200]
    if isinstance(error, RateLimited):
        wait_s = max(1.0, error.after_s)
    else:
        wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(tries - 1, 10))
        account.failing_since = account.failing_since or now
        account.last_error = str(error)[:200]
    _try_again(session, row, now + timedelta(seconds=wait_s))


def send_again(session: Session, row: ConversationMessage) -> None:
    """Queue a message once more, at an official's word.

    Raises
    ------
    Conflict
        It is on its way, or has arrived.
    """
    if row.state not in ("failed", "unsure", "held"):
        raise Conflict("This message is on its way, or has arrived.")
    row.state, row.last_error = "queued", ""
    row.facts = {key: value for key, value in row.facts.items() if key != "tries"}
    enqueue(session, "send_reply", {"message_id": row.id}, dedupe_key=f"reply:{row.id}")
