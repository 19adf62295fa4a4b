"""The generated complaints: the same for the same seed, and where they say."""

import numpy as np

from geo.tiles.positions import NO_KEY, map_keys
from tests.benchmarks.tile_cities import SERVICES, TODAY_DAY, city, island, numbers


def test_a_seed_decides_and_all_lie_where_they_should():
    for places, box in ((city, (110.2, -8.1, 111.4, -7.0)), (island, (104.0, -9.7, 116.0, -4.9))):
        at = places(20_000, 3)
        assert (at == places(20_000, 3)).all()
        assert (at != places(20_000, 4)).any()
        west, south, east, north = box
        inside = (at[:, 0] > west) & (at[:, 0] < east) & (at[:, 1] > south) & (at[:, 1] < north)
        assert inside.mean() > 0.999
        assert (map_keys(*at.T) != NO_KEY).all()


def test_numbers_are_those_of_the_scheme():
    service, status, severity, day = numbers(5000, 1)
    assert set(service.tolist()) == set(range(len(SERVICES)))
    assert set(status.tolist()) == {0, 1, 2}
    assert set(severity.tolist()) == {1, 2, 3}
    assert day.max() <= TODAY_DAY
    assert 0.1 < np.mean(status == 2) < 0.9
