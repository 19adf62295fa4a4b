"""The generated networks: the same for the same seed, as large and as tangled as they say."""

import numpy as np
import pytest

from geo.roads.snapping import snap
from tests.benchmarks.road_nets import net, places_on


@pytest.mark.slow
def test_a_city_has_thirty_thousand_junctions_dead_ends_and_one_ways_and_its_seed_decides():
    city = net("surakarta")
    assert 28_000 < city.summary.nodes < 32_000
    assert city.summary.left_out_km < 0.05 * city.summary.road_km
    degree = np.bincount(np.concatenate([city.section_tail, city.section_head]))
    assert 0.1 < (degree == 1).mean() < 0.3
    one_way = ~np.isfinite(city.section_seconds[:, 1])
    assert 0.05 < one_way.mean() < 0.3
    net.cache_clear()
    again = net("surakarta")
    assert again is not city
    assert np.array_equal(again.points, city.points)
    assert np.array_equal(again.arc_seconds, city.arc_seconds)


@pytest.mark.slow
def test_places_lie_beside_its_streets():
    city = net("surakarta")
    places = places_on(city, 500, 1)
    assert np.array_equal(places, places_on(city, 500, 1))
    assert snap(city, places).distance_m.max() < 100
