"""The nine faulty files of the shared data: which rows come in, which do not, and why."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from fieldops.extensions import db
from fieldops.models import ImportRun, ServiceRequest, StatusChange
from tests.imports.conftest import EXAMPLES, Importer, count, nothing_written

pytestmark = pytest.mark.data


def one(key: str) -> ServiceRequest:
    return db.session().scalars(select(ServiceRequest).where(ServiceRequest.external_key == key)).one()


def statuses() -> dict[str, int]:
    rows = db.session().execute(select(ServiceRequest.status, func.count()).group_by(ServiceRequest.status))
    return {row[0]: row[1] for row in rows}


def test_the_plain_file_comes_in_whole_with_an_honest_history(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "boston311-100.csv", "boston_csv.toml")
    assert answer.code == 0
    assert answer.out.startswith("100 lines: 100 added, 0 known already, 0 refused")
    assert answer.report == []
    # 15 open; of the 85 closed the city calls some duplicates and some invalid.
    assert statuses() == {"submitted": 15, "closed": 81, "duplicate": 4}
    assert count(StatusChange) == 100 + 85
    needles = one("101004130437")
    assert needles.reported_at == datetime(2022, 1, 19, 16, 18, tzinfo=UTC)
    assert needles.ended_at == datetime(2022, 1, 19, 16, 42, 16, tzinfo=UTC)
    assert (needles.status, needles.closed_reason) == ("closed", "repaired")
    lines = (
        db.session()
        .scalars(select(StatusChange).where(StatusChange.request_id == needles.id).order_by(StatusChange.id))
        .all()
    )
    assert [(line.source, line.target, line.actor) for line in lines] == [
        (None, "submitted", "system"),
        ("submitted", "closed", "system"),
    ]
    assert [line.at for line in lines] == [needles.reported_at, needles.ended_at]
    assert lines[1].facts == {"imported_from": "boston311", "closed_reason": "repaired"}


def test_a_stand_in_coordinate_is_no_place(run: Importer, dirty: Path) -> None:
    run(dirty / "boston311-100.csv", "boston_csv.toml")
    with_address, without = one("101004113729"), one("101004143000")
    assert (with_address.location_state, with_address.place) == ("none", None)
    assert with_address.address == "INTERSECTION of Verdun St & Gallivan Blvd  Dorchester  MA"
    assert without.location_state == "estimated"
    assert without.place is not None


def test_exact_duplicates_come_in_once(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "boston311-100-20dupes-random.csv", "boston_csv.toml")
    assert answer.code == 0
    assert answer.out.startswith("100 lines: 80 added, 20 known already, 0 refused")
    assert count(ServiceRequest) == 80
    again = run(dirty / "boston311-100-deduped.csv", "boston_csv.toml")
    assert again.out.startswith("80 lines: 0 added, 80 known already, 0 refused")
    assert count(ServiceRequest) == 80


def test_a_line_with_a_field_too_many_is_refused_alone(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "boston311-100-bad.tsv", "boston_csv.toml")
    assert answer.code == 3
    assert answer.out.startswith("100 lines: 99 added, 0 known already, 1 refused")
    assert answer.report == [
        (
            "41,101004113615,wrong_field_count,,,"
            '"The line has 30 fields, the header has 29, so it is not sure which is which."'
        )
    ]
    assert count(ServiceRequest) == 99


def test_day_month_dates_need_the_mapping_to_say_so(run: Importer, dirty: Path) -> None:
    file = dirty / "boston311-dmy-100.csv"
    iso = run(file, "boston_csv.toml")
    assert iso.code == 3
    assert "100 refused" in iso.out
    assert iso.report[0] == (
        "2,101004143000,bad_time,open_dt,21/01/2022 13:47:00,The time of the report cannot be read."
    )
    assert count(ServiceRequest) == 0
    plain = (EXAMPLES / "boston_csv.toml").read_text("utf-8")
    day_first = plain.replace("[time]", "[time]\nday_first = true")
    answer = run(file, day_first)
    assert answer.code == 0
    assert one("101004143000").reported_at == datetime(2022, 1, 21, 18, 47, tzinfo=UTC)
    # 01/02/2022 is the first of February here.
    assert one("101004120108").reported_at == datetime(2022, 1, 8, 17, 54, 49, tzinfo=UTC)


def test_day_month_dates_read_month_first_refuse_the_whole_file(run: Importer, dirty: Path) -> None:
    plain = (EXAMPLES / "boston_csv.toml").read_text("utf-8")
    answer = run(dirty / "boston311-dmy-100.csv", plain.replace("[time]", "[time]\nday_first = false"))
    assert answer.code == 2
    assert "valid only with day and month exchanged, the first at 2;" in answer.sentence
    assert nothing_written()


def test_a_date_without_a_time_is_its_midnight_in_the_city(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "boston311-100-notime.csv", "boston_csv.toml")
    assert answer.code == 0
    needles = one("101004130437")
    assert needles.reported_at == needles.ended_at == datetime(2022, 1, 19, 5, 0, tzinfo=UTC)


def test_signs_beyond_ascii_arrive_unchanged(run: Importer, dirty: Path) -> None:
    told = (EXAMPLES / "boston_csv.toml").read_text("utf-8").replace('"{case_title}"', '"{closure_reason}"')
    answer = run(dirty / "boston311-100-with-nonascii.csv", told)
    assert answer.code == 0
    assert one("101004114021").words.endswith("Resolved Dëad rat picked up")
    assert one("101004115281").address.startswith("211 Sàratoga St")


def test_numbers_and_addresses_of_people_do_not_come_in(run: Importer, dirty: Path) -> None:
    told = (
        (EXAMPLES / "boston_csv.toml")
        .read_text("utf-8")
        .replace('"{case_title}"', '"{case_title}: {closure_reason}"')
    )
    answer = run(dirty / "boston311-100-with-fake-pii.csv", told)
    assert answer.code == 0
    words = " ".join(db.session().scalars(select(ServiceRequest.words)))
    for secret in ("212-555-1234", "987-65-4320", "378734493671000", "joeblows@aol.com", "212-123-5432"):
        assert secret not in words
        assert secret not in answer.out + answer.err
    assert one("101004113403").words.endswith("monitoring the area. call [#…]")
    assert one("101004114033").words.endswith("email to [@…] or call him at [#…]")


def test_columns_that_the_mapping_does_not_name_are_not_read(run: Importer, dirty: Path) -> None:
    run(dirty / "boston311-100-with-fake-pii.csv", "boston_csv.toml")
    words = " ".join(db.session().scalars(select(ServiceRequest.words)))
    assert "aol.com" not in words
    assert "call" not in words.lower().split()
    assert "monitoring" not in words


def test_a_dry_run_judges_all_and_writes_nothing(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "boston311-100-bad.tsv", "boston_csv.toml", dry_run=True)
    assert answer.code == 3
    assert answer.out.startswith("100 lines: 99 would be added, 0 known already, 1 refused")
    assert len(answer.report) == 1
    assert nothing_written()


def test_the_same_file_again_finds_nothing_to_do(run: Importer, dirty: Path) -> None:
    run(dirty / "boston311-100.csv", "boston_csv.toml")
    again = run(dirty / "boston311-100.csv", "boston_csv.toml")
    assert again.code == 0
    assert again.out == "All 100 lines were imported before; there is nothing to do.\n"
    assert count(ServiceRequest) == 100
    assert count(ImportRun) == 1


def test_refused_lines_get_another_chance(run: Importer, dirty: Path) -> None:
    strict = (EXAMPLES / "boston_csv.toml").read_text("utf-8").replace('default = "other"', "")
    first = run(dirty / "boston311-100.csv", strict)
    unknown = [line for line in first.report if "unknown_service" in line]
    assert first.code == 3
    assert len(unknown) == len(first.report) == 3
    assert any("“Loud Parties/Music/People” is no kind of report" in line for line in unknown)
    again = run(dirty / "boston311-100.csv", strict)
    assert again.code == 3
    assert again.out.startswith("100 lines: 0 added, 97 known already, 3 refused")
    assert again.report == first.report
