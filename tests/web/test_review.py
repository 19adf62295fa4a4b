"""The Monday review: whose promises, which week, what was missing; as a page and as a file."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.i18n import local
from tests.conftest import World
from tests.web.desk import Submit, english, report

PAGE = "/petugas/kotak-masuk/tinjauan"


def in_a_week() -> Any:
    return clock.frozen(clock.now() + timedelta(days=7))


def week_of(days_ahead: float) -> str:
    """The week in which something falls due, as its address says it."""
    return (local(clock.now()) + timedelta(days=days_ahead)).date().isoformat()


def test_a_head_reads_what_was_missed_and_why(world: World, submission: Submit) -> None:
    one = report(world, submission)
    due = week_of(1)
    with in_a_week():
        page = english(world, Role.HEAD).get(f"{PAGE}?minggu={due}").text
    assert one.code in page
    assert "Nobody had read the report" in page
    assert "First response in time" in page
    assert "0 of 1" in page
    assert "The ten places that press most now" in page


def test_reports_of_one_place_are_told_together(world: World, submission: Submit) -> None:
    first = report(world, submission)
    second = report(world, submission, lon=110.8230 + 4e-5, contact="lain@example.org")
    assert first.cluster_id == second.cluster_id
    with in_a_week():
        page = english(world, Role.HEAD).get(f"{PAGE}?minggu={week_of(-6)}&janji=first_response").text
    assert page.count("Nobody had read the report") == 2, "the reason, and one row"
    assert "2 reports" in page


def test_filters_narrow_the_list_alone(world: World, submission: Submit) -> None:
    one = report(world, submission)
    due = week_of(1)
    with in_a_week():
        browser = english(world, Role.HEAD)
        empty = browser.get(f"{PAGE}?minggu={due}&sebab=blocked").text
        assert "Nothing fits these filters" in empty
        assert "0 of 1" in empty
        assert one.code in browser.get(f"{PAGE}?minggu={due}&sebab=not_read&janji=first_response").text


def test_a_week_without_promises_says_so(world: World) -> None:
    page = english(world, Role.OFFICER).get(PAGE)
    assert page.status_code == 200
    assert "No promise was missed" in page.text


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("minggu=besok", "“besok” is not a day"),
        ("minggu=2026-02-31", "“2026-02-31” is not a day"),
        ("minggu=9999-12-31", "nothing to review"),
        ("minggu=0001-01-01", "nothing to review"),
        ("janji=all", "“all” is none of the filters"),
        ("sebab=" + "x" * 6000, "is none of the filters"),
    ],
)
def test_bad_weeks_and_filters_are_refused_by_name(world: World, asked: str, sentence: str) -> None:
    answer = english(world, Role.HEAD).get(f"{PAGE}?{asked}")
    assert answer.status_code == 422
    assert sentence in answer.text


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}.csv"])
def test_crews_and_strangers_do_not_read_it(world: World, path: str) -> None:
    assert world.sign_in(Role.CREW_LEADER).get(path).status_code == 403
    assert world.app.test_client().get(path).status_code == 302


def test_the_file_holds_a_line_for_each_and_no_words_of_people(world: World, submission: Submit) -> None:
    one = report(world, submission, words="Rumah saya di depan lubang", contact="saya@example.org")
    due = week_of(1)
    with in_a_week():
        answer = english(world, Role.HEAD).get(f"{PAGE}.csv?minggu={due}")
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith("﻿".encode())
    assert "Rumah saya" not in answer.text
    assert "example.org" not in answer.text
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert {row["Code"] for row in rows} == {one.code}
    assert rows[0]["Promise"] == "First response"
    assert rows[0]["What was missing"] == "Nobody had read the report"
    assert rows[0]["Kept"] == ""
    assert float(rows[0]["Hours late"]) == pytest.approx(6 * 24, abs=0.1)


def test_indonesian_files_have_commas(world: World, submission: Submit) -> None:
    report(world, submission)
    due = week_of(1)
    with in_a_week():
        answer = world.sign_in(Role.HEAD).get(f"{PAGE}.csv?minggu={due}")
    line = answer.data.decode("utf-8-sig").splitlines()[1]
    assert ";144,0;" in line


def test_the_summary_leads_there(world: World) -> None:
    assert PAGE in world.sign_in(Role.HEAD).get("/petugas/kotak-masuk/ringkasan").text
