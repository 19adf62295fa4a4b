"""Benjamini and Hochberg's procedure."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from geo.errors import GeoError
from geo.statistics.false_discovery import accepted, adjusted, threshold

P_1995 = [
    0.0001,
    0.0004,
    0.0019,
    0.0095,
    0.0201,
    0.0278,
    0.0298,
    0.0344,
    0.0459,
    0.3240,
    0.4262,
    0.5719,
    0.6528,
    0.7590,
    1.0000,
]
"""The example of the paper of 1995: at 0.05 the first four stand."""


def test_the_papers_own_example() -> None:
    order = np.random.default_rng(1).permutation(15)
    p = np.array(P_1995)[order]
    assert sorted(p[accepted(p)]) == P_1995[:4]
    assert threshold(p) == 0.0095


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=60), st.floats(0.001, 0.5))
def test_adjusted_values_are_scipys_and_say_the_same(p: list[float], q: float) -> None:
    ours = adjusted(p)
    assert ours == pytest.approx(stats.false_discovery_control(p))
    away = np.abs(ours - q) > 1e-12
    assert (accepted(p, q) == (ours <= q))[away].all()


def test_what_was_not_tested_neither_counts_nor_stands() -> None:
    p = np.array([[0.02, np.nan], [np.nan, 0.9]])
    assert accepted(p).tolist() == [[True, False], [False, False]]
    assert adjusted(p) == pytest.approx(np.array([[0.04, np.nan], [np.nan, 0.9]]), nan_ok=True)
    assert not accepted([]).any()
    assert threshold([np.nan]) == -1.0


def test_a_share_of_none_stands_among_noise() -> None:
    p = np.random.default_rng(3).random((400, 100))
    assert np.mean([accepted(row, 0.05).any() for row in p]) == pytest.approx(0.05, abs=0.03)


def test_what_is_no_p_value_is_refused() -> None:
    with pytest.raises(GeoError, match="between 0 and 1"):
        accepted([0.5, 1.5])
    with pytest.raises(GeoError, match="rate must lie between"):
        accepted([0.5], 0.0)
