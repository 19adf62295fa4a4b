"""Making all that is sealed, and digests, anew with the newest contact key while the installation runs.

Every column whose name ends in `_sealed` is gone through; the digests are those of `DIGESTS`. Nothing is
marked as done: what the new key opens is done, so whoever is interrupted begins anew and finds what is left.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from fieldops.domain.places import Channel
from fieldops.errors import SetupError
from fieldops.installation import Installation
from fieldops.models import ChannelPerson, PersonKey, Reporter
from fieldops.models.base import Model
from fieldops.operations.correspondence import id_words
from fieldops.operations.follow_request import as_known
from fieldops.sealing import Sealer, digest_by, opens_with

BATCH: Final = 300
"""Rows of one unit of work: a few hundredths of a second, in which others wait to write."""

MOST_ROUNDS: Final = 5
"""A round after which something old was found again means that somebody still seals with the old key."""

DIGESTS: Final = ("person_key.digest", "reporter.contact_digest")
"""Columns whose values are made by the contact key; a test of the house knows of every other digest."""

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Found:
    """What a round found, by column: how many values there are, were made anew, and open with no key."""

    values: Mapping[str, int]
    renewed: Mapping[str, int]
    unreadable: Mapping[str, int]

    @property
    def is_done(self) -> bool:
        """Whether everything readable was made by the newest key already."""
        return not any(self.renewed.values())


def sealed_columns() -> list[Column[Any]]:
    """Return every column that holds something sealed."""
    tables = Model.metadata.sorted_tables
    return [column for table in tables for column in table.columns if column.name.endswith("_sealed")]


def renew_all(
    session: Session,
    installation: Installation,
    unit_of_work: UnitOfWork,
    say: Callable[[str], None] = lambda _words: None,
    pause: Callable[[], None] = lambda: None,
) -> Found:
    """Make everything anew that an older key made, until a whole round finds nothing more.

    Parameters
    ----------
    session
        For reading; no unit of work may be open.
    say
        Gets a line of progress after each column.
    pause
        Called between units of work, so that others may write.

    Raises
    ------
    SetupError
        Something old came back in every round: a process still seals with an older key.
    """
    for number in range(1, MOST_ROUNDS + 1):
        found = _round(session, installation.sealer, unit_of_work, say, pause)
        if found.is_done:
            return found
        say(f"round {number} is through; another one proves it")
    raise SetupError(
        "Something was sealed with an older contact key again and again: a process still uses it. Restart "
        "all processes of FieldOps, then repeat the command."
    )


def let_unknown_ids_go(session: Session) -> int:
    """Delete digests of ids that are kept nowhere, since replaced by newer ones long ago; return how many.

    No newer key can make them anew. Versions before 0015 kept a person's present ids only.
    """
    unknown = PersonKey.id_sealed.is_(None)
    count = session.scalar(select(func.count()).select_from(PersonKey).where(unknown)) or 0
    if count:
        session.execute(delete(PersonKey).where(unknown))
    return count


def _round(
    session: Session,
    sealer: Sealer,
    unit_of_work: UnitOfWork,
    say: Callable[[str], None],
    pause: Callable[[], None],
) -> Found:
    values: dict[str, int] = {}
    renewed: dict[str, int] = {}
    unreadable: dict[str, int] = {}
    renewing = _Renewing(session, sealer, unit_of_work, pause)
    for column in sealed_columns():
        name = f"{column.table.name}.{column.name}"
        values[name], renewed[name], unreadable[name] = renewing.column(column)
        say(_line(name, values[name], renewed[name], unreadable[name]))
    renewing.keep_ids()
    for name, renew in zip(DIGESTS, (renewing.person_keys, renewing.reporters), strict=True):
        values[name], renewed[name] = renew()
        say(_line(name, values[name], renewed[name], 0))
    return Found(values, renewed, {name: count for name, count in unreadable.items() if count})


def _line(name: str, values: int, renewed: int, unreadable: int) -> str:
    lost = f", {unreadable:,} open with no key" if unreadable else ""
    return f"{name}: {values:,} there, {renewed:,} made anew{lost}"


class _Renewing:
    """One round."""

    def __init__(
        self, session: Session, sealer: Sealer, unit_of_work: UnitOfWork, pause: Callable[[], None]
    ) -> None:
        self._session = session
        self._sealer = sealer
        self._unit_of_work = unit_of_work
        self._pause = pause
        self._key = sealer.keys().sealing

    def column(self, column: Column[Any]) -> tuple[int, int, int]:
        """Seal a column's values anew; returns (there, made anew, open with no key)."""
        table = column.table
        (own,) = table.primary_key.columns
        there = renewed = unreadable = 0
        for rows in self._batches(own, [own, column], column.is_not(None)):
            there += len(rows)
            changes = []
            for row in rows:
                held: bytes = row[1].encode() if isinstance(row[1], str) else row[1]
                if opens_with(self._key, held):
                    continue
                try:
                    fresh: Any = self._sealer.seal(self._sealer.open(held))
                except SetupError:
                    unreadable += 1
                    continue
                changes.append(
                    {
                        "own": row[0],
                        "before": row[1],
                        "after": fresh.decode() if isinstance(row[1], str) else fresh,
                    }
                )
            # Only where it is as it was read: what somebody wrote meanwhile stays, and the next round looks.
            statement = (
                update(table)
                .where(own == bindparam("own"), column == bindparam("before"))
                .values({column: bindparam("after")})
            )
            self._write(statement, changes)
            renewed += len(changes)
        return there, renewed, unreadable

    def keep_ids(self) -> None:
        """Seal the ids of people whose digests were kept alone, by versions before 0015."""
        missing = PersonKey.id_sealed.is_(None)
        if self._session.scalar(select(PersonKey.id).where(missing).limit(1)) is None:
            self._session.rollback()
            return
        columns = [Reporter.id, Reporter.contact_sealed, ChannelPerson.account_id]
        query = select(*columns).join(ChannelPerson, ChannelPerson.reporter_id == Reporter.id)
        statement = (
            update(PersonKey.__table__)  # type: ignore[arg-type]
            .where(
                PersonKey.account_id == bindparam("account"),
                PersonKey.digest == bindparam("known"),
                PersonKey.id_sealed.is_(None),
            )
            .values(id_sealed=bindparam("sealed"))
        )
        for rows in self._batches_of(query, Reporter.id, Reporter.contact_sealed.is_not(None)):
            changes = []
            for _own, held, account_id in rows:
                for one in _ids_in(self._opened(held)):
                    changes += [
                        {"account": account_id, "known": digest, "sealed": self._sealer.seal(one)}
                        for digest in self._sealer.contact_digests(id_words(account_id, one))
                    ]
            self._write(statement, changes)

    def person_keys(self) -> tuple[int, int]:
        """Make the digests of people's ids anew; one that is there by the new key already is one row less."""
        there = renewed = 0
        columns = [PersonKey.id, PersonKey.account_id, PersonKey.digest, PersonKey.id_sealed]
        for rows in self._batches(PersonKey.id, columns, PersonKey.id_sealed.is_not(None)):
            there += len(rows)
            changes = []
            for own, account_id, digest, held in rows:
                one = self._opened(held)
                fresh = digest_by(self._key, id_words(account_id, one))
                if one and fresh != digest:
                    changes.append({"own": own, "account": account_id, "before": digest, "after": fresh})
            if changes:
                self._move_person_keys(changes)
            renewed += len(changes)
        return there, renewed

    def _move_person_keys(self, changes: Sequence[Mapping[str, Any]]) -> None:
        table = PersonKey.__table__
        with self._unit_of_work() as writing:
            taken = {
                (account, digest)
                for account, digest in writing.execute(
                    select(PersonKey.account_id, PersonKey.digest).where(
                        PersonKey.digest.in_([one["after"] for one in changes])
                    )
                )
            }
            connection = writing.connection()
            for one in changes:
                if (one["account"], one["after"]) in taken:
                    connection.execute(delete(table).where(table.c.id == one["own"]))  # type: ignore[arg-type]
                    continue
                connection.execute(
                    update(table)  # type: ignore[arg-type]
                    .where(table.c.id == one["own"], table.c.digest == one["before"])
                    .values(digest=one["after"])
                )
                taken.add((one["account"], one["after"]))
        self._pause()

    def reporters(self) -> tuple[int, int]:
        """Make the digests of contacts anew; of two rows of one contact one stays the one that is found."""
        there = renewed = 0
        query = select(
            Reporter.id,
            Reporter.contact_digest,
            Reporter.contact_sealed,
            Reporter.channel,
            ChannelPerson.account_id,
        ).outerjoin(ChannelPerson, ChannelPerson.reporter_id == Reporter.id)
        wanted = Reporter.contact_digest.is_not(None) & Reporter.contact_sealed.is_not(None)
        for rows in self._batches_of(query, Reporter.id, wanted):
            there += len(rows)
            changes = []
            for own, digest, held, channel, account_id in rows:
                words = _contact_words(self._opened(held), channel, account_id)
                fresh = [digest_by(self._key, one) for one in words]
                if fresh and digest not in fresh:
                    changes.append({"own": own, "before": digest, "after": fresh[0]})
            if changes:
                self._move_reporters(changes)
            renewed += len(changes)
        return there, renewed

    def _move_reporters(self, changes: Sequence[Mapping[str, Any]]) -> None:
        table = Reporter.__table__
        with self._unit_of_work() as writing:
            fresh = [one["after"] for one in changes]
            query = select(Reporter.contact_digest).where(Reporter.contact_digest.in_(fresh))
            taken = set(writing.scalars(query))
            for one in changes:
                writing.connection().execute(
                    update(table)  # type: ignore[arg-type]
                    .where(table.c.id == one["own"], table.c.contact_digest == one["before"])
                    .values(contact_digest=None if one["after"] in taken else one["after"])
                )
                taken.add(one["after"])
        self._pause()

    # ------------------------------------------------------------ reading and writing in batches

    def _opened(self, held: bytes) -> str:
        try:
            return self._sealer.open(held)
        except SetupError:
            return ""  # counted where its column was gone through

    def _batches(self, own: Any, columns: list[Any], wanted: Any) -> Iterator[Sequence[Any]]:
        yield from self._batches_of(select(*columns), own, wanted)

    def _batches_of(self, query: Any, own: Any, wanted: Any) -> Iterator[Sequence[Any]]:
        last = 0
        while True:
            rows = self._session.execute(query.where(own > last, wanted).order_by(own).limit(BATCH)).all()
            self._session.rollback()  # nothing is held while somebody else writes
            if not rows:
                return
            last = rows[-1][0]
            yield rows

    def _write(self, statement: Any, changes: list[dict[str, Any]]) -> None:
        if not changes:
            return
        with self._unit_of_work() as writing:
            writing.connection().execute(statement, changes)
        self._pause()


def _ids_in(contact: str) -> list[str]:
    """Return the channel's ids that a sealed contact names; none where it is an address or a number."""
    if not contact.startswith("{"):
        return []
    held = json.loads(contact)
    return [one for one in (held["user_id"], *held.get("aliases", [])) if one]


def _contact_words(contact: str, channel: str, account_id: int | None) -> list[str]:
    """Return what a contact's digest may have been made of, the likeliest first."""
    if not contact:
        return []
    if account_id is None and contact.startswith("{"):
        return []
    if account_id is not None:
        return [id_words(account_id, one) for one in _ids_in(contact)]
    return [as_known(contact, Channel(channel))]
