"""Local Moran against esda, and its permutations by seed."""

import warnings

import numpy as np
import pytest
from scipy import sparse

from geo.errors import GeoError
from geo.statistics.local_moran import _dealt, local_moran
from geo.statistics.neighbourhoods import grid_neighbours
from geo.statistics.refusals import TooFewData
from tests.geo.statistics.statistics_worlds import cells_of, counts_with_a_hot_corner

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda.moran import Moran_Local
    from libpysal.weights import W


def world() -> tuple[np.ndarray, sparse.csr_array]:
    cells = cells_of("hexagon", 9)
    return counts_with_a_hot_corner(cells), grid_neighbours(cells.grid, cells.cells, 100.0)


def oracle(counts: np.ndarray, weights: sparse.csr_array, permutations: int = 0) -> Moran_Local:
    near = weights.toarray() > 0
    np.fill_diagonal(near, False)
    w = W({row: np.flatnonzero(others).tolist() for row, others in enumerate(near)}, silence_warnings=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Moran_Local(counts.astype(float), w, transformation="r", permutations=permutations, seed=3)


def test_statistics_and_quadrants_are_esdas() -> None:
    counts, weights = world()
    found, theirs = local_moran(counts, weights), oracle(counts, weights)
    assert np.abs(found.moran - theirs.Is).max() < 1e-9
    assert found.quadrant.tolist() == theirs.q.tolist()


@pytest.mark.slow  # esda compiles its own loops first
def test_pseudo_p_values_are_esdas_but_for_chance() -> None:
    # Values that never tie: of counts, esda gives equal dealings to one tail alone, we to both.
    counts, weights = world()
    values = counts + np.random.default_rng(2).uniform(0.0, 1.0, len(counts))
    ours = local_moran(values, weights, permutations=1_999, counts=counts).p
    theirs = np.minimum(2.0 * oracle(values, weights, 1_999).p_sim, 1.0)
    room = 4.5 * np.sqrt(2.0 * theirs * np.maximum(2.0 - theirs, 1.0) / 1_999) + 0.01
    assert (np.abs(ours - theirs) <= room).all()
    assert (ours - theirs).mean() == pytest.approx(0.0, abs=0.005)


def test_a_hot_corner_is_high_among_high() -> None:
    counts, weights = world()
    names = local_moran(counts, weights).names()
    assert names[int(np.argmax(counts))] == "HH"
    assert set(names) <= {"none", "HH", "LH", "LL", "HL"}


def test_the_seed_decides_and_the_floor_is_two_in_a_thousand() -> None:
    counts, weights = world()
    one, again, other = (local_moran(counts, weights, seed=seed).p for seed in (4, 4, 5))
    assert one.tolist() == again.tolist()
    assert one.tolist() != other.tolist()
    assert one.min() == 0.002


def test_a_cell_without_neighbours_says_nothing() -> None:
    counts, weights = world()
    dense = weights.toarray()
    dense[5] = dense[:, 5] = 0.0
    dense[5, 5] = 1.0
    found = local_moran(counts, sparse.csr_array(dense))
    assert (found.moran[5], found.p[5], found.significant[5]) == (0.0, 1.0, False)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_others_are_dealt_evenly_without_repeats_and_never_the_cell_itself(size: int) -> None:
    z, drawn, state = 2.0 ** np.arange(8), np.empty(8, dtype=np.int64), np.uint64(9)
    seen = np.zeros(8)
    for _ in range(4_000):
        state, held = _dealt(z, 3, size, np.uint64(state), drawn)
        bits = [place for place in range(8) if int(held) >> place & 1]
        assert len(bits) == size
        seen[bits] += 1
    assert seen[3] == 0
    assert seen[[0, 1, 2, 4, 5, 6, 7]] / 4_000 == pytest.approx([size / 7] * 7, abs=0.04)


def test_too_little_and_what_does_not_fit_is_refused() -> None:
    counts, weights = world()
    with pytest.raises(GeoError, match="At least 99 permutations"):
        local_moran(counts, weights, permutations=98)
    with pytest.raises(GeoError, match="values has the shape"):
        local_moran(counts[1:], weights)
    with pytest.raises(GeoError, match="Cell 2: the value is not finite"):
        local_moran(np.where(np.arange(len(counts)) == 2, np.nan, counts), weights)
    with pytest.raises(TooFewData, match="Every cell has the same value"):
        local_moran(np.full(len(counts), 3), weights)
