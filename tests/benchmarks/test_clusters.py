"""What the benchmark of clusters counts, on examples small enough to count by hand."""

import numpy as np
import pytest

from tests.benchmarks import boston, clusters
from tests.benchmarks.merging import merges_of


def test_both_sides_group_alike_and_a_difference_would_stop_the_run():
    row = clusters._against_kd_tree(2_000, 2)
    assert row["same_partition"] is True
    assert row["ours"] > 0
    clusters._same(np.array([5, 5, 7]), np.array([0, 0, 2]))
    with pytest.raises(AssertionError, match="partitions differ"):
        clusters._same(np.array([5, 5, 7]), np.array([0, 1, 2]))


def test_a_merge_is_wrong_when_a_pair_across_it_is_and_none_is_confirmed():
    # 0-1 merges; 2-3 merges; 1-2 joins the two groups, contradicted; 0-3 lies across as well.
    pairs = np.array([[0, 1], [2, 3], [1, 2], [0, 3]])
    nothing = np.zeros(4, dtype=bool)
    contradicted = np.array([False, False, True, False])
    assert merges_of(pairs, nothing, nothing) == (3, 0)
    assert merges_of(pairs, nothing, contradicted) == (3, 1)
    confirmed = np.array([False, False, False, True])
    assert merges_of(pairs, confirmed, contradicted) == (3, 0)


def test_the_longest_window_that_holds_one_in_fifty_is_chosen():
    apart_days = np.concatenate([np.full(100, 0.05), np.full(100, 2.0), np.full(100, 20.0)])
    wrong = np.zeros(300, dtype=bool)
    wrong[[0, 1, 100, 101, 200, 201, 202]] = True
    everything = np.ones(300, dtype=bool)
    assert clusters._longest_window(apart_days, wrong, everything) == 14.0
    assert clusters._longest_window(apart_days, everything, everything) == 0.1


@pytest.mark.data
@pytest.mark.skipif(not boston.FOLDER.is_dir(), reason="needs ../shared/data/boston311")
def test_boston_is_read_without_its_answers_and_judged_with_them():
    here = boston.city()
    assert len(here) == 58_251
    assert here.pairs.shape == (220, 2)
    assert (~here.is_placed).mean() == pytest.approx(0.082, abs=0.001)
    assert boston.is_marked(here.pairs[:, ::-1]).all()
    x_m, y_m = boston.moved(0.0, 1)
    assert np.array_equal(x_m, here.x_m)
    assert np.array_equal(y_m, here.y_m)
    labels = boston.plain_labels(x_m, y_m, 25.0, np.ones(len(here), dtype=bool))
    assert boston.together(labels).mean() == pytest.approx(0.782, abs=0.001)
    assert boston.load(labels) == pytest.approx(285, abs=1)
    right, wrong, in_words = boston.judged(here.pairs)
    assert right.mean() > 0.95  # the city marked them by these very words
    assert not (right & wrong).any()
    assert not (in_words & ~wrong).any()
