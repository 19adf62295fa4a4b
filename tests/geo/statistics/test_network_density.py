import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.network_density import LineNetwork, network_density, spread_events
from geo.statistics.refusals import TooFewData


def street_grid(side, block_m=100.0, left_out=0.0, seed=1):
    """Streets of a town, cut at their junctions; some blocks are missing."""
    dice = np.random.default_rng(seed)
    lines = []
    for a in range(side):
        for b in range(side):
            here = (a * block_m, b * block_m)
            lines += [
                shapely.LineString([here, (c * block_m, d * block_m)])
                for c, d in ((a + 1, b), (a, b + 1))
                if max(c, d) < side and dice.random() >= left_out
            ]
    return lines


def one_event(network, edge, along_m, reach_m):
    mass = np.zeros(network.lixel_starts[-1])
    spread_events(network, np.array([edge]), np.array([along_m]), np.ones(1), reach_m, mass)
    return mass


def kernel(distance_m, reach_m):
    return 15.0 / 16.0 * (1.0 - (distance_m / reach_m) ** 2) ** 2 / reach_m if distance_m < reach_m else 0.0


def by_paths(lines, edge, along_m, reach_m, step_m=0.5):
    """The density at middles of short steps of each line: a sum over all ways that don't turn back."""
    ends = [(tuple(line.coords[0]), tuple(line.coords[-1])) for line in lines]
    found = [np.zeros(round(line.length / step_m)) for line in lines]

    def walk(at, is_forward, begin_m, distance_m, share):
        steps = found[at]
        for k in range(len(steps)):
            walked = (k + 0.5) * step_m
            if walked > begin_m:
                steps[k if is_forward else len(steps) - 1 - k] += share * kernel(
                    distance_m + walked - begin_m, reach_m
                )
        reached = distance_m + lines[at].length - begin_m
        if reached >= reach_m:
            return
        node = ends[at][1 if is_forward else 0]
        ways = [
            (other, forward)
            for other in range(len(lines))
            for forward in (True, False)
            if ends[other][0 if forward else 1] == node
        ]
        onward = [way for way in ways if way != (at, not is_forward)] or ways
        for other, forward in onward:
            walk(other, forward, 0.0, reached, share / len(onward))

    walk(edge, True, along_m, 0.0, 1.0)
    walk(edge, False, lines[edge].length - along_m, 0.0, 1.0)
    return found


LOOP_AND_STUB = [
    shapely.LineString([(0, 0), (100, 0)]),
    shapely.LineString([(100, 0), (100, 60)]),
    shapely.LineString([(100, 60), (0, 0)]),
    shapely.LineString([(100, 0), (140, 0)]),
    shapely.LineString([(100, 60), (100, 90), (130, 90)]),
    shapely.LineString([(0, 0), (0, 30)]),
]


@pytest.mark.parametrize(
    ("lines", "edge", "along_m", "reach_m"),
    [
        (LOOP_AND_STUB, 0, 30.0, 150.0),
        (LOOP_AND_STUB, 3, 39.0, 200.0),
        (LOOP_AND_STUB, 2, 0.0, 250.0),
        (street_grid(3), 5, 50.0, 180.0),
        ([shapely.LineString([(0, 0), (50, 0)])], 0, 20.0, 130.0),
    ],
)
def test_each_lixel_holds_the_mean_over_all_ways(lines, edge, along_m, reach_m):
    network = LineNetwork.of(lines, lixel_m=20.0)
    mass = one_event(network, edge, along_m, reach_m)
    exact = by_paths(lines, edge, along_m, reach_m)
    for k, line in enumerate(lines):
        pieces = network.lixel_starts[k + 1] - network.lixel_starts[k]
        at = np.minimum(((np.arange(len(exact[k])) + 0.5) * pieces / len(exact[k])).astype(int), pieces - 1)
        hand = np.bincount(at, exact[k], minlength=pieces) * (line.length / len(exact[k]))
        ours = mass[network.lixel_starts[k] : network.lixel_starts[k + 1]]
        np.testing.assert_allclose(ours, hand, atol=2e-3)


