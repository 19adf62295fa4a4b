from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from statsmodels import api

from geo.errors import GeoError
from geo.statistics.comparison import compare_periods
from geo.statistics.gauge_rows import GaugeColumns
from geo.statistics.gauges import read_gauges
from geo.statistics.rain import daily_rain
from geo.statistics.rain_lags import Resampling, at_lag, lag_profile, wet_against_dry
from geo.statistics.rain_response import ResponseModel, fit_counts, rain_response
from geo.statistics.refusals import TooFewData
from geo.statistics.wet_days import WetDry, wet_and_dry

NEW_YORK = ZoneInfo("America/New_York")


def world(days=400, seed=1, effect=0.5):
    dice = np.random.default_rng(seed)
    rain = dice.gamma(0.4, 12.0, days) * (dice.random(days) < 0.4)
    level = np.zeros(days)
    for day in range(1, days):
        level[day] = 0.6 * level[day - 1] + 0.2 * dice.normal()
    mean = np.exp(1.0 + effect * np.log1p(rain) + 0.3 * np.log1p(at_lag(rain, 1).clip(0)) + level)
    mean[0] = 3.0
    return np.arange(days) + np.datetime64("2025-01-01"), dice.poisson(mean).astype(float), rain


@pytest.fixture(scope="module")
def new_york(request):
    folder = request.getfixturevalue("data") / "rain_nyc_daily" / "nyc_2012_2015.csv"
    text = folder.read_text()
    record = read_gauges(text, NEW_YORK, columns=GaugeColumns(mm="noaa_precip_mm")).gauges[0]
    return daily_rain(record, NEW_YORK), pd.read_csv(folder)["street_flooding_311"].to_numpy(float)


def test_correlations_are_those_of_scipy_and_pandas():
    _, count, rain = world()
    for kind in ("pearson", "spearman"):
        profile = lag_profile(count, rain, lags=(-1, 3), kind=kind, resampling=Resampling(replicates=99))
        rows = slice(3, -1)
        for lag, found in zip(profile.lag_days.tolist(), profile.correlation.tolist(), strict=True):
            moved = at_lag(rain, lag)[rows]
            peer = (
                np.corrcoef(moved, count[rows])[0, 1]
                if kind == "pearson"
                else spearmanr(moved, count[rows])[0]
            )
            assert found == pytest.approx(peer, abs=1e-12)
        assert (profile.low <= profile.correlation).all()
        assert (profile.correlation <= profile.high).all()


def test_the_seed_decides_the_interval():
    _, count, rain = world(120)
    one, same, other = (
        lag_profile(count, rain, lags=(0, 1), resampling=Resampling(replicates=99, seed=seed))
        for seed in (1, 1, 2)
    )
    assert (one.low == same.low).all()
    assert (one.low != other.low).any()
    assert one.correlation.tolist() == other.correlation.tolist()


@pytest.mark.slow
def test_the_interval_covers_what_it_says_when_days_hang_together():
    """Two independent series with a memory of days: the correlation is 0, and the interval holds it."""
    held = {1: 0, 0: 0}
    for seed in range(120):
        dice = np.random.default_rng(seed)
        series = np.zeros((2, 300))
        for day in range(1, 300):
            series[:, day] = 0.8 * series[:, day - 1] + dice.normal(size=2)
        rain, count = np.maximum(series, 0.0) * 3
        for block in held:
            # Blocks of one day believe that days are independent, blocks of 14 do not.
            profile = lag_profile(
                np.round(count * 3), rain, lags=(0, 0), resampling=Resampling(199, block or 14, 0.95, seed)
            )
            held[block] += bool(profile.low[0] <= 0.0 <= profile.high[0])
    assert held[0] / 120 >= 0.86
    assert held[1] / 120 < held[0] / 120 - 0.08


def test_new_york_floods_on_the_day_it_rains(new_york):
    rain, complaints = new_york
    assert len(rain.days) == 1_461
    pearson = lag_profile(complaints, rain.mm, resampling=Resampling(seed=1))
    same_day = int(np.flatnonzero(pearson.lag_days == 0)[0])
    assert pearson.correlation[same_day] == pytest.approx(0.68, abs=0.02)
    assert (pearson.low[same_day], pearson.high[same_day]) == pytest.approx((0.59, 0.75), abs=0.02)
    assert pearson.low[same_day] < 0.6 < pearson.correlation[same_day] < pearson.high[same_day]
    assert pearson.correlation.argmax() == same_day
    # The day after still counts, the day before (rain of tomorrow) does not.
    assert pearson.low[same_day + 1] > 0.05
    assert pearson.high[same_day - 1] < 0.15
    assert (np.abs(pearson.correlation[same_day + 2 :]) < 0.06).all()


