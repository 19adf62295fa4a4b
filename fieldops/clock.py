"""The one clock. Everything that asks for the time asks here, so that tests and the demo can set it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen_at: datetime | None = None


def now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return _frozen_at if _frozen_at is not None else datetime.now(UTC)


@contextmanager
def frozen(moment: datetime) -> Iterator[None]:
    """Hold the clock at `moment` (aware) for the length of a `with` block."""
    global _frozen_at
    if moment.tzinfo is None:
        raise ValueError("the clock needs an aware time")
    before, _frozen_at = _frozen_at, moment.astimezone(UTC)
    try:
        yield
    finally:
        _frozen_at = before
