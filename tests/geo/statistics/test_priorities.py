import itertools

import numpy as np
import pytest
from scipy.stats import spearmanr

from geo.errors import GeoError
from geo.statistics import budget_choice, priorities
from geo.statistics.budget_choice import choose_within
from geo.statistics.priorities import Candidates, PriorityRules, rank_priorities
from geo.statistics.refusals import TooFewData

EFFECTS = {"segment": (0.4, 0.7), "drain": (0.2, 0.6)}


def town(seed, segments=40, drains=20):
    dice = np.random.default_rng(seed)
    n = segments + drains
    kind = np.repeat(["segment", "drain"], [segments, drains])
    length = dice.uniform(50.0, 400.0, n)
    rate = dice.gamma(1.0, 0.02, n)
    complaints = dice.poisson(rate * length * 2.0)
    price = np.where(kind == "segment", 350_000.0, 900_000.0)
    return Candidates.of(kind, complaints, length, length, price, years=2.0), rate


def test_candidates_are_ranked_by_complaints_avoided_per_rupiah():
    candidates, rate = town(1)
    found = rank_priorities(candidates, EFFECTS)
    assert found.per_million == pytest.approx(found.avoided / candidates.cost * 1e6)
    assert (np.diff(found.per_million[found.order]) <= 0.0).all()
    assert found.rank[found.order].tolist() == list(range(1, 61))
    assert (found.low < found.avoided).all()
    assert (found.avoided < found.high).all()
    assert (found.rank_low <= found.rank).mean() > 0.95
    assert (found.rank <= found.rank_high).mean() > 0.95
    assert found.chance_of_top.sum() == pytest.approx(10.0)
    assert found.chance_of_top[found.order[0]] > found.chance_of_top[found.order[-1]]
    segment = candidates.kind == "segment"
    assert spearmanr(found.per_million[segment], rate[segment])[0] > 0.8


def test_the_mean_is_that_of_the_posterior_times_the_middle_effect():
    candidates, _ = town(2, segments=40, drains=0)
    found = rank_priorities(candidates, EFFECTS, rules=PriorityRules(draws=20_000))
    own = found.weight_of_own
    time = candidates.exposure * candidates.years
    per = time * (1.0 / own - 1.0)
    assert per == pytest.approx(np.full(40, per[0]))  # b of the prior, the same for all
    # The posterior mean is the own rate and the usual one, weighed; the usual one follows from any candidate.
    rate = found.avoided / (candidates.exposure * 2.0 * 0.55)
    usual = (rate - own * candidates.complaints / time) / (1.0 - own)
    posterior = own * candidates.complaints / time + (1.0 - own) * np.median(usual)
    assert rate == pytest.approx(posterior, rel=0.03)


def test_a_short_street_with_one_bad_year_is_drawn_to_the_usual():
    dice = np.random.default_rng(1)
    length = np.r_[np.full(30, 300.0), 5.0]
    complaints = np.r_[dice.poisson(6.0, 30), 2]
    candidates = Candidates.of(["segment"] * 31, complaints, length, length, np.full(31, 1e5), years=1.0)
    found = rank_priorities(candidates, EFFECTS)
    assert found.weight_of_own[30] < 0.3
    assert found.rank_high[30] - found.rank_low[30] > 10


def test_the_interval_of_avoided_complaints_holds_the_truth():
    held = []
    for seed in range(20):
        candidates, rate = town(seed + 10)
        truth = rate * candidates.exposure * 2.0 * 0.5
        found = rank_priorities(candidates, {"segment": (0.5, 0.5), "drain": (0.5, 0.5)})
        held.append(((found.low <= truth) & (truth <= found.high)).mean())
    assert np.mean(held) == pytest.approx(0.9, abs=0.04)


