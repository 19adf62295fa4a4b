import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, gamma, poisson

from geo.errors import GeoError
from geo.statistics.gamma_rates import fit_gamma_rates
from geo.statistics.refusals import TooFewData
from geo.statistics.reporting_bias import area_rates, channel_changes, concentration, silent_areas


def city(seed, n=54, spread=0.4, silent=()):
    dice = np.random.default_rng(seed)
    residents = dice.uniform(3_000.0, 20_000.0, n)
    rate = dice.gamma(1.0 / spread**2, 0.01 * spread**2, n)
    rate[list(silent)] *= 0.05
    return dice.poisson(rate * residents).astype(float), residents


def test_rates_have_exact_intervals():
    reports, residents = city(1)
    found = area_rates(reports, residents)
    for k in (0, 7, 30):
        assert poisson.sf(reports[k] - 1, found.low[k] * residents[k]) == pytest.approx(0.025)
        assert poisson.cdf(reports[k], found.high[k] * residents[k]) == pytest.approx(0.025)
    none = area_rates(np.r_[0.0, reports[1:]], residents)
    assert none.low[0] == 0.0
    assert none.high[0] == pytest.approx(3.689 / residents[0], rel=1e-3)


def test_gini_by_hand():
    alike = area_rates(np.full(10, 20.0), np.full(10, 5.0))
    assert alike.gini == pytest.approx(0.0)
    one = area_rates(np.r_[np.zeros(9), 200.0], np.full(10, 5.0))
    assert one.gini == pytest.approx(0.9)
    assert one.share_reports.tolist() == [0.0] * 10 + [1.0]
    # Half of the residents send a quarter of the reports: the area under the curve is 0.375.
    half = area_rates(np.repeat([10.0, 30.0], 5), np.full(10, 1.0))
    assert half.gini == pytest.approx(0.25)


@given(st.integers(0, 2**31))
def test_gini_lies_between_0_and_1_and_areas_may_be_split(seed):
    dice = np.random.default_rng(seed)
    reports, size = dice.integers(0, 50, 12).astype(float) + 5.0, dice.uniform(1.0, 9.0, 12)
    gini = area_rates(reports, size).gini
    assert 0.0 <= gini < 1.0
    split = area_rates(np.repeat(reports, 2), np.repeat(size, 2)).gini
    assert split == pytest.approx(gini)


def test_silent_areas_are_found_although_areas_differ():
    found = silent_areas(*city(2, silent=(4, 40)))
    assert np.flatnonzero(found.is_silent).tolist() == [4, 40]
    reports, _ = city(2, silent=(4, 40))
    assert (reports[[4, 40]] < found.low[[4, 40]]).all()
    usual = np.delete(np.arange(54), [4, 40])
    assert ((reports >= found.low) & (reports <= found.high))[usual].mean() > 0.9
    assert 0.3 < found.spread < 0.8


@pytest.mark.slow
def test_where_no_area_is_silent_few_are_called_so():
    called = [silent_areas(*city(seed)).is_silent.any() for seed in range(100)]
    assert np.mean(called) <= 0.15


def test_the_spread_of_rates_is_found():
    dice = np.random.default_rng(3)
    exposure = dice.uniform(50.0, 200.0, 4_000)
    rate = gamma.rvs(4.0, scale=0.05, size=4_000, random_state=dice)
    found = fit_gamma_rates(dice.poisson(rate * exposure).astype(float), exposure)
    assert found.mean == pytest.approx(0.2, rel=0.03)
    assert found.spread == pytest.approx(0.25, rel=0.1)
    assert (found.shape, found.per) == pytest.approx((1.0 / found.spread, 1.0 / found.spread / found.mean))
    chance = fit_gamma_rates(dice.poisson(0.2 * exposure).astype(float), exposure)
    assert chance.spread < 0.01


def test_concentration_by_hand():
    reporters = np.concatenate([np.repeat(np.arange(5), 100), np.arange(5, 500)])
    found = concentration(reporters)
    assert (found.people, found.reports, found.once) == (500, 995, 495)
    assert (found.top_people, found.top_share) == (5, pytest.approx(500 / 995))
    each = np.r_[np.ones(495), np.full(5, 100.0)]
    by_pairs = np.abs(each[:, None] - each[None, :]).sum() / (2.0 * 500 * 995)
    assert found.gini == pytest.approx(by_pairs)


def test_nothing_is_told_of_fewer_than_five_people():
    few = concentration(np.r_[np.zeros(50), np.arange(1, 100)])
    assert (few.top_people, few.top_share) == (None, None)
    assert few.once == 99 or few.once is None
    most = concentration(np.r_[np.repeat(np.arange(100), 2), 500, 501, 502])
    assert most.once is None
    with pytest.raises(TooFewData, match="from 3 people; at least 5"):
        concentration(np.arange(90) % 3)
    with pytest.raises(TooFewData, match="There are 20 complaints; at least 60"):
        concentration(np.arange(20))
    with pytest.raises(GeoError, match="one column"):
        concentration(np.ones((60, 2)))


def test_which_reporter_has_which_number_does_not_matter():
    who = np.random.default_rng(1).geometric(0.02, 3_000)
    assert concentration(who) == concentration(np.random.default_rng(2).permutation(5_000)[who])


def test_channels_by_hand():
    whatsapp, web, letter = channel_changes(
        {"whatsapp": 60, "web": 40}, {"whatsapp": 150, "web": 40, "letter": 10}
    )
    assert (whatsapp.channel, whatsapp.before, whatsapp.after) == ("web", 40, 40)
    assert whatsapp.change == pytest.approx(-0.2)
    assert web.channel == "whatsapp"
    assert (letter.before, letter.share_before) == (0, 0.0)
    # Newcombe's interval from the two Wilson intervals.
    one = binomtest(60, 100).proportion_ci(0.95, "wilson")
    other = binomtest(150, 200).proportion_ci(0.95, "wilson")
    assert web.low == pytest.approx(0.15 - np.hypot(0.75 - other.low, one.high - 0.6))
    assert web.high == pytest.approx(0.15 + np.hypot(other.high - 0.75, 0.6 - one.low))
    assert web.low < 0.15 < web.high


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(TooFewData, match="There are 9 areas; at least 10"):
        area_rates(np.full(9, 10.0), np.ones(9))
    with pytest.raises(TooFewData, match="There are 10 complaints"):
        silent_areas(np.ones(10), np.ones(10))
    with pytest.raises(GeoError, match="Row 2 has 0 as its exposure"):
        area_rates(np.full(10, 10.0), np.r_[1.0, 1.0, 0.0, np.ones(7)])
    with pytest.raises(GeoError, match=r"Row 0 has 1\.5 as its reports"):
        area_rates(np.r_[1.5, np.full(9, 10.0)], np.ones(10))
    with pytest.raises(TooFewData, match="A period has 0 reports"):
        channel_changes({}, {"web": 3})
    with pytest.raises(GeoError, match="Channel web has a number of reports below 0"):
        channel_changes({"web": -1}, {"web": 3})
