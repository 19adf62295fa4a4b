"""Accounts on channels, their events, and the people who wrote by them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import ChannelAccount, ChannelPerson, Conversation, InboundEvent, PersonJoin, PersonKey


@dataclass(frozen=True)
class EventCounts:
    """How many events of an account wait to be read, and how many nobody could read."""

    waiting: int
    parked: int


def account_by_hook(session: Session, hook_key: str) -> ChannelAccount:
    """Return the account that a vendor calls.

    Raises
    ------
    NotFound
        No account has such an address.
    """
    found = session.scalar(select(ChannelAccount).where(ChannelAccount.hook_key == hook_key))
    if found is None:
        raise NotFound("There is no such page. It may have moved, or the address is mistyped.")
    return found


def get_account(session: Session, account_id: int) -> ChannelAccount:
    """Return an account, or raise NotFound."""
    found = session.get(ChannelAccount, account_id)
    if found is None:
        raise NotFound("There is no such account. It may have been removed.")
    return found


def all_accounts(session: Session) -> list[ChannelAccount]:
    """Return every account, by department and name."""
    return list(
        session.scalars(select(ChannelAccount).order_by(ChannelAccount.department_id, ChannelAccount.name))
    )


def active_accounts(session: Session, kinds: Collection[str]) -> list[ChannelAccount]:
    """Return the active accounts of some kinds."""
    return list(
        session.scalars(
            select(ChannelAccount)
            .where(ChannelAccount.state == "active", ChannelAccount.kind.in_(kinds))
            .order_by(ChannelAccount.id)
        )
    )


def accounts_by_id(session: Session) -> dict[int, ChannelAccount]:
    """Return every account by its id."""
    return {account.id: account for account in session.scalars(select(ChannelAccount))}


def failing_accounts(session: Session) -> list[ChannelAccount]:
    """Return accounts that do not work: by trouble, or because their access ran out."""
    return list(
        session.scalars(
            select(ChannelAccount)
            .where((ChannelAccount.failing_since.is_not(None)) | (ChannelAccount.state == "expired"))
            .order_by(ChannelAccount.name)
        )
    )


def account_ids(session: Session) -> frozenset[int]:
    """Return the ids of all accounts."""
    return frozenset(session.scalars(select(ChannelAccount.id)))


def waiting_event_ids(session: Session, most: int) -> list[int]:
    """Return the ids of the events that wait to be read, in the order they came."""
    return list(
        session.scalars(
            select(InboundEvent.id).where(InboundEvent.state == "todo").order_by(InboundEvent.id).limit(most)
        )
    )


def people_by_digests(session: Session, digests: Collection[str]) -> dict[tuple[int, str], ChannelPerson]:
    """Return who each keyed digest belongs to, by account and digest."""
    rows = session.execute(
        select(PersonKey.account_id, PersonKey.digest, ChannelPerson)
        .join(ChannelPerson, ChannelPerson.id == PersonKey.person_id)
        .where(PersonKey.digest.in_(digests))
    )
    return {(account_id, digest): person for account_id, digest, person in rows}


def event_counts(session: Session) -> dict[int, EventCounts]:
    """Return how many events of each account are not read."""
    rows = session.execute(
        select(InboundEvent.account_id, InboundEvent.state, func.count())
        .where(InboundEvent.state != "done")
        .group_by(InboundEvent.account_id, InboundEvent.state)
    ).all()
    counts: dict[int, dict[str, int]] = {}
    for account_id, state, number in rows:
        counts.setdefault(account_id, {})[state] = number
    return {
        account_id: EventCounts(by_state.get("todo", 0) + by_state.get("again", 0), by_state.get("parked", 0))
        for account_id, by_state in counts.items()
    }


def parked_events(session: Session, account_id: int, most: int = 20) -> list[InboundEvent]:
    """Return an account's events that nobody could read, newest first."""
    return list(
        session.scalars(
            select(InboundEvent)
            .where(InboundEvent.account_id == account_id, InboundEvent.state == "parked")
            .order_by(InboundEvent.id.desc())
            .limit(most)
        )
    )


def get_person(session: Session, person_id: int) -> ChannelPerson:
    """Return somebody who wrote by a channel."""
    return session.get_one(ChannelPerson, person_id)


def joins_into(session: Session, person_id: int) -> list[PersonJoin]:
    """Return whom staff joined to a person, and did not part again, oldest first."""
    return list(
        session.scalars(
            select(PersonJoin)
            .where(PersonJoin.kept_id == person_id, PersonJoin.undone_at.is_(None))
            .order_by(PersonJoin.id)
        )
    )


def join_of(session: Session, person_id: int) -> PersonJoin | None:
    """Return the join by which somebody is heard as another person; None: as themselves."""
    return session.scalar(
        select(PersonJoin).where(PersonJoin.joined_id == person_id, PersonJoin.undone_at.is_(None))
    )


def others_heard(
    session: Session, person: ChannelPerson, department_ids: Collection[int] | None, most: int = 30
) -> list[tuple[Conversation, ChannelPerson]]:
    """Return the last conversations of others on a person's account, in some departments (None: all)."""
    query = (
        select(Conversation, ChannelPerson)
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(Conversation.account_id == person.account_id, ChannelPerson.id != person.id)
        .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
        .limit(most)
    )
    if department_ids is not None:
        query = query.where(Conversation.department_id.in_(department_ids))
    return [(conversation, other) for conversation, other in session.execute(query)]
