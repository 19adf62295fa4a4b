"""What the board is asked to show, in an address: the same for its list, its map and its cards."""

from typing import Any

from flask import request

from fieldops.queries.board import STATES, BoardFilter


def wanted_filter() -> BoardFilter:
    """Return the filter in the address; unknown codes mean all."""
    state = request.args.get("state", "")
    return BoardFilter(
        family=request.args.get("family", "")[:40],
        state=state if state in STATES else "",
        overdue=request.args.get("overdue") == "1",
        words=request.args.get("q", "").strip()[:80],
    )


def filter_args(wanted: BoardFilter) -> dict[str, Any]:
    """Return a filter as the parts of an address."""
    args = {"family": wanted.family, "state": wanted.state, "q": wanted.words}
    return {key: value for key, value in args.items() if value} | ({"overdue": "1"} if wanted.overdue else {})
