"""Two periods compared: by hand, against scipy, and what may have changed beside the roads."""

import numpy as np
import pytest
from scipy import stats

from geo.errors import GeoError
from geo.statistics.comparison import channel_shift, compare_periods
from geo.statistics.refusals import TooFewData

BEFORE = np.array([4] * 38 + [10, 0])
AFTER = np.array([4] * 37 + [20, 0, 0])


def test_a_cell_by_hand() -> None:
    # Cell 37 went from 4 to 20 in equal periods: P(X ≥ 20 of 24 at ½) = (10626+2024+276+24+1)/2²⁴, doubled.
    found = compare_periods(BEFORE, AFTER, 90.0, 90.0)
    assert found.p[37] == pytest.approx(2 * (10_626 + 2_024 + 276 + 24 + 1) / 2**24)
    assert found.p[38] == pytest.approx(2 * 0.5**10)
    assert found.change.tolist() == [0] * 37 + [1, -1, 0]
    assert found.difference[37] == pytest.approx(16 / 90 * 30)
    assert found.ratio[37] == pytest.approx(5.0)
    assert found.ratio[38] == 0.0
    assert np.isnan(found.p[39])
    assert found.tested.tolist() == [True] * 39 + [False]


def test_the_interval_is_clopper_and_pearsons() -> None:
    found = compare_periods(BEFORE, AFTER, 90.0, 90.0)
    share = stats.binomtest(20, 24).proportion_ci(0.95)
    assert found.ratio_low[37] == pytest.approx(share.low / (1 - share.low))
    assert found.ratio_high[37] == pytest.approx(share.high / (1 - share.high))
    assert found.ratio_low[38] == 0.0


def test_longer_periods_and_more_roads_expect_more() -> None:
    dice = np.random.default_rng(1)
    km = dice.uniform(0.2, 3.0, 60)
    first, second = dice.poisson(8.0 * km), dice.poisson(3.0 * 8.0 * km * 1.5)
    found = compare_periods(first, second, 30.0, 90.0, exposure_before=km, exposure_after=km * 1.5)
    assert not found.change.any()
    assert found.city_ratio == pytest.approx(1.0, abs=0.1)
    assert found.city_p > 0.01
    one = int(np.argmax(first))
    alike = stats.binomtest(
        int(second[one]), int(first[one] + second[one]), 135.0 / 165.0, alternative="less"
    )
    assert min(found.p[one] / 2, 1 - found.p[one] / 2) == pytest.approx(
        min(alike.pvalue, 1 - alike.pvalue), abs=0.1
    )


def test_against_the_city_only_what_differs_from_it_changes() -> None:
    first, second = np.full(50, 20), np.full(50, 40)
    second[7] = 5
    plain, city = (
        compare_periods(first, second, 30, 30, against=against) for against in ("no_change", "city")
    )
    assert (plain.change == 1).sum() == 49
    assert np.flatnonzero(city.change).tolist() == [7]
    assert city.change[7] == -1
    assert plain.city_ratio == pytest.approx((49 * 40 + 5) / 1_000)
    assert plain.city_p < 1e-9


def test_without_a_change_few_cells_are_called_changed() -> None:
    dice = np.random.default_rng(5)
    wrong = [
        compare_periods(dice.poisson(4.0, 200), dice.poisson(4.0, 200), 30, 30).change.any()
        for _ in range(200)
    ]
    assert np.mean(wrong) <= 0.05


def test_cells_without_exposure_are_not_tested() -> None:
    km = np.ones(40)
    km[3] = 0.0
    found = compare_periods(BEFORE, AFTER, 90.0, 90.0, exposure_before=km)
    assert not found.tested[3]
    assert np.isnan(found.ratio[3])


def test_a_changed_mix_of_channels_needs_a_warning() -> None:
    found = channel_shift({"whatsapp": 50, "web": 50}, {"whatsapp": 90, "web": 10, "app": 0})
    assert (found.channel, found.share_before, found.share_after) == ("web", 0.5, 0.1)
    assert found.moved == pytest.approx(0.4)
    assert found.needs_warning
    assert not channel_shift({"whatsapp": 5, "web": 5}, {"whatsapp": 6, "web": 4}).needs_warning
    alone = channel_shift({"web": 9}, {"web": 7})
    assert np.isnan(alone.p)
    assert not alone.needs_warning
    assert channel_shift({"web": 900}, {"web": 450, "app": 450}).moved == 0.5


def test_too_little_and_what_does_not_fit_is_refused() -> None:
    with pytest.raises(TooFewData, match="29 cells"):
        compare_periods(BEFORE[:29], AFTER[:29], 30, 30)
    with pytest.raises(TooFewData, match="One of the periods has 0 complaints; 1 is needed"):
        compare_periods(BEFORE, np.zeros(40), 30, 30)
    with pytest.raises(TooFewData, match="A period has 0 complaints"):
        channel_shift({"web": 3}, {})
    with pytest.raises(GeoError, match="whole numbers"):
        compare_periods(BEFORE + 0.5, AFTER, 30, 30)
    with pytest.raises(GeoError, match="40 and 39 cells"):
        compare_periods(BEFORE, AFTER[1:], 30, 30)
    with pytest.raises(GeoError, match="longer than 0 days"):
        compare_periods(BEFORE, AFTER, 30, 0)
    with pytest.raises(GeoError, match="Exposure must be 0 or more"):
        compare_periods(BEFORE, AFTER, 30, 30, exposure_before=np.full(40, -1.0))
    with pytest.raises(GeoError, match="exposures have the shapes"):
        compare_periods(BEFORE, AFTER, 30, 30, exposure_before=np.ones(3))
