import itertools
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.gauges import GaugeRecord
from geo.statistics.rain import (
    antecedent_index,
    daily_rain,
    intensity_duration,
    window_depth,
    window_intensity,
)
from geo.statistics.rain_events import event_of, rain_events
from geo.statistics.rain_places import rain_at
from geo.statistics.wet_days import wet_and_dry

JAKARTA = ZoneInfo("Asia/Jakarta")
UTC = ZoneInfo("UTC")


def record(mm, step_s, begins="2026-01-01T00:00"):
    start = np.datetime64(begins, "s")
    values = np.asarray(mm, dtype=float)
    return GaugeRecord("A", start + np.arange(len(values)) * np.timedelta64(step_s, "s"), values, step_s)


def test_depth_and_intensity_by_the_citys_day():
    mm = np.zeros(3 * 288)
    mm[17 * 12 - 1] = 5.0  # 16.55 UTC: 23.55 in Jakarta, still 1 January
    mm[17 * 12] = 8.0  # 17.00 UTC: 2 January
    rain = daily_rain(record(mm, 300), JAKARTA)
    assert rain.days.tolist() == np.arange("2026-01-01", "2026-01-05", dtype="datetime64[D]").tolist()
    # 1 January begins 7 hours before the record, so less than 90 % of it is known; so is the last day.
    assert rain.mm.tolist() == pytest.approx([np.nan, 8.0, 0.0, np.nan], nan_ok=True)
    assert rain.most_mm_h[5][1] == pytest.approx(96.0)
    assert rain.most_mm_h[15][1] == pytest.approx(13.0 * 4)
    assert rain.most_mm_h[60][1] == pytest.approx(13.0)


def test_windows_that_a_step_does_not_allow_are_left_out_or_refused():
    hourly = record(np.ones(48), 3_600)
    assert set(daily_rain(hourly, UTC).most_mm_h) == {60}
    with pytest.raises(GeoError, match=r"Rain in 15 minutes .* gauge A is read every 60 minutes"):
        window_intensity(hourly, 15)
    with pytest.raises(GeoError, match="only daily readings are moved"):
        daily_rain(hourly, UTC, shift_days=-1)


def test_depth_of_24_and_72_hours():
    hourly = record(np.arange(100.0), 3_600)
    assert window_depth(hourly, 24)[23] == pytest.approx(sum(range(24)))
    assert np.isnan(window_depth(hourly, 24)[22])
    assert window_depth(hourly, 72)[99] == pytest.approx(sum(range(28, 100)))
    hourly.mm[50] = np.nan
    assert np.isnan(window_depth(hourly, 24)[50:74]).all()
    assert np.isfinite(window_depth(hourly, 24)[74])


def test_readings_of_the_morning_belong_to_the_day_before():
    daily = record([1.0, 2.0], 86_400)
    assert daily_rain(daily, JAKARTA, shift_days=-1).days[0] == np.datetime64("2025-12-31")
    assert daily_rain(daily, JAKARTA).mm.tolist() == [1.0, 2.0]


def test_a_day_of_23_hours_is_whole():
    new_york = ZoneInfo("America/New_York")
    mm = np.ones(24 * 4)
    rain = daily_rain(record(mm, 3_600, "2026-03-07T05:00"), new_york)  # clocks change on 8 March
    assert rain.mm[:3].tolist() == [24.0, 23.0, 24.0]


def test_the_antecedent_index_by_hand():
    index = antecedent_index(np.r_[np.zeros(40), 10.0, 20.0, 0.0, np.nan, np.zeros(40)], keep=0.9)
    assert np.isnan(index[:29]).all()
    assert index[40] == 0.0
    assert index[41] == pytest.approx(9.0)
    assert index[42] == pytest.approx(0.9 * (9.0 + 20.0))
    assert np.isfinite(index[43])
    assert np.isnan(index[44:73]).all()
    assert np.isfinite(index[73])
    with pytest.raises(GeoError, match=r"not 1\.0"):
        antecedent_index([1.0], keep=1.0)


def test_events_are_parted_by_dry_hours():
    mm = [0, 2, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0.4, 0]
    hourly = record(mm, 3_600)
    first, second = rain_events(hourly, dry_h=6, least_mm=0.1)
    assert (first.begins, first.ends) == (
        np.datetime64("2026-01-01T01:00"),
        np.datetime64("2026-01-01T05:00"),
    )
    assert (first.depth_mm, first.peak_mm_h, first.hours, first.known) == (5.0, 3.0, 4.0, 1.0)
    assert second.depth_mm == 0.4
    assert len(rain_events(hourly, dry_h=6)) == 1
    assert len(rain_events(hourly, dry_h=2, least_mm=0.1)) == 3
    assert len(rain_events(hourly, dry_h=72, least_mm=0.1)) == 1
    assert rain_events(record([0.0, np.nan], 3_600), dry_h=6) == []
    with pytest.raises(GeoError, match="less than a step of gauge A"):
        rain_events(record([1.0], 86_400), dry_h=6)


