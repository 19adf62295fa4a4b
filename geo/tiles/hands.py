"""Work for more than one processor: what is handed over is done beside what its caller goes on with."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


class Hands:
    """Threads for loops that let others go on; with one, everything is done at once by whoever asks.

    Parameters
    ----------
    threads
        How many there are, the caller's own included; at least 1.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._others = ThreadPoolExecutor(threads - 1) if threads > 1 else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._others is not None:
            self._others.shutdown()

    def begin(
        self, work: Callable[Given, Result], *given: Given.args, **named: Given.kwargs
    ) -> Callable[[], Result]:
        """Begin some work; what is returned waits for its result, and raises what the work raised."""
        if self._others is None:
            result = work(*given, **named)
            return lambda: result
        return self._others.submit(work, *given, **named).result
