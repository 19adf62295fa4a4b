"""An official's answer, by the way the person came; it stops the first promise once it has left."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import Traits
from fieldops.domain.conversations import ANSWERING_FOR, FollowUp, Tray
from fieldops.domain.message_templates import APPROVED, FilledTemplate, TemplateWording, fill, shown
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Conversation, ConversationMessage
from fieldops.operations.queue_reply import queue_reply
from fieldops.operations.run_clocks import note_change, pause_clocks
from fieldops.queries.conversations import message_by_key
from fieldops.queries.templates import get_template, wording_of


@dataclass(frozen=True)
class Reply:
    """What an official wants to say.

    `key` is the form's own: sent twice it is one answer. `waits` pauses the clocks until the person answers;
    `follow_up` says what was done about the matter and stops the second promise; `planned_for` is the day of
    a dated plan. `template_id` is an approved template that goes instead of free words, and `values` what
    stands in its blanks.
    """

    words: str
    key: str
    waits: bool = False
    follow_up: FollowUp | None = None
    planned_for: date | None = None
    template_id: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)


def reply_to_conversation(
    session: Session, conversation: Conversation, traits: Traits, reply: Reply, by: By
) -> ConversationMessage:
    """Queue an official's answer.

    Raises
    ------
    InvalidInput
        No words, or more than the channel takes; a dated plan without its day; a blank of a template that
        is empty.
    Conflict
        Somebody else is answering right now, the channel takes free words no longer, the template is not
        approved any more, or another answer was sent under this key, as from two windows of one page.
    """
    wording = _wording(session, conversation, reply)
    words = _words(reply, wording)
    # First of all: what was queued under this key stays so, also when its template was paused since.
    known = message_by_key(session, reply.key)
    if known is not None:
        if (known.conversation_id, known.words) != (conversation.id, words):
            raise Conflict(
                "Another answer left from this page already. Read it, then send yours again.", field="words"
            )
        return known
    template = _filled(wording, reply) if wording else None
    _check(conversation, traits, reply, words, by)
    facts: dict[str, object] = {}
    if reply.follow_up is not None:
        facts["follow_up"] = reply.follow_up.value
    if reply.planned_for is not None:
        facts["planned_for"] = reply.planned_for.isoformat()
    if template:
        facts["template"] = asdict(template)
    row = queue_reply(session, conversation, words, key=reply.key, by=by, facts=facts)
    if conversation.assignee_id is None:
        conversation.assignee_id = by.user_id
        note_change(session, conversation, "assigned", by, to=by.user_id)
    if conversation.tray == Tray.GREETINGS.value:
        note_change(session, conversation, "answered", by)
    if reply.waits:
        pause_clocks(session, conversation, by)
    conversation.is_unread = False
    conversation.answering_id = conversation.answering_until = None
    return row


def _check(conversation: Conversation, traits: Traits, reply: Reply, words: str, by: By) -> None:
    if not words:
        raise InvalidInput("Write an answer first.", field="words")
    if len(words) > traits.most_characters:
        raise InvalidInput(
            "This channel takes at most %(most)s characters.", field="words", most=traits.most_characters
        )
    if reply.follow_up is FollowUp.DATED_PLAN and reply.planned_for is None:
        raise InvalidInput("Choose the day of the plan.", field="planned_for")
    now = clock.now()
    if conversation.reply_until is not None and conversation.reply_until <= now and reply.template_id is None:
        if traits.has_templates:
            raise Conflict(
                "%(channel)s takes free words no longer. Choose a template, or reach the person another way.",
                field="words",
                channel=traits.label,
            )
        raise Conflict(
            "%(channel)s takes free words no longer. Reach the person another way.",
            field="words",
            channel=traits.label,
        )
    is_elsewhere = conversation.answering_id not in (None, by.user_id)
    if is_elsewhere and conversation.answering_until is not None and conversation.answering_until > now:
        raise Conflict("Somebody else is answering this right now. Read their answer first.", field="words")


def _wording(session: Session, conversation: Conversation, reply: Reply) -> TemplateWording | None:
    """Return the template that is to go, whatever its state; None for free words."""
    if reply.template_id is None:
        return None
    row = get_template(session, conversation.account_id, reply.template_id)
    if row is None:
        raise InvalidInput("Choose one of the templates.", field="template")
    return wording_of(row)


def _words(reply: Reply, wording: TemplateWording | None) -> str:
    """Return an answer as the person reads it."""
    if wording is None:
        return reply.words.replace("\0", "").strip()
    return shown(wording.texts, {key: " ".join(said.split()) for key, said in reply.values.items()})


def _filled(wording: TemplateWording, reply: Reply) -> FilledTemplate:
    """Return the template as it goes, or refuse it."""
    if wording.state != APPROVED:
        raise _refused(wording.state)
    if wording.needs:
        raise InvalidInput(
            "This template needs more than words (%(what)s) and cannot be sent from here. Choose another.",
            field="template",
            what=wording.needs,
        )
    return fill(wording, reply.values)


def _refused(state: str) -> Conflict:
    """Return why a template cannot be sent, by its state."""
    known = {
        "paused": Conflict(
            "The service paused this template, since people complained of it. Choose another one.",
            field="template",
        ),
        "rejected": Conflict("The service rejected this template. Choose another one.", field="template"),
        "disabled": Conflict("The service switched this template off. Choose another one.", field="template"),
        "removed": Conflict("This template is there no longer. Choose another one.", field="template"),
    }
    otherwise = Conflict("The service has not approved this template. Choose another one.", field="template")
    return known.get(state, otherwise)


def write_note(session: Session, conversation: Conversation, words: str, by: By) -> None:
    """Add a note among officials; the person never sees it.

    Raises
    ------
    InvalidInput
        No words.
    """
    words = words.replace("\0", "").strip()
    if not words:
        raise InvalidInput("Write a note first.", field="note")
    session.add(
        ConversationMessage(
            conversation_id=conversation.id,
            account_id=conversation.account_id,
            direction="note",
            user_id=by.user_id,
            is_automatic=False,
            words=words[:4000],
            facts={},
            state="kept",
            at=clock.now(),
        )
    )


def begin_answering(conversation: Conversation, by: By) -> None:
    """Show the others that somebody writes an answer; who came first keeps it.

    Raises
    ------
    Conflict
        Somebody else is writing one.
    """
    now = clock.now()
    others = conversation.answering_id not in (None, by.user_id)
    if others and conversation.answering_until is not None and conversation.answering_until > now:
        raise Conflict("Somebody else is answering this right now. Read their answer first.", field="words")
    conversation.answering_id, conversation.answering_until = by.user_id, now + ANSWERING_FOR
