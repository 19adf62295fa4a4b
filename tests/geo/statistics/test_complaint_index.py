import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.complaint_index import NAME, complaint_index
from geo.statistics.refusals import TooFewData


def test_a_segment_like_the_city_has_50_and_thrice_the_mean_about_75():
    segment = np.repeat(np.arange(10), 400)
    alike = complaint_index(segment, np.zeros(4_000), np.zeros(4_000), np.full(10, 100.0))
    assert alike.index.tolist() == pytest.approx([50.0] * 10)
    assert alike.mean_per_100_m == pytest.approx(400.0)
    one = np.r_[np.repeat(np.arange(9), 300), np.full(1_200, 9)]
    found = complaint_index(one, np.zeros(3_900), np.zeros(3_900), np.full(10, 100.0))
    assert found.index[9] == pytest.approx(100.0 * 1_200 / (1_200 + 390), rel=0.01)
    assert found.complaints.tolist() == [300] * 9 + [1_200]


def test_age_and_severity_count():
    segment = np.repeat(np.arange(5), 20)
    old = np.where(segment == 0, 180.0, 0.0)
    graver = np.where(segment == 1, 2, 0)
    found = complaint_index(segment, old, graver, np.full(5, 100.0))
    assert found.index[0] < found.index[2] == found.index[3] < found.index[1]


def test_a_short_segment_with_one_complaint_is_drawn_towards_the_mean():
    segment = np.r_[np.repeat(np.arange(5), 50), 5]
    length = np.r_[np.full(5, 100.0), 1.0]
    found = complaint_index(segment, np.zeros(251), np.zeros(251), length)
    assert found.index[5] < 62.0  # 100 a 100 m would be 67
    assert found.high[5] - found.low[5] > 2.0 * (found.high[0] - found.low[0])


@given(st.integers(0, 2**31))
def test_the_index_is_bounded_and_inside_its_interval(seed):
    dice = np.random.default_rng(seed)
    found = complaint_index(
        dice.integers(0, 8, 60),
        dice.uniform(0.0, 900.0, 60),
        dice.integers(0, 3, 60),
        dice.uniform(5.0, 500.0, 8),
    )
    assert (found.low > 0.0).all()
    assert (found.low < found.index).all()
    assert (found.index < found.high).all()
    assert (found.high < 100.0).all()
    assert found.complaints.sum() == 60


def test_its_name_is_that_of_no_survey():
    assert NAME == "indeks aduan"


def test_bad_columns_are_refused():
    good = {
        "segment": np.arange(40) % 5,
        "age_days": np.zeros(40),
        "severity": np.zeros(40),
        "length_m": np.full(5, 100.0),
    }
    for change, said in (
        ({"segment": np.full(40, 5)}, "Row 0 has 5 as its segment; a whole number from 0 to 4"),
        ({"severity": np.full(40, 3)}, "Row 0 has 3 as its severity; a whole number from 0 to 2"),
        ({"age_days": np.full(40, -1.0)}, "Row 0 has -1 as its age"),
        ({"length_m": np.zeros(5)}, "Row 0 has 0 as its length"),
        ({"half_life_days": 0.0}, "above 0 days, not 0"),
    ):
        with pytest.raises(GeoError, match=said):
            complaint_index(**(good | change))
    with pytest.raises(TooFewData, match="There are 4 segments; at least 5"):
        complaint_index(np.arange(40) % 4, np.zeros(40), np.zeros(40), np.full(4, 100.0))
    with pytest.raises(TooFewData, match="There are 20 complaints; at least 30"):
        complaint_index(np.arange(20) % 5, np.zeros(20), np.zeros(20), np.full(5, 100.0))