def test_standing_water_belongs_to_an_event_until_72_hours_after_its_last_rain():
    hourly = record([0, 5, 0, 0], 3_600)
    events = rain_events(hourly, dry_h=72)
    times = np.array(
        ["2026-01-01T00:59", "2026-01-01T01:00", "2026-01-04T02:00", "2026-01-04T02:01"],
        dtype="datetime64[s]",
    )
    assert event_of(events, times).tolist() == [-1, 0, 0, -1]
    assert event_of([], times).tolist() == [-1] * 4


@given(
    st.lists(st.sampled_from([0.0, 0.0, 0.0, 2.0, float("nan")]), min_size=1, max_size=60), st.integers(1, 12)
)
def test_events_hold_all_rain_once_and_lie_apart(mm, dry_h):
    hourly = record(mm, 3_600)
    events = rain_events(hourly, dry_h=dry_h, least_mm=0.0)
    assert sum(event.depth_mm for event in events) == pytest.approx(np.nansum(hourly.mm))
    for earlier, later in itertools.pairwise(events):
        assert later.begins - earlier.ends >= np.timedelta64(dry_h, "h")


def test_wet_days_have_a_tail_and_dry_days_need_to_be_known():
    parted = wet_and_dry([0, 0, 12, 0, 0, 5, 0, 0, np.nan, 0, 0], wet_mm=10, tail_days=1)
    assert np.flatnonzero(parted.is_wet).tolist() == [2, 3]
    assert np.flatnonzero(parted.is_dry).tolist() == [1, 4, 7, 10]
    assert (parted.wet_days, parted.dry_days) == (2, 4)
    with pytest.raises(GeoError, match="A dry day has less than 20 mm, a wet one 10"):
        wet_and_dry([1.0], wet_mm=10, dry_mm=20)


def test_intensity_by_duration_and_year():
    mm = np.zeros(4 * 24 * 4)
    mm[[10, 11, 12]] = [1.0, 6.0, 2.0]
    mm[-20] = 4.0
    found = intensity_duration(record(mm, 900, "2025-12-30T00:00"), UTC, (5, 15, 30, 45, 60))
    assert found.minutes.tolist() == [15, 30, 45, 60]
    assert found.years.tolist() == [2025, 2026]
    assert found.most_mm_h[0].tolist() == pytest.approx([24.0, 16.0, 12.0, 9.0])
    assert found.most_mm_h[1].tolist() == pytest.approx([16.0, 8.0, 16.0 / 3.0, 4.0])
    assert found.known.tolist() == [1.0, 1.0]
    with pytest.raises(GeoError, match="read once a day"):
        intensity_duration(record([1.0], 86_400), UTC)
    with pytest.raises(GeoError, match="None of the lengths"):
        intensity_duration(record([1.0], 3_600), UTC, (5,))


def test_rain_at_a_place_is_that_of_the_nearest_measured_gauge():
    gauges = [[0.0, 0.0], [1_000.0, 0.0], [9_000.0, 0.0]]
    mm = [[1.0, 2.0, 3.0], [np.nan, 2.0, 3.0], [np.nan, np.nan, 3.0]]
    local = rain_at([[100.0, 0.0], [20_000.0, 0.0]], gauges, mm, farthest_m=5_000.0)
    assert local.mm[:, 0].tolist() == pytest.approx([1.0, 2.0, np.nan], nan_ok=True)
    assert np.isnan(local.mm[:, 1]).all()
    assert local.nearest_gauge.tolist() == [0, 2]
    assert local.distance_m.tolist() == [100.0, 11_000.0]
    assert "nearest gauge of 3 within 5 km" in local.method


def test_rain_weighted_by_nearness_by_hand():
    gauges = [[0.0, 0.0], [300.0, 0.0]]
    local = rain_at(
        [[100.0, 0.0], [0.0, 0.0]], gauges, [[4.0, 10.0], [np.nan, 10.0]], method="inverse_distance"
    )
    assert local.mm[0].tolist() == pytest.approx([(4.0 * 4 + 10.0) / 5.0, 4.0])
    assert local.mm[1].tolist() == pytest.approx([10.0, 10.0])
    assert "power of -2" in local.method


@given(st.lists(st.floats(0, 200), min_size=2, max_size=6), st.integers(0, 2**31))
def test_weighted_rain_lies_between_the_gauges(mm, seed):
    places = np.random.default_rng(seed).uniform(0, 5_000, (4 + len(mm), 2))
    local = rain_at(places[:4], places[4:], [mm], method="inverse_distance")
    assert (local.mm >= min(mm) - 1e-9).all()
    assert (local.mm <= max(mm) + 1e-9).all()


def test_gauges_that_do_not_fit_are_refused():
    with pytest.raises(GeoError, match="no rain gauge"):
        rain_at([[0.0, 0.0]], np.empty((0, 2)), np.empty((1, 0)))
    with pytest.raises(GeoError, match="steps × 1 gauges, not 1 × 2"):
        rain_at([[0.0, 0.0]], [[0.0, 0.0]], [[1.0, 2.0]])
    with pytest.raises(GeoError, match="above 0"):
        rain_at([[0.0, 0.0]], [[0.0, 0.0]], [[1.0]], farthest_m=0.0)
