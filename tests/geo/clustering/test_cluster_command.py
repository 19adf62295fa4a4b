import argparse
import csv

import pytest

from geo.clustering.command import add_parser

HEADER = "id,lon,lat,service_code,requested_datetime\n"
ROWS = [
    "a,110.820000,-7.570000,pothole,2026-01-02T08:00:00+07:00\n",
    "b,110.820050,-7.570000,pothole,2026-01-01T08:00:00+07:00\n",
    "c,110.820000,-7.570000,drain,2026-01-01T07:00:00+07:00\n",
    "d,110.830000,-7.570000,pothole,2026-01-03\n",
]


def cluster(tmp_path, text, *more, encoding="utf-8"):
    source, target = tmp_path / "requests.csv", tmp_path / "labels.csv"
    source.write_text(text, encoding=encoding)
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    asked = ["cluster", str(source), str(target), "--radius-m", "15", "--window-days", "60", *more]
    arguments = parser.parse_args(asked)
    return arguments.run(arguments), target


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_each_row_gets_its_work_site(tmp_path, capsys):
    status, target = cluster(tmp_path, HEADER + "".join(ROWS))
    assert status == 0
    assert [(row["id"], row["site"]) for row in read(target)] == [
        ("a", "1"),
        ("b", "1"),
        ("c", "0"),
        ("d", "2"),
    ]
    told = capsys.readouterr()
    assert told.out == ""
    assert "4 requests read" in told.err
    assert "EPSG:32749" in told.err
    assert "3 work sites written" in told.err
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_columns_and_crs_can_be_named_and_excel_files_are_read(tmp_path, capsys):
    text = "jenis;bujur;lintang;waktu\nlubang;110.82;-7.57;2026-01-01 08:00\n"
    names = (
        "--lon-column",
        "bujur",
        "--lat-column",
        "lintang",
        "--service-column",
        "jenis",
        "--time-column",
        "waktu",
    )
    status, target = cluster(tmp_path, text, *names, "--crs", "23834", encoding="utf-8-sig")
    assert status == 0
    assert read(target)[0] == {
        "jenis": "lubang",
        "bujur": "110.82",
        "lintang": "-7.57",
        "waktu": "2026-01-01 08:00",
        "site": "0",
    }
    assert "EPSG:23834" in capsys.readouterr().err


def test_a_file_without_rows_gives_one_without_rows(tmp_path):
    status, target = cluster(tmp_path, HEADER)
    assert status == 0
    assert target.read_text(encoding="utf-8").strip() == HEADER.strip() + ",site"


def test_bad_rows_are_named_by_their_lines_and_nothing_is_written(tmp_path, capsys):
    bad = [
        "e,east,-7.5,pothole,2026-01-01\n",
        "f,110.8,-97.5,pothole,2026-01-01\n",
        "g,nan,-7.5,pothole,2026-01-01\n",
        "h,110.8,-7.5,pothole,01/02/2026\n",
        "i,110.8,-7.5,,2026-01-01\n",
        "j,110.8\n",
    ]
    status, target = cluster(tmp_path, HEADER + ROWS[0] + "".join(bad))
    assert status == 2
    assert not target.exists()
    told = capsys.readouterr().err
    assert "6 of 7 rows cannot be read" in told
    for line in (
        "line 3: lon is 'east', not a number",
        "line 4: lat is -97.5, not within -90 to 90",
        "line 5: lon is nan",
        "line 6: requested_datetime is '01/02/2026', not a time",
        "line 7: service_code is empty",
        "line 8: 2 cells instead of 5",
    ):
        assert line in told


def test_lines_are_counted_through_cells_with_line_breaks(tmp_path, capsys):
    cluster(tmp_path, HEADER + '"a\nb",110.8,-7.5,pothole,2026-01-01\n' + "c,x,-7.5,pothole,2026-01-01\n")
    assert "line 4: lon is 'x'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        ("id,lat,service_code,requested_datetime\n", (), "no column 'lon'; the columns are id, lat"),
        ("", (), "no column 'lon'; the columns are none"),
        (HEADER.replace("id", "site") + ROWS[0], (), "already has a column 'site'"),
        (HEADER + ROWS[0], ("--crs", "4326"), "not a projected system in metres"),
        (HEADER + ROWS[0], ("--radius-m", "-1"), "must be 0 or a positive number, not -1"),
        (HEADER + '"open quote,1,2\n', (), "the file is not CSV"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path, capsys, text, more, sentence):
    status, target = cluster(tmp_path, text, *more)
    assert status == 2
    assert not target.exists()
    assert sentence in capsys.readouterr().err


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path, capsys):
    status, _ = cluster(tmp_path, HEADER + ROWS[0].replace("a,", "é,"), encoding="latin-1")
    assert status == 2
    assert "not UTF-8" in capsys.readouterr().err
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(
        ["cluster", str(tmp_path / "no.csv"), "x", "--radius-m", "1", "--window-days", "1"]
    )
    assert arguments.run(arguments) == 2
    assert "no.csv" in capsys.readouterr().err


