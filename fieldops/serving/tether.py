"""Run a command that cannot outlive the process that started it.

`python -m fieldops.serving.tether PARENT_PID COMMAND…` asks the kernel to kill it when its parent dies,
however the parent dies, and then becomes COMMAND.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent ends; leave at once if it already has.

    The wish survives `exec`. Systems without `prctl` go without it.
    """
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent_pid:  # it ended before we could ask
        sys.exit(0)


def main(arguments: list[str]) -> None:
    """Become the command after the parent's process id."""
    parent_pid, *command = arguments
    die_with_parent(int(parent_pid))
    os.execvp(command[0], command)  # noqa: S606  the supervisor's own command line, no shell wanted


if __name__ == "__main__":
    main(sys.argv[1:])
