"""The cells that `python -m geo hotspots` tests, and their neighbours, by the options given."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.command_inputs import Points, read_area, read_lines, read_shapes
from geo.statistics.neighbourhoods import (
    Weights,
    grid_neighbours,
    polygon_neighbours,
    segment_ends,
    segment_neighbours,
)
from geo.statistics.study_cells import Located, StudyCells, area_cells, grid_cells, locate, segment_cells

GAP_M = 20.0
"""Borders of areas this near are one: maps of kelurahan are simplified, and do not close."""
SNAP_M = 30.0


@dataclass(frozen=True, eq=False)
class Study:
    """What is tested.

    Parameters
    ----------
    cells, weights, located
        The cells, their neighbours, and the cell of each point.
    area_name
        What the study area is, in words.
    size_m, reach_m
        Of a grid; reach also how far a road may be from a point; None where there is none.
    attributes
        Columns of the file that the areas came from, a value a cell.
    """

    cells: StudyCells
    weights: Weights
    located: Located
    area_name: str
    size_m: float | None = None
    reach_m: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


def make_study(arguments: argparse.Namespace, points: Points) -> Study:
    """Make the cells, find the neighbours, and place the points.

    Raises
    ------
    GeoError
        A file that is missing for the shape asked for, or holds no such shapes.
    """
    if arguments.shape == "area":
        return _areas(arguments, points)
    if arguments.shape == "segment":
        return _segments(arguments, points)
    grid = Grid(arguments.size_m, arguments.shape)
    area, name = read_area(arguments.area, points, arguments.size_m)
    cells = grid_cells(grid, area)
    reach_m = 2.0 * arguments.size_m if arguments.reach_m is None else arguments.reach_m
    weights = grid_neighbours(grid, cells.cells, reach_m)
    return Study(cells, weights, locate(cells, points.x_m, points.y_m), name, arguments.size_m, reach_m)


def _areas(arguments: argparse.Namespace, points: Points) -> Study:
    if arguments.area is None:
        raise GeoError("For --shape area, name the file whose polygons are the cells with --area.")
    frame = read_shapes(arguments.area, points.crs)
    shapes = shapely.make_valid(frame.geometry.to_numpy())
    is_area = shapely.get_dimensions(shapes) == 2
    cells = area_cells(shapes[is_area])
    attributes = frame[is_area].drop(columns=frame.geometry.name).to_dict("list")
    weights = polygon_neighbours(cells.geometry, gap_m=GAP_M)
    located = locate(cells, points.x_m, points.y_m)
    name = f"{arguments.area.name}, each polygon a cell"
    return Study(cells, weights, located, name, attributes=attributes)


def _segments(arguments: argparse.Namespace, points: Points) -> Study:
    if arguments.exposure_roads is None:
        raise GeoError("For --shape segment, name the file whose lines are the cells with --exposure-roads.")
    cells = segment_cells(read_lines(arguments.exposure_roads, points.crs))
    weights = segment_neighbours(*segment_ends(np.asarray(cells.geometry)))
    reach_m = SNAP_M if arguments.reach_m is None else arguments.reach_m
    located = locate(cells, points.x_m, points.y_m, reach_m=reach_m)
    name = f"{arguments.exposure_roads.name}, each line a cell"
    return Study(cells, weights, located, name, reach_m=reach_m)
