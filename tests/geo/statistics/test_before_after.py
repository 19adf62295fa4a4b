import numpy as np
import pytest
from scipy.stats import nchypergeom_fisher

from geo.errors import GeoError
from geo.statistics.before_after import Streets, compare_before_after
from geo.statistics.refusals import TooFewData


def town(seed, effect=1.0, trend=1.3, treated=3, n=120, rate_spread=0.5, picked="any"):
    dice = np.random.default_rng(seed)
    length = dice.uniform(100.0, 300.0, n)
    rate = dice.gamma(1.0 / rate_spread**2, 0.1 * rate_spread**2, n)
    earlier = dice.poisson(rate * length)
    before = dice.poisson(rate * length)
    is_treated = np.zeros(n, dtype=bool)
    rows = np.argsort(-before)[:treated] if picked == "worst" else dice.choice(n, treated, replace=False)
    is_treated[rows] = True
    after = dice.poisson(rate * length * trend * np.where(is_treated, effect, 1.0))
    return Streets.of(is_treated, before, after, length, earlier=earlier)


def test_the_ratio_by_hand_and_its_interval_by_fisher():
    before = np.r_[40.0, np.full(8, 40.0)]
    after = np.r_[20.0, np.full(8, 44.0)]
    found = compare_before_after(Streets.of(np.arange(9) == 0, before, after, np.full(9, 100.0)))
    assert found.ratio == pytest.approx((20 / 40) / (352 / 320))
    assert (found.treated_before, found.treated_after) == (40, 20)
    assert (found.other_before, found.other_after) == (320, 352)
    assert found.dispersion == 0.0  # all the others changed alike: the interval is the exact one
    assert found.verdict == "fell"
    # At each bound, so many complaints after (or fewer, or more) have a chance of 2.5 % given the margins.
    assert nchypergeom_fisher.sf(19, 732, 60, 372, found.low) == pytest.approx(0.025, rel=1e-4)
    assert nchypergeom_fisher.cdf(20, 732, 60, 372, found.high) == pytest.approx(0.025, rel=1e-4)
    assert found.matches.tolist() == list(range(1, 9))
    assert found.placebo_share is None
    assert found.earlier_ratio is None


def test_a_planted_fall_is_found_whatever_the_citys_trend():
    found = compare_before_after(town(1, effect=0.4, trend=2.0))
    assert found.verdict == "fell"
    assert found.low < 0.4 < found.high
    assert found.earlier_low < 1.0 < found.earlier_high
    assert found.placebo_share < 0.05


def test_streets_that_were_picked_for_a_bad_year_have_not_improved():
    """Without matching, the worst streets of a year would seem to be mended by doing nothing."""
    plain, matched = [], []
    for seed in range(40):
        # Matched by the same bad year, so by `before`.
        streets = town(seed, picked="worst", rate_spread=0.3, trend=1.0)
        streets = Streets.of(streets.is_treated, streets.before, streets.after, streets.exposure)
        treated = streets.is_treated
        plain.append(streets.after[treated].sum() / streets.before[treated].sum())
        try:
            matched.append(compare_before_after(streets, within=3.0).ratio)
        except TooFewData:
            continue
    assert np.mean(plain) < 0.92
    assert np.mean(np.log(matched)) > np.mean(np.log(plain)) + 0.05


@pytest.mark.slow
def test_the_interval_holds_the_truth():
    held, placebo = [], []
    for seed in range(80):
        found = compare_before_after(town(seed, effect=0.7))
        held.append(found.low <= 0.7 <= found.high)
        none = compare_before_after(town(seed + 1_000))
        placebo.append(none.placebo_share is not None and none.placebo_share <= 0.05)
    assert np.mean(held) >= 0.9
    assert np.mean(placebo) < 0.12


def test_streets_that_change_unevenly_widen_the_interval():
    before = np.full(30, 40.0)
    even = np.full(30, 40.0)
    uneven = np.where(np.arange(30) % 2, 10.0, 70.0)
    uneven[0] = 40.0
    is_treated = np.arange(30) == 0
    one, other = (
        compare_before_after(Streets.of(is_treated, before, after, np.full(30, 100.0)), per_treated=29)
        for after in (even, uneven)
    )
    assert other.dispersion > 5.0
    assert other.high / other.low > (one.high / one.low) ** 2
    assert other.verdict == "undecided"


def test_comparable_streets_are_alike():
    streets = town(5)
    found = compare_before_after(streets, per_treated=5, within=1.5)
    assert len(found.matches) <= 15
    assert not streets.is_treated[found.matches].any()
    rate = (streets.earlier + 0.5) / streets.exposure
    for row in found.matches:
        off = np.abs(np.log(rate[streets.is_treated] / rate[row]))
        size = np.abs(np.log(streets.exposure[streets.is_treated] / streets.exposure[row]))
        assert ((off <= np.log(1.5) + 1e-9) & (size <= np.log(1.5) + 1e-9)).any()


def test_no_complaint_after_is_a_ratio_of_0_with_an_upper_bound():
    before, after = np.full(9, 30.0), np.r_[0.0, np.full(8, 30.0)]
    found = compare_before_after(Streets.of(np.arange(9) == 0, before, after, np.full(9, 100.0)))
    assert (found.ratio, found.low) == (0.0, 0.0)
    assert 0.0 < found.high < 0.3
    gone = compare_before_after(
        Streets.of(np.arange(9) == 0, before, np.r_[9.0, np.zeros(8)], np.full(9, 100.0))
    )
    assert (gone.ratio, gone.low, gone.verdict) == (np.inf, 0.0, "undecided")


def test_too_little_to_compare_is_refused():
    def refused(is_treated, before, said, exposure=None, **options):
        size = np.full(len(before), 100.0) if exposure is None else exposure
        with pytest.raises(TooFewData, match=said):
            compare_before_after(Streets.of(is_treated, before, before, size), **options)

    first = np.arange(9) == 0
    refused(first & False, np.full(9, 30.0), "There are 0 treated streets; at least 1")
    refused(first, np.full(9, 5.0), "The treated streets had 5 complaints before; at least 10")
    refused(first, np.r_[30.0, np.zeros(8)], "There are 0 comparable streets; at least 5")
    refused(
        first,
        np.r_[10.0, np.ones(8)],
        "The comparable streets had 8 complaints before; at least 10",
        exposure=np.r_[100.0, np.full(8, 14.0)],
        within=10.0,
    )


def test_bad_input_is_refused():
    with pytest.raises(GeoError, match=r"Row 1 has 2\.5 as its before; a whole number"):
        Streets.of([True, False], [1.0, 2.5], [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(GeoError, match="Row 0 has 0 as its exposure"):
        Streets.of([True, False], [1.0, 2.0], [1.0, 1.0], [0.0, 1.0])
    with pytest.raises(GeoError, match="is_treated must be a column of 2 rows"):
        Streets.of([True], [1.0, 2.0], [1.0, 1.0], [1.0, 1.0])
    with pytest.raises(GeoError, match="a factor above 1"):
        compare_before_after(town(1), within=1.0)
