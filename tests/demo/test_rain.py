"""The invented rain has Solo's seasons and the same days for the same generator."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.demo.rain import millimetres, rain

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@given(first=DAYS, days=st.integers(1, 120), seed=st.integers(0, 2**32 - 1))
def test_days_are_consecutive_and_amounts_possible(first: date, days: int, seed: int) -> None:
    series = rain(first, days, np.random.default_rng(seed))
    assert [day.day for day in series] == [first + timedelta(days=number) for number in range(days)]
    assert all(0 <= day.mm < 400 and 11 <= day.from_hour <= 20 for day in series)
    assert series == rain(first, days, np.random.default_rng(seed))


def test_january_is_wet_and_august_is_dry() -> None:
    rng = np.random.default_rng(1)
    year_mm = np.mean([millimetres(rain(date(2026, 1, 1), 365, rng)) for _ in range(60)], axis=0)
    january, august = year_mm[:31].sum(), year_mm[212:243].sum()
    assert january > 8 * august
    assert year_mm.sum() == pytest.approx(2100, rel=0.2)


def test_rain_follows_rain() -> None:
    wet = millimetres(rain(date(2026, 1, 1), 4000, np.random.default_rng(2))) > 0
    after_wet, after_dry = wet[1:][wet[:-1]].mean(), wet[1:][~wet[:-1]].mean()
    assert after_wet > after_dry + 0.2
