"""What is asked of roads and what they answer, whoever computes it."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
import numpy.typing as npt
from shapely.geometry.base import BaseGeometry

Place = tuple[float, float]
"""(longitude, latitude) in degrees, EPSG:4326."""

Matrix = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

FAR_M = 150.0
"""A place this far from any road was probably put down wrong."""


UNREACHABLE_M = 1000.0
"""Beyond this from any road nobody walks."""


class Source(StrEnum):
    """Where travel times and ways come from."""

    SERVER = "server"
    ROADS = "roads"
    ESTIMATE = "estimate"


class Fault(StrEnum):
    """Why a better source was not used."""

    NO_ROADS = "no_roads"
    DAMAGED = "damaged"
    OUTSIDE = "outside"
    SERVER_DOWN = "server_down"
    SERVER_SLOW = "server_slow"
    SERVER_WRONG = "server_wrong"
    SERVER_KNOWS_NO_CLOSURES = "server_knows_no_closures"


@dataclass(frozen=True)
class Closures:
    """Areas that cannot be driven through: row numbers and shapes (EPSG:4326), in the same order."""

    ids: tuple[int, ...] = ()
    shapes: tuple[BaseGeometry, ...] = field(default=(), repr=False)

    @property
    def key(self) -> str:
        """A short text that is equal for equal shapes; "" when nothing is closed."""
        if not self.shapes:
            return ""
        return hashlib.blake2b(b"".join(shape.wkb for shape in self.shapes), digest_size=12).hexdigest()


NOTHING_CLOSED = Closures()


@dataclass(frozen=True, eq=False)
class Drives:
    """Travel times between all of n places.

    Attributes
    ----------
    durations_s, distances_m
        (n, n) int32, from row to column; −1 where no open road leads.
    away_m
        (n,) float64, from each place to the nearest road, infinite where there is none; None when unknown.
    key
        What they were computed from, so that they can be computed again: a road graph's or a server's.
    fault
        Why they are not from a better source, where one was to be expected.
    """

    durations_s: Matrix
    distances_m: Matrix
    source: Source
    key: str = ""
    away_m: Floats | None = None
    fault: Fault | None = None


@dataclass(frozen=True)
class Turn:
    """One step of a way.

    Attributes
    ----------
    code
        depart, straight, slight_left, left, sharp_left, slight_right, right, sharp_right, uturn, roundabout
        or arrive.
    street
        The street it leads onto, "" when it has no name.
    distance_m
        How far to go on until the next step.
    exit_number
        Of a roundabout, counted from 1.
    heading_deg
        When departing: where to, clockwise from north.
    """

    code: str
    street: str
    distance_m: float
    exit_number: int | None = None
    heading_deg: float | None = None


@dataclass(frozen=True)
class Way:
    """A drive from one place to another; an estimate is a straight line without steps.

    Attributes
    ----------
    line
        The line driven, at least two places.
    distance_m, duration_s
        Of the drive.
    steps
        Begins with depart and ends with arrive; empty for an estimate.
    walk_m
        What is left to walk at its end.
    """

    line: tuple[Place, ...] = field(repr=False)
    distance_m: float
    duration_s: float
    source: Source
    steps: tuple[Turn, ...] = ()
    walk_m: float = 0.0

    @property
    def is_estimate(self) -> bool:
        """Whether no road was looked at."""
        return self.source is Source.ESTIMATE


@dataclass(frozen=True)
class RoadState:
    """What is known of the roads right now, for people to look at.

    Attributes
    ----------
    fault
        Why there is no usable graph, None when there is.
    extract, as_of
        Name of the map extract, and the date of its data as it writes it.
    imported_at
        When the file was written.
    road_km, junctions, size_mb, left_out_km
        How large it is.
    bounds
        (west, south, east, north) in degrees.
    words
        What the file's reader said of a damaged one.
    """

    fault: Fault | None
    extract: str = ""
    as_of: str = ""
    imported_at: datetime | None = None
    key: str = ""
    road_km: float = 0.0
    left_out_km: float = 0.0
    junctions: int = 0
    size_mb: float = 0.0
    bounds: tuple[float, float, float, float] | None = None
    words: str = ""