def test_accuracy_sets_the_radius_and_its_lack_joins_none(tmp_path):
    header = HEADER.strip() + ",accuracy\n"
    rows = [
        "a,110.820000,-7.570000,pothole,2026-01-01,3\n",
        "b,110.820110,-7.570000,pothole,2026-01-02,3\n",  # 12 m off; two such fixes reach 10 m
        "c,110.820010,-7.570000,pothole,2026-01-03,8\n",
        "d,110.820010,-7.570000,pothole,2026-01-03,\n",
    ]
    status, target = cluster(tmp_path, header + "".join(rows), "--accuracy-column", "accuracy")
    assert status == 0
    sites = [row["site"] for row in read(target)]
    assert sites[0] == sites[1] == sites[2]  # b by c, whose accuracy reaches 15 m
    assert sites[3] != sites[0]
    status, target = cluster(tmp_path, header + "".join(rows[:2]), "--accuracy-column", "accuracy")
    assert [row["site"] for row in read(target)] == ["0", "1"]


def test_stand_ins_are_sites_of_their_own_and_told(tmp_path, capsys):
    nowhere = "x,0,0,pothole,2026-01-01\ny,0.0,0.0,pothole,2026-01-01\n"
    status, target = cluster(tmp_path, HEADER + ROWS[0] + nowhere)
    assert status == 0
    assert len({row["site"] for row in read(target)}) == 3
    told = capsys.readouterr().err
    assert "2 requests have a stand-in" in told
    assert "first in line 3" in told
    assert "EPSG:32749" in told  # (0, 0) does not pull the system away
    header = HEADER.strip() + ",address\n"
    rows = "".join(f"{n},110.82,-7.57,pothole,2026-01-01,Jl. Melati {n}\n" for n in range(10))
    assert cluster(tmp_path, header + rows)[0] == 0
    assert "stand-in" not in capsys.readouterr().err
    _, target = cluster(tmp_path, header + rows, "--address-column", "address")
    assert "10 requests have a stand-in" in capsys.readouterr().err
    assert len({row["site"] for row in read(target)}) == 10


def test_swapped_degrees_bad_accuracy_and_far_points_are_named_by_line(tmp_path, capsys):
    status, _ = cluster(tmp_path, HEADER + ROWS[0] + "s,-7.57,110.82,pothole,2026-01-01\n")
    assert status == 2
    assert "line 3: lat is 110.82, not within -90 to 90; are lon and lat swapped?" in capsys.readouterr().err
    status, _ = cluster(tmp_path, HEADER + "".join(ROWS) * 9 + "t,-71.06,42.36,pothole,2026-01-01\n")
    assert status == 2
    told = capsys.readouterr().err
    assert "line 38: (-71.06, 42.36) is too far from the area" in told
    assert "--crs" in told
    header = HEADER.strip() + ",accuracy\n"
    rows = "".join(f"{n},110.82,-7.57,pothole,2026-01-01,{bad}\n" for n, bad in enumerate(["-3", "good"]))
    status, _ = cluster(tmp_path, header + rows, "--accuracy-column", "accuracy")
    assert status == 2
    told = capsys.readouterr().err
    assert "line 2: accuracy is -3; it must be 0 m or more" in told
    assert "line 3: accuracy is 'good', not a number" in told


def test_future_times_and_progress_are_told(tmp_path, capsys):
    rows = "".join(f"{n},{110.8 + n * 1e-6:.6f},-7.57,pothole,2026-01-01\n" for n in range(100_000))
    status, target = cluster(tmp_path, HEADER + "z,110.8,-7.6,drain,2999-01-01\n" + rows, "--radius-m", "1")
    assert status == 0
    told = capsys.readouterr().err
    assert "1 requests are dated in the future, the first in line 2" in told
    assert "100,000 rows read" in told
    assert "grouping 100,001 requests of 2 services" in told
    assert len(read(target)) == 100_001


def test_both_sides_of_the_date_line_are_near(tmp_path):
    rows = "a,179.999990,-16.5,pothole,2026-01-01\nb,-179.999990,-16.5,pothole,2026-01-02\n"
    status, target = cluster(tmp_path, HEADER + rows)
    assert status == 0
    assert [row["site"] for row in read(target)] == ["0", "0"]


def test_the_poles_are_refused_with_advice(tmp_path, capsys):
    status, _ = cluster(tmp_path, HEADER + "a,10,89.99,pothole,2026-01-01\n")
    assert status == 2
    assert "EPSG" in capsys.readouterr().err
