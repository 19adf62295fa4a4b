"""The board: what needs a person, beside the map."""

from typing import Final
from urllib.parse import urlencode

from flask import render_template, request, url_for

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.measure_places import landmarks_beside
from fieldops.queries.board import (
    STATES,
    BoardFilter,
    BoardRow,
    counts_by_state,
    filtered,
    most_pressing_first,
    without_place,
)
from fieldops.queries.waitings import count_waitings, counted_together
from fieldops.queries.why_not import left_out_on, next_planned_day
from fieldops.queries.work_orders import orders_in
from fieldops.web.dispatch import said
from fieldops.web.dispatch.board_filter import filter_args, wanted_filter
from fieldops.web.dispatch.board_map import board_map
from fieldops.web.dispatch.left_out_words import reason_name
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.map_words import map_said, tiles_url
from fieldops.web.page import installation
from fieldops.web.protection import requires

PAGE: Final = 40
DECISIONS: Final = ("unread", "verified")
ROOM: Final = 0.03
"""What the first view holds beside the places, in parts of their width and height: no symbol is cut."""
LEAST_ROOM: Final = 0.003
"""The same in degrees, 300 m: one place is shown with its surroundings."""


@blueprint.get("")
@requires(Right.SEE_BOARD)
def board() -> str:
    """Show clusters that need a decision, then orders to plan or unblock, beside the map."""
    session, now = db.session(), clock.now()
    everything = board_map().places.everything()
    wanted = wanted_filter()
    rows = most_pressing_first(filtered(session, everything, wanted, now), now)
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = rows[(page - 1) * PAGE : page * PAGE]
    why = left_out_on(session, next_planned_day(session, i18n.local(now).date()))
    beside = landmarks_beside(session, installation().city, [(row.lon, row.lat) for row in shown])
    return render_template(
        "dispatch/board.html",
        rows=[(row, row.priority(now), near) for row, near in zip(shown, beside, strict=True)],
        total=len(rows),
        page=page,
        pages=pages,
        wanted=wanted,
        args=filter_args(wanted),
        counts=counts_by_state(everything, now),
        families=sorted({row.service.family for row in everything}),
        states=STATES,
        decisions=DECISIONS,
        placeless=without_place(session),
        waits=counted_together(count_waitings(session, now).values()),
        why={number: reason_name(one.facts["reason"]) for number, one in why.items()},
        ready=len(orders_in(session, "ready")),
        said=said,
        base_url=base_map_url(),
        tiles=_tiles(wanted),
        bounds=_bounds(rows),
    )


def _tiles(wanted: BoardFilter) -> dict[str, str]:
    """Return what the map draws: the places of the list, however it is narrowed."""
    args = filter_args(wanted)
    return {
        "tiles_url": tiles_url("dispatch.board_tile"),
        "said": map_said({state: said.state_words(state) for state in STATES}, _("{n} places")),
        "query": urlencode(args),
        "places_url": url_for("dispatch.board_places", **args),
        "point_url": url_for("dispatch.cluster", cluster_id=0).removesuffix("0") + "{id}",
    }


def _bounds(rows: list[BoardRow]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what is shown; of the city when that is nothing."""
    if not rows:
        return installation().city.bounds
    lon, lat = [row.lon for row in rows], [row.lat for row in rows]
    west, south, east, north = min(lon), min(lat), max(lon), max(lat)
    wide, high = (max(LEAST_ROOM, ROOM * (most - least)) for least, most in ((west, east), (south, north)))
    return west - wide, south - high, east + wide, north + high
