"""Cut the city's outline into kelurahan along its streets, rivers and railway.

Blocks between the drawn lines go to the kelurahan whose position lies inside; a block with positions of
several is cut half-way between them (a Voronoi diagram), a block with none joins the neighbour with which it
shares the longest edge. All cutting happens on one grid of 0.1 m, so neighbours share their vertices and
never overlap.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPoint, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from fieldops.demo.sheet import Points

Shapes = NDArray[np.object_]

GRID_M = 0.1
WOBBLE_M = 14.0


@dataclass(frozen=True)
class Anchor:
    """One position that claims the ground around it for a kelurahan (by its index)."""

    owner: int
    x_m: float
    y_m: float


def cut_areas(
    outline: Polygon, lines: Iterable[LineString], anchors: list[Anchor]
) -> dict[int, MultiPolygon]:
    """Return each owner's area on the plan.

    Parameters
    ----------
    outline
        The city on the plan, metres.
    lines
        Streets, rivers and railways that areas end at.
    anchors
        At least one for each owner, inside the outline.
    """
    blocks = cut_blocks(outline, lines)
    tree = shapely.STRtree(blocks)
    places = shapely.points([(anchor.x_m, anchor.y_m) for anchor in anchors])
    pairs = tree.query(places, predicate="intersects")
    inside: dict[int, list[Anchor]] = {}
    for place, block in pairs.T:
        inside.setdefault(int(block), []).append(anchors[place])
    edges: list[BaseGeometry] = [blocks[block].boundary for block in range(len(blocks))]
    for block, owners in inside.items():
        if len({anchor.owner for anchor in owners}) > 1:
            edges += _halfway_lines(blocks[block], owners)
    pieces = shapely.get_parts(shapely.polygonize([_noded(edges)]))
    return _dissolved(pieces, _owners(pieces, tree, inside))


def cut_blocks(outline: Polygon, lines: Iterable[LineString]) -> list[Polygon]:
    """Return the faces that `lines` cut the outline into, in an order that depends on position alone."""
    inner = [line.intersection(outline) for line in lines]
    faces = shapely.get_parts(shapely.polygonize([_noded([outline.boundary, *inner])]))
    centres = shapely.get_coordinates(shapely.point_on_surface(faces))
    return [faces[index] for index in np.lexsort((centres[:, 1], centres[:, 0]))]


def _noded(edges: Iterable[BaseGeometry]) -> BaseGeometry:
    return shapely.unary_union(list(edges), grid_size=GRID_M)


def _halfway_lines(block: Polygon, owners: list[Anchor]) -> list[BaseGeometry]:
    """Return the borders between positions of different owners, a little wobbly, as settlements are."""
    points = np.array([(anchor.x_m, anchor.y_m) for anchor in owners])
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(points), extend_to=block))
    places = shapely.points(points)
    owner_of = np.array([anchor.owner for anchor in owners])
    cell_owner = np.array([owner_of[np.flatnonzero(cell.intersects(places))[0]] for cell in cells])
    grounds = [shapely.unary_union(cells[cell_owner == owner]) for owner in np.unique(owner_of)]
    borders = [one.intersection(other) for index, one in enumerate(grounds) for other in grounds[index + 1 :]]
    # A border must reach the block's edge after wobbling, or its two sides stay one face.
    longer = [shapely.transform(shapely.segmentize(border, 40.0), _wobble) for border in borders]
    return [border.intersection(block.buffer(1.0)) for border in longer if border.length > 0]


def _wobble(points: Points) -> Points:
    """Bend the plan smoothly; the bend's slope stays below 1, so nothing new crosses."""
    x_m, y_m = points[:, 0], points[:, 1]
    return points + WOBBLE_M * np.column_stack(
        [
            np.sin(y_m / 61 + x_m / 173) + 0.4 * np.sin(y_m / 29),
            np.sin(x_m / 67 + y_m / 151) + 0.4 * np.sin(x_m / 31),
        ]
    )


def _owners(
    pieces: Shapes,
    tree: shapely.STRtree,
    inside: dict[int, list[Anchor]],
) -> list[int]:
    owners = [-1] * len(pieces)
    for index, piece in enumerate(pieces):
        middle = piece.point_on_surface()
        block = int(tree.nearest(middle))
        candidates = inside.get(block, [])
        if candidates:
            away = [(anchor.x_m - middle.x) ** 2 + (anchor.y_m - middle.y) ** 2 for anchor in candidates]
            owners[index] = candidates[int(np.argmin(away))].owner
    _give_rest_to_neighbours(pieces, owners)
    return owners


def _give_rest_to_neighbours(pieces: Shapes, owners: list[int]) -> None:
    tree = shapely.STRtree(pieces)
    rest = [index for index, owner in enumerate(owners) if owner < 0]
    while rest:
        given: dict[int, int] = {}
        for index in rest:
            shared: dict[int, float] = {}
            for neighbour in tree.query(pieces[index], predicate="touches"):
                if owners[neighbour] >= 0:
                    length = pieces[index].boundary.intersection(pieces[neighbour].boundary).length
                    shared[owners[neighbour]] = shared.get(owners[neighbour], 0.0) + length
            if shared and max(shared.values()) > 0:
                given[index] = max(shared, key=lambda owner: shared[owner])
        if not given:
            raise ValueError("the sketch has a block that no kelurahan can reach")
        for index, owner in given.items():
            owners[index] = owner
        rest = [index for index in rest if index not in given]


def _dissolved(pieces: Shapes, owners: list[int]) -> dict[int, MultiPolygon]:
    owner_of = np.array(owners)
    areas: dict[int, MultiPolygon] = {}
    for owner in np.unique(owner_of):
        areas[int(owner)] = as_multi(shapely.coverage_union_all(pieces[owner_of == owner]))
    return areas


def as_multi(shape: BaseGeometry) -> MultiPolygon:
    """Return a polygon, or several, as one MultiPolygon."""
    return MultiPolygon([part for part in shapely.get_parts(shape) if isinstance(part, Polygon)])
