"""Complaints as vector tiles: one address for everybody, one for staff. Nothing here knows what they hold."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, Response, current_app, request
from sqlalchemy.exc import DBAPIError

from fieldops import clock
from fieldops.domain.roles import Right, may
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db, limiter
from fieldops.maps.live_map import LiveMap, load_engine
from fieldops.maps.tile_answers import STAFF_CACHING, TileAnswer, is_new, public_answer, tile_answer
from fieldops.operations.note_map_check import note_map_check
from fieldops.operations.note_token_use import note_token_use
from fieldops.queries.api_tokens import token_holder
from fieldops.queries.map_requests import MapRequests
from fieldops.transaction import transaction
from fieldops.web.page import installation
from fieldops.web.protection import requires

blueprint = Blueprint("tiles", __name__)

NEW_FILTERS: Final = "30/minute"
"""Filters nobody has asked for lately: the first tile of each costs as much as a thousand others."""


def public_map() -> LiveMap:
    """Return this process's map for everybody."""
    return _live_map("public", every_s=0.2)


def staff_map() -> LiveMap:
    """Return this process's map for staff, who see what they have just changed."""
    return _live_map("staff", every_s=0.0)


def prepare(app: Flask) -> None:
    """Build the public map now, and load all that changes it, so that no reader waits for either."""
    try:
        with app.app_context():
            load_engine()
            public_map().pyramid().tile(0, 0, 0)
    except DBAPIError:
        app.logger.warning("the map could not be built at the start; the first reader will wait for it")


def _live_map(audience: str, every_s: float) -> LiveMap:
    held: dict[str, LiveMap] = current_app.extensions.setdefault("live_maps", {})
    if audience not in held:
        made = LiveMap(
            audience,
            MapRequests(db.engine),
            ZoneInfo(installation().city.time_zone),
            clock.now,
            every_s,
            installation().settings.map_least if audience == "public" else 0,
            _noting(cast("Any", current_app)._get_current_object()),  # noqa: SLF001  its documented name
        )
        held.setdefault(audience, made)  # two threads may come at once; one map stays
    return held[audience]


def _noting(app: Flask) -> Callable[[bool], None]:
    def note(is_right: bool) -> None:
        try:
            with app.app_context(), transaction() as session:
                note_map_check(session, is_right=is_right)
        except DBAPIError:
            app.logger.warning("a check of the map could not be noted")

    return note


@blueprint.get("/tiles/requests/<int:zoom>/<int:x>/<int:y>.pbf")
@limiter.limit(NEW_FILTERS, exempt_when=lambda: not is_new(public_map().pyramid(), request.args))
def public_tile(zoom: int, x: int, y: int) -> Response:
    """Send a tile of what everybody may see."""
    return _response(public_answer(public_map(), (zoom, x, y), request.args, _sent_headers()))


@blueprint.get("/petugas/tiles/requests/<int:zoom>/<int:x>/<int:y>.pbf")
@requires(Right.SEE_BOARD)
@limiter.limit(NEW_FILTERS, exempt_when=lambda: not is_new(staff_map().pyramid(), request.args))
def staff_tile(zoom: int, x: int, y: int) -> Response:
    """Send a tile of everything, with exact places and numbers."""
    return _staff_answer((zoom, x, y))


@blueprint.get("/ogc/<token>/tiles/requests/<int:zoom>/<int:x>/<int:y>.pbf")
@limiter.limit("120/minute", deduct_when=lambda answer: answer.status_code == 404)
def token_tile(token: str, zoom: int, x: int, y: int) -> Response:
    """Send a tile as staff see it to a program that holds a token, such as QGIS."""
    holder = token_holder(db.session(), token)
    if holder is None or not may(holder.roles, Right.SEE_BOARD):
        raise NotFound("There is no such page. It may have moved, or the address is mistyped.")
    today = clock.now().astimezone(ZoneInfo(installation().city.time_zone)).date()
    if holder.last_used_on != today:
        with (
            suppress(FieldOpsError),
            transaction() as session,
        ):  # where somebody else writes, the next one notes it
            note_token_use(session, holder.token_id, today)
    return _limited_staff_tile((zoom, x, y))


@limiter.limit(NEW_FILTERS, exempt_when=lambda: not is_new(staff_map().pyramid(), request.args))
def _limited_staff_tile(tile: tuple[int, int, int]) -> Response:
    return _staff_answer(tile)


def _staff_answer(tile: tuple[int, int, int]) -> Response:
    return _response(tile_answer(staff_map().pyramid(), tile, request.args, _sent_headers(), STAFF_CACHING))


def _sent_headers() -> dict[str, str]:
    return cast("dict[str, str]", request.headers)


def _response(found: TileAnswer) -> Response:
    return current_app.response_class(found.body, found.status, found.headers)
