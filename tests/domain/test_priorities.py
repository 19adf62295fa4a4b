from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.domain.priorities import LEAST_S, MOST_S, Severity, clock_factor, priority, rank_of

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
SEVERITIES = st.sampled_from(Severity)
REPORTS = st.integers(1, 500)
EXPOSURES = st.floats(1.0, 2.0)
DUES = st.one_of(st.none(), st.integers(-60 * 24, 60 * 24).map(lambda hours: NOW + timedelta(hours=hours)))


@given(SEVERITIES, REPORTS, EXPOSURES, DUES)
def test_worse_more_exposed_more_reported_or_later_is_never_worth_less(
    severity: Severity, reports: int, exposure: float, due_at: datetime | None
) -> None:
    here = priority(severity, reports, exposure, due_at, NOW)
    assert LEAST_S <= here.prize_s <= MOST_S
    assert priority(Severity(min(3, severity + 1)), reports, exposure, due_at, NOW).prize_s >= here.prize_s
    assert priority(severity, reports + 1, exposure, due_at, NOW).prize_s >= here.prize_s
    assert priority(severity, reports, min(2.0, exposure + 0.1), due_at, NOW).prize_s >= here.prize_s
    assert priority(severity, reports, exposure, due_at, NOW + timedelta(days=1)).prize_s >= here.prize_s
    if due_at is not None:
        assert priority(severity, reports, exposure, None, NOW).prize_s <= here.prize_s


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_a_higher_worth_never_has_a_later_rank(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert rank_of(high) <= rank_of(low)
    assert rank_of(low) in (1, 2, 3, 4)


def test_a_campaign_does_not_outweigh_danger() -> None:
    campaign = priority(Severity.LIGHT, 10_000, 1.0, None, NOW)
    danger = priority(Severity.HEAVY, 1, 1.0, None, NOW)
    assert danger.prize_s > campaign.prize_s


def test_the_clock_is_continuous_and_bounded() -> None:
    assert clock_factor(None, NOW) == 1.0
    assert clock_factor(NOW + timedelta(days=7), NOW) == pytest.approx(1.0)
    assert clock_factor(NOW + timedelta(seconds=1), NOW) == pytest.approx(2.0, abs=0.001)
    assert clock_factor(NOW, NOW) == pytest.approx(3.0)
    assert clock_factor(NOW - timedelta(days=365), NOW) == 4.0


def test_the_reasons_name_what_counted() -> None:
    plain = priority(Severity.MEDIUM, 1, 1.0, None, NOW)
    assert [code for code, _figure in plain.reasons] == ["severity"]
    full = priority(Severity.HEAVY, 6, 1.5, NOW + timedelta(days=2), NOW)
    assert full.reasons == (("severity", 3.0), ("exposure", 1.5), ("reports", 6.0), ("days_left", 2.0))
