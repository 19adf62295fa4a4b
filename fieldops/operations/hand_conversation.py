"""Giving a conversation to somebody, or to another department; the clocks keep their start."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import NewsKind
from fieldops.domain.roles import By, Right, may
from fieldops.errors import InvalidInput
from fieldops.models import Conversation, Department, User
from fieldops.operations.add_news import add_news
from fieldops.operations.run_clocks import note_change
from fieldops.queries.users import roles_of


def assign_conversation(session: Session, conversation: Conversation, user_id: int | None, by: By) -> None:
    """Give a conversation to an official, or to nobody.

    Raises
    ------
    InvalidInput
        Whoever is named does not work in the inbox.
    """
    if user_id == conversation.assignee_id:
        return
    if user_id is not None:
        user = session.get(User, user_id)
        if user is None or not user.active or not may(roles_of(session, user_id), Right.CONVERSE):
            raise InvalidInput("Choose somebody who works in the inbox.", field="assignee")
    earlier, conversation.assignee_id = conversation.assignee_id, user_id
    note_change(session, conversation, "assigned", by, to=user_id, earlier=earlier)
    if user_id is not None:
        add_news(session, NewsKind.ASSIGNED, [conversation.id], by.user_id)


def hand_over_conversation(
    session: Session, conversation: Conversation, department_id: int, words: str, by: By
) -> None:
    """Hand a conversation to another department, with a word on why. The history tells how long each had it.

    Raises
    ------
    InvalidInput
        There is no such department, it has the conversation already, or the reason is missing.
    """
    department = session.get(Department, department_id)
    if department is None or not department.active:
        raise InvalidInput("Choose a department.", field="department")
    if department.id == conversation.department_id:
        raise InvalidInput("This department has the conversation already.", field="department")
    if not words.strip():
        raise InvalidInput("Say in a word why, so that the others need not ask.", field="why")
    now = clock.now()
    note_change(
        session,
        conversation,
        "handed_over",
        by,
        to=department.id,
        earlier=conversation.department_id,
        why=words.strip()[:200],
        at=now.isoformat(),
    )
    conversation.department_id = department.id
    conversation.assignee_id = None
    conversation.is_unread = True
    add_news(session, NewsKind.HANDED_OVER, [conversation.id], by.user_id)