def test_the_regression_is_that_of_statsmodels():
    days, count, rain = world()
    found = rain_response(days, count, rain, model=ResponseModel(hac_days=7))
    rows = slice(3, None)
    weekday = pd.DatetimeIndex(days).day_of_week.to_numpy()
    year = (days.astype(int) - days.astype(int).mean()) / 365.25
    design = np.column_stack(
        [np.ones(len(days))]
        + [np.log1p(at_lag(rain, lag)) for lag in range(4)]
        + [(weekday == k).astype(float) for k in range(1, 7)]
        + [year]
    )[rows]
    peer = api.GLM(count[rows], design, family=api.families.Poisson()).fit(
        tol=1e-12, cov_type="HAC", cov_kwds={"maxlags": 7, "use_correction": False}
    )
    np.testing.assert_allclose(found.fit.coefficients, peer.params, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.fit.covariance, peer.cov_params(), rtol=1e-6, atol=1e-12)
    assert found.fit.dispersion == pytest.approx(peer.pearson_chi2 / peer.df_resid)
    binomial = fit_counts(
        design,
        count[rows],
        np.zeros(len(design)),
        np.arange(len(design)),
        hac_days=5,
        family="negative_binomial",
    )
    again = api.GLM(count[rows], design, family=api.families.NegativeBinomial(alpha=binomial.alpha)).fit(
        tol=1e-12, cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": False}
    )
    np.testing.assert_allclose(binomial.coefficients, again.params, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(np.diag(binomial.covariance), np.diag(again.cov_params()), rtol=0.05)
    assert again.pearson_chi2 / again.df_resid == pytest.approx(1.0, rel=1e-5)


def test_a_planted_effect_is_found():
    days, count, rain = world(1_000, seed=3)
    found = rain_response(days, count, rain, depth_mm=20.0)
    truth = np.array([0.5, 0.3, 0.0, 0.0])
    assert (found.low <= 21.0**truth).all()
    assert (found.high >= 21.0**truth).all()
    assert found.whole_low < 21.0**0.8 < found.whole_high
    assert found.terms[1] == "rain, 0 d before"
    assert found.days == 997


def test_exposure_and_holes_are_heeded():
    days, count, rain = world(300)
    plain = rain_response(days, count, rain)
    doubled = rain_response(days, count, rain, exposure=np.full(300, 2.0))
    assert doubled.ratio == pytest.approx(plain.ratio)
    assert doubled.fit.coefficients[0] == pytest.approx(plain.fit.coefficients[0] - np.log(2.0))
    count[100] = np.nan
    rain[200] = np.nan
    assert rain_response(days, count, rain).days == plain.days - 5


def test_new_york_rain_response(new_york):
    rain, complaints = new_york
    found = rain_response(rain.days, complaints, rain.mm, model=ResponseModel(waves=2))
    assert found.fit.dispersion == pytest.approx(8.9, abs=0.1)
    assert found.ratio.tolist() == pytest.approx([12.6, 2.1, 1.2, 1.4], abs=0.1)
    assert (found.low[0], found.high[0]) == pytest.approx((10.0, 15.9), abs=0.1)
    assert (found.whole_ratio, found.whole_low, found.whole_high) == pytest.approx((46, 25, 83), abs=1)
    assert (found.ratio[0] > found.ratio[1:]).all()
    assert found.low[1] > 1.0


def test_new_york_leans_on_a_few_days(new_york):
    rain, complaints = new_york
    least = np.argsort(complaints)[:-2]
    assert np.corrcoef(complaints[least], rain.mm[least])[0, 1] == pytest.approx(0.60, abs=0.005)
    year = rain.days.astype("datetime64[Y]")
    by_year = [np.corrcoef(complaints[year == y], rain.mm[year == y])[0, 1] for y in np.unique(year)]
    assert (min(by_year), max(by_year)) == pytest.approx((0.59, 0.72), abs=0.005)
    rates = wet_against_dry(complaints, wet_and_dry(rain.mm))
    assert (rates.wet_days, rates.dry_days) == (249, 870)
    assert (rates.wet_mean, rates.dry_mean) == pytest.approx((20.0, 1.85), abs=0.01)
    assert (rates.ratio, rates.low, rates.high) == pytest.approx((10.8, 8.7, 13.6), abs=0.05)


def test_places_that_suffer_from_rain_more_than_the_city_are_found():
    """Wet and dry days as two periods of one map: cells 0 to 4 flood."""
    dice = np.random.default_rng(1)
    rain = dice.gamma(0.4, 12.0, 365) * (dice.random(365) < 0.4)
    parted = wet_and_dry(rain)
    risk = np.where(np.arange(60) < 5, 6.0, 2.0)
    mean = 0.5 * np.where(parted.is_wet[:, None], risk, 1.0)
    daily = dice.poisson(mean)
    found = compare_periods(
        daily[parted.is_dry].sum(axis=0),
        daily[parted.is_wet].sum(axis=0),
        parted.dry_days,
        parted.wet_days,
        against="city",
    )
    assert np.flatnonzero(found.change == 1).tolist() == [0, 1, 2, 3, 4]


def test_wet_days_against_dry_days():
    _, count, rain = world(400)
    parted = wet_and_dry(rain)
    rates = wet_against_dry(count, parted, resampling=Resampling(replicates=199))
    assert rates.wet_mean == pytest.approx(count[parted.is_wet].mean())
    assert rates.dry_mean == pytest.approx(count[parted.is_dry].mean())
    assert rates.ratio == pytest.approx(rates.wet_mean / rates.dry_mean)
    assert 1.0 < rates.low < rates.ratio < rates.high


def test_too_few_days_are_refused():
    _, count, rain = world(400)
    with pytest.raises(TooFewData, match="both known on 41 days; at least 60") as refused:
        lag_profile(count[:50], rain[:50])
    assert (refused.value.need, refused.value.found, refused.value.needed) == ("days", 41, 60)
    with pytest.raises(TooFewData, match="There are 0 days with 1 mm"):
        lag_profile(count, rain * 0.0)
    with pytest.raises(TooFewData, match="There are 10 complaints; at least 60"):
        lag_profile((np.arange(400) % 40 == 9).astype(float), rain)
    with pytest.raises(TooFewData, match="same value"):
        lag_profile(np.ones(400), rain)
    with pytest.raises(TooFewData, match="There are 3 wet days; at least 10"):
        wet_against_dry(np.ones(100), WetDry(np.arange(100) < 3, np.arange(100) >= 3))
    with pytest.raises(TooFewData, match="There are 0 complaints on dry days"):
        wet_against_dry(
            np.r_[np.full(50, 9.0), np.zeros(50)], WetDry(np.arange(100) < 50, np.arange(100) >= 50)
        )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"complaints": np.ones(5)}, "two columns of equal length"),
        ({"complaints": np.r_[-1.0, np.ones(399)]}, "Day 0 has -1 complaints"),
        ({"rain_mm": np.r_[0.0, np.inf, np.zeros(398)]}, "Day 1 has inf mm of rain"),
        ({"depth_mm": 0.0}, "must be above 0 mm, not 0"),
        ({"days": np.arange(400)[::-1]}, "one after the other"),
        ({"exposure": np.zeros(400)}, "400 numbers above 0"),
        ({"model": ResponseModel(waves=1)}, "1.1 years long; at least 2"),
    ],
)
def test_bad_columns_are_refused(change, said):
    days, count, rain = world(400)
    given = {"days": days, "complaints": count, "rain_mm": rain} | change
    with pytest.raises(GeoError, match=said):
        rain_response(**given)


def test_bad_settings_are_refused():
    with pytest.raises(GeoError, match="99 samples or more"):
        Resampling(replicates=10)
    with pytest.raises(GeoError, match="0 to 14 days"):
        ResponseModel(last_lag=30)
    _, count, rain = world(100)
    with pytest.raises(GeoError, match="within ±30"):
        lag_profile(count, rain, lags=(3, 1))
    design = np.ones((100, 2))
    with pytest.raises(GeoError, match="2 terms were put in and only 1"):
        fit_counts(design, count, np.zeros(100), np.arange(100), hac_days=1)
    never = np.column_stack([np.ones(100), np.arange(100) < 50])
    with pytest.raises(GeoError, match="no end after 100 rounds"):
        fit_counts(never, np.arange(100) >= 50.0, np.zeros(100), np.arange(100), hac_days=1)
