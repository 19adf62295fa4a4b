"""The board's places as one process holds them: all read once, then those of which something changed."""

import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from fieldops.maps.place_map import Chosen, Place
from fieldops.models import ClusterChange, Service
from fieldops.queries.board import ASKED_BY_NUMBER, STATES, BoardFilter, BoardRow, board, filtered
from fieldops.queries.promises import promises

READ_ANEW: Final = 5_000
"""After more changes than this all places are read anew: that is quicker."""
STEPS_KEPT: Final = 1_000
"""Readings that maps may lag behind by before they are built anew."""


class BoardPlaces:
    """Every place of the board, followed by `cluster_change`. Opens connections of its own; threads share it.

    The list and the map beside it choose from these rows by the same rules (`fieldops.queries.board`), so
    both say the same. Deadlines are those of `now`'s day.
    """

    states = STATES

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self.engine, self.now = engine, now
        self._rows: dict[int, BoardRow] = {}
        self._services: list[str] = []
        self._version: int | None = None
        self._day: date | None = None
        self._promised: dict[tuple[str, int | None], int] = {}
        self._edition = 0
        self._steps: deque[tuple[int, frozenset[int] | None]] = deque(maxlen=STEPS_KEPT)
        self._lock = threading.RLock()

    def follow(self) -> int:
        """Take in what has changed; return a number that is higher after every change."""
        with self._lock:
            now = self.now()
            if self._version is None or not self._is_promised_alike(now):
                self._read_all(now)
                return self._edition
            query = (
                select(ClusterChange.seq, ClusterChange.cluster_id)
                .where(ClusterChange.seq >= self._version)
                .order_by(ClusterChange.seq)
                .limit(READ_ANEW + 2)
            )
            with self.engine.connect() as connection:
                steps = connection.execute(query).all()
            if self._version and not (steps and steps[0].seq == self._version):
                self._read_all(now)  # the last change was forgotten, or the database is another one
                return self._edition
            later = [step for step in steps if step.seq > self._version]
            if later:
                self._take(later[-1].seq, {step.cluster_id for step in later}, len(later), now)
            return self._edition

    def changed_since(self, edition: int) -> Collection[int] | None:
        """Return the numbers of the places that changed after an edition; None where that may be all."""
        with self._lock:
            later = [numbers for number, numbers in self._steps if number > edition]
            if len(later) < self._edition - edition:
                return None
            found: set[int] = set()
            for numbers in later:
                if numbers is None:
                    return None
                found |= numbers
            return found

    def everything(self) -> list[BoardRow]:
        """Return every place as it is now."""
        self.follow()
        with self._lock:
            return list(self._rows.values())

    def rows(self, wanted: BoardFilter, now: datetime) -> list[BoardRow]:
        """Return the places that a filter lets through, as they are now."""
        self.follow()
        with self._lock, Session(self.engine) as session:
            return filtered(session, self._rows.values(), wanted, now)

    def chosen(self, wanted: BoardFilter, now: datetime, among: Collection[int] | None) -> Chosen:
        """Return what a map tells of the places that a filter lets through, of all or of some numbers."""
        with self._lock, Session(self.engine) as session:
            numbers = self._rows if among is None else [number for number in among if number in self._rows]
            rows = [self._rows[number] for number in numbers]
            places = [
                Place(
                    row.cluster_id, row.lon, row.lat, row.service.code, row.state, row.severity, row.oldest_at
                )
                for row in filtered(session, rows, wanted, now)
            ]
            return Chosen(places, _next_due(rows, now) if wanted.overdue else None)

    def services(self) -> Sequence[str]:
        """Return the codes of the services, the oldest first."""
        return self._services

    def _take(self, version: int, numbers: set[int | None], changes: int, now: datetime) -> None:
        known = {number for number in numbers if number is not None}
        if len(known) < len(numbers) or changes > READ_ANEW:
            self._read_all(now)
            return
        with Session(self.engine) as session:
            listed = sorted(known)
            rows = [
                row
                for begin in range(0, len(listed), ASKED_BY_NUMBER)
                for row in board(session, now, listed[begin : begin + ASKED_BY_NUMBER])
            ]
        for number in known:
            self._rows.pop(number, None)
        self._rows |= {row.cluster_id: row for row in rows}
        self._version = version
        self._note(frozenset(known))

    def _is_promised_alike(self, now: datetime) -> bool:
        """Say whether deadlines are still those that were read: another day may have other promises."""
        if self._day == now.date():
            return True
        with Session(self.engine) as session:
            if promises(session, now.date()) != self._promised:
                return False
        self._day = now.date()
        return True

    def _read_all(self, now: datetime) -> None:
        with Session(self.engine) as session:
            # The number first: what changes while rows are read is read again.
            version = session.scalar(select(func.max(ClusterChange.seq))) or 0
            self._services = list(session.scalars(select(Service.code).order_by(Service.id)))
            self._promised = promises(session, now.date())
            self._rows = {row.cluster_id: row for row in board(session, now)}
        self._version, self._day = version, now.date()
        self._note(None)

    def _note(self, numbers: frozenset[int] | None) -> None:
        self._edition += 1
        self._steps.append((self._edition, numbers))


def _next_due(rows: Iterable[BoardRow], now: datetime) -> datetime | None:
    return min((row.due_at for row in rows if row.due_at and row.due_at >= now), default=None)
