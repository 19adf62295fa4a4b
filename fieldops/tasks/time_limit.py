"""The last resort against work that never ends: the worker's process ends, and a new one takes over.

Nothing inside a process can stop a compiled loop or a C call that hangs. `faulthandler` watches from a thread
of its own that needs no interpreter lock, writes where it hangs, and ends the process; the supervisor starts
another worker, which takes the task up again or gives it up.
"""

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager


class _Armed:
    """Whether this process may end itself: only a worker that something starts again."""

    is_worker = False


def may_end_this_process() -> None:
    """Say that this process is a worker of its own."""
    _Armed.is_worker = True


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End the worker's process when what is inside takes longer; elsewhere do nothing."""
    if not _Armed.is_worker:
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
