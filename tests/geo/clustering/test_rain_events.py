from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.clustering.rain_events import NO_EVENT, RainEvents, dry_spell_ends
from geo.errors import GeoError

ZONE = ZoneInfo("Asia/Jakarta")
FIRST = date(2026, 1, 1)


def rains(line: str) -> RainEvents:
    """One letter a day from 1 January: R rain, . dry, ? not measured."""
    return RainEvents(
        {
            FIRST + timedelta(n): 12.0 if letter == "R" else 0.4
            for n, letter in enumerate(line)
            if letter != "?"
        },
        ZONE,
    )


def of(events: RainEvents, day: int, hour: int = 12) -> int | None:
    """The first day of the rain that a report on a day of January belongs to."""
    found = events.of(datetime(2026, 1, day, hour, tzinfo=ZONE))
    return None if found is None else found.first.day


def test_reports_belong_to_a_rain_until_seventy_two_hours_after_its_last_day():
    events = rains("..RRR......")
    assert [of(events, day) for day in range(1, 12)] == [None, None, 3, 3, 3, 3, 3, 3, None, None, None]
    assert [(event.first.day, event.last.day) for event in events.events] == [(3, 5)]


def test_two_dry_days_do_not_part_a_rain_and_three_do():
    assert [event.first.day for event in rains("R..R").events] == [1]
    assert [event.first.day for event in rains("R...R").events] == [1, 5]
    assert [of(rains("R...R"), day) for day in (4, 5)] == [1, 5]


def test_a_day_is_the_citys_own():
    events = rains("....R....")
    assert of(events, 5, hour=0) == 5
    assert events.of(datetime(2026, 1, 4, 18, tzinfo=UTC)) is not None  # 01.00 of the 5th in Surakarta
    assert events.of(datetime(2026, 1, 4, 16, tzinfo=UTC)) is None


def test_days_that_nobody_measured_decide_nothing():
    assert rains("R.?.R").events == ()  # one rain or two: who knows
    assert [event.first.day for event in rains("R?...R").events] == [1, 6]  # two, whatever the 2nd brought
    assert [of(rains("R?...R"), day) for day in range(1, 7)] == [1, None, None, None, None, 6]
    assert [of(rains("?RR??"), day) for day in range(1, 6)] == [None, 2, 2, None, None]
    assert rains("????").events == ()
    assert of(RainEvents({}, ZONE), 3) is None


def test_less_than_a_millimetre_is_no_rain():
    events = RainEvents({FIRST: 0.9, FIRST + timedelta(1): 1.0}, ZONE)
    assert [event.first.day for event in events.events] == [2]


def test_a_number_is_that_of_the_first_day_and_leads_back():
    events = rains("..RRR")
    at = datetime(2026, 1, 4, 3, tzinfo=ZONE).timestamp()
    assert events.number_of(at) == date(2026, 1, 3).toordinal()
    assert events.numbered(events.number_of(at)) == events.events[0]
    assert events.numbered(5) is None
    assert events.number_of(0.0) == NO_EVENT


def test_a_depth_that_cannot_be_is_refused():
    with pytest.raises(GeoError, match="2026-01-01 must be 0 mm or more, not -1"):
        RainEvents({FIRST: -1.0}, ZONE)
    with pytest.raises(GeoError, match="not nan"):
        RainEvents({FIRST: float("nan")}, ZONE)


@given(st.text(alphabet="R.?", max_size=24))
def test_rains_are_those_of_looking_at_every_way_the_unknown_days_may_have_been(line):
    """A rain is named only where all ways of filling in the unknown days inside its run agree on it."""
    events = rains(line)
    for event in events.events:
        first, last = (day.toordinal() - FIRST.toordinal() for day in (event.first, event.last))
        run = line[first : last + 1]
        assert "?" not in run
        assert run[0] == run[-1] == "R"
        assert "..." not in run
    for day in range(1, len(line) + 1):
        said = of(events, day)
        if said is not None:
            assert "?" not in line[said - 1 : day]
            assert "R" in line[max(0, day - 4) : day]
            assert "..." not in line[said - 1 : day].rstrip(".")


def test_three_known_dry_days_in_a_row_end_a_spell() -> None:
    depth_mm = dict.fromkeys([date(2026, 1, day) for day in (1, 2, 3, 4, 7, 8, 10, 11, 12)], 0.9)
    depth_mm |= {date(2026, 1, 5): 1.0, date(2026, 1, 9): 3.0}  # the 6th was not measured
    assert dry_spell_ends(depth_mm) == [date(2026, 1, 3), date(2026, 1, 4), date(2026, 1, 12)]
