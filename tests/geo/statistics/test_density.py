import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from scipy.stats import norm

from geo.errors import GeoError
from geo.statistics.density import _smooth, density, exact_density, suggest_bandwidth
from geo.statistics.refusals import TooFewData


def heaps(n, seed, side_m=5_000.0):
    dice = np.random.default_rng(seed)
    middle = dice.uniform(0.2 * side_m, 0.8 * side_m, (7, 2))
    return (middle[dice.integers(0, 7, n)] + dice.normal(0, 0.05 * side_m, (n, 2))).T


def at_cells(surface, dice, k=300, least=0.01):
    x, y = surface.centres()
    row, column = np.nonzero(surface.per_km2 > least * np.nanmax(surface.per_km2))
    some = dice.choice(len(row), min(k, len(row)), replace=False)
    return np.column_stack([x[column[some]], y[row[some]]]), surface.per_km2[row[some], column[some]]


@pytest.mark.parametrize(("bandwidth_m", "seed"), [(100.0, 1), (250.0, 2), (60.0, 3)])
def test_the_surface_is_the_exact_sum(bandwidth_m, seed):
    x, y = heaps(20_000, seed)
    surface = density(x, y, bandwidth_m)
    places, found = at_cells(surface, np.random.default_rng(seed))
    off = np.abs(found / exact_density(x, y, bandwidth_m, places) - 1.0)
    assert np.median(off) < 0.002
    assert np.quantile(off, 0.99) < 0.02


@given(st.integers(1, 40), st.integers(1, 40), st.floats(4.0, 12.0), st.integers(0, 2**31))
@settings(max_examples=25, deadline=None)
def test_smoothing_is_that_of_scipy(rows, columns, sigma, seed):
    binned = np.random.default_rng(seed).uniform(0.0, 100.0, (rows, columns))
    peer = gaussian_filter(binned, sigma, truncate=4.0, mode="constant")
    np.testing.assert_allclose(_smooth(binned, sigma), peer, rtol=1e-4, atol=1e-4)


def test_the_whole_is_the_number_of_points():
    x, y = heaps(5_000, 1)
    surface = density(x, y, 150.0, bounds=(-1_000.0, -1_000.0, 6_000.0, 6_000.0))
    assert surface.per_km2.sum() * (surface.cell_m / 1_000.0) ** 2 == pytest.approx(5_000, rel=1e-4)
    assert (surface.counted, surface.outside, surface.is_edge_corrected) == (5_000, 0, False)


def test_an_even_spread_is_even_up_to_the_edge_of_the_area():
    dice = np.random.default_rng(1)
    x, y = dice.uniform(0.0, 2_000.0, (2, 400_000))
    area = shapely.box(0.0, 0.0, 2_000.0, 2_000.0)
    surface = density(x, y, 200.0, area=area)
    assert surface.per_km2.shape == (40, 40)
    np.testing.assert_allclose(surface.per_km2, 100_000.0, rtol=0.02)
    corner = density(x, y, 200.0, bounds=area.bounds).per_km2[0, 0]
    assert corner / 100_000.0 == pytest.approx(0.3, abs=0.06)


def test_the_edge_correction_is_the_share_of_the_kernel_inside():
    x, y = heaps(3_000, 5, 2_000.0)
    area = shapely.box(0.0, 0.0, 2_000.0, 2_000.0)
    inside = (np.abs(x - 1_000.0) <= 1_000.0) & (np.abs(y - 1_000.0) <= 1_000.0)
    surface = density(x, y, 160.0, cell_m=20.0, area=area)
    places, found = at_cells(surface, np.random.default_rng(1), 500, 0.05)
    share = np.prod(norm.cdf((2_000.0 - places) / 160.0) - norm.cdf(-places / 160.0), axis=1)
    exact = exact_density(x[inside], y[inside], 160.0, places) / share
    np.testing.assert_allclose(found, exact, rtol=0.02)
    assert surface.outside == int((~inside).sum())


def test_outside_the_area_there_is_no_density():
    x, y = heaps(1_000, 2, 1_000.0)
    ring = shapely.Point(500.0, 500.0).buffer(400.0) - shapely.Point(500.0, 500.0).buffer(100.0)
    surface = density(x, y, 80.0, area=ring)
    centres = np.meshgrid(*surface.centres())
    inside = shapely.intersects_xy(ring, *centres)
    assert np.isnan(surface.per_km2[~inside]).all()
    assert np.isfinite(surface.per_km2[inside]).all()
    assert surface.counted + surface.outside == 1_000


def test_weights_count_as_repeated_points():
    x, y = heaps(400, 3)
    weight = np.random.default_rng(1).integers(0, 4, 400)
    bounds = (0.0, 0.0, 5_000.0, 5_000.0)
    one = density(x, y, 300.0, weights=weight, bounds=bounds)
    other = density(np.repeat(x, weight), np.repeat(y, weight), 300.0, bounds=bounds)
    np.testing.assert_allclose(one.per_km2, other.per_km2, rtol=1e-4, atol=1e-4)


@given(st.integers(0, 2**31), st.floats(20.0, 500.0))
@settings(max_examples=20, deadline=None)
def test_the_order_of_points_does_not_matter(seed, bandwidth_m):
    x, y = heaps(200, seed, 1_000.0)
    mixed = np.random.default_rng(seed).permutation(200)
    one, other = density(x, y, bandwidth_m).per_km2, density(x[mixed], y[mixed], bandwidth_m).per_km2
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6 * one.max())


def test_the_suggested_bandwidth_is_that_of_a_round_heap():
    x, y = np.random.default_rng(1).normal(0.0, 300.0, (2, 100_000))
    assert suggest_bandwidth(x, y) == pytest.approx(300.0 * 100_000 ** (-1 / 6), rel=0.01)
    far = suggest_bandwidth(np.r_[x, 1e5, -1e5], np.r_[y, 1e5, -1e5])
    assert far == pytest.approx(suggest_bandwidth(x, y), rel=0.01)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"cell_m": 30.0},
            "Cells of 30 m are too coarse for a bandwidth of 100 m: at most a quarter of it, 25 m",
        ),
        ({"cell_m": 0.0}, "too coarse"),
        ({"bandwidth_m": 0.0}, "must be above 0 m, not 0"),
        ({"cell_m": 0.1, "bounds": (0.0, 0.0, 1e4, 1e4)}, r"100,000 × 100,000 cells .* more than 16,777,216"),
        ({"y_m": [0.0]}, "equal length"),
        ({"y_m": np.r_[0.0, np.nan, np.zeros(98)]}, "Row 1 has nan as its y; a finite number"),
        ({"weights": -np.ones(100)}, "100 numbers of 0 or more"),
        ({"area": shapely.Polygon()}, "study area is empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, said):
    x, y = heaps(100, 1)
    with pytest.raises(GeoError, match=said):
        density(**({"x_m": x, "y_m": y, "bandwidth_m": 100.0} | change))


def test_too_few_points_are_refused():
    x, y = heaps(100, 1)
    with pytest.raises(TooFewData, match="There are 29 points; at least 30"):
        density(x[:29], y[:29], 100.0)
    with pytest.raises(TooFewData, match="There are 0 points"):
        density(x, y, 100.0, area=shapely.box(-10.0, -10.0, -5.0, -5.0))
    with pytest.raises(TooFewData, match="at least 2 places"):
        suggest_bandwidth(np.ones(40), np.ones(40))
