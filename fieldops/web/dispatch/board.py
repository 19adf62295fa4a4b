"""The board: what needs a person, beside the map."""

from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, jsonify, render_template, request, url_for

from fieldops import clock, i18n
from fieldops.domain.map_groups import STAFF_UNFINISHED, MapGroup
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.i18n import language, ngettext
from fieldops.operations.measure_places import landmarks_beside
from fieldops.queries.board import STATES, BoardFilter, BoardRow, counts_by_state, filtered, without_place
from fieldops.queries.board import board as board_rows
from fieldops.queries.why_not import left_out_on, next_planned_day
from fieldops.queries.work_orders import orders_in
from fieldops.web.dispatch import said
from fieldops.web.dispatch.left_out_words import reason_name
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.map_words import codes_of, map_said, tiles_url
from fieldops.web.page import installation
from fieldops.web.protection import requires

PAGE: Final = 40
MOST_POINTS: Final = 2000
DECISIONS: Final = ("unread", "verified")
ON_TILES: Final = {"": STAFF_UNFINISHED, "unread": (MapGroup.UNREAD,), "planned": (MapGroup.IN_PROGRESS,)}
"""What tiles are asked for, by what the board shows; other states are of orders, which tiles do not know."""


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


@blueprint.get("")
@requires(Right.SEE_BOARD)
def board() -> str:
    """Show clusters that need a decision, then orders to plan or unblock, beside the map."""
    session, now = db.session(), clock.now()
    everything = board_rows(session, now)
    wanted = wanted_filter()
    rows = filtered(session, everything, wanted, now)
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    shown = rows[(page - 1) * PAGE : page * PAGE]
    why = left_out_on(session, next_planned_day(session, i18n.local(now).date()))
    beside = landmarks_beside(session, installation().city, [(row.lon, row.lat) for row in shown])
    return render_template(
        "dispatch/board.html",
        rows=list(zip(shown, beside, strict=True)),
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
        why={number: reason_name(one.facts["reason"]) for number, one in why.items()},
        ready=len(orders_in(session, "ready")),
        said=said,
        base_url=base_map_url(),
        points_url=url_for("dispatch.board_points", **filter_args(wanted)),
        tiles=_tiles(wanted),
        bounds=_bounds(rows),
        most_points=MOST_POINTS,
    )


def _tiles(wanted: BoardFilter) -> dict[str, str] | None:
    """Return what the map draws of tiles: all that waits, or one family or state of it. Narrower filters ask
    for places of work: None, and the map draws those that are listed, from `board_points`, and says so.
    """
    if wanted.state not in ON_TILES or wanted.overdue or wanted.words:
        return None
    query = {"status": ",".join(ON_TILES[wanted.state])}
    if wanted.family:
        query["service"] = codes_of(wanted.family)
    return {
        "tiles_url": tiles_url("tiles.staff_tile"),
        "said": map_said(),
        "query": urlencode(query),
        "places_url": url_for("dispatch.map_places"),
        "point_url": url_for("dispatch.request_shown", request_id=0).removesuffix("0") + "{id}",
    }


def _bounds(rows: list[BoardRow]) -> tuple[float, float, float, float]:
    """Return west, south, east and north of what is shown; of the city when that is nothing."""
    if not rows:
        return installation().city.bounds
    lon, lat = [row.lon for row in rows], [row.lat for row in rows]
    return (min(lon), min(lat), max(lon), max(lat))


@blueprint.get("/titik.geojson")
@requires(Right.SEE_BOARD)
def board_points() -> Response:
    """Return the board's places as GeoJSON points, the most pressing 2,000."""
    session, now = db.session(), clock.now()
    rows = filtered(session, board_rows(session, now), wanted_filter(), now)
    return jsonify(type="FeatureCollection", features=[_feature(row) for row in rows[:MOST_POINTS]])


def _feature(row: BoardRow) -> dict[str, Any]:
    words, _tone = said.clock_said(row.due_at, clock.now())
    reports = ngettext("%(num)d report", "%(num)d reports", row.reports)
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(row.lon, 6), round(row.lat, 6)]},
        "properties": {
            "family": row.service.family,
            "icon": row.service.icon,
            "severity": row.severity,
            "state": "planned" if row.state == "planned" else "open",
            "title": row.service.name(language()),
            "text": ", ".join(part for part in (row.address, row.area, reports, words) if part),
            "url": url_for("dispatch.cluster", cluster_id=row.cluster_id),
            "filter": row.state,
        },
    }
