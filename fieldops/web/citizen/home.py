"""The front page: what is reported around here, first as a list, then on a map, then in figures."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import render_template, request

from fieldops import clock
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.operations.look_around import look_around
from fieldops.operations.submit_request import check_coordinates
from fieldops.queries.public import (
    area_words,
    kelurahan_centre,
    kelurahan_choices,
    promised_hours,
    week_figures,
)
from fieldops.web.answers import sentence
from fieldops.web.citizen.me_too import me_too_token
from fieldops.web.citizen.place import read_degrees
from fieldops.web.citizen.room import FAMILY_ICONS, blueprint, family_words
from fieldops.web.page import installation

MOST_NEAR = 10
MAP_HALF_DEG = 0.009
"""Half the width of the front page's map: about 1 km."""


@dataclass(frozen=True)
class Spot:
    """Where the list is centred, in degrees, and what it is called. `chosen` is "", "area" or "here"."""

    lon: float
    lat: float
    name: str
    chosen: str = ""
    area_id: int | None = None
    trouble: str = ""


@blueprint.get("/")
def home() -> str:
    """Show what is near."""
    session, city = db.session(), installation().city
    spot, now = _spot(), clock.now()
    family = request.args.get("family", "")
    around = look_around(
        session,
        city,
        spot.lon,
        spot.lat,
        most=MOST_NEAR,
        family=family if family in FAMILY_ICONS else "",
    )
    since, until = _last_week(now)
    hours = promised_hours(session, "first_response", now.date())
    return render_template(
        "citizen/home.html",
        spot=spot,
        around=around,
        families=family_words(),
        family_icons=FAMILY_ICONS,
        family=family,
        areas=kelurahan_choices(session),
        token=me_too_token,
        response_due=timedelta(hours=hours),
        response_hours=hours,
        week=week_figures(session, since, until, hours, now),
        week_from=since,
        week_to=until - timedelta(days=1),
        bbox=[centre + side * MAP_HALF_DEG for side in (-1, 1) for centre in (spot.lon, spot.lat)],
    )


def _last_week(now: datetime) -> tuple[datetime, datetime]:
    """Return the last seven whole days, local midnight to local midnight."""
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=7), midnight


def _spot() -> Spot:
    """Return the place that the reader asks for: a point, a kelurahan, else the city's centre."""
    session, city = db.session(), installation().city
    number, trouble = request.args.get("kelurahan", ""), ""
    if number.isdecimal() and len(number) < 10 and (area := kelurahan_centre(session, int(number))):
        return Spot(area[1], area[2], area[0], "area", int(number))
    if "lat" in request.args or "lon" in request.args:
        try:
            lon, lat = check_coordinates(
                read_degrees(request.args.get("lon", ""), "lon"),
                read_degrees(request.args.get("lat", ""), "lat"),
                installation(),
            )
            return Spot(lon, lat, area_words(session, lon, lat) or city.name, "here")
        except FieldOpsError as error:
            trouble = sentence(error)
    lon, lat = city.centre
    return Spot(lon, lat, area_words(session, lon, lat) or city.name, trouble=trouble)
