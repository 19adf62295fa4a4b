"""Gi*: by hand, against esda, against permutations, and whatever the order of cells."""

import warnings

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geo.errors import GeoError
from geo.grid import Grid
from geo.statistics.hot_spots import gi_star, hot_spots, two_sided_p
from geo.statistics.neighbourhoods import grid_neighbours, polygon_neighbours
from geo.statistics.refusals import TooFewData
from tests.geo.statistics.statistics_worlds import cells_of, counts_with_a_hot_corner

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda.getisord import G_Local
    from libpysal.weights import W


def oracle_z(values: np.ndarray, weights: sparse.csr_array) -> np.ndarray:
    """esda's analytic Gi*."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        neighbours = {
            row: weights.indices[weights.indptr[row] : weights.indptr[row + 1]].tolist()
            for row in range(weights.shape[0])
        }
        w = W(neighbours, silence_warnings=True)
        return G_Local(np.asarray(values, dtype=float), w, transform="B", permutations=0, star=True).Zs


def test_a_row_of_five_cells_by_hand() -> None:
    # x = 0 0 0 6 4: mean 2, population variance (4+4+4+16+4)/5 = 6.4. The last cell's neighbourhood is cells
    # 3 and 4: above = 10 - 2*2 = 6, spread = (5*2 - 2²)/4 = 1.5, z = 6 / sqrt(6.4*1.5) = 6/sqrt(9.6).
    line = np.eye(5) + np.eye(5, k=1) + np.eye(5, k=-1)
    z = gi_star(np.array([0.0, 0.0, 0.0, 6.0, 4.0]), sparse.csr_array(line))
    third = (10.0 - 6.0) / np.sqrt(6.4 * (15 - 9) / 4)
    assert z == pytest.approx([-4 / np.sqrt(9.6), -6 / np.sqrt(9.6), 0.0, third, 6 / np.sqrt(9.6)])


@pytest.mark.parametrize("shape", ["square", "hexagon"])
@pytest.mark.parametrize("reach_m", [100.0, 250.0])
def test_grids_agree_with_esda(shape: str, reach_m: float) -> None:
    cells = cells_of(shape, 20)
    counts = counts_with_a_hot_corner(cells)
    weights = grid_neighbours(cells.grid, cells.cells, reach_m)
    found = hot_spots(counts, weights)
    assert np.abs(found.z - oracle_z(counts, weights)).max() < 1e-9
    assert found.significant.any()


def test_queen_neighbours_and_rates_agree_with_esda() -> None:
    dice = np.random.default_rng(3)
    polygons = Grid(1.0).polygons(np.argwhere(dice.random((9, 9)) < 0.8))
    weights = polygon_neighbours(polygons)
    counts = dice.integers(0, 9, len(polygons))
    rates = counts / dice.uniform(0.5, 2.0, len(polygons))
    found = hot_spots(rates, weights, counts=counts)
    assert np.abs(found.z - oracle_z(rates, weights)).max() < 1e-9


def test_weights_other_than_one_are_allowed() -> None:
    dice = np.random.default_rng(5)
    dense = np.where(dice.random((40, 40)) < 0.3, dice.uniform(0.2, 3.0, (40, 40)), 0.0) + np.eye(40)
    values = dice.gamma(9.0, 1.0, 40)
    z = gi_star(values, sparse.csr_array(dense))
    assert gi_star(values, sparse.csr_array(dense * dice.uniform(0.1, 9.0, (40, 1)))) == pytest.approx(z)
    shuffled = [gi_star(dice.permutation(values), sparse.csr_array(dense)) for _ in range(20_000)]
    assert np.std(shuffled, axis=0) == pytest.approx(np.ones(40), abs=0.03)


def test_p_is_what_permutations_find() -> None:
    # Gi* fixes the cell itself too, so all cells are shuffled: every placing of the values is as likely.
    cells = cells_of("square", 7)
    values = np.random.default_rng(2).gamma(9.0, 1.0, len(cells)) * 3.0
    weights = grid_neighbours(cells.grid, cells.cells, 200.0)
    z = gi_star(values, weights)
    dice = np.random.default_rng(8)
    shuffled = np.stack([gi_star(dice.permutation(values), weights) for _ in range(20_000)])
    share = (np.abs(shuffled) >= np.abs(z)).mean(axis=0)
    assert share == pytest.approx(two_sided_p(z), abs=0.02)
    assert shuffled.mean(axis=0) == pytest.approx(np.zeros(len(z)), abs=0.03)
    assert shuffled.std(axis=0) == pytest.approx(np.ones(len(z)), abs=0.03)


@settings(max_examples=30, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["square", "hexagon"]))
def test_the_order_of_cells_changes_nothing(random, shape: str) -> None:
    cells = cells_of(shape, 8)
    counts = counts_with_a_hot_corner(cells)
    order = np.array(random.sample(range(len(cells)), len(cells)))
    found = hot_spots(counts, grid_neighbours(cells.grid, cells.cells, 150.0))
    other = hot_spots(counts[order], grid_neighbours(cells.grid, cells.cells[order], 150.0))
    assert other.z == pytest.approx(found.z[order], abs=1e-9)
    assert other.band.tolist() == found.band[order].tolist()
    assert other.band_corrected.tolist() == found.band_corrected[order].tolist()


def test_bands_are_those_of_the_normal_distribution_and_stricter_with_correction() -> None:
    cells = cells_of("square", 20)
    found = hot_spots(counts_with_a_hot_corner(cells), grid_neighbours(cells.grid, cells.cells, 150.0))
    for band, z in ((1, 1.6448536), (2, 1.9599640), (3, 2.5758293)):
        assert ((np.abs(found.band) >= band) == (np.abs(found.z) >= z)).all()
    assert (np.sign(found.band) * found.z >= 0.0).all()
    assert (np.abs(found.band_corrected) <= np.abs(found.band)).all()
    assert ((np.abs(found.band_corrected) >= 2) == found.significant).all()
    assert (np.abs(found.band_corrected) < np.abs(found.band)).any()


def test_cells_that_are_not_tested_count_in_nothing() -> None:
    cells = cells_of("square", 10)
    counts = counts_with_a_hot_corner(cells)
    tested = np.random.default_rng(4).random(len(cells)) < 0.7
    found = hot_spots(counts, grid_neighbours(cells.grid, cells.cells, 150.0), tested=tested)
    alone = hot_spots(counts[tested], grid_neighbours(cells.grid, cells.cells[tested], 150.0))
    assert found.z[tested] == pytest.approx(alone.z)
    assert found.neighbours[tested].tolist() == alone.neighbours.tolist()
    assert np.isnan(found.z[~tested]).all()
    assert not found.significant[~tested].any()
    assert (found.band[~tested] == 0).all()
    assert found.n_tested == tested.sum()


def test_a_neighbourhood_that_expects_few_is_marked() -> None:
    cells = cells_of("square", 10)
    counts = np.zeros(len(cells), dtype=int)
    counts[:60] = 1
    weights = grid_neighbours(cells.grid, cells.cells, 150.0)
    found = hot_spots(counts, weights)
    assert found.expected == pytest.approx(0.6 * found.neighbours)
    assert found.is_thin.tolist() == (0.6 * found.neighbours < 5.0).tolist()
    told = hot_spots(counts, weights, expected=np.full(len(cells), 7.0))
    assert not told.is_thin.any()


def test_a_neighbourhood_that_is_the_whole_map_differs_in_nothing() -> None:
    assert gi_star(np.arange(6.0), sparse.csr_array(np.ones((6, 6)))).tolist() == [0.0] * 6


def test_what_is_too_little_or_does_not_fit_is_refused() -> None:
    cells = cells_of("square", 10)
    weights = grid_neighbours(cells.grid, cells.cells, 100.0)
    with pytest.raises(TooFewData, match="Every cell has the same value"):
        hot_spots(np.full(100, 2), weights)
    with pytest.raises(TooFewData, match="Only 9 cells"):
        hot_spots(np.where(np.arange(100) < 9, 10, 0), weights)
    with pytest.raises(TooFewData, match="There are 59 complaints; at least 60"):
        hot_spots(np.where(np.arange(100) < 59, 1, 0), weights)
    with pytest.raises(TooFewData, match="There are 29 cells"):
        hot_spots(np.arange(100), weights, tested=np.arange(100) < 29)
    with pytest.raises(GeoError, match="Cell 3: the value is not finite"):
        hot_spots(np.where(np.arange(100) == 3, np.nan, 4.0), weights)
    with pytest.raises(GeoError, match="values has the shape"):
        hot_spots(np.arange(99), weights)
    with pytest.raises(GeoError, match="false discovery rate"):
        hot_spots(np.arange(100), weights, q=1.0)
    with pytest.raises(GeoError, match="Counts must be 0 or more"):
        hot_spots(np.arange(100) - 5.0, weights)


def test_points_and_areas_meet_in_one_world() -> None:
    cells = cells_of("hexagon", 10)
    assert shapely.union_all(shapely.set_precision(cells.geometry, 1e-6)).area == pytest.approx(1e6)
