import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kstest

from geo.errors import GeoError
from geo.statistics.refusals import TooFewData
from geo.statistics.scan import ScanRules, ScanStopped, scan

QUICK = {"replicates": 99}


def lattice(side, step_m=100.0):
    line = np.arange(side) * step_m
    return tuple(column.ravel() for column in np.meshgrid(line, line))


def world(side, seed, total=600, hot=None, risk=1.0):
    dice = np.random.default_rng(seed)
    x, y = lattice(side)
    exposure = dice.gamma(3.0, 1.0, len(x))
    rate = exposure * np.where(hot(x, y), risk, 1.0) if hot else exposure
    return x, y, dice.multinomial(total, rate / rate.sum()), exposure


def likelihood_ratio(observed, expected, total):
    if observed <= expected:
        return 0.0
    outside = (
        (total - observed) * np.log((total - observed) / (total - expected)) if observed < total else 0.0
    )
    return observed * np.log(observed / expected) + outside


def every_circle(x, y, exposure, rules):
    """(centre, cells) of all circles: a cell as far as another one in it is in it too."""
    for centre in range(len(x)):
        away = np.hypot(x - x[centre], y - y[centre])
        for radius in np.unique(np.round(away, 6)):
            cells = np.flatnonzero(away <= radius + 1e-6)
            if radius <= rules.most_radius_m and exposure[cells].sum() <= rules.most_share * exposure.sum():
                yield centre, frozenset(cells.tolist())


def by_hand(x, y, count, exposure, rules):
    """Ratios and cells of the clusters, the greatest first, each free of those before."""
    total = count.sum()
    expected = exposure * total / exposure.sum()
    ratios = {
        cells: likelihood_ratio(count[list(cells)].sum(), expected[list(cells)].sum(), total)
        for _, cells in every_circle(x, y, exposure, rules)
        if count[list(cells)].sum() >= rules.least_complaints
    }
    found = []
    while ratios:
        best = max(ratios, key=ratios.__getitem__)
        if ratios[best] <= 0.0:
            break
        found.append((ratios[best], best))
        ratios = {cells: ratio for cells, ratio in ratios.items() if not cells & best}
    return found


@pytest.mark.parametrize(
    "rules",
    [
        ScanRules(most_radius_m=250.0, most_p=1.0, **QUICK),
        ScanRules(most_radius_m=np.inf, most_p=1.0, **QUICK),
        ScanRules(most_radius_m=400.0, most_share=0.05, least_complaints=12, most_p=1.0, **QUICK),
    ],
)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_clusters_are_those_of_every_circle_tried_by_hand(rules, seed):
    x, y, count, exposure = world(7, seed)
    if seed == 2:  # no lattice: no ties
        x, y = np.random.default_rng(7).uniform(0.0, 600.0, (2, 49))
    found = scan(x, y, count, exposure, rules=rules)
    hand = by_hand(x, y, count, exposure, rules)
    assert len(found.clusters) == min(len(hand), rules.most_clusters)
    for cluster, (ratio, cells) in zip(found.clusters, hand, strict=False):
        assert cluster.log_likelihood_ratio == pytest.approx(ratio, rel=1e-9)
        assert cluster.observed == count[list(cluster.cells)].sum()
        if ratio > 2.0 * hand[-1][0]:  # small ones may tie
            assert frozenset(cluster.cells.tolist()) == cells


def test_the_worlds_of_chance_are_scanned_as_this_one_is():
    """The same dice by hand: each world's greatest ratio is that of every circle tried."""
    x, y, count, exposure = world(6, 3)
    rules = ScanRules(most_radius_m=300.0, seed=11, **QUICK)
    found = scan(x, y, count, exposure, rules=rules)
    share = exposure / exposure.sum()
    worlds = np.random.default_rng(11).multinomial(count.sum(), share, size=16)
    for k in range(5):
        assert found.greatest[k] == pytest.approx(by_hand(x, y, worlds[k], exposure, rules)[0][0], rel=1e-9)


def test_a_planted_cluster_is_found_and_measured():
    x, y, count, exposure = world(
        20, 5, total=3_000, hot=lambda x, y: np.hypot(x - 500.0, y - 1_200.0) <= 200.0, risk=3.0
    )
    found = scan(x, y, count, exposure, rules=ScanRules(most_radius_m=600.0))
    first = found.clusters[0]
    assert first.p == 0.001
    assert np.hypot(first.x_m - 500.0, first.y_m - 1_200.0) <= 150.0
    assert 100.0 <= first.radius_m <= 350.0
    assert first.relative_risk == pytest.approx(3.0, rel=0.3)
    assert first.expected == pytest.approx(exposure[first.cells].sum() / exposure.sum() * 3_000)
    assert len(found.greatest) == 999
    assert (found.cells, found.complaints) == (400, 3_000)


