"""Mann-Kendall and Sen's slope, by hand and against pymannkendall."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.trends import mann_kendall, sen_slopes

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pymannkendall

series = st.integers(2, 40).flatmap(lambda t: st.lists(st.integers(0, 4), min_size=t, max_size=t))


def test_a_series_by_hand() -> None:
    # 1 2 2 3: pairs rise 5 times, one ties. Var = (4*3*13 - 2*1*9)/18 = 138/18; z = 4/sqrt(138/18).
    found = mann_kendall([[1, 2, 2, 3]])
    assert found.s.tolist() == [5]
    assert found.variance == pytest.approx([138 / 18])
    assert found.z == pytest.approx([4 / np.sqrt(138 / 18)])
    assert found.tau == pytest.approx([5 / 6])


@settings(max_examples=60, deadline=None)
@given(series)
def test_counts_with_ties_agree_with_pymannkendall(values: list[int]) -> None:
    ours, slope = mann_kendall([values]), sen_slopes([values])
    if len(set(values)) == 1:
        assert (ours.z[0], ours.p[0], slope[0]) == (0.0, 1.0, 0.0)
        return
    theirs = pymannkendall.original_test(values)
    assert (ours.s[0], ours.variance[0], ours.z[0]) == (theirs.s, theirs.var_s, theirs.z)
    assert ours.p[0] == pytest.approx(theirs.p, abs=1e-12)
    assert ours.tau[0] == pytest.approx(theirs.Tau)
    assert slope[0] == theirs.slope


def test_many_series_at_once_agree_with_pymannkendall() -> None:
    values = np.random.default_rng(1).normal(size=(50, 52)).round(1)
    ours = mann_kendall(values)
    assert ours.z.tolist() == [pymannkendall.original_test(row).z for row in values]
    assert sen_slopes(values).tolist() == [pymannkendall.original_test(row).slope for row in values]


@settings(deadline=None)  # the first call compiles
@given(series)
def test_a_series_turned_round_turns_its_trend(values: list[int]) -> None:
    assert mann_kendall([values]).z[0] == -mann_kendall([values[::-1]]).z[0]
    assert sen_slopes([values])[0] == -sen_slopes([values[::-1]])[0]


def test_noise_is_called_a_trend_as_often_as_the_level_says() -> None:
    p = mann_kendall(np.random.default_rng(2).poisson(2.0, (4_000, 30))).p
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.01)


def test_no_series_are_no_trends_and_bad_ones_are_refused() -> None:
    assert len(mann_kendall(np.zeros((0, 12))).z) == 0
    with pytest.raises(GeoError, match="at least 2 steps"):
        mann_kendall([[1.0]])
    with pytest.raises(GeoError, match="Row 1: a value of the series is not finite"):
        sen_slopes([[1.0, 2.0], [1.0, np.nan]])
