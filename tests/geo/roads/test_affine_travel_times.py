import csv

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.__main__ import main
from geo.errors import GeoError
from geo.roads.travel_times import affine_travel_times

KEPATIHAN = (110.8315, -7.5690)


def test_one_degree_of_latitude_is_111_kilometres_with_its_detour():
    durations_s, distances_m = affine_travel_times(np.array([[110.0, -7.0], [110.0, -8.0]]))
    assert distances_m[0, 1] == pytest.approx(300 + 1.25 * 111_195, abs=2)
    assert durations_s[0, 1] == pytest.approx(distances_m[0, 1] * 3.6 / 24, abs=1)


def test_the_same_place_costs_nothing_and_a_neighbour_the_detour():
    durations_s, distances_m = affine_travel_times(np.array([KEPATIHAN, KEPATIHAN, (110.8316, -7.5690)]))
    assert distances_m[0, 1] == durations_s[0, 1] == 0
    assert 300 < distances_m[0, 2] < 320


def test_twice_the_speed_is_half_the_time():
    places = np.array([[110.80, -7.55], [110.85, -7.58]])
    slow, fast = (affine_travel_times(places, speed)[0] for speed in (20.0, 40.0))
    assert slow[0, 1] == pytest.approx(2 * fast[0, 1], abs=1)


def test_no_places_give_an_empty_matrix():
    durations_s, distances_m = affine_travel_times(np.empty((0, 2)))
    assert durations_s.shape == distances_m.shape == (0, 0)
    assert durations_s.dtype == distances_m.dtype == np.int32


@given(arrays(np.float64, (4, 2), elements=st.floats(-60, 60)))
def test_times_are_symmetric_and_never_negative(places):
    durations_s, distances_m = affine_travel_times(places)
    for matrix in (durations_s, distances_m):
        assert (matrix == matrix.T).all()
        assert (matrix >= 0).all()
        assert (np.diag(matrix) == 0).all()


@pytest.mark.parametrize("place", [(181.0, 0.0), (0.0, 91.0), (np.nan, 0.0), (np.inf, 0.0)])
def test_what_is_not_on_the_globe_is_refused(place):
    with pytest.raises(GeoError, match="place 1"):
        affine_travel_times(np.array([KEPATIHAN, place]))


@pytest.mark.parametrize("speed", [0.0, -5.0, float("nan"), float("inf")])
def test_a_speed_must_be_positive(speed):
    with pytest.raises(GeoError, match="speed"):
        affine_travel_times(np.array([KEPATIHAN]), speed)


def write_places(file, rows, columns=("lon", "lat")):
    with file.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerows([columns, *rows])


def test_the_command_writes_an_array_that_plans_can_use(tmp_path):
    write_places(tmp_path / "places.csv", [KEPATIHAN, (110.80, -7.55)])
    assert main(["matrix", str(tmp_path / "places.csv"), str(tmp_path / "matrix.npy")]) == 0
    matrix = np.load(tmp_path / "matrix.npy", allow_pickle=False)
    assert matrix.dtype == np.int32
    assert (matrix == affine_travel_times(np.array([KEPATIHAN, (110.80, -7.55)]))[0]).all()


@pytest.mark.parametrize(
    ("rows", "columns", "fault"),
    [
        ([("x", "1")], ("lon", "lat"), "line 2: lon 'x' is not a number"),
        ([("1", "2")], ("x", "y"), "there is no column 'lon'"),
        ([("1", "99")], ("lon", "lat"), "place 0"),
    ],
)
def test_the_command_names_what_is_wrong(rows, columns, fault, tmp_path, capsys):
    write_places(tmp_path / "places.csv", rows, columns)
    assert main(["matrix", str(tmp_path / "places.csv"), str(tmp_path / "matrix.npy")]) == 2
    assert fault in capsys.readouterr().err
    assert main(["matrix", str(tmp_path / "missing.csv"), str(tmp_path / "matrix.npy")]) == 2
