"""Keeping nobody's contact, words and photos longer than the report form promises."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.own_data import KEPT_FOR
from fieldops.domain.roles import THE_SYSTEM
from fieldops.installation import Installation
from fieldops.models import (
    ChannelPerson,
    Conversation,
    Follower,
    Photo,
    Reporter,
    ServiceRequest,
)
from fieldops.operations.audit import write_audit
from fieldops.operations.forget_people import forget_people
from fieldops.operations.forget_reporter import delete_photos
from fieldops.operations.same_person import same_person

AT_ONCE: Final = 100
"""People, or photos, in one unit of work: others write in between."""

Unit = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Overdue:
    """How much is kept for longer than was promised."""

    people: int
    photos: int


def overdue(session: Session, installation: Installation) -> Overdue:
    """Return what `run_retention` would take away now; nothing is changed."""
    limit, people, after = clock.now() - KEPT_FOR, 0, 0
    while rows := list(session.scalars(_people(limit, after))):
        after = rows[-1].id
        people += sum(_is_over(session, same_person(session, installation, row), limit) for row in rows)
    photos = session.scalar(select(func.count()).select_from(_photos(limit).subquery()))
    return Overdue(people, photos or 0)


def run_retention(installation: Installation, unit: Unit) -> Overdue:
    """Forget whom nothing has kept here for a year, and delete photos of what ended a year ago; return how
    much that was. What the city did stays: kind, place, dates, history and repair.

    Parameters
    ----------
    unit
        Opens a unit of work. Each holds a hundred at most; broken off, the rest is done the next time.
    """
    photos = 0
    while True:  # before the people, who would take theirs along uncounted
        with unit() as session:
            numbers = list(session.scalars(_photos(clock.now() - KEPT_FOR).limit(AT_ONCE)))
            files = delete_photos(session, numbers)
        _delete_files(installation, files)
        photos += len(numbers)
        if not numbers:
            break
    people, after = 0, 0
    while True:
        with unit() as session:
            limit = clock.now() - KEPT_FOR
            rows = list(session.scalars(_people(limit, after)))
            after, files, count = _forget(session, installation, rows, limit)
        _delete_files(installation, files)
        people += count
        if not rows:
            break
    return Overdue(people, photos)


def _forget(
    session: Session, installation: Installation, rows: Collection[Reporter], limit: datetime
) -> tuple[int, list[str], int]:
    files: list[str] = []
    forgotten: set[int] = set()
    after = 0
    for row in rows:
        after = row.id
        people = same_person(session, installation, row) if row.id not in forgotten else []
        if not people or not _is_over(session, people, limit):
            continue
        forgotten |= {one.id for one in people}
        files += forget_people(session, installation, people, THE_SYSTEM)
        for one in people:
            write_audit(session, THE_SYSTEM, "data_kept_no_longer", "reporter", one.id)
    return after, files, len(forgotten)


def _is_over(session: Session, people: Collection[Reporter], limit: datetime) -> bool:
    """Whether nothing keeps any of a person's rows: staff may have joined an old one to one of today."""
    numbers = [one.id for one in people]
    over = select(func.count()).select_from(
        _people(limit, 0).where(Reporter.id.in_(numbers)).limit(None).subquery()
    )
    return session.scalar(over) == len(numbers)


def _people(limit: datetime, after: int) -> Select[Reporter]:
    """Return those whose last report ended, and whose last message came, before a time."""
    follows = (
        select(Follower.id)
        .join(ServiceRequest, ServiceRequest.id == Follower.request_id)
        .where(
            Follower.reporter_id == Reporter.id,
            or_(ServiceRequest.ended_at.is_(None), ServiceRequest.ended_at > limit, Follower.since > limit),
        )
        .exists()
    )
    talks = (
        select(Conversation.id)
        .join(ChannelPerson, ChannelPerson.id == Conversation.person_id)
        .where(ChannelPerson.reporter_id == Reporter.id, Conversation.last_message_at > limit)
        .exists()
    )
    return (
        select(Reporter)
        .where(
            Reporter.anonymised_at.is_(None),
            Reporter.created_at <= limit,
            Reporter.id > after,
            ~follows,
            ~talks,
        )
        .order_by(Reporter.id)
        .limit(AT_ONCE)
    )


def _photos(limit: datetime) -> Select[Any]:
    """Return the numbers of reporters' photos of what ended before a time; crews' evidence is not theirs."""
    return (
        select(Photo.id)
        .join(ServiceRequest, ServiceRequest.id == Photo.request_id)
        .where(Photo.stop_id.is_(None), ServiceRequest.ended_at <= limit)
        .order_by(Photo.id)
    )


def _delete_files(installation: Installation, names: Collection[str]) -> None:
    for name in names:
        installation.media.delete(name)
