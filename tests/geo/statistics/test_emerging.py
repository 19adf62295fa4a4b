"""Emerging hotspots: each class by one example, and Gi* of a cube against esda on all its bins."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from geo.errors import GeoError
from geo.statistics.emerging import (
    CLASSES,
    class_name,
    classify,
    emerging_hot_spots,
    overlap_factor,
    space_time_gi_star,
)
from geo.statistics.false_discovery import accepted
from geo.statistics.hot_spots import gi_star, two_sided_p
from geo.statistics.neighbourhoods import grid_neighbours
from geo.statistics.refusals import TooFewData
from geo.statistics.trends import mann_kendall
from tests.geo.statistics.statistics_worlds import cells_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda.getisord import G_Local
    from libpysal.weights import W

EXAMPLES = [
    # + hot, - cold, . neither, over 20 steps, the last on the right; then the trend of z, and the class
    ("....................", 0, "none"),
    ("+++++++++++++++++...", 0, "none"),
    ("........+...........", 1, "none"),
    ("...................+", 0, "new"),
    ("-----..............+", 0, "new"),
    ("..................++", 0, "consecutive"),
    ("---++++++++++++++++++"[-20:], 1, "intensifying"),
    ("---.++++++++++++++++", 0, "consecutive"),
    (".+++++++++++++++++++", 1, "intensifying"),
    ("+++++++++++++++++.++", 1, "intensifying"),
    ("++++++++++++++++++++", 0, "persistent"),
    (".+.+++++++++++++++++", 0, "persistent"),
    ("++++++++++++++++++++", -1, "diminishing"),
    ("..+...++..........++", 0, "sporadic"),
    ("+++++++++++++++...++", 1, "sporadic"),
    ("..+..--+..........++", 0, "oscillating"),
    ("..+..--+...........+", 0, "oscillating"),
    ("+++++++++++++++++++.", 1, "historical"),
    ("++++++++++++++++++-.", 0, "historical"),
]


def heat_of(steps: str) -> np.ndarray:
    return np.array([[{"+": 1, "-": -1, ".": 0}[sign] for sign in steps]], dtype=np.int8)


@pytest.mark.parametrize(("steps", "rises", "kind"), EXAMPLES)
def test_each_class_by_example_and_mirrored(steps: str, rises: int, kind: str) -> None:
    heat, trend = heat_of(steps), np.array([rises], dtype=np.int8)
    assert CLASSES[classify(heat, trend)[0]] == kind
    assert classify(-heat, -trend)[0] == -classify(heat, trend)[0]


def test_there_are_seventeen_classes_and_each_has_an_example() -> None:
    assert {kind for _, _, kind in EXAMPLES} == set(CLASSES)
    names = {class_name(number) for number in range(-8, 9)}
    assert len(names) == 17
    assert {"new hotspot", "historical coldspot", "none"} <= names


@settings(deadline=None)
@given(st.lists(st.sampled_from("+-."), min_size=10, max_size=60), st.sampled_from([-1, 0, 1]))
def test_a_class_keeps_what_its_name_promises(steps: list[str], rises: int) -> None:
    kind = int(classify(heat_of("".join(steps)), np.array([rises], dtype=np.int8))[0])
    share = steps.count("+") / len(steps)
    if kind > 0:
        assert (steps[-1] == "+") == (CLASSES[kind] != "historical")
        assert (share >= 0.9) == (
            CLASSES[kind] in {"intensifying", "persistent", "diminishing", "historical"}
        )
    if kind == 0:
        assert steps[-1] == "."


def world(seed: int = 1) -> tuple[np.ndarray, sparse.csr_array]:
    cells = cells_of("hexagon", 8)
    counts = np.random.default_rng(seed).poisson(1.0, (len(cells), 12))
    x_m, y_m = cells.grid.centres(cells.cells)
    counts[np.hypot(x_m - 200.0, y_m - 200.0) < 150.0, -4:] += 6
    return counts, grid_neighbours(cells.grid, cells.cells, 100.0)


def test_gi_star_of_a_cube_is_esdas_over_all_bins() -> None:
    counts, weights = world()
    n, steps = counts.shape
    near = weights.toarray() > 0
    neighbours = {
        cell * steps + step: [
            other * steps + before
            for other in np.flatnonzero(near[cell])
            for before in (step, step - 1)
            if before >= 0
        ]
        for cell in range(n)
        for step in range(steps)
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        w = W(neighbours, silence_warnings=True)
        theirs = G_Local(counts.ravel().astype(float), w, transform="B", permutations=0, star=True).Zs
    ours = space_time_gi_star(counts.astype(float), weights)
    assert np.abs(ours.ravel() - theirs).max() < 1e-9


def test_a_place_that_grew_hot_is_found_and_all_parts_fit_together() -> None:
    counts, weights = world()
    found = emerging_hot_spots(counts, weights)
    assert (found.heat != 0).ravel().tolist() == accepted(two_sided_p(found.z)).ravel().tolist()
    assert found.trend.z.tolist() == mann_kendall(found.z).z.tolist()
    assert found.trend_z == pytest.approx(found.trend.z / np.sqrt(overlap_factor(12)))
    assert emerging_hot_spots(counts, weights, as_arcgis=True).trend_z.tolist() == found.trend.z.tolist()
    hot = counts[:, -4:].sum(axis=1) > 18
    assert set(np.array(found.names())[hot]) <= {"consecutive hotspot", "sporadic hotspot"}
    assert "consecutive hotspot" in found.names()
    assert found.expected == pytest.approx(2.0 * counts.mean() * weights.sum(axis=1))


def test_cubes_without_a_trend_seem_to_have_one_as_often_as_the_level_says() -> None:
    _, weights = world()
    dice = np.random.default_rng(6)
    cubes = [dice.poisson(1.0, (weights.shape[0], 30)).astype(float) for _ in range(60)]
    trends = [mann_kendall(space_time_gi_star(cube, weights)).z for cube in cubes]
    shares = [
        np.mean(np.abs(np.ravel(trends)) / scale >= 1.96) for scale in (np.sqrt(overlap_factor(30)), 1.0)
    ]
    assert shares == pytest.approx([0.05, 0.16], abs=0.02)


def test_one_step_alone_is_plain_gi_star() -> None:
    counts, weights = world()
    one = counts[:, -1:].astype(float)
    assert space_time_gi_star(one, weights)[:, 0] == pytest.approx(gi_star(one[:, 0], weights))


def test_cells_that_are_not_tested_count_in_nothing() -> None:
    counts, weights = world()
    tested = np.random.default_rng(4).random(len(counts)) < 0.8
    found = emerging_hot_spots(counts, weights, tested=tested)
    rows = np.flatnonzero(tested)
    alone = emerging_hot_spots(counts[rows], weights[rows][:, rows])
    assert found.z[tested] == pytest.approx(alone.z)
    assert found.kind[tested].tolist() == alone.kind.tolist()
    assert np.isnan(found.z[~tested]).all()
    assert not found.heat[~tested].any()
    assert np.isnan(found.trend_z[~tested]).all()
    assert len(found.trend.z) == len(rows)


def test_noise_has_almost_no_emerging_places() -> None:
    _, weights = world()
    counts = np.random.default_rng(9).poisson(1.0, (weights.shape[0], 12))
    assert (emerging_hot_spots(counts, weights).kind != 0).mean() < 0.05


def test_too_little_and_what_does_not_fit_is_refused() -> None:
    counts, weights = world()
    with pytest.raises(TooFewData, match="There are 9 whole time steps"):
        emerging_hot_spots(counts[:, :9], weights)
    with pytest.raises(TooFewData, match="Every cell has the same value"):
        emerging_hot_spots(np.ones_like(counts), weights)
    with pytest.raises(TooFewData, match="Only 4 cells"):
        emerging_hot_spots(np.where(np.arange(len(counts))[:, None] < 4, 9, 0) * np.ones(12), weights)
    with pytest.raises(GeoError, match="the weights are for"):
        emerging_hot_spots(counts[1:], weights)
    with pytest.raises(GeoError, match="0 or more"):
        emerging_hot_spots(counts - 9, weights)
