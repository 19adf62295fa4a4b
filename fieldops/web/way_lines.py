"""Ways as lines for the map: light enough for a phone, exact enough to follow a street."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from shapely.geometry import LineString

from fieldops.routing.drives import Place, Way

TOLERANCE_DEG: Final = 0.00001
"""About 1 m: what may be left out of a line without anybody seeing it."""

DECIMALS: Final = 5


def line_of(path: Sequence[Place], ways: Sequence[Way | None]) -> list[list[float]]:
    """Return the line through places that follow each other along the ways between them, as coordinates; a
    straight piece where no way is known.
    """
    line: list[list[float]] = []
    for (start, end), way in zip(pairwise(path), ways, strict=True):
        piece = [start, end] if way is None else [start, *_plain(way), end]
        for lon, lat in piece:
            spot = [round(lon, DECIMALS), round(lat, DECIMALS)]
            if not line or line[-1] != spot:
                line.append(spot)
    return line if len(line) > 1 else line * 2


def _plain(way: Way) -> list[Place]:
    simple = LineString(way.line).simplify(TOLERANCE_DEG, preserve_topology=False)
    return [(float(lon), float(lat)) for lon, lat in simple.coords]
