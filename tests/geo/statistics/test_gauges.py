from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.gauge_rows import GaugeColumns
from geo.statistics.gauges import read_gauges

JAKARTA = ZoneInfo("Asia/Jakarta")
FAULTY = """Tanggal;Stasiun;Curah Hujan (mm)
01-01-2026;Pajang;12,5
02-01-2026;Pajang;TTU
03-01-2026;Pajang;8888
04-01-2026;Pajang;9999
05-01-2026;Pajang;-9999
06-01-2026;Pajang;-3
07-01-2026;Pajang;banyak
08-01-2026;Pajang;7
08-01-2026;Pajang;7
09-01-2026;Pajang;4
09-01-2026;Pajang;5
32-01-2026;Pajang;1
10-01-2026;Pajang
10-01-2026;;3
12-01-2026;Pajang;0
13-01-2026;Pajang;2000
"""


def test_a_daily_file_with_every_fault_names_the_lines_and_keeps_the_rest():
    readings = read_gauges(FAULTY, JAKARTA)
    (record,) = readings.gauges
    assert record.gauge == "Pajang"
    assert record.is_daily
    assert record.begins[0] == np.datetime64("2026-01-01")
    assert record.mm.tolist() == pytest.approx(
        [12.5, 0, 0, np.nan, np.nan, np.nan, np.nan, 7, np.nan, np.nan, np.nan, 0], nan_ok=True
    )
    assert (readings.rows, readings.missing, readings.unmeasured, readings.repeated) == (16, 2, 2, 1)
    assert readings.gap_steps == 4  # the 6th and 7th were refused, the 10th and 11th never written
    assert [fault.line for fault in readings.faults] == [7, 8, 12, 13, 14, 15, 17]
    said = [str(fault) for fault in readings.faults]
    assert said[0] == "Line 7: -3 mm cannot be; a depth is 0 to 1,830 mm."
    assert said[1] == "Line 8: 'banyak' is no depth of rain in mm."
    assert said[2] == (
        "Line 12: 2026-01-09 00:00 was already read on line 11, as 4 mm, not 5: neither is used."
    )
    assert said[3].startswith("Line 13: '32-01-2026' is no time")
    assert "fewer than the heading" in said[4]
    assert "no name" in said[5]


def test_rain_too_little_to_measure_may_count_as_unknown():
    text = "date,mm\n2026-01-01,TTU\n2026-01-02,1\n2026-01-03,2\n"
    assert np.isnan(read_gauges(text, JAKARTA, unmeasured="missing").gauges[0].mm[0])
    assert read_gauges(text, JAKARTA).gauges[0].mm[0] == 0.0


def test_hourly_readings_of_two_gauges_are_placed_in_utc_at_the_beginning_of_their_hour():
    text = (
        "waktu,pos,rain_mm\n"
        "2026-01-01 01:00,B,1\n2026-01-01 02:00,B,2\n2026-01-01 04:00,B,3\n"
        "2026-01-01T01:00+00:00,A,4\n2026-01-01T02:00+00:00,A,5\n"
    )
    readings = read_gauges(text, JAKARTA)
    a, b = readings.gauges
    assert (a.gauge, b.gauge) == ("A", "B")
    assert b.begins[0] == np.datetime64("2025-12-31T17:00:00")  # 00.00 in Jakarta, the hour read at 01.00
    assert b.mm.tolist() == pytest.approx([1, 2, np.nan, 3], nan_ok=True)
    assert a.begins[0] == np.datetime64("2026-01-01T00:00:00")
    assert readings.gap_steps == 1
    assert b.known == 0.75
    begun = read_gauges(text, JAKARTA, stamp="begin").gauges[1]
    assert begun.begins[0] == np.datetime64("2025-12-31T18:00:00")


def test_a_time_of_day_in_its_own_column_and_a_reading_off_the_step():
    text = "Tgl,Jam,RR\n01/01/2026,00.10,0\n01/01/2026,00.20,1\n01/01/2026,00.25,9\n01/01/2026,00.30,2\n"
    text += "01/01/2026,00.40,0\n01/01/2026,00.50,0\n"
    readings = read_gauges(text, JAKARTA)
    assert readings.gauges[0].step_s == 600
    assert readings.gauges[0].mm.tolist() == [0, 1, 2, 0, 0]
    assert [str(fault) for fault in readings.faults] == ["Line 4: the time is off gauge's step of 600 s."]


