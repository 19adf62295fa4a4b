"""Where a reader looks: a point of their phone, a kelurahan, else the city's centre."""

from dataclasses import dataclass

from flask import request

from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.operations.submit_request import check_coordinates
from fieldops.queries.public import area_words, kelurahan_centre
from fieldops.web.answers import sentence
from fieldops.web.citizen.place import read_degrees
from fieldops.web.page import installation


@dataclass(frozen=True)
class Spot:
    """Where the list is centred, in degrees, and what it is called. `chosen` is "", "area" or "here"."""

    lon: float
    lat: float
    name: str
    chosen: str = ""
    area_id: int | None = None
    trouble: str = ""


def asked_spot() -> Spot:
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
