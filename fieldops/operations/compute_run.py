"""Computing a run that waits: take it up, work outside any transaction, write what came out or why not."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import InvalidInput
from fieldops.models import HotspotRun, MaintenanceRun
from fieldops.operations.search_plan import Limit
from geo.errors import GeoError
from geo.statistics.refusals import TooFewData

UnitOfWork = Callable[[], AbstractContextManager[Session]]
R = TypeVar("R", HotspotRun, MaintenanceRun)
W = TypeVar("W")

LONGEST_S: Final = 300.0
MOST_TRIES: Final = 2
BEGUN: Final = 5
"""Per cent that a run shows once its data are being read."""


@dataclass(frozen=True)
class RunSteps(Generic[R, W]):
    """How runs of one kind are found, read, and written.

    Attributes
    ----------
    get
        Finds the run in a session.
    prepare
        Reads what the run needs; returns what works on it without a session.
    write
        Writes what came out into the run.
    """

    get: Callable[[Session], R]
    prepare: Callable[[Session, R], Callable[[], W]]
    write: Callable[[Session, R, W], None]


def compute_run(steps: RunSteps[R, W], unit_of_work: UnitOfWork, limit: Limit) -> None:
    """Compute a run that waits; what the data do not allow is kept as a refusal, and so is a run that was
    stopped in the middle too often. Doing it again changes nothing.
    """
    with unit_of_work() as session:
        run = steps.get(session)
        if run.state not in ("queued", "computing"):
            return
        run.tries += 1
        if run.tries > MOST_TRIES:
            run.state, run.refusal = "failed", {"need": "stopped"}
            return
        run.state, run.progress = "computing", BEGUN
        work = steps.prepare(session, run)
    try:
        with limit(LONGEST_S):
            worked = work()
    except TooFewData as error:
        _refuse(steps, unit_of_work, {"need": error.need, "found": error.found, "needed": error.needed})
        return
    except (GeoError, InvalidInput) as error:
        _refuse(steps, unit_of_work, {"need": "other", "words": str(error)})
        return
    with unit_of_work() as session:
        run = steps.get(session)
        if run.state == "computing":
            steps.write(session, run, worked)
            _end(run, "done")


def _refuse(steps: RunSteps[R, W], unit_of_work: UnitOfWork, refusal: dict[str, Any]) -> None:
    with unit_of_work() as session:
        run = steps.get(session)
        run.refusal = refusal
        _end(run, "refused")


def _end(run: HotspotRun | MaintenanceRun, state: str) -> None:
    run.state, run.progress, run.computed_at = state, 100, clock.now()
