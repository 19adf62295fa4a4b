"""What a process of its own does first: it steps back behind the site, and learns to stop when asked."""

import os
import signal
import time
from types import FrameType

LOOK_EVERY_S = 0.1
NICENESS = 5


def step_back() -> None:
    """Let the web server's processes go first: answering vendors comes before reading what they sent."""
    os.nice(NICENESS)


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
