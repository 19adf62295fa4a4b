"""Ending a loop when the process is asked to stop."""

import signal
import time
from types import FrameType

LOOK_EVERY_S = 0.1


class StopFlag:
    """True once SIGINT or SIGTERM arrived. A plain flag: a lock taken in a signal handler can deadlock."""

    def __init__(self) -> None:
        self._asked = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked = True

    def is_set(self) -> bool:
        """Return whether the process was asked to stop."""
        return self._asked

    def wait(self, seconds: float) -> None:
        """Sleep, but not past the request to stop."""
        until = time.monotonic() + seconds
        while not self._asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY_S, left))
