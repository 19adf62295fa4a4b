"""Maps of hotspots from the question to the cells, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from geoalchemy2.shape import to_shape
from shapely.geometry import Point
from sqlalchemy import select

from fieldops import clock
from fieldops.domain.hotspot_questions import Exposure, Method, Question, Shape, Unit
from fieldops.domain.roles import THE_SYSTEM, Role
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.models import (
    Cluster,
    HotspotCell,
    HotspotRun,
    MaintenanceRow,
    MaintenanceRun,
    RainDay,
    ServiceRequest,
)
from fieldops.operations.ask_for_hotspots import MOST_WAITING, ask_for_hotspots
from fieldops.operations.compute_hotspots import compute_hotspots
from fieldops.operations.forget_runs import KEPT_DAYS, STANDING_KEPT, forget_runs
from fieldops.operations.refresh_hotspots import refresh_hotspots
from fieldops.queries.hotspot_frames import cells_frame
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import CRS, DAYS, HOT_X_M, HOT_Y_M, LAST_DAY, degrees, lay_out, report_all

FIRST = LAST_DAY - timedelta(days=DAYS - 1)
Ask = Callable[..., HotspotRun]


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    with transaction() as session:
        report_all(session)
    return world


@pytest.fixture
def ask(plain: World) -> Ask:
    """Ask as the engineer, let the worker work, and return the run."""

    def asked(**changes: Any) -> HotspotRun:
        question = Question(**({"first": FIRST, "last": LAST_DAY} | changes))
        with transaction() as session:
            number = ask_for_hotspots(session, question, plain.by(Role.ENGINEER)).id
        work_until_idle(plain.installation)
        return fresh(number)

    return asked


def fresh(number: int) -> HotspotRun:
    db.session.rollback()
    db.session.expunge_all()
    run = db.session.get_one(HotspotRun, number)
    db.session.expunge(run)  # a snapshot: later questions do not change it
    return run


def cells(run: HotspotRun) -> list[HotspotCell]:
    return list(
        db.session.scalars(
            select(HotspotCell).where(HotspotCell.run_id == run.id).order_by(HotspotCell.number)
        )
    )


def cell_at_the_hot_corner(run: HotspotRun) -> HotspotCell:
    middle = degrees(Point(HOT_X_M, HOT_Y_M))
    return next(cell for cell in cells(run) if to_shape(cell.shape).covers(middle))


def test_the_hot_corner_is_hot_and_every_report_is_accounted_for(ask: Ask) -> None:
    run = ask()
    assert (run.state, run.progress) == ("done", 100)
    hot = cell_at_the_hot_corner(run)
    assert (hot.band, hot.area_name) == (3, "Barat Daya")
    assert (hot.p_adjusted or 1.0) < 0.01
    found = cells(run)
    assert sum(cell.count for cell in found) + run.figures["outside"] == run.figures["units"] == 400
    assert run.figures["tested"] == sum(cell.is_tested for cell in found)
    assert run.figures["tested"] == sum(run.figures["bands"].values())
    assert [day[1] for day in run.figures["days"]].count(0) < DAYS
    assert sum(day[1] for day in run.figures["days"]) == 400
    assert run.figures["days"][-1][2] == 20.0


def test_cells_keep_their_place_and_their_area(ask: Ask) -> None:
    number = ask(size_m=500).id
    frame = cells_frame(db.session(), number).to_crs(CRS)
    assert frame.geometry.is_valid.all()
    assert frame.area.sum() == pytest.approx(16e6, rel=1e-4)


def test_roads_and_residents_divide(ask: Ask) -> None:
    by_road = ask(exposure=Exposure.ROAD_KM)
    whole = [cell for cell in cells(by_road) if cell.exposure and cell.is_tested]
    assert sum(cell.exposure or 0 for cell in cells(by_road)) == pytest.approx(160.0, rel=1e-3)
    assert sum(cell.expected or 0 for cell in whole) == pytest.approx(sum(cell.count for cell in whole))
    city_only = ask(exposure=Exposure.ROAD_KM, jurisdiction="city")
    assert sum(cell.exposure or 0 for cell in cells(city_only)) == pytest.approx(80.0, rel=1e-3)
    people = ask(exposure=Exposure.RESIDENTS)
    assert people.figures["exposure_total"] * 1000 == pytest.approx(22_000, rel=1e-3)
    assert people.figures["exposure_source"] == "uji 2025"


def test_filters_count_what_they_say(ask: Ask) -> None:
    whole = ask(unit=Unit.REQUESTS).figures["units"]
    drains = ask(unit=Unit.REQUESTS, services=("blocked_drain",)).figures["units"]
    holes = ask(unit=Unit.REQUESTS, services=("pothole",)).figures["units"]
    web = ask(unit=Unit.REQUESTS, channel="web").figures["units"]
    assert drains + holes == whole == 400
    assert web == 100
    assert ask(status="repaired").state == "refused"
    assert ask(status="unfinished").figures["units"] == 400


def test_incidents_count_once(ask: Ask, plain: World) -> None:
    with transaction() as session:
        some = session.scalars(select(ServiceRequest).order_by(ServiceRequest.id).limit(30)).all()
        cluster = Cluster(
            service_id=some[0].service_id, family="pothole", anchor=some[0].place,
            severity=1, open=True, created_at=clock.now(),
        )  # fmt: skip
        session.add(cluster)
        session.flush()
        for one in some:
            one.cluster_id = cluster.id
    assert ask(unit=Unit.INCIDENTS).figures["units"] == 371
    assert ask(unit=Unit.REQUESTS).figures["units"] == 400


def test_too_little_is_refused_with_what_is_needed(ask: Ask) -> None:
    assert ask(shape=Shape.KELURAHAN).refusal == {"need": "cells", "found": 4, "needed": 30}
    few = ask(first=LAST_DAY - timedelta(days=2))
    assert (few.state, few.refusal["need"], few.refusal["needed"]) == ("refused", "complaints", 60)
    short = ask(method=Method.EMERGING, first=LAST_DAY - timedelta(days=48))
    assert short.refusal == {"need": "steps", "found": 7, "needed": 10}
    assert not cells(few)


def test_a_city_without_outline_says_so(world: World) -> None:
    with transaction() as session:
        run = ask_for_hotspots(session, Question(first=FIRST, last=LAST_DAY), world.by(Role.ENGINEER)).id
    work_until_idle(world.installation)
    assert "outline" in fresh(run).refusal["words"]


def test_patterns_over_time(plain: World) -> None:
    with transaction() as session:
        session.query(ServiceRequest).delete()
    with transaction() as session:
        report_all(session, spread=400, hot=200, hot_from_day=DAYS - 21)
    question = Question(first=FIRST, last=LAST_DAY, method=Method.EMERGING, size_m=500)
    with transaction() as session:
        number = ask_for_hotspots(session, question, plain.by(Role.ENGINEER)).id
    work_until_idle(plain.installation)
    run = fresh(number)
    hot = cell_at_the_hot_corner(run)
    assert hot.label == "consecutive_hot"
    assert (len(hot.facts["steps"]), hot.facts["steps"][-3:]) == (12, "666")
    assert run.figures["steps"][-1][1] == LAST_DAY.isoformat()
    assert sum(run.figures["patterns"].values()) == run.figures["tested"]


def test_two_periods(plain: World) -> None:
    with transaction() as session:
        session.query(ServiceRequest).delete()
    with transaction() as session:
        report_all(session, spread=400, hot=120, hot_from_day=DAYS - 28)
    question = Question(
        first=LAST_DAY - timedelta(days=27), last=LAST_DAY, method=Method.COMPARISON, size_m=750,
        earlier_last=LAST_DAY - timedelta(days=28),
    )  # fmt: skip
    with transaction() as session:
        number = ask_for_hotspots(session, question, plain.by(Role.ENGINEER)).id
    work_until_idle(plain.installation)
    run = fresh(number)
    hot = cell_at_the_hot_corner(run)
    assert (hot.label, hot.band) == ("more", 3)
    assert hot.facts["earlier"] < hot.count
    assert hot.facts["ratio_low"] > 1
    assert run.figures["city_ratio"] > 1
    others = [cell.band for cell in cells(run) if cell.area_name == "Timur Laut"]
    assert np.count_nonzero(others) <= 1


def test_a_scan_finds_the_hot_corner_as_a_cluster_and_tells_how_far_it_is(
    ask: Ask, plain: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[int] = []
    setter = HotspotRun.__setattr__

    def noted(run: HotspotRun, name: str, value: Any) -> None:
        if name == "progress":
            told.append(value)
        setter(run, name, value)

    monkeypatch.setattr(HotspotRun, "__setattr__", noted)
    run = ask(method=Method.SCAN)
    hot = cell_at_the_hot_corner(run)
    assert (hot.label, hot.band, hot.facts["cluster"]) == ("cluster", 3, 1)
    assert hot.p == pytest.approx(0.001)
    first = run.figures["clusters"][0]
    inside = [cell for cell in cells(run) if cell.facts.get("cluster") == 1]
    assert first["observed"] == sum(cell.count for cell in inside)
    assert first["expected"] == pytest.approx(sum(cell.expected or 0 for cell in inside), abs=0.1)
    assert first["radius_m"] <= 1000
    assert run.figures["replicates"] == 999
    assert told == sorted(told)
    assert len(told) > 10
    divided = ask(method=Method.SCAN, exposure=Exposure.ROAD_KM)
    assert cell_at_the_hot_corner(divided).label == "cluster"
    streets = ask(method=Method.SCAN, shape=Shape.SEGMENT)
    assert streets.figures["clusters"][0]["p"] == pytest.approx(0.001)
    assert ask(method=Method.MORAN, shape=Shape.SEGMENT).figures["quadrants"]["high_high"] > 0


def test_moran_tells_like_cells_from_odd_ones(ask: Ask) -> None:
    run = ask(method=Method.MORAN, unit=Unit.REQUESTS)
    hot = cell_at_the_hot_corner(run)
    assert (hot.label, hot.band) == ("high_high", 3)
    assert (hot.z or 0) > 0
    found = cells(run)
    odd = {"low_high": -1, "high_low": 1, "low_low": -3, "high_high": 3, "": 0}
    assert all(cell.band == odd[cell.label] for cell in found)
    assert all((cell.p or 0) <= 0.05 for cell in found if cell.label)
    assert sum(run.figures["quadrants"].values()) == run.figures["tested"]
    assert ask(method=Method.MORAN, unit=Unit.REQUESTS, exposure=Exposure.RESIDENTS).state == "done"


def test_density_ranks_cells_and_tests_nothing(ask: Ask) -> None:
    run = ask(method=Method.DENSITY, unit=Unit.REQUESTS, size_m=300)
    hot = cell_at_the_hot_corner(run)
    found = cells(run)
    assert (hot.band, hot.p) == (3, None)
    assert {cell.band for cell in found} == {0, 1, 2, 3}
    tested = [cell for cell in found if cell.is_tested]
    assert sum(cell.band == 3 for cell in tested) == pytest.approx(0.05 * len(tested), abs=1)
    area_km2 = cells_frame(db.session(), run.id).to_crs(CRS).area.to_numpy() / 1e6
    whole = sum((cell.z or 0) * km2 for cell, km2 in zip(found, area_km2, strict=True))
    assert whole == pytest.approx(400, rel=0.05)
    assert ask(method=Method.DENSITY, first=LAST_DAY).state == "refused"


def test_the_same_question_is_not_computed_twice_until_something_changes(ask: Ask, plain: World) -> None:
    first = ask()
    assert ask().id == first.id
    with transaction() as session:
        session.scalars(select(ServiceRequest).limit(1)).one().severity = 3
    again = ask()
    assert again.id != first.id
    assert [(cell.number, cell.z) for cell in cells(again)] == [
        (cell.number, cell.z) for cell in cells(first)
    ]


def test_one_person_waits_for_a_few_maps_only(plain: World) -> None:
    by = plain.by(Role.ENGINEER)
    with transaction() as session:
        for back in range(MOST_WAITING):
            ask_for_hotspots(session, Question(first=FIRST, last=LAST_DAY - timedelta(days=back)), by)
    with pytest.raises(Conflict, match="maps already"), transaction() as session:
        ask_for_hotspots(session, Question(first=FIRST, last=LAST_DAY - timedelta(days=20)), by)


def test_a_computation_that_dies_twice_is_given_up(plain: World) -> None:
    with transaction() as session:
        run = ask_for_hotspots(session, Question(first=FIRST, last=LAST_DAY), THE_SYSTEM)
        run.state, run.tries, number = "computing", 2, run.id
    compute_hotspots(plain.installation, number, transaction)
    assert (fresh(number).state, fresh(number).refusal) == ("failed", {"need": "stopped"})


def test_the_schedule_keeps_standing_maps_and_forgets_old_ones(plain: World) -> None:
    noon = datetime(2026, 11, 21, 5, tzinfo=UTC)
    for night in range(STANDING_KEPT + 2):
        with clock.frozen(noon + timedelta(days=night)), transaction() as session:
            refresh_hotspots(session, plain.installation)
            for run in session.scalars(select(HotspotRun).where(HotspotRun.state == "queued")):
                run.state = "done"
    names = list(db.session.scalars(select(HotspotRun.standing)))
    assert {name: names.count(name) for name in set(names)} == dict.fromkeys(
        ("by_road", "emerging", "month_against_month"), STANDING_KEPT
    )


def test_what_a_person_asked_is_kept_for_a_year_and_then_forgotten_with_its_rows(ask: Ask) -> None:
    run = ask()
    with transaction() as session:
        made = MaintenanceRun(
            kind="priorities", state="done", question={}, question_digest="0" * 64, seed=1,
            created_at=run.created_at,
        )  # fmt: skip
        session.add(made)
        session.flush()
        session.add(MaintenanceRow(run_id=made.id, number=1, line_id=1, from_m=0.0, to_m=100.0))
    with transaction() as session:
        assert forget_runs(session, run.created_at + timedelta(days=KEPT_DAYS)) == 0
    with transaction() as session:
        assert forget_runs(session, run.created_at + timedelta(days=KEPT_DAYS + 1)) == 2
    for table in (HotspotRun, HotspotCell, MaintenanceRun, MaintenanceRow):
        assert db.session.query(table).count() == 0


def test_missing_rain_is_not_dry(ask: Ask) -> None:
    with transaction() as session:
        session.query(RainDay).filter(RainDay.day > LAST_DAY - timedelta(days=10)).delete()
    assert ask().figures["days"][-1][2] is None


def test_streets_by_the_100_m(ask: Ask) -> None:
    run = ask(shape=Shape.SEGMENT, exposure=Exposure.ROAD_KM)
    found = cells(run)
    assert len(found) == 40 * 40  # forty streets of 4 km
    assert sum(cell.exposure or 0 for cell in found) == pytest.approx(160.0, rel=1e-6)
    assert sum(cell.count for cell in found) + run.figures["outside"] == 400
    hot = [cell for cell in found if cell.band == 3]
    assert hot
    assert all("Barat Daya" in cell.area_name and cell.area_name.startswith("Jl. ") for cell in hot)
    refused = ask(shape=Shape.SEGMENT, exposure=Exposure.RESIDENTS)
    assert "segment" in refused.refusal["words"]
