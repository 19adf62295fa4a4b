"""The citizens' map of the whole city, drawn from tiles, and the same as a list."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from flask import render_template, request

from fieldops.domain.map_groups import MapGroup
from fieldops.errors import InvalidInput
from fieldops.extensions import db, limiter
from fieldops.maps.tile_answers import Bubble, bubble_list, is_new, version_of
from fieldops.queries.public import area_words, kelurahan_choices, street_at
from fieldops.queries.spatial import Box
from fieldops.web.citizen.maps import asked_box
from fieldops.web.citizen.room import FAMILY_ICONS, blueprint, family_words
from fieldops.web.citizen.spot import Spot, asked_spot
from fieldops.web.map_words import CHOICES, Named, codes_of, map_said, map_services, tiles_url
from fieldops.web.page import installation
from fieldops.web.tiles import NEW_FILTERS, public_map

MOST_LISTED: Final = 30
SINGLE_ZOOM: Final = 15
"""From this zoom of tiles on, single reports are told."""
LEAST_ZOOM, MOST_ZOOM = 8, 18
STEP: Final = 2
"""Zooms between a bubble and what it holds."""
SPOT_ZOOM: Final = 14


@dataclass(frozen=True)
class Part:
    """A part of the map: a zoom of tiles, and west, south, east and north in degrees."""

    zoom: int
    bounds: Box


@dataclass(frozen=True)
class Row:
    """One line of the list: a bubble or a single report, where it is, and its share of each state.

    `count` is 0 where the city tells only that it is below `below`; `service` is (family, icon, name).
    """

    count: int
    below: int
    lon: float
    lat: float
    place: str
    groups: list[tuple[str, int]]
    service: Named | None
    status: str
    day: date | None


@blueprint.get("/peta")
def map_page() -> str:
    """Show the whole city, or the surroundings of a place, and the same as a list."""
    spot = asked_spot()
    part = _asked_part(spot)
    held = {family for family, _icon, _name in map_services().values()}
    return render_template(
        "citizen/map.html",
        **_listed(part),
        spot=spot,
        part=part,
        said=map_said(),
        families={family: words for family, words in family_words().items() if family in held},
        family_icons=FAMILY_ICONS,
        areas=kelurahan_choices(db.session()),
        tiles_url=tiles_url(),
    )


@blueprint.get("/peta/daftar")
@limiter.limit(NEW_FILTERS, exempt_when=lambda: not is_new(public_map().pyramid(), _asked_filter()))
def map_list() -> str:
    """Send the list alone, for the part that the map shows now."""
    zoom, bounds = request.args.get("zoom", type=int), asked_box()
    if zoom is None or bounds is None:
        raise InvalidInput("This part of the map cannot be listed. Show a smaller one.", field="bbox")
    return render_template("citizen/_map_list.html", **_listed(Part(zoom, bounds)))


def _listed(part: Part) -> dict[str, Any]:
    pyramid, asked = public_map().pyramid(), _asked_filter()
    version = version_of(pyramid)  # first: what is listed is never older than it says
    found = bubble_list(pyramid, part.zoom, part.bounds, asked)
    services = map_services()
    rows = [_row(one, part.zoom, services) for one in found[:MOST_LISTED]]
    return {
        "version": version,
        "rows": rows,
        "bubbles": len(found),
        "total": sum(int(one.told.get("count", 0)) for one in found),
        "listed": sum(row.count for row in rows),
        "hidden": sum("below" in one.told for one in found),
        "next_zoom": min(part.zoom + STEP, MOST_ZOOM),
        "family": _family(),
        "status": _status(),
        "zoom": part.zoom,
    }


def _row(one: Bubble, zoom: int, services: Mapping[str, Named]) -> Row:
    told, session = one.told, db.session()
    is_single = "service" in told
    place = street_at(session, one.lon, one.lat) if zoom >= SINGLE_ZOOM else ""
    day = date(1970, 1, 1) + timedelta(days=int(told["day"])) if "day" in told else None
    return Row(
        count=int(told.get("count", 0)),
        below=int(told.get("below", 0)),
        lon=round(one.lon, 5),
        lat=round(one.lat, 5),
        place=place or area_words(session, one.lon, one.lat),
        groups=[(group.value, int(told[group])) for group in MapGroup if group in told],
        service=services.get(str(told["service"]), services["other"]) if is_single else None,
        status=str(told.get("status", "")),
        day=day,
    )


def _asked_filter() -> dict[str, str]:
    """Return the filter of the form as the tiles know it."""
    asked = {}
    if _family():
        asked["service"] = codes_of(_family())
    if _status():
        asked["status"] = ",".join(CHOICES[_status()])
    return asked


def _family() -> str:
    family = request.args.get("family", "")
    return family if family in FAMILY_ICONS and codes_of(family) else ""


def _status() -> str:
    status = request.args.get("status", "")
    return status if status in CHOICES else ""


def _asked_part(spot: Spot) -> Part:
    """Return the part that the page begins with: around a chosen place, else the whole city."""
    if spot.chosen:
        asked = request.args.get("zoom", SPOT_ZOOM, type=int)
        zoom = min(max(asked, LEAST_ZOOM), MOST_ZOOM)
        half = 180 / 2**zoom  # half a tile in each direction
        lat_half = half * math.cos(math.radians(spot.lat))
        return Part(zoom, (spot.lon - half, spot.lat - lat_half, spot.lon + half, spot.lat + lat_half))
    west, south, east, north = installation().city.bounds
    width = max(east - west, north - south, 360 / 2**MOST_ZOOM)
    whole = int(math.log2(360 / width)) - 1  # as a phone's width shows it
    return Part(max(LEAST_ZOOM, whole), (west, south, east, north))
