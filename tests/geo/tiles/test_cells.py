import numpy as np
import pytest
from numba import njit

from geo.tiles.cells import count_before, count_range
from tests.geo.tiles.tile_worlds import PUBLIC, SCHEME, STAFF, complaints, pyramid


@njit
def in_range(begin, end, filed, counted, columns, counts):
    count_range(begin, end, filed, counted, columns, counts)


@njit
def before(row, column, counted):
    return count_before(row, column, counted)


def kinds(filed, columns):
    """Which of the columns each point is counted in, the slow way."""
    state = filed[:, 2]
    found = np.zeros((len(state), columns.total), dtype=np.int64)
    rows = np.arange(len(state))
    found[rows, columns.first_status + (state >> 5 & 7)] = 1
    if columns.first_status:
        found[rows, state & 31] = 1
        found[rows, columns.first_severity + (state >> 8 & 3)] = 1
    return found


@pytest.mark.parametrize("n", [1, 63, 64, 65, 640, 1000])
@pytest.mark.parametrize("settings", [STAFF, PUBLIC])
def test_counts_of_any_rows_are_those_of_a_loop(n, settings):
    rows = complaints(n, n) if settings is STAFF else [row._replace(number=0) for row in complaints(n, n)]
    points = pyramid(rows, settings)._layer.points
    assert points.columns == SCHEME.columns(is_all=settings is STAFF)
    one_by_one = kinds(points.points, points.columns)
    for row in {0, 1, n // 2, n - 1, n} | {min(n, 64), min(n, 128)}:
        found = [before(row, column, points.counted) for column in range(points.columns.total)]
        assert found == one_by_one[:row].sum(axis=0).tolist()
    random = np.random.default_rng(n)
    for begin, end in [*np.sort(random.integers(0, n + 1, (60, 2)), axis=1).tolist(), [0, n], [n, n]]:
        counts = np.full(points.columns.total, 7, dtype=np.int32)
        in_range(begin, end, points.points, points.counted, points.columns, counts)
        assert (counts - 7).tolist() == one_by_one[begin:end].sum(axis=0).tolist()
