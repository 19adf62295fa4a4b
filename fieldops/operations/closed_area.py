"""The area that a dispatcher means to close: drawn, a street, a circle, or the ground of a work order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, MultiPoint, MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from fieldops.domain.closures import ClosureOrigin
from fieldops.errors import InvalidInput, OutOfArea
from fieldops.installation import Installation
from fieldops.models.base import lon_lat
from fieldops.queries.clusters import open_members_of
from fieldops.queries.spatial import street_names, streets_named
from fieldops.queries.work_orders import get_order
from fieldops.routing.drives import Place
from geo.crs import projected_crs, to_degrees, to_metres

DRAWN_REACH_M: Final = 15.0
"""Half the width of a drawn line: a hand on a map is not more exact (ours)."""

STREET_REACH_M: Final = 5.0
CORNER_M: Final = 12.0
"""A street that is closed by its name stays clear of its crossings, so that they can still be driven over."""

ORDER_REACH_M: Final = 30.0
"""How far around its reports the water of an order stands (ours)."""

LEAST_RADIUS_M: Final = 5.0
MOST_RADIUS_M: Final = 2000.0
MOST_POINTS: Final = 2000

Shape = TypeVar("Shape", bound=BaseGeometry)


@dataclass(frozen=True)
class RoadToClose:
    """What a dispatcher tells of a closure.

    Either `drawn` (lines or areas in EPSG:4326), or a `street` by its name, near `place` only where that is
    given; or a circle around `place`; or the ground of the order `order_id`. `ends_at` None: until somebody
    reopens it.
    """

    drawn: BaseGeometry | None = None
    street: str = ""
    place: Place | None = None
    radius_m: float = 100.0
    order_id: int | None = None
    note: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def origin(self) -> ClosureOrigin:
        """How it was said."""
        if self.drawn is not None:
            return ClosureOrigin.DRAWN
        if self.street.strip():
            return ClosureOrigin.STREET
        return ClosureOrigin.PLACE if self.order_id is None else ClosureOrigin.ORDER


def closed_area(session: Session, installation: Installation, what: RoadToClose) -> MultiPolygon:
    """Return the area in EPSG:4326.

    Raises
    ------
    InvalidInput
        Nothing was said, a street that is not known or not near the place, or a shape that is none.
    OutOfArea
        It lies outside the served city.
    """
    ground = _Ground(installation)
    area = {
        ClosureOrigin.DRAWN: lambda: _drawn(installation, ground, what),
        ClosureOrigin.STREET: lambda: _street(session, installation, ground, what),
        ClosureOrigin.PLACE: lambda: ground.around([_place(installation, what)], _radius(what)),
        ClosureOrigin.ORDER: lambda: _order(session, ground, what),
    }[what.origin]()
    return ground.in_degrees(area)


class _Ground:
    """Between degrees and metres of the city's projected CRS."""

    def __init__(self, installation: Installation) -> None:
        lon, lat = installation.city.centre
        self.crs = projected_crs([lon], [lat], epsg=installation.city.epsg)

    def in_metres(self, shape: Shape) -> Shape:
        flat: Shape = shapely.transform(
            shapely.force_2d(shape), lambda xy: np.column_stack(to_metres(xy[:, 0], xy[:, 1], self.crs))
        )
        return flat

    def in_degrees(self, area: BaseGeometry) -> MultiPolygon:
        round_trip = shapely.transform(
            area, lambda xy: np.column_stack(to_degrees(xy[:, 0], xy[:, 1], self.crs))
        )
        exact = shapely.set_precision(shapely.make_valid(round_trip), 1e-7)
        return MultiPolygon([part for part in shapely.get_parts(exact) if shapely.get_dimensions(part) == 2])

    def around(self, places: Sequence[Place], reach_m: float) -> BaseGeometry:
        """Return the hull of places, widened; metres."""
        widened: BaseGeometry = self.in_metres(MultiPoint(places)).convex_hull.buffer(reach_m)
        return widened


def _drawn(installation: Installation, ground: _Ground, what: RoadToClose) -> BaseGeometry:
    drawn = what.drawn
    if drawn is None or drawn.is_empty:
        raise InvalidInput("Draw the closed street first, or choose it by its name.", field="shape")
    if shapely.get_num_coordinates(drawn) > MOST_POINTS:
        raise InvalidInput("What you drew has more than %(most)s points.", field="shape", most=MOST_POINTS)
    xy = shapely.get_coordinates(drawn)
    if not (np.isfinite(xy).all() and (np.abs(xy[:, 0]) <= 180).all() and (np.abs(xy[:, 1]) <= 85).all()):
        raise InvalidInput("What you drew is not on the map.", field="shape")
    inside = shapely.make_valid(drawn).intersection(shapely.box(*installation.city.bounds))
    if inside.is_empty:
        raise OutOfArea("What you drew lies outside the city.", field="shape")
    shape = ground.in_metres(inside)
    parts = [
        part if shapely.get_dimensions(part) == 2 else part.buffer(DRAWN_REACH_M)
        for part in shapely.get_parts(shape)
    ]
    joined: BaseGeometry = shapely.union_all(parts)
    return joined


def _street(session: Session, installation: Installation, ground: _Ground, what: RoadToClose) -> BaseGeometry:
    lines = [LineString(line) for line in installation.roads.street_lines(what.street)]
    lines = lines or [line for line in streets_named(session, what.street) if isinstance(line, LineString)]
    if not lines:
        raise InvalidInput(
            "There is no street called “%(street)s” on the map.", field="street", street=what.street[:80]
        )
    bands = [_band(ground.in_metres(line)) for line in lines]
    if what.place is not None:
        near = ground.around([_place(installation, what)], _radius(what))
        bands = [part for band in bands if not (part := band.intersection(near)).is_empty]
        if not bands:
            raise InvalidInput(
                "%(street)s does not run within %(metres)s m of that place.",
                field="radius_m",
                street=what.street[:80],
                metres=round(what.radius_m),
            )
    joined: BaseGeometry = shapely.union_all(bands)
    return joined


def _band(line: LineString) -> BaseGeometry:
    """Return the ground of one stretch of street, short of both its ends."""
    spare = min(CORNER_M, 0.3 * line.length)
    inner = shapely.ops.substring(line, spare, line.length - spare)
    band: BaseGeometry = inner.buffer(STREET_REACH_M, cap_style="flat")
    return band


def _order(session: Session, ground: _Ground, what: RoadToClose) -> BaseGeometry:
    order = get_order(session, what.order_id or 0)
    members = open_members_of(session, order.cluster_id)
    places = [lon_lat(member.place) for member in members if member.place is not None]
    return ground.around([lon_lat(order.place), *places], ORDER_REACH_M)


def _place(installation: Installation, what: RoadToClose) -> Place:
    if what.place is None:
        raise InvalidInput("Choose a street, a place, or draw on the map.", field="street")
    if not installation.city.holds(*what.place):
        raise OutOfArea("That place lies outside the city.", field="lat")
    return what.place


def _radius(what: RoadToClose) -> float:
    if not LEAST_RADIUS_M <= what.radius_m <= MOST_RADIUS_M:
        raise InvalidInput(
            "Give a number from %(low)s to %(high)s.",
            field="radius_m",
            low=int(LEAST_RADIUS_M),
            high=int(MOST_RADIUS_M),
        )
    return what.radius_m


def names_to_choose(session: Session, installation: Installation) -> list[str]:
    """Return the names of streets that can be closed."""
    return installation.roads.street_names() or street_names(session)
