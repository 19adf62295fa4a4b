"""What lies on segments, priorities for a budget, and before and after, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from flask import current_app
from shapely.geometry import Point
from sqlalchemy import select

from fieldops.domain.maintenance_questions import (
    EvaluationQuestion,
    MaintenanceQuestion,
    PriorityQuestion,
    as_evaluation_question,
    as_priority_question,
)
from fieldops.domain.roles import Role
from fieldops.errors import Conflict, NotFound
from fieldops.extensions import db
from fieldops.models import Department, Line, MaintenanceRow, MaintenanceRun, Service, ServiceRequest
from fieldops.operations.ask_for_maintenance import MOST_WAITING, ask_for_maintenance
from fieldops.operations.compute_maintenance import compute_maintenance
from fieldops.operations.find_streets import street_at, street_of_line, streets_named
from fieldops.operations.look_into_segment import look_into_segment
from fieldops.operations.measure_segments import measure_segments
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import DAYS, LAST_DAY, SOUTH_M, WEST_M, add_report, degrees, lay_out, report_all

FIRST = LAST_DAY - timedelta(days=DAYS - 1)
PRIORITIES = PriorityQuestion(
    first=FIRST,
    last=LAST_DAY,
    budget_rp=1_000_000_000,
    cost_rp=500_000,
    effect_low=0.2,
    effect_high=0.6,
    effect_source="uji",
)
Ask = Callable[[MaintenanceQuestion], MaintenanceRun]


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    with transaction() as session:
        report_all(session)
    return world


@pytest.fixture
def ask(plain: World) -> Ask:
    def asked(question: MaintenanceQuestion) -> MaintenanceRun:
        with transaction() as session:
            number = ask_for_maintenance(session, question, plain.by(Role.ENGINEER)).id
        work_until_idle(plain.installation)
        return fresh(number)

    return asked


def fresh(number: int) -> MaintenanceRun:
    db.session.rollback()
    db.session.expunge_all()
    run = db.session.get_one(MaintenanceRun, number)
    db.session.expunge(run)
    return run


def rows_of(run: MaintenanceRun) -> list[MaintenanceRow]:
    query = select(MaintenanceRow).where(MaintenanceRow.run_id == run.id).order_by(MaintenanceRow.number)
    found = list(db.session.scalars(query))
    for row in found:
        db.session.expunge(row)
    return found


def northward(name: str) -> int:
    """The number of a street's line that leads north."""
    return int(db.session.scalars(select(Line.id).where(Line.name == name).order_by(Line.id)).all()[0])


def report_on(name_step: int, days: list[date], *, start: int) -> None:
    """Reports along the northward street of a step, spread over it so that no two share a place."""
    with transaction() as session:
        service = session.scalars(select(Service).where(Service.code == "pothole")).one()
        department = session.scalars(select(Department).order_by(Department.id)).first()
        assert department is not None
        for number, day in enumerate(days):
            place = degrees(
                Point(WEST_M + 100.0 + 200.0 * name_step, SOUTH_M + 30.0 + (number * 37.0) % 3_900.0)
            )
            add_report(session, service, department, place.x, place.y, day, start + number)


def test_every_report_is_on_a_segment_or_counted_as_on_none(plain: World) -> None:
    found = measure_segments(db.session(), plain.installation.city, "street", FIRST, LAST_DAY)
    assert len(found.table) == 40 * 40
    assert found.snapped + found.unsnapped == 400
    assert found.table["reports"].sum() == found.snapped
    assert found.too_few is None
    assert found.away_m is not None
    assert 0.0 < found.away_m < 40.0
    worst = found.table.iloc[int(found.table["index"].argmax())]
    assert worst["index_low"] < worst["index"] < worst["index_high"]
    assert found.table["survey_id"].eq(0).all()
    assert found.table["condition"].eq("").all()
    assert measure_segments(db.session(), plain.installation.city, "drain", FIRST, LAST_DAY).table.empty


def test_too_few_reports_give_no_index_and_say_so(plain: World) -> None:
    found = measure_segments(db.session(), plain.installation.city, "street", LAST_DAY, LAST_DAY)
    assert found.too_few is not None
    assert found.too_few["needed"] == 30
    assert found.table["index"].isna().all()


def test_a_place_that_is_only_estimated_lies_on_no_segment(plain: World) -> None:
    with transaction() as session:
        for one in session.scalars(select(ServiceRequest).order_by(ServiceRequest.id).limit(7)):
            one.location_state = "estimated"
    found = measure_segments(db.session(), plain.installation.city, "street", FIRST, LAST_DAY)
    assert found.estimated == 7
    assert found.snapped + found.unsnapped == 393


def test_one_segment_shows_its_own_reports_with_their_distance(plain: World) -> None:
    session, city = db.session(), plain.installation.city
    table = measure_segments(session, city, "street", FIRST, LAST_DAY).table
    row = table.iloc[int(table["reports"].argmax())]
    seen = look_into_segment(session, city, "street", row["line_id"], row["from_m"], (FIRST, LAST_DAY))
    assert len(seen.reports) == row["reports"]
    assert (seen.reports["away_m"] <= 40.0).all()
    assert seen.reports["day"].is_monotonic_decreasing
    with pytest.raises(NotFound):
        look_into_segment(session, city, "street", row["line_id"], 33.0, (FIRST, LAST_DAY))


