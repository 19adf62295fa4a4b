"""What maps are built of and follow: all requests with a place in one snapshot, and the changes since."""

import math
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Engine, and_, case, cast, extract, func, select, true

from fieldops.domain.map_groups import UNDER_WAY, UNREAD, MapGroup, map_group
from fieldops.domain.request_states import OPEN, ClosedReason, RequestStatus
from fieldops.maps.live_map import NEVER_S, Fact, Snapshot, Step
from fieldops.models import MapChange, Service, ServiceRequest

READ_AT_ONCE: Final = 20_000
GROUPS: Final = tuple(MapGroup)


class MapRequests:
    """A database's requests as maps see them. Opens connections of its own, so that threads may ask."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def services(self) -> list[tuple[int, str]]:
        """Return id and code of every service in the order in which they were made: new ones come last."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(Service.id, Service.code).order_by(Service.id))
            return [(number, code) for number, code in rows]

    def steps_from(self, version: int, most: int) -> list[Step]:
        """Return the changes from a number on in their order, with that one, at most so many."""
        query = (
            select(MapChange.__table__).where(MapChange.seq >= version).order_by(MapChange.seq).limit(most)
        )
        with self.engine.connect() as connection:
            return [_step(row._mapping) for row in connection.execute(query)]  # noqa: SLF001  its public name

    def snapshot(self, *, is_public: bool) -> Snapshot:
        """Return every request that a map may show, and the change up to which that is so: one statement
        sees one state of both.
        """
        key = ServiceRequest.public_key if is_public else ServiceRequest.map_key
        told = and_(key.is_not(None), ServiceRequest.confidential.is_(False) if is_public else true())
        version = select(func.coalesce(func.max(MapChange.seq), 0).label("seq")).subquery()
        query = (
            select(
                version.c.seq,
                ServiceRequest.id,
                key,
                ServiceRequest.service_id,
                _group_number(),
                ServiceRequest.severity,
                self._epoch_s(ServiceRequest.reported_at),
                func.coalesce(self._epoch_s(ServiceRequest.ended_at), NEVER_S),
            )
            .select_from(version)
            .outerjoin(ServiceRequest, told)
        )
        with self.engine.connect() as connection, connection.execute(query) as result:
            parts = list(_number_columns(result.cursor, len(result.keys())))
        columns = np.concatenate(parts, axis=1)
        return Snapshot(int(columns[0, 0]), *columns[1:, columns[1] != NOTHING])

    def _epoch_s(self, moment: Any) -> Any:
        """Seconds since 1970, rounded down as `_seconds` does."""
        if self.engine.dialect.name == "sqlite":  # whose clock would round a fraction up into the next day
            return extract("epoch", func.substr(moment, 1, 19))
        return cast(func.floor(extract("epoch", moment)), BigInteger)


def _number_columns(cursor: Any, width: int) -> Iterator[NDArray[np.int64]]:
    """Read whole numbers from a driver's cursor, a column a row of the answer, shape (width, n). A million
    rows of SQLAlchemy's own kind take three times as long.
    """
    while rows := cursor.fetchmany(READ_AT_ONCE):
        if rows[0][1] is None:  # there is no request; the number of the last change comes all the same
            rows = [tuple(NOTHING if value is None else value for value in row) for row in rows]
        flat = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width)
        yield np.ascontiguousarray(flat.reshape(-1, width).T)


NOTHING: Final = -1


def _group_number() -> Any:
    """`map_group` in SQL, as a number."""
    under_way = sorted(status.value for status in UNDER_WAY)
    unread = sorted(status.value for status in UNREAD)
    open_codes = sorted(status.value for status in OPEN)
    repaired = and_(
        ServiceRequest.status == RequestStatus.CLOSED.value,
        ServiceRequest.closed_reason == ClosedReason.REPAIRED.value,
    )
    return case(
        (ServiceRequest.status.in_(under_way), GROUPS.index(MapGroup.IN_PROGRESS)),
        (ServiceRequest.status.in_(unread), GROUPS.index(MapGroup.UNREAD)),
        (ServiceRequest.status.in_(open_codes), GROUPS.index(MapGroup.OPEN)),
        (repaired, GROUPS.index(MapGroup.REPAIRED)),
        (ServiceRequest.status == RequestStatus.DONE.value, GROUPS.index(MapGroup.REPAIRED)),
        else_=GROUPS.index(MapGroup.ENDED),
    )


def _step(row: Any) -> Step:
    return Step(row["seq"], _fact(row, "was"), _fact(row, "now"))


def _fact(row: Any, side: str) -> Fact | None:
    if row[f"{side}_service_id"] is None:
        return None
    return Fact(
        number=row["request_id"],
        key=row[f"{side}_key"],
        public_key=row[f"{side}_public_key"],
        service_id=row[f"{side}_service_id"],
        group=GROUPS.index(map_group(row[f"{side}_status"], row[f"{side}_closed_reason"])),
        severity=row[f"{side}_severity"],
        reported_s=_seconds(row[f"{side}_reported_at"]),
        ended_s=_seconds(row[f"{side}_ended_at"]),
    )


def _seconds(moment: datetime | None) -> int:
    return NEVER_S if moment is None else math.floor(moment.timestamp())
