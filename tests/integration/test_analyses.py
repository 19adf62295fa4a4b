"""Analyses from the question to the figures, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.hotspot_questions import Analysis, Method, Question, Unit, Weather
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    Cluster,
    HotspotCell,
    HotspotRun,
    RainDay,
    RainGauge,
    ServiceRequest,
)
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.operations.choose_days import choose_days, part_days
from fieldops.queries.hotspot_frames import numbers_of, reports_of
from fieldops.queries.repairs import repairs_of
from fieldops.queries.reporters import reporter_indices
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.analyses_on_a_plain import (
    QUIET_STRIP,
    STRIPS,
    at,
    first_of,
    people_behind,
    repairs,
    reports_by_strip,
    strips,
    water_follows_damage,
)
from tests.conftest import World
from tests.reports_on_a_plain import DAYS, LAST_DAY, add_report, lay_out, report_all

FIRST = LAST_DAY - timedelta(days=DAYS - 1)
Ask = Callable[..., HotspotRun]


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    return world


@pytest.fixture
def ask(plain: World) -> Ask:
    """Ask as the engineer, let the worker work, and return the run."""

    def asked(method: Any, **changes: Any) -> HotspotRun:
        question = Question(**({"first": FIRST, "last": LAST_DAY, "method": method} | changes))
        with transaction() as session:
            number = ask_for_hotspots(session, question, plain.by(Role.ENGINEER)).id
        work_until_idle(plain.installation)
        db.session.rollback()
        db.session.expunge_all()
        run = db.session.get_one(HotspotRun, number)
        db.session.expunge(run)
        return run

    return asked


def rainy_reports(a_wet_day: int, a_dry_day: int) -> None:
    """So many reports on each day with rain (every fifth) and on each without."""
    with transaction() as session:
        service, department = first_of(session, "pothole")
        number = 0
        for back in range(DAYS):
            for _ in range(a_wet_day if back % 5 == 0 else a_dry_day):
                place = at(100.0 + 130.0 * (number % 29), 100.0 + 160.0 * (number % 23))
                add_report(session, service, department, *place, LAST_DAY - timedelta(days=back), number)
                number += 1


# ── Rain ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_reports_of_wet_days_go_with_rain_of_the_same_day(ask: Ask) -> None:
    rainy_reports(a_wet_day=9, a_dry_day=2)
    run = ask(Analysis.RAIN, unit=Unit.REQUESTS)
    assert (run.state, run.progress) == ("done", 100)
    profile = run.figures["profile"]
    same = profile["lag"].index(0)
    assert profile["r"][same] == pytest.approx(1.0)
    assert profile["lag"] == list(range(-2, 8))
    assert max(range(10), key=lambda at: profile["r"][at]) == same
    response = run.figures["response"]
    assert response["ratio"][0] == pytest.approx((9 / 2) ** (np.log1p(25) / np.log1p(20)), rel=0.02)
    assert run.figures["reports"] == run.figures["units"] == sum(day[1] for day in run.figures["days"])
    assert run.figures["measured"] == DAYS
    assert not db.session.scalars(select(HotspotCell).where(HotspotCell.run_id == run.id)).first()


def test_wet_and_dry_days_are_those_of_the_gauge_and_the_day_after(ask: Ask) -> None:
    rainy_reports(a_wet_day=9, a_dry_day=2)
    part = ask(Analysis.RAIN, unit=Unit.REQUESTS).figures["wet_dry"]
    wet = sum(back % 5 in (0, 4) for back in range(DAYS))  # the day of rain and the day after it
    assert (part["wet_days"], part["dry_days"], part["neither"]) == (wet, DAYS - wet, 0)
    assert part["dry_mean"] == 2.0
    assert part["low"] <= part["ratio"] <= part["high"]


def test_rain_that_is_not_known_is_refused_and_a_later_upload_is_seen(ask: Ask) -> None:
    rainy_reports(a_wet_day=3, a_dry_day=2)
    with transaction() as session:
        session.query(RainDay).delete()
    refused = ask(Analysis.RAIN)
    assert refused.refusal == {"need": "days", "found": 0, "needed": 60}
    assert ask(Analysis.RAIN).id == refused.id
    with transaction() as session:
        gauge = session.scalars(select(RainGauge)).one()
        session.add_all(
            RainDay(gauge_id=gauge.id, day=LAST_DAY - timedelta(days=back), depth_mm=float(back % 7))
            for back in range(DAYS + 40)
        )
    again = ask(Analysis.RAIN)
    assert (again.state, again.id != refused.id) == ("done", True)


def test_maps_of_wet_and_of_dry_days_part_the_reports(ask: Ask) -> None:
    with transaction() as session:
        report_all(session)
        session.query(RainDay).filter(RainDay.day == LAST_DAY - timedelta(days=7)).delete()
    wet = ask(Method.GI_STAR, unit=Unit.REQUESTS, weather=Weather.WET)
    dry = ask(Method.GI_STAR, unit=Unit.REQUESTS, weather=Weather.DRY)
    assert (wet.state, dry.state) == ("done", "done")
    days = dry.figures["weather"]
    assert days["wet"] + days["dry"] + days["neither"] == DAYS
    assert days["unknown"] == 1
    # the unmeasured day and the one after it are neither, and their reports on neither map
    assert days["neither"] == 2
    left = ask(Method.GI_STAR, unit=Unit.REQUESTS).figures["units"]
    assert 0 < left - wet.figures["units"] - dry.figures["units"] < 20
    assert wet.figures["lag"] is None


def test_a_day_that_was_not_measured_is_neither_wet_nor_dry() -> None:
    first = LAST_DAY - timedelta(days=5)
    depths = {
        0: 12.0,
        2: 0.0,
        3: 0.0,
        4: 5.0,
        5: 0.0,
    }  # day 1 was not measured; the one before the first neither
    parted = part_days(first, LAST_DAY, {first + timedelta(days=at): mm for at, mm in depths.items()})
    assert parted.is_wet.tolist() == [True, False, False, False, False, False]
    assert parted.is_dry.tolist() == [False, False, False, True, False, False]


def test_an_incident_is_of_the_day_of_its_first_report(ask: Ask, plain: World) -> None:
    with transaction() as session:
        report_all(session)
        dry_day, wet_day = LAST_DAY - timedelta(days=12), LAST_DAY - timedelta(days=10)
        some = session.scalars(select(ServiceRequest).order_by(ServiceRequest.id).limit(2)).all()
        cluster = Cluster(
            service_id=some[0].service_id, family="road", anchor=some[0].place, severity=1, open=True,
            created_at=clock.now(),
        )  # fmt: skip
        session.add(cluster)
        session.flush()
        for one, day in zip(some, (dry_day, wet_day), strict=True):
            one.cluster_id = cluster.id
            one.reported_at = one.reported_at.replace(month=day.month, day=day.day)
        pair = [one.id for one in some]
    rain = {FIRST + timedelta(days=n): 20.0 if (DAYS - 1 - n) % 5 == 0 else 0.0 for n in range(-1, DAYS)}
    for unit, on_wet in ((Unit.INCIDENTS, []), (Unit.REQUESTS, [pair[1]])):
        question = Question(first=FIRST, last=LAST_DAY, unit=unit, weather=Weather.WET)
        reports = reports_of(db.session(), plain.installation.city, question, FIRST, LAST_DAY)
        kept = choose_days(reports, question, rain)[0].frame["id"]
        assert [number for number in pair if number in set(kept)] == on_wet


# ── Road damage and water ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("turned", [False, True])
def test_water_that_follows_damage_is_told_from_water_before_it(ask: Ask, turned: bool) -> None:
    with transaction() as session:
        water_follows_damage(session, turned=turned)
    run = ask(Analysis.CO_LOCATION, unit=Unit.REQUESTS)
    figures = run.figures
    many, few = ("before", "after") if turned else ("after", "before")
    assert (figures["first"], figures["second"]) == (60, 60)
    assert figures[many]["pairs"] == 60
    assert figures[many]["p"] == pytest.approx(0.001)
    assert figures[few]["pairs"] <= 2
    assert figures["p_asymmetry"] == pytest.approx(0.001)
    assert (figures["ratio"][0] < 1) == turned
    assert figures["window_days"] == 20  # of 84 days: four windows of 20
    assert sum(figures["profile"]["pairs"]) == figures["after"]["pairs"] + figures["before"]["pairs"]
    assert figures["water"] == ["standing_water"]
    assert "pothole" in figures["road"]


def test_pairs_need_both_kinds(ask: Ask) -> None:
    with transaction() as session:
        report_all(session)
    assert ask(Analysis.CO_LOCATION).refusal == {"need": "second_events", "found": 0, "needed": 30}
    alone = ask(Analysis.CO_LOCATION, services=("pothole",))
    assert "standing water or drain" in alone.refusal["words"]


# ── Repeat repairs ───────────────────────────────────────────────────────────────────────────────────────


def test_repairs_are_read_with_what_was_foreseen(plain: World) -> None:
    with transaction() as session:
        repairs(session)
    question = Question(first=FIRST, last=LAST_DAY, method=Analysis.REPEATS)
    found = repairs_of(db.session(), plain.installation.city, question)
    assert len(found) == 8  # residents' work is no crew's
    assert found["is_planned"].sum() == 1
    assert found["at_day"].is_monotonic_increasing
    drains = repairs_of(
        db.session(),
        plain.installation.city,
        Question(first=FIRST, last=LAST_DAY, services=("blocked_drain",)),
    )
    assert list(drains["family"]) == ["drain"]
    early = Question(first=FIRST, last=LAST_DAY - timedelta(days=31))
    assert len(repairs_of(db.session(), plain.installation.city, early)) == 1


def test_a_place_mended_again_is_found_and_a_foreseen_repair_is_none(ask: Ask) -> None:
    with transaction() as session:
        repairs(session)
    figures = ask(Analysis.REPEATS).figures
    assert (figures["repairs"], figures["planned"], figures["repeats"]) == (7, 1, 2)
    (place,) = figures["places"]
    assert (place["repeats"], place["days"], len(place["orders"])) == (2, 35, 3)
    assert figures["low"] < figures["share"] < figures["high"]


def test_one_repair_is_no_answer(ask: Ask) -> None:
    assert ask(Analysis.REPEATS).refusal == {"need": "repairs", "found": 0, "needed": 2}


# ── Bias ─────────────────────────────────────────────────────────────────────────────────────────────────

BIAS = {
    "unit": Unit.REQUESTS, "first": LAST_DAY - timedelta(days=27),
    "earlier_last": LAST_DAY - timedelta(days=28),
}  # fmt: skip


def test_a_silent_kelurahan_is_named_and_its_few_reports_are_not_told(ask: Ask) -> None:
    with transaction() as session:
        strips(session)
        reports_by_strip(session)
    figures = ask(Analysis.BIAS, **BIAS).figures
    for size in ("residents", "road_km"):
        rows = figures[size]["rows"]
        assert len(rows) == STRIPS
        assert [row["name"] for row in rows if row["is_silent"]] == [f"Kelurahan {QUIET_STRIP}"]
        assert rows[0]["count"] is None
        assert "rate" not in rows[0]
        assert all(row["low"] <= row["rate"] <= row["high"] for row in rows[1:])
    assert sum(row["size"] for row in figures["residents"]["rows"]) == pytest.approx(60.0)
    assert figures["residents_source"] == "uji 2025"


def test_channels_are_held_against_the_period_before(ask: Ask) -> None:
    with transaction() as session:
        report_all(session, spread=600)
        for one in session.scalars(select(ServiceRequest)):
            if one.reported_at.date() > LAST_DAY - timedelta(days=28):
                one.channel = "whatsapp"
    figures = ask(Analysis.BIAS, **BIAS).figures
    rows = {row["channel"]: row for row in figures["channels"]["rows"]}
    assert rows["web"]["after"] == 0
    assert rows["web"]["high"] < 0
    assert rows["whatsapp"]["share_after"] == 1.0
    assert figures["reports_before"] == sum(row["before"] for row in rows.values())
    assert figures["residents"]["refusal"] == {"need": "areas", "found": 4, "needed": 10}


def test_people_are_counted_without_being_named(ask: Ask, plain: World) -> None:
    with transaction() as session:
        report_all(session)
        requests = list(session.scalars(select(ServiceRequest).order_by(ServiceRequest.reported_at.desc())))
        people_behind(session, requests[:90], of_keen=30)
    question = Question(method=Analysis.BIAS, last=LAST_DAY, **BIAS)  # type: ignore[arg-type]
    indices = reporter_indices(db.session(), numbers_of(plain.installation.city, question))
    assert (np.diff(indices) >= 0).all()
    assert np.bincount(indices)[0] == 30
    assert set(np.bincount(indices)[1:]) == {1}  # a neighbour's "me too" is no report
    figures = ask(Analysis.BIAS, **BIAS).figures
    assert (figures["people"]["people"], figures["people"]["reports"]) == (61, 90)
    assert figures["people"]["once"] is None  # all but one: that one would be told
    assert figures["people"]["top_share"] is None  # one person in a hundred is one person


def test_nobody_behind_the_reports_is_said(ask: Ask) -> None:
    with transaction() as session:
        report_all(session)
    assert ask(Analysis.BIAS, **BIAS).figures["people"]["refusal"]["need"] == "complaints"
