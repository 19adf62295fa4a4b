"""A row of a benchmark, as the runner takes it."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def made_row(
    name: str,
    n: int,
    ours: float | None = None,
    peer: float | None = None,
    target: str | None = None,
    met: bool | None = None,
    *,
    ratio: float | None = None,
    **more: Any,
) -> Row:
    """Make a row; the ratio is ours over the peer's when none is given."""
    if ratio is None and ours is not None and peer:
        ratio = ours / peer
    return {
        "name": name,
        "n": n,
        "ours": ours,
        "peer": peer,
        "ratio": ratio,
        "target": target,
        "met": met,
        **more,
    }
