"""Answering in the chat whoever asks what is held about them: with a link, in the same private thread.

It is no complaint, starts no clock and stops none, and is answered to whoever said stop as well: they ask.
"""

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.conversations import asks_for_data
from fieldops.domain.own_data import LINK_FOR, LINKS_WITHIN, MOST_LINKS
from fieldops.installation import Installation
from fieldops.models import ChannelPerson, Conversation, ConversationMessage, Reporter
from fieldops.operations.queue_reply import AutomaticReply
from fieldops.operations.send_data_link import link_reply, new_data_link
from fieldops.queries.conversations import known_keys
from fieldops.queries.own_data import links_sent


def data_requests(
    conversation: Conversation, inbound: Sequence[ConversationMessage], *, by_letter: bool
) -> list[ConversationMessage]:
    """Return the messages that ask for their sender's data; in public none does, since all would read it."""
    if conversation.is_public:
        return []
    return [
        row
        for row in inbound
        if not row.facts.get("automatic")
        and (asks_for_data(row.words) or (by_letter and _asks_by_letter(conversation, row)))
    ]


def says_more(row: ConversationMessage) -> bool:
    """Return whether a message says something beside asking for data: a letter may go on below."""
    words = _unsigned(row.words)
    return not asks_for_data(words) and bool(words.strip() or "place" in row.facts)


def answer_data_requests(
    session: Session,
    installation: Installation,
    conversation: Conversation,
    asking: Collection[ConversationMessage],
) -> list[AutomaticReply]:
    """Return a message with a fresh link where the last request was not answered; none where somebody asks
    again and again within the hour.
    """
    if not asking:
        return []
    session.flush()  # their numbers are needed
    keys = {f"data.asked.{row.id}": row for row in asking}
    said = known_keys(session, keys)
    person = session.get_one(ChannelPerson, conversation.person_id)
    reporter = session.get_one(Reporter, person.reporter_id)
    replies: list[AutomaticReply] = []
    for key in [key for key in keys if key not in said][-1:]:
        if links_sent(session, reporter.id, clock.now() - LINKS_WITHIN) >= MOST_LINKS:
            continue
        link = new_data_link(session, installation, reporter, "open", LINK_FOR)
        replies.append(link_reply(conversation, link, key))
    return replies


def _unsigned(words: str) -> str:
    """Return a letter without what stands below the line that begins a signature (RFC 3676, 4.3)."""
    lines = words.splitlines()
    end = next((number for number, line in enumerate(lines) if line.rstrip() == "--"), len(lines))
    return "\n".join(lines[:end])


def _asks_by_letter(conversation: Conversation, row: ConversationMessage) -> bool:
    """Return whether a letter asks in its first line, or in its subject alone."""
    lines = [line for line in row.words.splitlines() if line.strip()]
    return asks_for_data(lines[0]) if lines else asks_for_data(conversation.subject)
