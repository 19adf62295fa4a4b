"""What a map answers over HTTP: one tile, or the same as a list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fieldops.errors import InvalidInput
from fieldops.maps.live_map import LiveMap
from geo.errors import GeoError
from geo.tiles.answers import CONTENT_TYPE, has_already, packed
from geo.tiles.pyramid import Audience, Bubble, Pyramid
from geo.tiles.scheme import AGE_LIMITS, AGES, OTHER, SEVERITY_WORDS, Filter

PUBLIC_CACHING: Final = "public, max-age=60"
STAFF_CACHING: Final = "private, no-cache"
FILTERS: Final = ("service", "status", "age", "severity")
OLDER_THAN: Final = {days: ",".join(AGES[place:]) for place, days in enumerate(AGE_LIMITS, start=1)}
"""What `age` of an address is to be for reports older than so many days."""
AT_LEAST: Final = {least: ",".join(SEVERITY_WORDS[least:]) for least in (2, 3)}
"""What `severity` is to be for reports at least so severe."""
MOST_LETTERS: Final = 1_000
EVERYTHING: Final = Filter()

__all__ = [
    "AT_LEAST",
    "OLDER_THAN",
    "Bubble",
    "TileAnswer",
    "bubble_list",
    "chosen_filter",
    "is_new",
    "public_answer",
    "tile_answer",
    "version_of",
]

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class TileAnswer:
    """Status, body and headers: 200 with a tile, 204 where nothing is drawn, 304 for who has it already."""

    status: int
    body: bytes
    headers: dict[str, str]


def chosen_filter(pyramid: Pyramid, asked: Mapping[str, str]) -> Filter:
    """Return the filter of an address: `service`, `status` and `age`, for staff also `severity`, each a list
    with commas; empty is any. Whoever is told no severity cannot ask by it either. A kind that the map does
    not know is passed over beside one that it does: nobody has reported a kind that is newer than the map.

    Raises
    ------
    InvalidInput
        It names what this map does not know; `field` names the part.
    """
    scheme = pyramid.settings.scheme
    if not any(asked.get(name) for name in FILTERS):
        return EVERYTHING
    is_staff = pyramid.settings.audience is Audience.STAFF
    known = ((*scheme.services, OTHER), scheme.statuses, AGES, *((SEVERITY_WORDS,) if is_staff else ()))
    sets = []
    for name, words in zip(FILTERS, known, strict=False):
        wanted = frozenset(asked.get(name, "")[:MOST_LETTERS].split(",")) - {""}
        unknown = sorted(wanted - set(words))
        if name == "service" and len(unknown) < len(wanted):
            wanted -= set(unknown)
        elif unknown:
            raise InvalidInput(
                "The map knows no “%(word)s” of “%(part)s”.", field=name, word=unknown[0][:40], part=name
            )
        sets.append(wanted or None)
    return Filter(*sets).checked(scheme)


def version_of(pyramid: Pyramid) -> str:
    """Return a short word for what a map holds: another one whenever that is something else. It is the same
    under every filter, so that whoever chooses another one fetches nothing twice.
    """
    return pyramid.etag().strip('W/"')


def public_answer(
    shown: LiveMap, tile: tuple[int, int, int], asked: Mapping[str, str], sent: Mapping[str, str]
) -> TileAnswer:
    """Answer everybody with a tile, as `tile_answer` does.

    `v` in the address says which state of things the reader's list tells, of whichever process. Where it is
    not the one held here, the map is brought up to now, and what still differs is kept by nobody under that
    address.
    """
    pyramid, wanted = shown.pyramid(), asked.get("v")
    if wanted and wanted != version_of(pyramid):
        pyramid = shown.pyramid(at_once=True)
    is_that = not wanted or wanted == version_of(pyramid)
    return tile_answer(pyramid, tile, asked, sent, PUBLIC_CACHING if is_that else "no-cache")


def is_new(pyramid: Pyramid, asked: Mapping[str, str]) -> bool:
    """Say whether an address asks for a filter that has to be worked out first; a wrong one is not."""
    try:
        return not pyramid.is_ready(chosen_filter(pyramid, asked))
    except InvalidInput:
        return False


def tile_answer(
    pyramid: Pyramid,
    tile: tuple[int, int, int],
    asked: Mapping[str, str],
    sent: Mapping[str, str],
    caching: str,
) -> TileAnswer:
    """Answer with a tile.

    Parameters
    ----------
    tile
        Zoom, x, y; outside of the map there is nothing to draw.
    asked
        The filter, as in the address.
    sent
        The reader's headers.
    caching
        Cache-Control of the answer.

    Raises
    ------
    InvalidInput
        As `chosen_filter` does.
    """
    selection = chosen_filter(pyramid, asked)
    is_staff = (
        pyramid.settings.audience is Audience.STAFF
    )  # who also reads how many there are of each severity
    etag = pyramid.etag(selection, variant="counts" if is_staff else "")
    headers = {"Cache-Control": caching, "ETag": etag, "Vary": "Accept-Encoding"}
    if has_already(etag, sent.get("If-None-Match")):
        return TileAnswer(304, b"", headers)
    body = pyramid.tile(*tile, selection, with_counts=is_staff)
    if not body:
        return TileAnswer(204, b"", headers)
    body, coding = packed(body, sent.get("Accept-Encoding"))
    headers["Content-Type"] = CONTENT_TYPE
    if coding:
        headers["Content-Encoding"] = coding
    return TileAnswer(200, body, headers)


def bubble_list(pyramid: Pyramid, zoom: int, bounds: Bounds, asked: Mapping[str, str]) -> list[Bubble]:
    """Return what the map draws within west, south, east and north (degrees), the largest first.

    Raises
    ------
    InvalidInput
        Too large a part of the map, none at all, or a filter that the map does not know.
    """
    selection = chosen_filter(pyramid, asked)
    try:
        return pyramid.bubbles(zoom, bounds, selection)
    except GeoError:
        raise InvalidInput(
            "This part of the map cannot be listed. Show a smaller one.", field="bbox"
        ) from None
