"""What the benchmark of clusters counts, on examples small enough to count by hand."""

import numpy as np
import pytest

from tests.benchmarks import boston, clusters, clusters_roads
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


def test_a_pair_is_found_where_the_others_place_is_among_the_best_five():
    # Request 0 has six places near it; the seventh place, of 7 and 8, is its best but one.
    pairs = np.array([[0, other] for other in range(1, 9)])
    score = np.array([9.0, 8.0, 7.0, 6.0, 1.0, 2.0, 8.5, 0.0])
    site = np.array([0, 1, 2, 3, 4, 5, 6, 7, 7])
    asked = np.array([[0, 1], [0, 8], [0, 5], [7, 8], [1, 2]])
    found = clusters_roads._among_places(pairs, score, site, asked)
    # 5 finds 0 as its only neighbour; 1 and 2 are no pair; 7 and 8 are one place already.
    assert found.tolist() == [True, True, True, True, False]
    only = clusters_roads._among_places(pairs[:6], -np.arange(6.0), site, np.array([[0, 6], [6, 0]]))
    assert only.tolist() == [True, True], "either direction counts"


def test_the_exact_interval_of_a_share():
    assert clusters_roads.between(0, 20) == pytest.approx((0.0, 0.1684), abs=1e-3)
    assert clusters_roads.between(9, 368) == pytest.approx((0.0112, 0.0459), abs=1e-3)


@pytest.mark.data
@pytest.mark.skipif(not boston.FOLDER.is_dir(), reason="needs ../shared/data/boston311")
def test_short_case_numbers_name_more_pairs_than_the_shared_file_holds():
    named = boston.named_pairs()
    assert named.shape == (1_595, 2)
    assert (named[:, 0] < named[:, 1]).all()
    assert boston.is_marked(named).sum() == 219
    missed = clusters_roads.missed_for()
    assert missed["pairs"] == 129
    assert missed["in reach"] + missed["with a stand-in"] + missed["beyond 500 m"] == 129
