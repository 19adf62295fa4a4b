import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.clustering.evidence import FACTORS, nearness_weight, soonness_weight
from geo.clustering.weighing import MOST_FACTOR, Weighing, rightly_ordered, table_of
from geo.errors import GeoError


def decided(n=600, seed=1, words_count=2.0, street_count=0.0):
    """Pairs whose words count twice what is stated and whose street says nothing."""
    dice = np.random.default_rng(seed)
    table = np.zeros((n, len(FACTORS)))
    for name, low, high in (("distance", -3, 3), ("time", -2, 1), ("street", -1, 0.5), ("words", -0.7, 2)):
        table[:, FACTORS.index(name)] = dice.uniform(low, high, n)
    true = np.ones(len(FACTORS))
    true[FACTORS.index("words")], true[FACTORS.index("street")] = words_count, street_count
    return table, dice.uniform(size=n) < 1.0 / (1.0 + np.exp(-table @ true))


def test_nothing_learnt_is_what_is_stated():
    weights = {"distance": 1.5, "time": -0.5, "photo": 4.0}
    assert Weighing().of(weights) == weights
    assert Weighing().total(weights) == pytest.approx(5.0)
    assert Weighing(factors={"photo": 0.5}).total(weights) == pytest.approx(3.0)


def test_what_counts_more_here_is_learnt_and_what_was_never_decided_on_stays():
    learnt = Weighing.fit(*decided(4_000))
    assert learnt.factors["words"] == pytest.approx(2.0, abs=0.3)
    assert learnt.factors["street"] < 0.35
    assert learnt.factors["distance"] == pytest.approx(1.0, abs=0.2)
    assert learnt.factors["photo"] == pytest.approx(1.0, abs=1e-6)
    assert learnt == Weighing.fit(*decided(4_000))


def test_few_decisions_move_little_and_none_turns_a_reason_round():
    table, is_one = decided(30)
    away = Weighing.fit(table, ~is_one)
    assert all(0.0 <= factor <= MOST_FACTOR for factor in away.factors.values())
    assert Weighing.fit(table, is_one).factors["distance"] > 0.4


def test_learning_orders_new_pairs_better_than_what_is_stated():
    learnt = Weighing.fit(*decided(2_000, seed=1))
    table, is_one = decided(2_000, seed=2)
    assert rightly_ordered(learnt.score(table), is_one) > rightly_ordered(Weighing().score(table), is_one)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=2, max_size=25))
def test_the_share_in_right_order_is_that_of_counting_all_pairs(rows):
    score = np.array([value for value, _ in rows], dtype=float)
    is_one = np.array([one for _, one in rows])
    if is_one.all() or not is_one.any():
        with pytest.raises(GeoError, match="it takes one of each"):
            rightly_ordered(score, is_one)
        return
    won = [(a > b) + (a == b) / 2 for a in score[is_one] for b in score[~is_one]]
    assert rightly_ordered(score, is_one) == pytest.approx(np.mean(won))


def test_too_little_to_learn_from_is_refused():
    table, is_one = decided()
    with pytest.raises(GeoError, match="Of one place are 9 pairs; it takes 10"):
        Weighing.fit(table, np.arange(len(table)) < 9)
    with pytest.raises(GeoError, match="Of two places are 0 pairs"):
        Weighing.fit(table, np.ones(len(table), dtype=bool))
    with pytest.raises(GeoError, match="shape"):
        Weighing.fit(table, is_one[:-1])


def test_unknown_reasons_weigh_nothing_in_a_table():
    table = table_of([{"time": 2.0}, {}])
    assert table.shape == (2, len(FACTORS))
    assert table.sum() == 2.0
    assert table_of([]).shape == (0, len(FACTORS))


def test_weights_of_columns_are_those_of_single_pairs():
    distance = np.array([0.0, 10.0, 40.0])
    assert nearness_weight(distance, 10.0, 30.0)[1] == pytest.approx(nearness_weight(10.0, 10.0, 30.0))
    assert (np.diff(nearness_weight(distance, 10.0, 30.0)) < 0).all()
    assert soonness_weight([0.0, 30.0, 90.0], 30.0)[1] == soonness_weight([0.0, 30.0, 90.0], 30.0)[2]
    assert (soonness_weight(distance, 0.0) == 0.0).all()
