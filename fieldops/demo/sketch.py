"""The city as a sketch on the plan, in metres: the ground for frames and for complaints."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from fieldops.demo.areas import Anchor, cut_areas, cut_blocks
from fieldops.demo.drawings import SCHOOLS, drawing
from fieldops.demo.local_streets import fill_blocks
from fieldops.demo.sheet import Points, positions, smooth
from fieldops.demo.street_names import StreetNamer


@dataclass(frozen=True)
class Area:
    """A kelurahan, with its kecamatan and its ground on the plan."""

    name: str
    kecamatan: str
    ground: MultiPolygon


@dataclass(frozen=True)
class Street:
    """A street on the plan; `kelurahan` is where its middle lies, `keeper` national, province or city."""

    name: str
    street_class: str
    keeper: str
    kelurahan: str
    line: LineString


@dataclass(frozen=True)
class Landmark:
    """A place people know: kind "school", "market" or "hospital"."""

    kind: str
    name: str
    place: Point


@dataclass(frozen=True)
class Sketch:
    """Everything on the plan."""

    outline: Polygon
    areas: tuple[Area, ...]
    streets: tuple[Street, ...]
    rivers: dict[str, LineString]
    railways: dict[str, LineString]
    parks: dict[str, Polygon]
    landmarks: tuple[Landmark, ...]

    def kelurahan_of(self, points: Points) -> list[str]:
        """Return the kelurahan of each plan position, shape (n, 2); the nearest one for a point outside."""
        tree = shapely.STRtree([area.ground for area in self.areas])
        nearest = np.atleast_1d(tree.nearest(shapely.points(points)))
        return [self.areas[int(index)].name for index in nearest]


def draw(rng: np.random.Generator) -> Sketch:
    """Return the city; the main shapes are fixed, the local streets and the schools are drawn by `rng`."""
    outline, parks = _grounds()
    rivers = {row["name"]: LineString(smooth(positions(row["drawn"]))) for row in drawing("rivers")}
    railways = {row["name"]: LineString(smooth(positions(row["drawn"]))) for row in drawing("railways")}
    main = _main_streets(outline)
    # The branch in the main street cuts nothing that the street does not cut.
    borders = [
        *(street.line for street in main),
        *rivers.values(),
        *(line for name, line in railways.items() if "Purwosari" not in name),
    ]
    areas = _areas(outline, borders)
    beds = [rivers[row["name"]].buffer(float(row["width_m"]) / 2 + 8) for row in drawing("rivers")]
    barred = shapely.unary_union([*parks.values(), *beds])
    local = _local_streets(cut_blocks(outline, borders), barred, areas, rng)
    landmarks = (*_known_places(), *_schools(areas, local, rng))
    return Sketch(outline, areas, (*main, *local), rivers, railways, parks, landmarks)


def _grounds() -> tuple[Polygon, dict[str, Polygon]]:
    rows = drawing("grounds")
    outline = next(
        Polygon(smooth(positions(row["drawn"]), closed=True)) for row in rows if row["kind"] == "city"
    )
    return outline, {row["name"]: Polygon(positions(row["drawn"])) for row in rows if row["kind"] == "park"}


def _main_streets(outline: Polygon) -> list[Street]:
    streets = []
    for row in drawing("streets"):
        line = LineString(smooth(positions(row["drawn"]))).intersection(outline)
        streets += [
            Street(row["name"], row["street_class"], row["keeper"], "", part)
            for part in shapely.get_parts(line)
            if part.length > 30
        ]
    return streets


def _areas(outline: Polygon, borders: list[LineString]) -> tuple[Area, ...]:
    rows = drawing("kelurahan")
    anchors = [
        Anchor(index, float(x_m), float(y_m))
        for index, row in enumerate(rows)
        for x_m, y_m in positions(row["drawn"])
    ]
    grounds = cut_areas(outline, borders, anchors)
    return tuple(Area(row["name"], row["kecamatan"], grounds[index]) for index, row in enumerate(rows))


def _local_streets(
    blocks: list[Polygon], barred: BaseGeometry, areas: tuple[Area, ...], rng: np.random.Generator
) -> list[Street]:
    drawn = fill_blocks(blocks, barred, rng)
    middles = shapely.line_interpolate_point([street.line for street in drawn], 0.5, normalized=True)
    owners = np.atleast_1d(shapely.STRtree([area.ground for area in areas]).nearest(middles))
    namer = StreetNamer(rng, len(areas))
    return [
        Street(
            namer.next_name(int(owner), lane=street.is_lane),
            "lane" if street.is_lane else "local",
            "city",
            areas[owner].name,
            street.line,
        )
        for street, owner in zip(drawn, owners, strict=True)
    ]


def _known_places() -> list[Landmark]:
    return [
        Landmark(row["kind"], row["name"], Point(positions(row["drawn"])[0])) for row in drawing("landmarks")
    ]


def _schools(areas: tuple[Area, ...], local: list[Street], rng: np.random.Generator) -> list[Landmark]:
    by_area: dict[str, list[Street]] = {}
    for street in local:
        by_area.setdefault(street.kelurahan, []).append(street)
    schools = []
    for area in areas:
        here = by_area.get(area.name, [])
        for number, pattern in enumerate(SCHOOLS):
            if here and (number == 0 or rng.random() < 0.35):
                street = here[int(rng.integers(len(here)))]
                place = street.line.interpolate(float(rng.uniform(0.2, 0.8)), normalized=True)
                schools.append(Landmark("school", pattern.format(area.name), place))
    return schools
