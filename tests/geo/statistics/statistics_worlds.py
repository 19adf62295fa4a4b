"""Small worlds of cells and counts for the tests of statistics."""

from __future__ import annotations

import numpy as np
import shapely

from geo.grid import Grid
from geo.statistics.study_cells import StudyCells, grid_cells


def cells_of(shape: str = "square", side: int = 12, size_m: float = 100.0) -> StudyCells:
    """A square study area of so many cells of a grid a side."""
    return grid_cells(Grid(size_m, shape), shapely.box(0.0, 0.0, side * size_m, side * size_m))


def counts_with_a_hot_corner(cells: StudyCells, seed: int = 1) -> np.ndarray:
    """Poisson counts: mean 2, and 9 within 300 m of the origin."""
    x_m, y_m = cells.grid.centres(cells.cells)
    mean = np.where(np.hypot(x_m, y_m) < 300.0, 9.0, 2.0)
    return np.random.default_rng(seed).poisson(mean)