def test_the_seed_decides():
    candidates, _ = town(1)
    one, same, other = (
        rank_priorities(candidates, EFFECTS, rules=PriorityRules(seed=seed)) for seed in (1, 1, 2)
    )
    assert one.avoided.tolist() == same.avoided.tolist()
    assert one.avoided.tolist() != other.avoided.tolist()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_a_budget_buys_the_best_of_all_choices(share):
    candidates, _ = town(3, segments=14, drains=0)
    budget = share * candidates.cost.sum()
    found = choose_within(candidates, EFFECTS, budget)
    mean = rank_priorities(candidates, EFFECTS).avoided
    best = max(
        mean[list(rows)].sum()
        for many in range(15)
        for rows in itertools.combinations(range(14), many)
        if candidates.cost[list(rows)].sum() <= budget
    )
    assert mean[found.rows].sum() == pytest.approx(best)
    assert found.spent <= budget
    assert found.avoided == pytest.approx(best)
    assert found.low < found.avoided < found.high
    assert found.is_best
    assert found.most_missed == 0.0


def test_a_large_choice_says_what_it_may_have_missed(monkeypatch):
    monkeypatch.setattr(budget_choice, "MOST_SECONDS", 0.02)
    monkeypatch.setattr(priorities, "MOST_DRAWN", 1_000_000)
    dice = np.random.default_rng(1)
    length = dice.uniform(20.0, 300.0, 4_000)
    complaints = dice.poisson(dice.gamma(1.0, 0.01, 4_000) * length)
    price = dice.uniform(2e5, 5e5, 4_000)
    candidates = Candidates.of(np.full(4_000, "segment"), complaints, length, length, price, years=2.0)
    found = choose_within(candidates, EFFECTS, 5e9)
    assert found.spent <= 5e9
    mean = rank_priorities(candidates, EFFECTS)
    assert mean.draws == 250
    # A knapsack filled by worth per rupiah misses less than its first candidate that did not fit.
    taken = mean.order[: np.searchsorted(np.cumsum(candidates.cost[mean.order]), 5e9, side="right")]
    assert mean.avoided[found.rows].sum() >= mean.avoided[taken].sum() - 1e-9
    assert found.is_best or 0.0 <= found.most_missed < mean.avoided.max()


def test_a_budget_for_all_buys_all():
    candidates, _ = town(4)
    found = choose_within(candidates, EFFECTS, candidates.cost.sum())
    assert found.rows.tolist() == list(range(60))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"complaints": [1.5]}, r"Row 0 has 1\.5 as its complaints"),
        ({"exposure": [0.0]}, "Row 0 has 0 as its exposure"),
        ({"cost_per_unit": [-1.0]}, "Row 0 has -1 as its cost_per_unit"),
        ({"kind": ["segment", "drain"]}, "a kind for each of 1 rows"),
        ({"years": 0.0}, "longer than 0 years"),
    ],
)
def test_bad_candidates_are_refused(change, said):
    row = {"kind": ["segment"], "complaints": [1], "exposure": [1.0], "units": [1.0], "cost_per_unit": [1.0]}
    with pytest.raises(GeoError, match=said):
        Candidates.of(**({"years": 1.0} | row | change))


def test_what_cannot_be_ranked_is_refused():
    candidates, _ = town(1)
    with pytest.raises(GeoError, match="no effect for drain"):
        rank_priorities(candidates, {"segment": (0.4, 0.7)})
    with pytest.raises(
        GeoError, match=r"effect for drain must be an interval within 0 to 1, not 0\.9 to 0\.2"
    ):
        rank_priorities(candidates, EFFECTS | {"drain": (0.9, 0.2)})
    with pytest.raises(TooFewData, match="There are 5 drains; at least 10"):
        rank_priorities(town(1, drains=5)[0], EFFECTS)
    none = Candidates.of(["segment"] * 12, np.ones(12), np.ones(12), np.ones(12), np.ones(12), years=1.0)
    with pytest.raises(TooFewData, match="There are 12 complaints of segments; at least 30"):
        rank_priorities(none, EFFECTS)
    with pytest.raises(GeoError, match="A budget of Rp1 buys nothing; the cheapest treatment costs Rp"):
        choose_within(candidates, EFFECTS, 1.0)
    with pytest.raises(GeoError, match="A horizon above 0 years"):
        PriorityRules(draws=10)
