"""Reading places as people write them: 1,5 or 1.5, a Plus Code, or nothing."""

import re
from typing import Final

from openlocationcode import openlocationcode as plus_codes

from fieldops.domain.city import City
from fieldops.errors import InvalidInput

SHARED_SIGNS: Final = 4
DEGREES: Final = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,15})?")


def read_degrees(words: str, field: str) -> float | None:
    """Return a typed angle, None when nothing was typed.

    Raises
    ------
    InvalidInput
        It is not a number.
    """
    plain = words.strip().replace("−", "-").rstrip("°")
    if not plain:
        return None
    if not DEGREES.fullmatch(plain):
        raise InvalidInput("This is not a number. Example: −7.56604.", field=field)
    return float(plain.replace(",", "."))


def read_metres(words: str) -> float | None:
    """Return an accuracy in metres; what cannot be one counts as unknown, since no person typed it."""
    try:
        value = float(words)
    except ValueError:
        return None
    return value if 0 < value < 10_000 else None


def read_plus_code(words: str, city: City) -> tuple[float, float] | None:
    """Return (lon, lat) of a full or short Plus Code, None when nothing was typed.

    A short code is completed with the city's centre; a place name after it is ignored.

    Raises
    ------
    InvalidInput
        It is not a Plus Code.
    """
    code = words.strip().split(" ")[0].rstrip(",").upper()
    if not code:
        return None
    if plus_codes.isShort(code):
        code = plus_codes.recoverNearest(code, city.centre[1], city.centre[0])
    if not plus_codes.isFull(code):
        raise InvalidInput("This is not a Plus Code. Example: CRMF+H5.", field="plus_code")
    area = plus_codes.decode(code)
    return float(area.longitudeCenter), float(area.latitudeCenter)


def short_plus_code(lon: float, lat: float) -> str:
    """Return the Plus Code of a point without the four signs that all of a city's codes share."""
    return str(plus_codes.encode(lat, lon))[SHARED_SIGNS:]
