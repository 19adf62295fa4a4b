"""Streets and drains cut into segments of 100 m, what lies on each, and which lines are one street."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from geo.errors import GeoError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEGMENT_M: Final = 100.0
LEAST_M: Final = 50.0
"""What is left at a line's end is a segment of its own from here; less is added to the one before."""
FARTHEST_M: Final = 40.0
"""Beyond so many metres from any line a place lies on none."""
ONE_STREET_M: Final = 300.0
"""Lines of one name that are nearer than this are one street; others only share its name."""
NOWHERE: Final = -1


@dataclass(frozen=True, slots=True)
class Segments:
    """Segments, line by line from each one's beginning.

    Attributes
    ----------
    line
        Row of the line that each is cut from, shape (n,).
    from_m, to_m
        Where it begins and ends, metres along its line, shape (n,). A line's id with `from_m` names a segment
        for good, as long as the line is drawn from the same end.
    geometry
        Shapely lines in the lines' CRS, shape (n,).
    """

    line: Ints
    from_m: Floats
    to_m: Floats
    geometry: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.line)

    @property
    def length_m(self) -> Floats:
        """How long each is."""
        return self.to_m - self.from_m


@dataclass(frozen=True, slots=True)
class OnSegments:
    """Where places lie.

    Attributes
    ----------
    segment
        Row of the nearest segment, −1 beyond reach, shape (m,).
    away_m
        Metres to it, infinite beyond reach, shape (m,).
    """

    segment: Ints
    away_m: Floats


def segment_bounds(
    length_m: float, *, segment_m: float = SEGMENT_M, least_m: float = LEAST_M
) -> list[tuple[float, float]]:
    """Return where the segments of a line of this length begin and end.

    Every one is `segment_m` long but the last: a rest of `least_m` or more is a segment of its own, a shorter
    one is added to the segment before. A line shorter than `least_m` is one segment.

    Raises
    ------
    GeoError
        A length that is none, or a rest longer than a segment.
    """
    if not (0.0 < least_m <= segment_m < np.inf and 0.0 < length_m < np.inf):
        raise GeoError(
            f"A line must be longer than 0 m and the least rest no longer than a segment, not {length_m:g}, "
            f"{least_m:g} and {segment_m:g} m."
        )
    whole = int(length_m // segment_m)
    rest = length_m - whole * segment_m
    ends = [segment_m * number for number in range(1, whole + 1)]
    if not whole or rest >= least_m:
        ends.append(length_m)
    else:
        ends[-1] = length_m
    return list(zip([0.0, *ends[:-1]], ends, strict=True))


def cut_segments(lines: ArrayLike, *, segment_m: float = SEGMENT_M, least_m: float = LEAST_M) -> Segments:
    """Cut lines into segments.

    Parameters
    ----------
    lines
        Shapely LineStrings in a projected CRS, shape (k,); may be empty.
    segment_m, least_m
        As `segment_bounds`.

    Raises
    ------
    GeoError
        A line that is none, or has no length; the message names its row (from 0).
    """
    held = np.asarray(lines, dtype=np.object_)
    bad = (shapely.get_type_id(held) != shapely.GeometryType.LINESTRING) | ~(shapely.length(held) > 0.0)
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: the street is no line with a length.")
    rows: list[int] = []
    bounds: list[tuple[float, float]] = []
    for row, length in enumerate(shapely.length(held).tolist()):
        found = segment_bounds(length, segment_m=segment_m, least_m=least_m)
        rows += [row] * len(found)
        bounds += found
    shapes = np.empty(len(rows), dtype=np.object_)
    for at, (row, (start, end)) in enumerate(zip(rows, bounds, strict=True)):
        shapes[at] = substring(held[row], start, end)
    ends = np.array(bounds, dtype=np.float64).reshape(-1, 2)
    return Segments(np.array(rows, dtype=np.int64), ends[:, 0], ends[:, 1], shapes)


def lie_on(
    segments: Segments, x_m: ArrayLike, y_m: ArrayLike, *, farthest_m: float = FARTHEST_M
) -> OnSegments:
    """Find the nearest segment of each place.

    Parameters
    ----------
    x_m, y_m
        Metres in the segments' CRS, finite, shape (m,); may be empty.
    farthest_m
        How far off a segment may be.

    Returns
    -------
    Of equally near segments (the end of one is the beginning of the next) the lowest row wins.

    Raises
    ------
    GeoError
        A position that is not finite; the message names its row (from 0).
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        raise GeoError(f"Row {int(np.argmax(bad))}: the position is not finite.")
    nearest, away = np.full(len(x), len(segments), dtype=np.int64), np.full(len(x), np.inf)
    if len(segments) and len(x):
        tree = shapely.STRtree(segments.geometry)
        pairs, distance = tree.query_nearest(
            shapely.points(x, y), max_distance=farthest_m, return_distance=True, all_matches=True
        )
        np.minimum.at(nearest, pairs[0], pairs[1])
        away[pairs[0]] = distance
    nearest[nearest == len(segments)] = NOWHERE
    return OnSegments(nearest, away)


def join_streets(names: ArrayLike, lines: ArrayLike, *, apart_m: float = ONE_STREET_M) -> Ints:
    """Tell which lines are one street: those of one name that chains of at most `apart_m` connect.

    Parameters
    ----------
    names
        Of each line, shape (k,); a line without a name is a street of its own.
    lines
        Shapely lines in a projected CRS, shape (k,).

    Returns
    -------
    The lowest row of each line's street, shape (k,).

    Raises
    ------
    GeoError
        Columns of different lengths.
    """
    called, held = np.asarray(names, dtype=np.str_), np.asarray(lines, dtype=np.object_)
    if called.shape != held.shape:
        raise GeoError(f"There must be a name for each of {len(held)} lines, not {called.shape}.")
    n = len(held)
    if not n:
        return np.empty(0, dtype=np.int64)
    first, second = shapely.STRtree(held).query(held, predicate="dwithin", distance=apart_m)
    alike = (called[first] == called[second]) & (called[first] != "")
    first, second = first[alike], second[alike]
    links = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(n, n))
    _many, label = connected_components(links, directed=False)
    lowest = np.full(n, n, dtype=np.int64)
    np.minimum.at(lowest, label, np.arange(n))
    street: Ints = lowest[label]
    return street
