"""The benchmark of hotspots, on maps small enough for a test."""

import numpy as np
import pytest

from tests.benchmarks import hotspots, hotspots_cells, runner
from tests.benchmarks.rounds import compared, cpu_seconds, is_wanted


def test_every_part_can_be_measured_and_none_is_a_benchmark_of_its_own():
    for part in hotspots.PARTS:
        assert callable(part.measure)
        assert part.__name__.rsplit(".", maxsplit=1)[-1] not in runner.names()
        assert list(part.measure(True, "no such row")) == []
    assert "hotspots" in runner.names()


def test_a_row_says_how_many_times_faster_and_where_it_was_compared():
    def sides(seed):
        values = np.random.default_rng(seed).random(20_000)
        return (
            values.sum,
            (lambda: sum(sorted(values.tolist()) * 3) / 3),
            (lambda ours, theirs: {"largest_difference": abs(float(ours - theirs))}),
        )

    row = compared("sum/20k", 20_000, 1.0, sides, rounds=3, repeats=9, peer_share=0.5, seed=7)
    assert row["ratio"] >= row["least"] > 0
    assert row["most"] >= row["ratio"]
    assert row["largest_difference"] < 1e-6
    assert (row["rounds"], row["seed"], row["target"]) == (3, 7, "≥ 1")
    assert row["met"] is (row["ratio"] >= 1.0)


def test_a_difference_stops_the_run():
    def sides(_):
        def compare(ours, theirs):
            raise AssertionError("they differ")

        return (lambda: 1), (lambda: 2), compare

    with pytest.raises(AssertionError, match="they differ"):
        compared("x/1", 1, None, sides, rounds=1)


def test_seconds_are_those_of_the_middle_repeat_and_patterns_reach_below():
    seconds, answer = cpu_seconds(lambda: 5, 3)
    assert seconds >= 0.0
    assert answer == 5
    assert is_wanted("gi_star/10k/0", "gi_star/*")
    assert is_wanted("gi_star", "gi_star/*")
    assert not is_wanted("weights/10k", "gi_star/*")


def test_maps_of_chance_alone_are_rarely_called_hot_where_enough_is_expected():
    few, many = (hotspots_cells._even_maps("even", expected, 30)["cells_a_map"] for expected in (1, 100))
    assert many < few


def test_trends_agree_with_the_peer_on_few_series():
    pytest.importorskip("pymannkendall")
    row = hotspots_cells._trends("mann_kendall/10k", 20, True, True)
    assert row["largest_difference"] == 0.0
