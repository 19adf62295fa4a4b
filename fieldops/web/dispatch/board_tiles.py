"""The board's map: the places of its list as tiles, whatever the filter, and what a card on it says."""

from typing import Any, Final

from flask import Response, current_app, jsonify, request, url_for
from flask_login import current_user

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.extensions import limiter
from fieldops.i18n import _, ngettext
from fieldops.maps.tile_answers import STAFF_CACHING, tile_answer
from fieldops.queries.board import BoardRow
from fieldops.web.dispatch import said
from fieldops.web.dispatch.board_filter import wanted_filter
from fieldops.web.dispatch.board_map import board_map
from fieldops.web.dispatch.map_places import MOST_LISTED, asked_box
from fieldops.web.dispatch.room import blueprint
from fieldops.web.protection import requires
from fieldops.web.words import SEVERITY

NEW_FILTERS: Final = "240/minute"
"""By person. Of a filter that nobody used lately every tile asked for before the first is there counts: a
screen's six or more at once, in each process."""


@blueprint.get("/tiles/places/<int:zoom>/<int:x>/<int:y>.pbf")
@requires(Right.SEE_BOARD)
@limiter.limit(
    NEW_FILTERS,
    key_func=lambda: f"board:{current_user.get_id()}",
    exempt_when=lambda: board_map().drawn.is_ready(wanted_filter()),
)
def board_tile(zoom: int, x: int, y: int) -> Response:
    """Send a tile of the places that the board lists under the filter of the address."""
    pyramid = board_map().drawn.pyramid(wanted_filter())
    found = tile_answer(pyramid, (zoom, x, y), {}, dict(request.headers), STAFF_CACHING)
    return current_app.response_class(found.body, found.status, found.headers)


@blueprint.get("/papan/tempat.json")
@requires(Right.SEE_BOARD)
def board_places() -> Response:
    """Send what a card says of a place (`id`), or of those of a bubble (`lon`, `lat`, `zoom` of its tile).

    Only of places that the filter of the address lets through.
    """
    number = request.args.get("id", type=int)
    rows = board_map().places.rows(wanted_filter(), clock.now())
    if number:
        found = [row for row in rows if row.cluster_id == number]
    else:
        west, south, east, north = asked_box()
        found = [row for row in rows if west <= row.lon <= east and south <= row.lat <= north]
    found.sort(key=lambda row: (-row.severity, -row.reports, row.cluster_id))
    left = len(found) - MOST_LISTED
    answer = jsonify(
        places=[_told(row) for row in found[:MOST_LISTED]],
        more=ngettext("and %(num)d more place", "and %(num)d more places", left) if left > 0 else "",
    )
    answer.headers["Cache-Control"] = STAFF_CACHING
    return answer


def _told(row: BoardRow) -> dict[str, Any]:
    now = clock.now()
    days = (i18n.local(now).date() - i18n.local(row.oldest_at).date()).days
    words, _tone = said.clock_said(row.due_at, now)
    reports = ngettext("%(num)d open report", "%(num)d open reports", row.reports) if row.reports else ""
    age = ngettext("%(num)d day old", "%(num)d days old", days)
    lines = (
        ", ".join(part for part in dict.fromkeys((row.address, row.area)) if part),
        ", ".join(part for part in (reports, SEVERITY[row.severity]().lower(), age) if part),
        " · ".join(part for part in (said.state_words(row.state), words) if part),
    )
    return {
        "title": row.service.name(i18n.language()),
        "lines": [line for line in lines if line],
        "url": url_for("dispatch.cluster", cluster_id=row.cluster_id),
        "open": _("Open cluster %(number)s", number=row.cluster_id),
    }
