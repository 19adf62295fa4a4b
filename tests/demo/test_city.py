"""The whole city: the same seed gives the same city, fast, at any season, with the profile's crews."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldops.demo.city import DemoCity, city
from fieldops.domain.city import load_city
from fieldops.domain.request_states import OPEN


@pytest.mark.slow
def test_another_seed_is_another_city(demo: DemoCity) -> None:
    assert city(demo.seed + 1, demo.end).fingerprint() != demo.fingerprint()


@pytest.mark.slow
def test_same_seed_and_moment_in_any_zone_give_the_same_city(demo: DemoCity) -> None:
    local = demo.end.astimezone(timezone(timedelta(hours=-5)))
    assert city(demo.seed, local).fingerprint() == demo.fingerprint()


def test_a_naive_end_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        city(1, datetime(2026, 2, 10))  # noqa: DTZ001 - the very thing refused


@pytest.mark.slow
@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    day=st.dates(date(2024, 1, 1), date(2030, 12, 31)),
    hour=st.integers(0, 23),
)
def test_any_season_gives_a_busy_city(seed: int, day: date, hour: int) -> None:
    made = city(seed, datetime(day.year, day.month, day.day, hour, tzinfo=UTC))
    assert 2_400 <= len(made.requests) <= 3_700
    assert 250 <= sum(request.state in OPEN for request in made.requests) <= 400
    assert all(request.reported_at <= made.end for request in made.requests)
    assert len(made.rain) == 90


def test_crews_and_depots_are_the_profiles(demo: DemoCity) -> None:
    profile = load_city("surakarta")
    assert [crew.name for crew in demo.crews] == [crew.name for crew in profile.crews]
    assert len(demo.crews) == 6
    assert len(demo.depots) == 2
    assert len({crew.skills for crew in demo.crews}) >= 4
    needed = {skill for service in profile.services for skill in service.skills}
    assert needed <= {skill for crew in demo.crews for skill in crew.skills}


def test_shifts_are_local_working_days_with_a_break(demo: DemoCity) -> None:
    assert {shift.crew for shift in demo.shifts} == {crew.name for crew in demo.crews}
    for shift in demo.shifts:
        assert shift.day.weekday() < 6
        assert (shift.starts_at.hour, shift.starts_at.minute) == (0, 0)  # 07.00 WIB
        assert shift.ends_at - shift.starts_at == timedelta(hours=8, minutes=30)
        assert shift.starts_at < shift.break_from < shift.break_until < shift.ends_at
        assert 0 < shift.break_s <= (shift.break_until - shift.break_from).total_seconds()
