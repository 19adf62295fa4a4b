"""What crew pages load beside themselves: photos of their own stops, the day's route as GeoJSON."""

from typing import Any, Final

from flask import Response, jsonify, request, send_file, url_for
from flask_login import current_user

from fieldops.domain.roles import Right
from fieldops.errors import NotAllowed, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, language
from fieldops.media.store import photo_name
from fieldops.queries.crew_day import CrewDay, StopLine, may_see_photo
from fieldops.queries.photos import get_photo
from fieldops.queries.plans import crews_led_by
from fieldops.web.closure_features import closure_features
from fieldops.web.crew.pages import chosen_crew, day_of
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.way_lines import line_of

SIZES: Final = ("small", "large")
KEPT_S: Final = 48 * 3600
"""A crew phone keeps what it saw for 48 hours after the shift (product reference §5)."""


@blueprint.get("/foto/<int:photo_id>/<size>")
@requires(Right.WORK)
def photo(photo_id: int, size: str) -> Response:
    """Send a photo of one of the reader's own stops. Of what reporters sent, crews get the small one only."""
    session = db.session()
    if size not in SIZES:
        raise NotFound("There is no such photo.")
    row = get_photo(session, photo_id)
    if not may_see_photo(session, row, current_user.id):
        raise NotAllowed("This photo belongs to another crew's work.")
    if row.request_id is not None and size != "small":
        raise NotAllowed("Of reporters' photos crews see the small crop only.")
    stream = installation().media.open(photo_name(row.sha256, size))
    answer = send_file(stream, mimetype="image/jpeg", etag=f"{row.sha256}-{size}")
    answer.headers["Cache-Control"] = f"private, max-age={KEPT_S}"
    return answer


@blueprint.get("/rute.geojson")
@requires(Right.WORK)
def route() -> Response:
    """Send the day's stops and the line between them."""
    day = day_of(chosen_crew(crews_led_by(db.session(), current_user.id)))
    answer = jsonify({"type": "FeatureCollection", "features": features(day) if day else []})
    answer.mimetype = "application/geo+json"
    if day is not None and request.args.get("v") == DayWays(day).version:
        # The address changes with what it shows, so the phone may keep it and use it without a signal.
        answer.headers["Cache-Control"] = f"private, max-age={KEPT_S}"
    return answer


@blueprint.get("/penutupan.geojson")
@requires(Right.WORK)
def closures() -> Response:
    """Send the roads that are closed while the day goes on."""
    day = day_of(chosen_crew(crews_led_by(db.session(), current_user.id)))
    answer = jsonify(closure_features(DayWays(day).closed if day else []))
    answer.mimetype = "application/geo+json"
    return answer


def features(day: CrewDay) -> list[dict[str, Any]]:
    """Return a day as GeoJSON features in the form that the route map reads."""
    ways = DayWays(day)
    route_line = _feature(
        {"type": "LineString", "coordinates": line_of(ways.path, ways.all)},
        kind="route",
        crew=day.crew.letter,
    )
    depot = _feature(_point(day.depot), kind="depot", title=_("Depot"))
    return [route_line, depot, *(_stop(day, line) for line in day.lines)]


def _stop(day: CrewDay, line: StopLine) -> dict[str, Any]:
    return _feature(
        _point(line.place),
        kind="stop",
        crew=day.crew.letter,
        n=line.stop.position,
        title=line.service.name(language()),
        text=line.address,
        url=url_for("crew.stop", stop_id=line.stop.id),
        locked=line.is_ended,
    )


def _point(place: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Point", "coordinates": list(place)}


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
