"""Saying that two who wrote to an account are one person, and taking it back.

WhatsApp knows somebody by a number and by an id that hides it; who changes either writes as somebody new.
Only people can tell, so people say it, and may have been wrong.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import ChannelPerson, Follower, Message, PersonJoin, PersonKey, Reporter
from fieldops.operations.audit import write_audit
from fieldops.operations.run_clocks import note_change
from fieldops.queries.channels import join_of
from fieldops.queries.conversations import conversations_of


def join_people(session: Session, kept_id: int, joined_id: int, by: By) -> PersonJoin:
    """Let one person be heard as another: their ids, conversations and reports go over.

    Raises
    ------
    InvalidInput
        They are one already, or wrote to different accounts.
    Conflict
        One of them was forgotten, or is heard as somebody else already.
    """
    kept, joined = session.get_one(ChannelPerson, kept_id), session.get_one(ChannelPerson, joined_id)
    if kept.id == joined.id or kept.account_id != joined.account_id:
        raise InvalidInput("Choose another person who wrote to the same account.", field="other")
    reporters = session.get_one(Reporter, kept.reporter_id), session.get_one(Reporter, joined.reporter_id)
    if any(reporter.anonymised_at is not None for reporter in reporters):
        raise Conflict("One of the two asked to be forgotten.", field="other")
    if join_of(session, kept.id) is not None or join_of(session, joined.id) is not None:
        raise Conflict("One of the two is joined to somebody already.", field="other")
    join = PersonJoin(
        kept_id=kept.id,
        joined_id=joined.id,
        moved=_move(session, kept, joined, by) | _before(kept),
        user_id=by.user_id,
        at=clock.now(),
    )
    session.add(join)
    kept.muted = kept.muted or joined.muted
    kept.stopped_at = kept.stopped_at or joined.stopped_at
    session.flush()
    write_audit(session, by, "people_joined", "channel_person", kept.id, joined=joined.id, join=join.id)
    return join


def part_people(session: Session, join_id: int, by: By) -> PersonJoin:
    """Take a join back: what went over returns; what came since stays where it came.

    Raises
    ------
    NotFound
        There is no such join.
    Conflict
        It was taken back already, or the person was forgotten since.
    """
    join = session.get(PersonJoin, join_id)
    if join is None:
        raise NotFound("There is no such conversation. It may have been deleted.")
    kept, joined = (
        session.get_one(ChannelPerson, join.kept_id),
        session.get_one(ChannelPerson, join.joined_id),
    )
    if join.undone_at is not None:
        raise Conflict("This was taken back already.")
    if session.get_one(Reporter, kept.reporter_id).anonymised_at is not None:
        raise Conflict("One of the two asked to be forgotten.")
    moved = join.moved
    session.execute(
        update(PersonKey).where(PersonKey.id.in_(moved["keys"]), PersonKey.person_id == kept.id)
        .values(person_id=joined.id).execution_options(synchronize_session=False)
    )  # fmt: skip
    for table, name in ((Follower, "followers"), (Message, "messages")):
        session.execute(
            update(table).where(table.id.in_(moved[name]), table.reporter_id == kept.reporter_id)
            .values(reporter_id=joined.reporter_id).execution_options(synchronize_session=False)
        )  # fmt: skip
    for conversation in conversations_of(session, kept.id):
        if conversation.id in moved["conversations"]:
            conversation.person_id = joined.id
            note_change(session, conversation, "parted", by, join=join.id)
    before = datetime.fromisoformat(moved["stopped_at"]) if moved["stopped_at"] else None
    if kept.stopped_at == (before or joined.stopped_at):  # nothing was said since
        kept.stopped_at = before
    if kept.muted == (moved["muted"] or joined.muted):
        kept.muted = moved["muted"]
    join.undone_at = clock.now()
    write_audit(session, by, "people_parted", "channel_person", kept.id, joined=joined.id, join=join.id)
    return join


def _before(kept: ChannelPerson) -> dict[str, Any]:
    return {"muted": kept.muted, "stopped_at": kept.stopped_at.isoformat() if kept.stopped_at else None}


def _move(session: Session, kept: ChannelPerson, joined: ChannelPerson, by: By) -> dict[str, list[int]]:
    """Give what belongs to one person to the other; returns what went over, by kind and id."""
    keys = session.scalars(select(PersonKey).where(PersonKey.person_id == joined.id)).all()
    for key in keys:
        key.person_id = kept.id
    conversations = conversations_of(session, joined.id)
    for conversation in conversations:
        conversation.person_id = kept.id
        note_change(session, conversation, "joined_person", by)
    followed = set(
        session.scalars(select(Follower.request_id).where(Follower.reporter_id == kept.reporter_id))
    )
    followers = [
        row
        for row in session.scalars(select(Follower).where(Follower.reporter_id == joined.reporter_id))
        if row.request_id not in followed
    ]
    for follower in followers:
        follower.reporter_id = kept.reporter_id
    messages = session.scalars(
        select(Message).where(Message.reporter_id == joined.reporter_id, Message.state != "sent")
    ).all()
    for message in messages:
        message.reporter_id = kept.reporter_id
    return {
        "keys": [row.id for row in keys],
        "conversations": [row.id for row in conversations],
        "followers": [row.id for row in followers],
        "messages": [row.id for row in messages],
    }
