"""Keys are put in order whatever bits they differ in: the hemispheres are the highest two."""

import numpy as np
import pytest

from geo.tiles.positions import BITS, map_keys
from geo.tiles.sorting import DIGIT, sort_keys


@pytest.mark.parametrize("low", range(DIGIT + 1))
@pytest.mark.parametrize("high", [1, 40, 2 * BITS - 11, 2 * BITS - 2, 2 * BITS - 1])
def test_any_bits_may_differ(low, high):
    rng = np.random.default_rng(low + 100 * high)
    keys = rng.integers(0, 1 << (high + 1), 500) >> low << low
    keys[:3] = 1 << high, 0, 1 << min(low, high)
    ordered, rows = sort_keys(keys)
    assert ordered.tolist() == sorted(keys.tolist())
    assert rows.tolist() == np.argsort(keys, kind="stable").tolist()


@pytest.mark.parametrize("n", [2, 3, 10, 4000])
@pytest.mark.parametrize("width", [1, 12, 30, 2 * BITS])
def test_keys_may_begin_alike_and_differ_in_few_or_many_bits(n, width):
    rng = np.random.default_rng(n + width)
    for _ in range(20):
        begin = int(rng.integers(0, 1 << 2 * BITS)) >> width << width
        keys = begin + rng.integers(0, 1 << width, n)
        ordered, rows = sort_keys(keys)
        assert ordered.tolist() == sorted(keys.tolist())
        assert rows.tolist() == np.argsort(keys, kind="stable").tolist()


def test_a_city_may_lie_on_greenwich_or_the_equator():
    steps = np.linspace(-0.05, 0.05, 101)
    for lon, lat in ((0.0, 51.48), (109.33, 0.0)):  # London, Pontianak
        keys = map_keys(lon + steps, lat - steps)
        assert sort_keys(keys)[0].tolist() == sorted(keys.tolist())


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_and_one_are_in_order(n):
    assert sort_keys(np.zeros(n, dtype=np.int64))[0].tolist() == [0] * n
