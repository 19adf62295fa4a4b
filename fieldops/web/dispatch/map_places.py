"""What a card on a staff map leads to: the places of work of the reports that were pressed."""

from datetime import datetime
from typing import Any, Final

from flask import Response, jsonify, request, url_for

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.queries.map_places import MapPlace, place_of_report, places_within
from fieldops.queries.spatial import Box
from fieldops.web.dispatch.room import blueprint
from fieldops.web.protection import requires
from fieldops.web.words import SEVERITY

MOST_LISTED: Final = 5
NEAREST_ZOOM: Final = 16
"""Farther away a press on a bubble zooms in; nobody asks what is in it."""
REACH: Final = 73 / 512
"""How far reports of a bubble lie from its middle, in sides of a tile (`geo.tiles`: 40 px, and a cell)."""


@blueprint.get("/tempat.json")
@requires(Right.SEE_BOARD)
def map_places() -> Response:
    """Send the place of a report (`id`), or those of a bubble (`lon`, `lat`, and `zoom` of its tile)."""
    session, number = db.session(), request.args.get("id", type=int)
    found = place_of_report(session, number) if number else places_within(session, asked_box())
    left = len(found) - MOST_LISTED
    answer = jsonify(
        places=[_told(place, clock.now()) for place in found[:MOST_LISTED]],
        more=ngettext("and %(num)d more place", "and %(num)d more places", left) if left > 0 else "",
    )
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def asked_box() -> Box:
    """Return the part of the map that a bubble's reports lie in, in degrees.

    Raises
    ------
    InvalidInput
        The address names none, or one so far away that a press on a bubble zooms in.
    """
    lon, lat = request.args.get("lon", type=float), request.args.get("lat", type=float)
    zoom = request.args.get("zoom", type=int)
    if lon is None or lat is None or zoom is None or not NEAREST_ZOOM <= zoom <= 22:
        raise InvalidInput("This part of the map cannot be listed. Show a smaller one.", field="zoom")
    half = 360 / 2**zoom * REACH
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # not a number is neither
        raise InvalidInput("This part of the map cannot be listed. Show a smaller one.", field="lon")
    return lon - half, lat - half, lon + half, lat + half


def _told(place: MapPlace, now: datetime) -> dict[str, Any]:
    days = (i18n.local(now).date() - i18n.local(place.oldest_at).date()).days
    figures = ngettext("%(num)d open report", "%(num)d open reports", place.reports)
    age = ngettext("%(num)d day old", "%(num)d days old", days)
    lines = (
        ", ".join(part for part in dict.fromkeys((place.address, place.area)) if part),
        f"{figures}, {SEVERITY[place.severity]().lower()}, {age}",
        _("Work is planned") if place.is_planned else "",
    )
    return {
        "title": place.service.name(i18n.language()),
        "lines": [line for line in lines if line],
        "url": url_for("dispatch.cluster", cluster_id=place.cluster_id),
        "open": _("Open cluster %(number)s", number=place.cluster_id),
    }
