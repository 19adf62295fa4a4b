"""Devices that are told, who stands behind them, and the things that news are about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.notices import Held, Listener, Reach
from fieldops.domain.roles import RIGHTS, Right, Role
from fieldops.domain.work_order_states import BatchStatus
from fieldops.models import (
    Batch,
    ChannelPerson,
    Conversation,
    Crew,
    HelpCall,
    PushSubscription,
    User,
    UserRole,
)

ANSWERING = frozenset(role.value for role, rights in RIGHTS.items() if Right.CONVERSE in rights)


def devices_of(session: Session, user_id: int, now: datetime) -> list[PushSubscription]:
    """Return an account's devices, the youngest first."""
    return list(
        session.scalars(
            select(PushSubscription)
            .where(PushSubscription.user_id == user_id, PushSubscription.expires_at > now)
            .order_by(PushSubscription.id.desc())
        )
    )


def device_by_endpoint(session: Session, endpoint_digest: str) -> PushSubscription | None:
    """Return the device of a push service's address."""
    return session.scalar(select(PushSubscription).where(PushSubscription.endpoint_digest == endpoint_digest))


def devices_with(session: Session, device_digest: str) -> list[PushSubscription]:
    """Return what one browser was allowed to show, whoever allowed it."""
    return list(
        session.scalars(select(PushSubscription).where(PushSubscription.device_digest == device_digest))
    )


def locked_device(session: Session, subscription_id: int) -> PushSubscription | None:
    """Return a device that nobody else changes until the unit of work ends."""
    return session.scalar(
        select(PushSubscription)
        .where(PushSubscription.id == subscription_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def listening(session: Session, now: datetime) -> dict[int, list[int]]:
    """Return the devices that are told now, by the active account they belong to."""
    rows = session.execute(
        select(PushSubscription.user_id, PushSubscription.id)
        .join(User, User.id == PushSubscription.user_id)
        .where(User.active.is_(True), PushSubscription.expires_at > now)
        .order_by(PushSubscription.id)
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(row.id)
    return found


def listeners(session: Session, user_ids: Collection[int]) -> list[Listener]:
    """Return where these accounts answer, and where they are the head, as of now."""
    rows = session.execute(
        select(UserRole.user_id, UserRole.role, UserRole.department_id)
        .join(User, User.id == UserRole.user_id)
        .where(UserRole.user_id.in_(user_ids), User.active.is_(True))
    ).all()
    return [
        Listener(
            number,
            _reach([row.department_id for row in rows if row.user_id == number and row.role in ANSWERING]),
            _reach(
                [row.department_id for row in rows if row.user_id == number and row.role == Role.HEAD.value]
            ),
        )
        for number in sorted(set(user_ids))
    ]


def _reach(department_ids: list[int | None]) -> Reach:
    return Reach(frozenset(one for one in department_ids if one is not None), None in department_ids)


@dataclass(frozen=True)
class NewsSubject:
    """A conversation as far as a notice may know it: who has it, and whether it is open and waits."""

    held: Held
    is_open: bool
    is_waiting: bool
    is_urgent: bool


def subjects(session: Session, conversation_ids: Collection[int]) -> dict[int, NewsSubject]:
    """Return conversations as news see them. One whose keeper has left counts as nobody's."""
    rows = session.execute(
        select(
            Conversation.id,
            Conversation.department_id,
            Conversation.assignee_id,
            Conversation.state,
            Conversation.tray,
            Conversation.is_unread,
            Conversation.is_urgent,
            ChannelPerson.muted,
            User.active,
        )
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .outerjoin(User, User.id == Conversation.assignee_id)
        .where(Conversation.id.in_(conversation_ids))
    )
    found = {}
    for row in rows:
        is_open = row.state == "open"
        is_waiting = is_open and row.tray == "complaints" and row.is_unread and not row.muted
        held = Held(row.department_id, row.assignee_id if row.active else None)
        found[row.id] = NewsSubject(held, is_open, is_waiting, row.is_urgent)
    return found


def calls_for_help(session: Session, call_ids: Collection[int]) -> dict[int, NewsSubject]:
    """Return crews' calls for help as news see them: each is its department's, until it is answered."""
    rows = session.execute(
        select(HelpCall.id, HelpCall.answered_at, Crew.department_id)
        .join(Crew, Crew.id == HelpCall.crew_id)
        .where(HelpCall.id.in_(call_ids))
    )
    return {
        row.id: NewsSubject(
            Held(row.department_id, None), is_open=row.answered_at is None, is_waiting=False, is_urgent=True
        )
        for row in rows
    }


def leaders_of_batches(session: Session, batch_ids: Collection[int]) -> dict[int, int]:
    """Return who leads the crew of each of these batches that is out."""
    rows = session.execute(
        select(Batch.id, Crew.leader_id)
        .join(Crew, Crew.id == Batch.crew_id)
        .where(
            Batch.id.in_(batch_ids),
            Batch.status.in_([BatchStatus.DISPATCHED.value, BatchStatus.RECALLED.value]),
            Crew.leader_id.is_not(None),
        )
    )
    return {row.id: row.leader_id for row in rows}
