"""Carrying over what was acknowledged: from the spool into the database, in order, then out of the spool."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Final

import structlog
from sqlalchemy.orm import Session

from fieldops.database import make_durable
from fieldops.installation import Installation
from fieldops.operations.store_event import store_events
from fieldops.queries.channels import account_ids
from fieldops.spool.records import Record
from fieldops.spool.segments import SpoolReader

UnitOfWork = Callable[[], AbstractContextManager[Session]]

MOST_AT_ONCE: Final = 500
"""Events of one unit of work: some milliseconds of the write lock."""
MOST_BYTES_AT_ONCE: Final = 16_000_000

log = structlog.get_logger("intake")


def drain_spool(installation: Installation, reader: SpoolReader, unit_of_work: UnitOfWork) -> int:
    """Store what waits in the spool; return how many records were carried over.

    Whatever ends this in the middle, nothing is lost and nothing doubled: files are deleted once their events
    are on the database's disk, and an event that is there already is left out.
    """
    haul = reader.look()
    if not haul.finished and not haul.records:
        return 0
    for some in _in_portions(haul.records):
        with unit_of_work() as session:
            known = account_ids(session)
            strange = [record for record in some if record.account_id not in known]
            store_events(session, [record for record in some if record.account_id in known])
        if strange:
            log.error("events of an account that is not there were set aside", events=len(strange))
            reader.keep_strange(strange)
    make_durable(installation.settings)
    if haul.torn_bytes:
        log.warning("an event was cut off by the end of its process, unacknowledged", size=haul.torn_bytes)
    if haul.damaged_bytes:
        log.error("a spooled file is damaged; a copy was set aside", size=haul.damaged_bytes)
    reader.remove(haul)
    return len(haul.records)


def _in_portions(records: list[Record]) -> Iterator[list[Record]]:
    some: list[Record] = []
    size = 0
    for record in records:
        if some and (len(some) >= MOST_AT_ONCE or size + len(record.raw) > MOST_BYTES_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(record)
        size += len(record.raw)
    if some:
        yield some