def test_two_clusters_share_no_cell():
    x, y, count, exposure = world(
        20,
        6,
        total=4_000,
        hot=lambda x, y: (np.hypot(x - 400, y - 400) <= 200) | (np.hypot(x - 1_400, y - 1_500) <= 200),
        risk=2.5,
    )
    found = scan(x, y, count, exposure, rules=ScanRules(most_radius_m=500.0)).clusters
    assert len(found) >= 2
    for one, other in itertools.combinations(found, 2):
        assert not set(one.cells.tolist()) & set(other.cells.tolist())
    assert [one.log_likelihood_ratio for one in found] == sorted(
        (one.log_likelihood_ratio for one in found), reverse=True
    )


@pytest.mark.slow
def test_where_there_is_no_cluster_every_p_is_as_likely():
    rules = {"most_radius_m": 300.0, "most_p": 1.0, "most_clusters": 1, "replicates": 199}
    p = []
    for seed in range(200):
        x, y, count, exposure = world(8, seed)
        p.append(scan(x, y, count, exposure, rules=ScanRules(seed=seed, **rules)).clusters[0].p)
    assert kstest(p, "uniform").pvalue > 0.01
    assert np.mean(np.array(p) <= 0.05) < 0.1


def test_the_seed_decides():
    given_world = world(8, 1)
    one, same, other = (scan(*given_world, rules=ScanRules(seed=seed, **QUICK)) for seed in (1, 1, 2))
    assert one.greatest.tolist() == same.greatest.tolist()
    assert one.greatest.tolist() != other.greatest.tolist()


@given(st.integers(0, 2**31))
@settings(max_examples=10, deadline=None)
def test_the_order_of_cells_does_not_matter(seed):
    x, y, count, exposure = world(7, seed)
    mixed = np.random.default_rng(seed).permutation(len(x))
    rules = ScanRules(most_radius_m=300.0, most_p=1.0, **QUICK)
    one = scan(x, y, count, exposure, rules=rules).clusters[0]
    other = scan(x[mixed], y[mixed], count[mixed], exposure[mixed], rules=rules).clusters[0]
    assert other.log_likelihood_ratio == pytest.approx(one.log_likelihood_ratio, rel=1e-9)


def test_progress_is_told_and_a_scan_can_be_stopped():
    given_world, told = world(8, 1), []
    scan(*given_world, rules=ScanRules(**QUICK), progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 99) for done in (16, 32, 48, 64, 80, 96, 99)]
    asked = iter([False, False, True])
    with pytest.raises(ScanStopped, match="stopped after 32 of 99"):
        scan(*given_world, rules=ScanRules(**QUICK), is_stopped=lambda: next(asked))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (0, np.nan, "Row 3 has nan as its x; a finite number"),
        (2, 1.5, "Row 3 has 1.5 as its complaints; a whole number of 0 or more"),
        (2, -1, "Row 3 has -1 as its complaints"),
        (3, 0.0, "Row 3 has 0 as its exposure; a number above 0"),
    ],
)
def test_a_bad_cell_is_named(column, value, said):
    columns = [np.array(one, dtype=float) for one in world(8, 1)]
    columns[column][3] = value
    with pytest.raises(GeoError, match=said):
        scan(*columns)


def test_what_cannot_be_scanned_is_refused():
    x, y, count, exposure = world(8, 1)
    with pytest.raises(GeoError, match="columns of equal length"):
        scan(x, y, count[:-1], exposure)
    with pytest.raises(TooFewData, match="There are 25 cells; at least 30"):
        scan(*world(5, 1))
    with pytest.raises(TooFewData, match="There are 59 complaints; at least 60"):
        scan(*world(8, 1, total=59))
    with pytest.raises(TooFewData, match="same value"):
        scan(x, y, np.full(64, 3), exposure)
    with pytest.raises(GeoError, match="17,000,000 complaints; a scan takes 16,777,216"):
        scan(*world(8, 1, total=17_000_000))
    with pytest.raises(GeoError, match="radius above 0 m and up to half"):
        ScanRules(most_share=0.6)
    with pytest.raises(GeoError, match="99 replicates or more"):
        ScanRules(replicates=9)
    big = lattice(100)
    with pytest.raises(GeoError, match=r"circles of 10,000 cells hold 100,000,000 cells together, more than"):
        scan(*big, np.arange(10_000) % 3, np.ones(10_000), rules=ScanRules(most_radius_m=np.inf))
