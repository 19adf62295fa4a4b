"""Rains told from the readings around a day are those that all readings tell."""

import random
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event

from fieldops.extensions import db
from fieldops.models import RainDay, RainGauge
from fieldops.operations.read_rains import Rains
from fieldops.queries.rain import rain_by_day
from fieldops.transaction import transaction
from geo.clustering.rain_events import RainEvents

ZONE = ZoneInfo("Asia/Jakarta")
FIRST = date(2023, 1, 1)
DAYS = 500


def measure(seed: int) -> None:
    """Two gauges of 500 days with wet and dry spells, and days that one or both did not measure."""
    dice = random.Random(seed)
    wetness = 0.0
    with transaction() as session:
        gauges = [RainGauge(name=name) for name in ("Utara", "Selatan")]
        session.add_all(gauges)
        session.flush()
        for back in range(DAYS):
            if back % 20 == 0:
                wetness = dice.choice([0.05, 0.3, 0.9])
            for gauge in gauges:
                if dice.random() > 0.15:
                    depth_mm = dice.choice([0.7, 1.3, 9.0]) if dice.random() < wetness else 0.0
                    session.add(
                        RainDay(gauge_id=gauge.id, day=FIRST + timedelta(days=back), depth_mm=depth_mm)
                    )


def noon(day: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=ZONE) + timedelta(days=day)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_day_is_of_the_rain_that_all_readings_tell(app: Flask, seed: int) -> None:
    measure(seed)
    whole = RainEvents(rain_by_day(db.session()), ZONE)
    assert len(whole.events) > 5
    asked = list(range(-5, DAYS + 6))
    random.Random(seed).shuffle(asked)
    for reach_days in (2, 10, 90):
        rains = Rains(db.session(), ZONE, reach_days)
        assert [rains.of(noon(day)) for day in asked] == [whole.of(noon(day)) for day in asked]
        assert [Rains(db.session(), ZONE, reach_days).of(noon(day)) for day in asked[:40]] == [
            whole.of(noon(day)) for day in asked[:40]
        ]


def test_a_report_reads_the_readings_around_its_day_alone(app: Flask) -> None:
    measure(1)
    read: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *held: read.append(f"{held[2]} {held[3]}"))
    rains = Rains(db.session(), ZONE, 10)
    rains.of(noon(250))
    averaged = [sentence for sentence in read if "avg(" in sentence]
    assert averaged
    assert not any(str(FIRST.year) + "-01" in sentence for sentence in averaged)
    rains.of(noon(250))
    assert len([sentence for sentence in read if "avg(" in sentence]) == len(averaged), "they are kept"


def test_where_nothing_was_measured_no_rain_is_known(app: Flask) -> None:
    del app
    assert Rains(db.session(), ZONE).of(noon(0)) is None
