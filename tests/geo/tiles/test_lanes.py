import numpy as np
import pytest
from numba import njit

from geo.tiles.lanes import LANES, NEAR, first_bit, last_bit, lower_bits, near_bits, ones

STRIDE = 11


@njit
def asked(xs, ys, values, here, stride, limit_2):
    near = near_bits(xs, ys, here, stride, xs[here], ys[here], limit_2)
    return near, lower_bits(values, here, stride)


@njit
def ends(bits):
    return first_bit(bits), last_bit(bits), ones(bits)


def around(here):
    """Each place around one with its number."""
    steps = range(-NEAR, NEAR + 1)
    return [
        (here + down * STRIDE + right, 8 * (down + NEAR) + right + NEAR)
        for down in steps
        for right in steps
        if (down, right) != (0, 0)
    ]


@pytest.mark.parametrize("kind", [np.int8, np.int32])
@pytest.mark.parametrize("scale", [1, 1 << 8, 1 << 24])
def test_neighbours_are_those_of_a_loop_over_all(kind, scale):
    random = np.random.default_rng(scale)
    places = STRIDE * STRIDE
    xs, ys = random.integers(0, 4 * scale, (2, places + LANES)).astype(np.int32)
    xs[random.random(len(xs)) < 0.3] = -(1 << 30)
    values = random.integers(-4, 4, places + LANES).astype(kind)
    found = 0
    for here in range(2 * STRIDE + 2, places - 2 * STRIDE - 2):
        x, y = int(xs[here]), int(ys[here])
        limit_2 = (2 * scale) ** 2
        near, lower = asked(xs, ys, values, here, STRIDE, limit_2)
        assert near == sum(
            1 << which
            for at, which in around(here)
            if (int(xs[at]) - x) ** 2 + (int(ys[at]) - y) ** 2 < limit_2
        )
        assert lower == sum(1 << which for at, which in around(here) if values[at] < values[here])
        found += near.bit_count()
    assert found > 200


def test_what_is_just_as_far_as_the_limit_is_not_near():
    # The largest distances that occur: cells of the whole world, 2²⁴ units wide; one unit decides.
    xs, ys = np.full((2, STRIDE * STRIDE + LANES), -(1 << 30), dtype=np.int32)
    here = 5 * STRIDE + 5
    xs[here], ys[here], xs[here + 1], ys[here + 1] = 0, 0, 3 << 24, (3 << 24) - 1
    limit_2 = (3 << 24) ** 2 + ((3 << 24) - 1) ** 2
    assert asked(xs, ys, xs, here, STRIDE, limit_2)[0] == 0
    assert asked(xs, ys, xs, here, STRIDE, limit_2 + 2)[0] != 0


@pytest.mark.parametrize("bits", [1, 2, 3, 40, (1 << 39) | 4, (1 << 62) | 1])
def test_first_and_last_bits_and_how_many_are_set(bits):
    assert ends(bits) == ((bits & -bits).bit_length() - 1, bits.bit_length() - 1, bits.bit_count())
