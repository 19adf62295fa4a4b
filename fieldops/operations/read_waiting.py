"""Reading what waits, many at once. An event that fails, hangs or ends its reader holds up nobody else's.

While events are read, a file in the instance folder names them. Whoever finds it there at the start knows
that its predecessor died over one of them, and reads these one by one; one that was named alone when three
readers died is left for a person.
"""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.orm import Session

from fieldops.errors import Busy, StorageFull
from fieldops.installation import Installation
from fieldops.operations.read_event import park_event, read_events, try_again
from fieldops.operations.reading_turn import take_turn
from fieldops.queries.channels import waiting_event_ids

UnitOfWork = Callable[[], AbstractContextManager[Session]]
Limit = Callable[[float], AbstractContextManager[None]]

MOST_AT_ONCE: Final = 100
"""Events of one unit of work."""
MOST_DEATHS: Final = 3
LONGEST_S: Final = 60.0
"""A reader that needs longer has hung."""

log = structlog.get_logger("intake")


class EventReader:
    """Reads the events of one installation; only one process may at a time.

    Parameters
    ----------
    limit
        Ends the process when what is inside takes longer than so many seconds.
    """

    def __init__(self, installation: Installation, unit_of_work: UnitOfWork, limit: Limit) -> None:
        self._installation = installation
        self._unit_of_work = unit_of_work
        self._limit = limit
        self._note = installation.settings.instance_dir / "intake.reading"
        self._suspects, self._deaths = _left_by_the_dead(self._note)

    def read(self, session: Session) -> int:
        """Read what waits, up to a hundred events; return how many.

        Raises
        ------
        Busy, StorageFull
            The database cannot write now; nothing was read.
        """
        waiting = waiting_event_ids(session, MOST_AT_ONCE)
        session.rollback()
        if self._suspects:
            return self._one_by_one(self._suspects)
        if not waiting:
            return 0
        try:
            return len(waiting) if self._read(waiting) else 0
        except (Busy, StorageFull):
            raise
        except Exception as error:
            log.warning("events are read one by one", events=len(waiting), exc_info=error)
            return self._one_by_one(waiting)

    def _read(self, ids: list[int], deaths: int = 0) -> bool:
        self._note.write_text(json.dumps({"events": ids, "deaths": deaths}), encoding="ascii")
        try:
            with self._limit(LONGEST_S), self._unit_of_work() as session:
                has_turn = take_turn(session, wait=False)
                if has_turn:
                    read_events(session, self._installation, ids)
        except Exception:
            self._note.unlink(missing_ok=True)  # whoever can say so has not died
            raise
        self._note.unlink(missing_ok=True)
        return has_turn

    def _one_by_one(self, ids: list[int]) -> int:
        died_over, deaths = (ids[0], self._deaths) if len(ids) == 1 and self._suspects else (None, 0)
        for number in ids:
            if number == died_over and deaths >= MOST_DEATHS:
                log.error("an event ended its readers and waits for a person", event_id=number)
                with self._unit_of_work() as session:
                    park_event(session, number, "its readers died")
                continue
            try:
                self._read([number], deaths if number == died_over else 0)
            except (Busy, StorageFull):
                raise
            except Exception as error:
                log.warning("an event could not be read", event_id=number, exc_info=error)
                with self._unit_of_work() as session:
                    try_again(session, number)
        self._note.unlink(missing_ok=True)
        self._suspects, self._deaths = [], 0
        return len(ids)


def _left_by_the_dead(note: Path) -> tuple[list[int], int]:
    """Return the events over one of which a reader died, and how often one that was alone did so."""
    with suppress(OSError, ValueError, TypeError, KeyError):
        held = json.loads(note.read_text(encoding="ascii"))
        ids = [int(number) for number in held["events"]]
        return ids, int(held["deaths"]) + (1 if len(ids) == 1 else 0)
    return [], 0