def test_at_a_junction_of_four_a_third_goes_each_way():
    arms = [shapely.LineString([(0, 0), end]) for end in ((300, 0), (-300, 0), (0, 300), (0, -300))]
    network = LineNetwork.of(arms, lixel_m=300.0)
    mass = one_event(network, 0, 0.0, 300.0)  # on the junction, at the beginning of the first arm
    assert mass[0] == pytest.approx(0.5)
    assert mass[1:].tolist() == pytest.approx([1 / 6] * 3)


@given(st.integers(2, 6), st.integers(0, 2**31), st.floats(30.0, 600.0), st.floats(10.0, 60.0))
@settings(max_examples=40, deadline=None)
def test_the_mass_of_an_event_is_one(side, seed, reach_m, lixel_m):
    lines = street_grid(side, left_out=0.3, seed=seed)
    if not lines:
        return
    network = LineNetwork.of(lines, lixel_m=lixel_m)
    dice = np.random.default_rng(seed)
    edge = int(dice.integers(len(lines)))
    mass = one_event(network, edge, dice.uniform(0.0, 100.0), reach_m)
    assert mass.sum() == pytest.approx(1.0, abs=1e-9)
    assert (mass >= 0.0).all()


def test_lixels_are_equal_pieces_of_their_line():
    network = LineNetwork.of(LOOP_AND_STUB, lixel_m=25.0)
    lixels = network.lixel_lines()
    assert shapely.length(lixels) == pytest.approx(network.lixel_m)
    assert len(lixels) == network.lixel_starts[-1]
    for edge, line in enumerate(LOOP_AND_STUB):
        mine = lixels[network.lixel_edge == edge]
        assert shapely.length(mine).sum() == pytest.approx(line.length)
        assert mine[0].coords[0] == pytest.approx(line.coords[0])
        assert mine[-1].coords[-1] == pytest.approx(line.coords[-1])


def test_density_is_per_km_and_events_far_from_a_line_are_left_out():
    lines = street_grid(6)
    dice = np.random.default_rng(1)
    x, y = dice.uniform(0.0, 500.0, (2, 200))
    network = LineNetwork.of(lines)
    found = network_density(network, np.r_[x, 900.0], np.r_[y, 900.0], 150.0)
    assert (found.counted, found.far) == (200, 1)
    assert (found.per_km * network.lixel_m).sum() / 1_000.0 == pytest.approx(200.0)
    doubled = network_density(network, x, y, 150.0, weights=np.full(200, 2.0))
    np.testing.assert_allclose(doubled.per_km, 2.0 * found.per_km)


def test_ends_that_nearly_meet_are_one_junction():
    lines = [shapely.LineString([(0, 0), (100, 0)]), shapely.LineString([(100.05, 0), (200, 0)])]
    assert one_event(LineNetwork.of(lines), 0, 90.0, 80.0)[4:].sum() > 0.3
    assert one_event(LineNetwork.of(lines, join_m=0.01), 0, 90.0, 80.0)[4:].sum() == 0.0


def test_what_is_no_network_is_refused():
    with pytest.raises(GeoError, match="no line; at least one"):
        LineNetwork.of([])
    with pytest.raises(GeoError, match="Line 1 is no line with a length: POINT"):
        LineNetwork.of([LOOP_AND_STUB[0], shapely.Point(0, 0)])
    with pytest.raises(GeoError, match="longer than 0 m, not 0"):
        LineNetwork.of(LOOP_AND_STUB, lixel_m=0.0)
    with pytest.raises(GeoError, match=r"lixels are more than 5,000,000"):
        LineNetwork.of([shapely.LineString([(0, 0), (1e7, 0)])], lixel_m=1.0)


def test_what_cannot_be_spread_is_refused():
    network = LineNetwork.of(LOOP_AND_STUB)
    with pytest.raises(GeoError, match="above 0 m, not 0"):
        network_density(network, [0.0], [0.0], 0.0)
    with pytest.raises(TooFewData, match="There are 1 events within 50 m of a line; at least 30"):
        network_density(network, [0.0, 1_000.0], [0.0, 1_000.0], 100.0)
    with pytest.raises(GeoError, match="equal length"):
        network_density(network, [0.0], [0.0, 1.0], 100.0)
    with pytest.raises(GeoError, match="Row 1 has nan as its x"):
        network_density(network, [0.0, np.nan], [0.0, 1.0], 100.0)