def test_more_in_an_hour_than_the_world_has_seen_is_refused():
    rows = "".join(f"2026-01-01 {hour:02d}:00,{999 if hour == 3 else 1}\n" for hour in range(6))
    readings = read_gauges("time,mm\n" + rows, JAKARTA)
    assert str(readings.faults[0]) == "Line 5: more than 410 mm in 60 minutes cannot be."
    assert np.isnan(readings.gauges[0].mm[3])


def test_a_day_of_23_hours_is_a_day():
    text = "time,mm\n" + "".join(f"2026-03-{day:02d},{day}\n" for day in range(6, 12))
    record = read_gauges(text, ZoneInfo("America/New_York")).gauges[0]
    assert record.is_daily
    assert record.mm.tolist() == [6, 7, 8, 9, 10, 11]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no column of depths of rain in mm .*there are: 'a', 'b'"),
        ("rain_mm,b\n1,2\n", r"no column of times \(time, waktu, tanggal\)"),
        ("date,rain_a,rain_b\n", "Several columns could be .*'rain_a', 'rain_b'. Name it"),
        ("time,mm\n2026-01-01 07:00,3\n", "Gauge gauge has 1 reading; at least 2"),
        ("date,mm\n2026-01-01,-\n2026-01-02,-\n", "None of the 2 rows is a usable reading"),
        ("date,mm\nmorgen,1\n", "None of the 1 rows .* Line 2: 'morgen' is no time"),
        ("date,mm\n2026-01-01,1\n2026-01-08,1\n", "every 604,800 s"),
        (
            "time,mm\n2026-01-01 00:00,1\n2026-01-01 00:01,1\n2026-01-01 00:03,1\n2026-01-01 00:08,1\n",
            "changing steps",
        ),
    ],
)
def test_what_cannot_be_read_is_refused(text, said):
    with pytest.raises(GeoError, match=said):
        read_gauges(text, JAKARTA)


def test_one_date_alone_is_a_day():
    (record,) = read_gauges("date,mm\n2026-01-01,12.5\n", JAKARTA).gauges
    assert record.is_daily
    assert record.mm.tolist() == [12.5]


def test_lines_about_the_station_may_stand_before_the_heading_and_notes_after():
    text = (
        "ID WMO : 96845;;;\nNama Stasiun : Adi Soemarmo;;;\n\nTanggal;Tx;RR;ss\n"
        "01-01-2026;31,5;8888;4,1\n02-01-2026;30,0;22,4;2\n03-01-2026;;9999;\n"
        "KETERANGAN:;;;\n9999: Tidak Ada Data;;;\n"
    )
    readings = read_gauges(text, JAKARTA, name="Adi Soemarmo")
    assert readings.gauges[0].gauge == "Adi Soemarmo"
    assert readings.gauges[0].mm.tolist() == pytest.approx([0.0, 22.4, np.nan], nan_ok=True)
    assert [fault.line for fault in readings.faults] == [8, 9]


def test_columns_can_be_named():
    text = "date,rain_a,rain_b\n2026-01-01,1,2\n2026-01-02,3,4\n"
    assert read_gauges(text, JAKARTA, columns=GaugeColumns(mm="rain_b")).gauges[0].mm.tolist() == [2, 4]
    with pytest.raises(GeoError, match="no column 'rain_c'; there are: 'date', 'rain_a', 'rain_b'"):
        read_gauges(text, JAKARTA, columns=GaugeColumns(mm="rain_c"))


@given(st.lists(st.one_of(st.none(), st.integers(0, 100)), min_size=3, max_size=40), st.randoms())
def test_the_order_of_rows_does_not_matter(depths, dice):
    days = np.datetime64("2026-01-01") + np.arange(len(depths))
    rows = [f"{day},{'-' if mm is None else mm}" for day, mm in zip(days, depths, strict=True)]
    if all(mm is None for mm in depths):
        return
    shuffled = list(rows)
    dice.shuffle(shuffled)
    one = read_gauges("date,mm\n" + "\n".join(rows), JAKARTA).gauges[0]
    other = read_gauges("date,mm\n" + "\n".join(shuffled), JAKARTA).gauges[0]
    assert (one.begins == other.begins).all()
    np.testing.assert_array_equal(one.mm, other.mm)