def test_a_street_is_found_by_its_name_and_by_a_place_on_it(plain: World) -> None:
    """The two lines of one name cross, so they are one street."""
    session, city = db.session(), plain.installation.city
    found, other = sorted(streets_named(session, city, "jl. 7", 9), key=lambda one: len(one.name))
    assert (found.name, other.name) == ("Jl. 7", "Jl. 17")
    assert found.length_m == pytest.approx(8_000.0, rel=1e-3)
    here = degrees(Point(WEST_M + 105.0, SOUTH_M + 250.0))
    at = street_at(session, city, here.x, here.y)
    assert at is not None
    assert at.name == "Jl. 0"
    assert street_at(session, city, 110.0, -7.0) is None
    assert street_of_line(session, city, northward("Jl. 7")) == found


def test_priorities_stay_within_the_budget_and_state_what_they_rest_on(ask: Ask) -> None:
    run = ask(PRIORITIES)
    assert (run.state, run.refusal) == ("done", {})
    held = run.figures
    assert held["spent"] <= PRIORITIES.budget_rp
    assert held["avoided_low"] < held["avoided"] < held["avoided_high"]
    assert held["segments"] == 1_600
    rows = rows_of(run)
    assert [row.number for row in rows][:5] == [1, 2, 3, 4, 5]
    assert sum(row.is_chosen for row in rows) == held["chosen"]
    assert sum(row.facts["cost"] for row in rows if row.is_chosen) == pytest.approx(held["spent"])
    best = rows[0].facts
    assert best["rank_low"] <= 1 <= best["rank_high"]
    assert 0.0 <= best["chance_of_top"] <= 1.0
    again = compute_again(run)
    assert again.figures == held


def compute_again(run: MaintenanceRun) -> MaintenanceRun:
    """The same question and seed, computed anew."""
    with transaction() as session:
        copy = MaintenanceRun(
            kind=run.kind,
            question=run.question,
            question_digest="x" * 64,
            seed=run.seed,
            created_at=run.created_at,
        )
        session.add(copy)
        session.flush()
        number = copy.id
    compute_maintenance(current_app.extensions["fieldops"], number, transaction)
    return fresh(number)


def test_the_same_question_is_computed_once_and_nobody_waits_for_too_many(plain: World) -> None:
    by = plain.by(Role.ENGINEER)
    with transaction() as session:
        first = ask_for_maintenance(session, PRIORITIES, by).id
        assert ask_for_maintenance(session, PRIORITIES, by).id == first
        for number in range(MOST_WAITING - 1):
            ask_for_maintenance(session, PRIORITIES, by, seed=number + 2)
        with pytest.raises(Conflict):
            ask_for_maintenance(session, PRIORITIES, by, seed=99)


@pytest.mark.parametrize(
    ("changes", "need"),
    [
        ({"budget_rp": 1_000}, "budget"),
        ({"first": LAST_DAY}, "complaints"),
        ({"jurisdiction": "national"}, "candidates"),
    ],
)
def test_what_the_data_do_not_allow_is_refused(ask: Ask, changes: dict[str, Any], need: str) -> None:
    run = ask(replace(PRIORITIES, **changes))
    assert (run.state, run.refusal["need"]) == ("refused", need)
    assert rows_of(run) == []


@pytest.fixture
def treated(plain: World) -> EvaluationQuestion:
    """Street 3 has 40 reports in the month before and 4 after; the others hold their 20 a month."""
    del plain
    begun = LAST_DAY - timedelta(days=30)
    before = [begun - timedelta(days=1 + number % 28) for number in range(40)]
    report_on(3, before, start=10_000)
    report_on(3, [begun + timedelta(days=2 + number) for number in range(4)], start=11_000)
    dice = np.random.default_rng(3)
    for step in range(4, 20):
        days = [begun + timedelta(days=int(lag)) for lag in dice.integers(-28, 0, 30)]
        days += [begun + timedelta(days=int(lag)) for lag in dice.integers(1, 28, 30)]
        report_on(step, days, start=20_000 + 1_000 * step)
    return EvaluationQuestion(
        line_id=northward("Jl. 3"), treated_from=begun, treated_until=begun, days=28, within=3.0
    )


def test_a_fall_is_told_with_its_interval_and_the_streets_it_rests_on(
    ask: Ask, treated: EvaluationQuestion
) -> None:
    run = ask(treated)
    assert (run.state, run.refusal) == ("done", {})
    held = run.figures
    assert held["verdict"] == "fell"
    assert held["low"] < held["ratio"] < held["high"] < 1.0
    rows = rows_of(run)
    assert (rows[0].name, rows[0].label) == ("Jl. 3", "treated")
    assert {row.label for row in rows[1:]} == {"comparable"}
    assert len(rows) - 1 == held["comparable"]
    assert rows[0].facts["before"] >= 40


def test_a_street_that_is_left_out_is_not_compared_with(ask: Ask, treated: EvaluationQuestion) -> None:
    first = rows_of(ask(treated))
    out = first[1]
    run = ask(replace(treated, left_out=(out.line_id,)))
    assert out.line_id not in {row.line_id for row in rows_of(run)}


def test_too_few_before_is_refused(ask: Ask, treated: EvaluationQuestion) -> None:
    run = ask(replace(treated, line_id=northward("Jl. 0"), days=1))
    assert (run.state, run.refusal["need"]) == ("refused", "before")


def test_questions_come_back_as_they_were(treated: EvaluationQuestion) -> None:
    assert as_priority_question(PRIORITIES.facts()) == PRIORITIES
    assert as_evaluation_question(treated.facts()) == treated
    assert treated.before[1] + timedelta(days=1) == treated.treated_from
    assert treated.earlier[1] + timedelta(days=1) == treated.before[0]
    assert treated.after[0] - timedelta(days=1) == treated.treated_until
