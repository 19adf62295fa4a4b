"""Positions in words: links to maps, geo addresses, bare coordinates and Plus Codes. Nothing is fetched."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from openlocationcode import openlocationcode as plus_codes

NUMBER: Final = r"([+-]?\d{1,3}\.\d{2,12})"
PAIR: Final = rf"{NUMBER}\s{{0,2}}[,;/ +]\s{{0,2}}{NUMBER}"

LINK: Final = re.compile(r"(?:https?://|geo:|maps:|www\.)[^\s<>\"']{3,600}", re.IGNORECASE)
SHORT: Final = re.compile(
    r"(?:maps\.app\.goo\.gl|goo\.gl/maps|g\.co/kgs|osm\.org/go|openstreetmap\.org/go|maps\.apple/p|maps\.apple\.com/p"
    r"|waze\.com/ul/h|her\.e|bit\.ly|tinyurl\.com|s\.id)/?[\w~@-]+",
    re.IGNORECASE,
)
"""Links that say their place only to whoever follows them, which we do not."""

MARKED: Final = re.compile(rf"!3d{NUMBER}!4d{NUMBER}")
"""Google's marker, which stands for the place; the @ before it is only where the map was looked at."""
OSM_MARKED: Final = re.compile(rf"mlat={NUMBER}&(?:amp;)?mlon={NUMBER}")
ASKED: Final = re.compile(
    rf"[?&](?:q|query|ll|sll|daddr|destination|saddr|center|coordinate|loc|pin)=(?:loc:)?{PAIR}",
    re.IGNORECASE,
)
LOOKED_AT: Final = re.compile(rf"@{NUMBER},{NUMBER}")
OSM_LOOKED_AT: Final = re.compile(rf"#map=\d{{1,2}}(?:\.\d+)?/{NUMBER}/{NUMBER}")
GEO: Final = re.compile(rf"geo:{NUMBER},{NUMBER}", re.IGNORECASE)
IN_PATH: Final = re.compile(rf"/(?:place|search|dir)/[^?#]{{0,200}}?{PAIR}")
BARE: Final = re.compile(rf"(?<![\d.]){PAIR}(?![\d.])")

UNCERTAINTY: Final = re.compile(r";u=(\d{1,5}(?:\.\d+)?)", re.IGNORECASE)
PLUS_CODE: Final = re.compile(
    r"(?<![\w+])([23456789CFGHJMPQRVWX]{4,8}\+[23456789CFGHJMPQRVWX]{2,3})(?!\w)", re.IGNORECASE
)

PINNED_M: Final = 15.0
LOOKED_AT_M: Final = 150.0
PLUS_CODE_M: Final = 14.0

FORMS: Final = (
    ("map_link", MARKED, PINNED_M),
    ("map_link", OSM_MARKED, PINNED_M),
    ("map_link", ASKED, PINNED_M),
    ("geo_link", GEO, PINNED_M),
    ("map_link", IN_PATH, PINNED_M),
    ("map_view", LOOKED_AT, LOOKED_AT_M),
    ("map_view", OSM_LOOKED_AT, LOOKED_AT_M),
)
"""In the order of trust: a pin before the middle of a view."""


@dataclass(frozen=True)
class Position:
    """A position said in words, in degrees; `radius_m` is how far it can be trusted."""

    lon: float
    lat: float
    radius_m: float
    code: str
    said: str


def find_positions(text: str, centre: tuple[float, float]) -> list[Position]:
    """Return the positions that a text says, links before bare coordinates before Plus Codes.

    Parameters
    ----------
    text
        A citizen's words, cut to size already.
    centre
        (lon, lat) in degrees: short Plus Codes are completed with it.
    """
    links = LINK.findall(text)
    found = [position for link in links if (position := _of_link(link)) is not None]
    rest = LINK.sub(" ", text)
    for match in BARE.finditer(rest):
        found += _checked("coordinates", float(match[2]), float(match[1]), PINNED_M, match[0])
    for match in PLUS_CODE.finditer(rest + " " + " ".join(unquote(link) for link in links)):
        found += _of_plus_code(match[1], centre)
    return list(dict.fromkeys(found))


def has_short_link(text: str) -> bool:
    """Return whether a text holds a link that says its place only to whoever follows it."""
    return SHORT.search(text) is not None


def _of_link(link: str) -> Position | None:
    plain = unquote(link).replace("+", " ")
    for code, form, radius_m in FORMS:
        match = form.search(plain)
        if match is None:
            continue
        sure = UNCERTAINTY.search(plain)
        reach_m = min(5_000.0, max(5.0, float(sure[1]))) if sure else radius_m
        found = _checked(code, float(match[2]), float(match[1]), reach_m, link[:200])
        if found:
            return found[0]
    return None


def _checked(code: str, lon: float, lat: float, radius_m: float, said: str) -> list[Position]:
    """Return the position if it is on the Earth and is not 0, 0, which phones send when they know nothing."""
    if abs(lat) > 90 or abs(lon) > 180 or (lat == 0 and lon == 0):
        return []
    return [Position(lon, lat, radius_m, code, said)]


def _of_plus_code(code: str, centre: tuple[float, float]) -> list[Position]:
    full = code.upper()
    if plus_codes.isShort(full):
        full = plus_codes.recoverNearest(full, centre[1], centre[0])
    if not plus_codes.isFull(full):
        return []
    area = plus_codes.decode(full)
    return _checked("plus_code", float(area.longitudeCenter), float(area.latitudeCenter), PLUS_CODE_M, code)
