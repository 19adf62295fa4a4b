"""The board's places and their map, as this process holds them."""

from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Flask, current_app
from sqlalchemy.exc import DBAPIError

from fieldops import clock
from fieldops.extensions import db
from fieldops.maps.place_map import PlaceMap
from fieldops.queries.board import BoardFilter
from fieldops.queries.board_places import BoardPlaces
from fieldops.web.page import installation

NAME: Final = "board_map"


@dataclass(frozen=True)
class BoardMap:
    """The board's places and their map, in one process."""

    places: BoardPlaces
    drawn: PlaceMap[BoardFilter]


def board_map() -> BoardMap:
    """Return what this process holds, which is read up to the last change before every answer."""
    held: dict[str, Any] = current_app.extensions
    if NAME not in held:
        places = BoardPlaces(db.engine, clock.now)
        zone = ZoneInfo(installation().city.time_zone)
        # two threads may come at once; one map stays
        held.setdefault(NAME, BoardMap(places, PlaceMap(places, zone, clock.now)))
    found: BoardMap = held[NAME]
    return found


def prepare_board(app: Flask) -> None:
    """Read the board's places now, so that no dispatcher waits for it."""
    try:
        with app.app_context():
            board_map().places.follow()
    except DBAPIError:
        app.logger.warning("the board could not be read at the start; its first reader will wait for it")
