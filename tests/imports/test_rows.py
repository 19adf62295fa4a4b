"""Single rows that are refused, each with its line and its reason; the rows around them come in."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldops.extensions import db
from fieldops.imports.report import guarded
from fieldops.models import Follower, Message, ServiceRequest
from tests.imports.conftest import GOOD, SIMPLE, Importer, count

spatialite_only = pytest.mark.parametrize("engine_kind", ["spatialite"])


@spatialite_only
@pytest.mark.parametrize(
    ("row", "code", "column", "reason"),
    [
        (",2026-03-01,,open,hole,-71.07,42.33,a,b,", "no_key", "id", "The row has no key"),
        (f"{'k' * 101},2026-03-01,,open,hole,-71.07,42.33,a,b,", "key_too_long", "id", "more than 100"),
        ("8,,,open,hole,-71.07,42.33,a,b,", "no_time", "at", "The time of the report is missing."),
        ("8,yesterday,,open,hole,-71.07,42.33,a,b,", "bad_time", "at", "cannot be read"),
        ("8,2026-02-30,,open,hole,-71.07,42.33,a,b,", "bad_time", "at", "cannot be read"),
        ("8,2999-01-01,,open,hole,-71.07,42.33,a,b,", "bad_reported_at", "at", "lies in the future"),
        ("8,1900-01-01,,open,hole,-71.07,42.33,a,b,", "too_old", "at", "before 1970"),
        ("8,9999-12-31 23:59,,open,hole,-71.07,42.33,a,b,", "bad_reported_at", "at", "lies in the future"),
        ("8,0001-01-01,,open,hole,-71.07,42.33,a,b,", "too_old", "at", "before 1970"),
        (
            "8,2026-03-01,9999-12-31,done,hole,-71.07,42.33,a,b,",
            "closed_in_future",
            "closed",
            "in the future",
        ),
        ("8,2026-03-01,,done,hole,-71.07,42.33,a,b,", "no_closing_time", "closed", "closing is missing"),
        (
            "8,2026-03-01,2026-02-01,done,hole,-71.07,42.33,a,b,",
            "closed_before_reported",
            "closed",
            "before it",
        ),
        (
            "8,2026-03-01,x,done,hole,-71.07,42.33,a,b,",
            "bad_time",
            "closed",
            "time of closing cannot be read",
        ),
        ("8,2026-03-01,,lost,hole,-71.07,42.33,a,b,", "unknown_status", "status", "“lost” is no status"),
        (
            "8,2026-03-01,,open,comet,-71.07,42.33,a,b,",
            "unknown_service",
            "kind",
            "“comet” is no kind of report",
        ),
        ("8,2026-03-01,,open,,-71.07,42.33,a,b,", "unknown_service", "kind", "“” is no kind of report"),
        (
            "8,2026-03-01,,open,hole,-71.07,,a,b,",
            "half_a_place",
            "lat",
            "One of the two coordinates is missing.",
        ),
        ("8,2026-03-01,,open,hole,west,42.33,a,b,", "bad_coordinate", "lon", "not a number"),
        ("8,2026-03-01,,open,hole,inf,42.33,a,b,", "bad_lon", "lon", "a number from −180 to 180"),
        ("8,2026-03-01,,open,hole,-71.07,142.33,a,b,", "bad_lat", "lat", "a number from −90 to 90"),
        ("8,2026-03-01,,open,hole,42.33,-71.07,a,b,", "out_of_area", "lon", "seem to be swapped"),
        ("8,2026-03-01,,open,hole,0,0,a,b,", "out_of_area", "lon", "lies outside Boston"),
        ("8,2026-03-01,,open,hole,,,,b,", "bad_place", "lon", "No location yet."),
        (f"8,2026-03-01,,open,hole,-71.07,42.33,a,{'b' * 4001},", "bad_words", "words", "at most 4000"),
        (f"8,2026-03-01,,open,hole,-71.07,42.33,{'a' * 201},b,", "bad_address", "address", "at most 200"),
        ("8,2026-03-01,,open,hole,-71.07,42.33,a,b,nobody", "bad_contact", "contact", "neither an e-mail"),
        (
            "8,2026-03-01,,open,hole,-71.07,42.33,a,b,,",
            "wrong_field_count",
            "",
            "has 11 fields, the header has 10",
        ),
        ('8,2026-03-01,,open,hole,-71.07,42.33,"a"b,c,', "unreadable_line", "", "cannot be read"),
        (
            "7,2026-03-02,,open,hole,-71.07,42.33,a,b,",
            "key_used_twice",
            "id",
            "used before, at 2, for something",
        ),
    ],
)
def test_a_bad_row_is_refused_alone(
    run: Importer, csv_file: Callable[..., Path], row: str, code: str, column: str, reason: str
) -> None:
    after = GOOD.replace("7,", "9,", 1)
    answer = run(csv_file(GOOD, row, after), SIMPLE)
    assert answer.code == 3
    assert len(answer.report) == 1
    line, _key, found, where, *_rest = answer.report[0].split(",")
    assert (line, found, where) == ("3", code, column)
    assert reason in answer.report[0]
    assert set(db.session().scalars(select(ServiceRequest.external_key))) == {"7", "9"}
    assert "nobody" not in answer.out + answer.err + answer.report[0]


def test_a_good_row_comes_in_as_it_is(run: Importer, csv_file: Callable[..., Path]) -> None:
    lines = (
        GOOD,
        "8,2026-03-01T10:00:00+07:00,,open,DRAIN,,,9 Side St,,ani@example.org",
        "9,2026-03-08 02:30,2026-03-09 00:00:00.5,done,hole,-71.07,42.33,a,b,0812 3456 7890",
        "",
    )
    assert run(csv_file(*lines), SIMPLE).code == 0
    rows = {row.external_key: row for row in db.session().scalars(select(ServiceRequest))}
    assert rows["7"].reported_at == datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
    assert (rows["7"].location_state, rows["7"].location_source, rows["7"].accuracy_m) == (
        "confirmed",
        "import",
        10,
    )
    assert rows["8"].reported_at == datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
    assert (rows["8"].location_state, rows["8"].place, rows["8"].accuracy_m) == ("none", None, None)
    # The clock change skips 02:30; it counts as 03:00, its end.
    assert rows["9"].reported_at == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)
    assert rows["9"].ended_at == datetime(2026, 3, 9, 4, 0, 0, 500_000, tzinfo=UTC)
    assert {row.channel for row in rows.values()} == {"import"}
    assert count(Follower) == 2
    assert count(Message) == 0, "to their reporters imported requests are not new"


@spatialite_only
def test_numbers_of_lines_survive_quoted_line_breaks(run: Importer, csv_file: Callable[..., Path]) -> None:
    answer = run(
        csv_file(GOOD, '8,2026-03-01,,open,hole,-71.07,42.33,a,"b\nc\nd",', "9,x,,open,hole,,,a,b,"), SIMPLE
    )
    assert answer.report[0].startswith("6,9,bad_time,")


@spatialite_only
def test_blanks_and_marks_for_nothing_are_nothing(run: Importer, csv_file: Callable[..., Path]) -> None:
    mapping = SIMPLE + '[file]\nmissing = ["N/A", "-"]\n'
    assert run(csv_file("8,2026-03-01,N/A,open,hole,-,N/A,a,-,N/A"), mapping).code == 0
    row = db.session().scalars(select(ServiceRequest)).one()
    assert (row.place, row.words) == (None, "")


@spatialite_only
def test_decimal_commas_and_other_encodings_can_be_named(
    run: Importer, csv_file: Callable[..., Path]
) -> None:
    mapping = SIMPLE + '[file]\ndelimiter = ";"\nencoding = "cp1252"\ndecimal = ","\n'
    line = "8;2026-03-01;;open;hole;-71,07;42,33;Déwi;b;"
    file = csv_file(line, header="id;at;closed;status;kind;lon;lat;address;text;contact", encoding="cp1252")
    assert run(file, mapping).code == 0
    assert db.session().scalars(select(ServiceRequest.address)).one() == "Déwi"


@spatialite_only
def test_the_story_can_be_told_as_it_stood(run: Importer, csv_file: Callable[..., Path]) -> None:
    mapping = SIMPLE.replace("[time]", "[time]\nas_of = 2026-03-05")
    mapping = mapping.replace("as_of = 2026-03-05", "as_of = 2026-03-05T00:00:00")
    answer = run(
        csv_file(
            "7,2026-03-01,2026-03-04,done,hole,,,a,b,",
            "8,2026-03-01,2026-03-06,done,hole,,,a,b,",
            "9,2026-03-06,,open,hole,,,a,b,",
        ),
        mapping,
    )
    assert answer.report[0].startswith("4,9,after_as_of,at,")
    rows = {row.external_key: row for row in db.session().scalars(select(ServiceRequest))}
    assert (rows["7"].status, rows["8"].status, rows["8"].ended_at) == ("closed", "submitted", None)


@spatialite_only
def test_what_repeats_another_points_at_it(run: Importer, csv_file: Callable[..., Path]) -> None:
    mapping = SIMPLE.replace('contact = "contact"', 'duplicate_of = "contact"\noutcome = "text"')
    mapping += '[[status.outcomes]]\ncontains = "Duplicate"\nstatus = "duplicate"\n'
    lines = (
        GOOD,
        "8,2026-03-02,2026-03-03,done,hole,,,a,a duplicate of,7",
        "9,2026-03-02,2026-03-03,done,hole,,,a,b,7",
    )
    assert run(csv_file(*lines), mapping).code == 0
    rows = {row.external_key: row for row in db.session().scalars(select(ServiceRequest))}
    assert (rows["8"].status, rows["8"].duplicate_of_id) == ("duplicate", rows["7"].id)
    assert (rows["9"].status, rows["9"].duplicate_of_id, rows["9"].closed_reason) == (
        "closed",
        None,
        "repaired",
    )


@spatialite_only
def test_the_report_is_safe_in_a_spreadsheet(run: Importer, csv_file: Callable[..., Path]) -> None:
    answer = run(csv_file("=1+1,@x,,open,hole,,,a,b,", "+2,2026-03-01,,-lost,hole,,,a,b,"), SIMPLE)
    assert [line.split(",")[1:5] for line in answer.report] == [
        ["'=1+1", "bad_time", "at", "'@x"],
        ["'+2", "unknown_status", "status", "'-lost"],
    ]


@pytest.mark.parametrize("cell", ["=A1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_formula_is_no_longer_one(cell: str) -> None:
    assert guarded(cell) == "'" + cell
    assert guarded("x" + cell) == "x" + cell
