import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.clustering.joining import components
from geo.clustering.neighbours import near_pairs
from geo.clustering.ranking import PairModel, PairSigns, best_links
from geo.clustering.rules import DAY_S
from geo.errors import GeoError


def world(seed, n=1_500):
    """Every tenth request of the repeated kind is told again nearby and soon; the other kind never is."""
    dice = np.random.default_rng(seed)
    x, y, day = dice.uniform(0, 2_000, n), dice.uniform(0, 2_000, n), dice.uniform(0, 180, n)
    kind = dice.choice(["graffiti", "bulk"], n)
    again = np.flatnonzero((kind == "graffiti") & (np.arange(n) % 10 == 0))
    x = np.concatenate([x, x[again] + dice.normal(0, 8, len(again))])
    y = np.concatenate([y, y[again] + dice.normal(0, 8, len(again))])
    day = np.concatenate([day, day[again] + dice.exponential(2, len(again))])
    kind = np.concatenate([kind, kind[again]])
    pairs = near_pairs(x, y, 120.0, time_s=day * DAY_S, window_s=60 * DAY_S)
    told = set(zip(again.tolist(), range(n, n + len(again)), strict=True))
    is_one = np.array([(a, b) in told for a, b in pairs.tolist()])
    return PairSigns.of(x, y, day * DAY_S, np.zeros(len(x)), kind, pairs), is_one


def test_a_model_puts_pairs_of_one_place_first_in_a_world_it_has_not_seen():
    model = PairModel.fit(*world(1))
    signs, is_one = world(2)
    first = np.argsort(-model.score(signs))[: is_one.sum()]
    nearest = np.argsort(signs.distance_m)[: is_one.sum()]
    assert is_one[first].mean() > is_one[nearest].mean() + 0.1
    assert is_one[first].mean() > 0.6
    assert model.kinds["graffiti"] > model.kinds["bulk"]


def test_learning_twice_gives_the_same_and_unknown_kinds_add_nothing():
    signs, is_one = world(1)
    one, again = PairModel.fit(signs, is_one), PairModel.fit(signs, is_one)
    assert np.array_equal(one.score(signs), again.score(signs))
    bare = PairModel(one.signs, {}, {})
    assert np.ptp(one.score(signs) - bare.score(signs)) > 0
    assert len(bare.score(signs[:3])) == 3


def test_signs_count_the_crowd_and_who_is_nearer():
    x = np.array([0.0, 1.0, 3.0, 50.0])
    pairs = near_pairs(x, np.zeros(4), 49.5)
    signs = PairSigns.of(x, np.zeros(4), np.zeros(4), np.zeros(4), np.zeros(4), pairs)
    found = {tuple(pair): k for k, pair in enumerate(pairs.tolist())}
    assert set(found) == {(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)}
    assert signs.order[found[0, 1]] == 0
    assert signs.order[found[0, 2]] == 1  # for both, row 1 is nearer
    assert signs.crowd[found[0, 1]] == 2
    assert signs.crowd[found[1, 2]] == 3


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(9, 16), st.integers(0, 5)), max_size=30))
def test_best_links_connect_as_much_as_all_pairs_and_spend_none_in_vain(rows):
    pairs = np.array([row[:2] for row in rows], dtype=np.int64).reshape(-1, 2)
    score = np.array([row[2] for row in rows], dtype=float)
    chosen = best_links(17, pairs, score, 100)
    assert len(np.unique(components(17, pairs))) == 17 - len(chosen)
    assert len(np.unique(components(17, pairs[chosen]))) == 17 - len(chosen)
    assert (np.diff(score[chosen]) <= 0).all()
    assert best_links(17, pairs, score, 2).tolist() == chosen[:2].tolist()


def test_further_signs_are_learnt_as_well():
    signs, is_one = world(1)
    dice = np.random.default_rng(3)
    told = np.where(dice.uniform(size=len(signs)) < 0.05, ~is_one, is_one).astype(float)[:, None]
    known = PairSigns(*(getattr(signs, name) for name in PairSigns.__slots__[:-1]), further=told)
    model = PairModel.fit(known, is_one)
    assert model.signs[-1] > 1.0
    assert len(model.signs) == len(PairModel.fit(signs, is_one).signs) + 1
    first = np.argsort(-model.score(known))[: is_one.sum()]
    bare = np.argsort(-PairModel.fit(signs, is_one).score(signs))[: is_one.sum()]
    assert is_one[first].mean() > is_one[bare].mean()


def test_too_little_to_learn_from_is_refused():
    signs, is_one = world(1)
    with pytest.raises(GeoError, match="it takes 10"):
        PairModel.fit(signs, np.zeros(len(signs)))
    with pytest.raises(GeoError, match="shape"):
        PairModel.fit(signs, is_one[:-1])
