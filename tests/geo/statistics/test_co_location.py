import numpy as np
import pytest

from geo.errors import GeoError
from geo.statistics.co_location import CoLocationRules, Events, co_location
from geo.statistics.refusals import TooFewData

PERIOD = (0.0, 720.0)


def town(seed, follow=0.0, potholes=400, water=400, season=False):
    """Two kinds at shared places; a share of the potholes is followed by water within 20 days."""
    dice = np.random.default_rng(seed)
    places = dice.uniform(0.0, 4_000.0, (120, 2))

    def days(n):
        many = dice.uniform(*PERIOD, 8 * n)
        if season:
            many = many[dice.random(8 * n) < (1.0 + np.sin(2.0 * np.pi * many / 365.25)) / 2.0]
        return many[:n]

    hole_at, water_at = places[dice.integers(0, 120, potholes)], places[dice.integers(0, 120, water)]
    hole_day, water_day = days(potholes), days(water)
    followed = dice.random(potholes) < follow
    more = hole_day[followed] + dice.uniform(0.5, 20.0, followed.sum())
    kept = more < PERIOD[1]
    water_at = np.concatenate([water_at, hole_at[followed][kept]])
    water_day = np.concatenate([water_day, more[kept]])

    def scatter(at):
        return (at + dice.normal(0.0, 3.0, at.shape)).T

    return Events.of(*scatter(hole_at), hole_day), Events.of(*scatter(water_at), water_day)


def pairs_by_hand(first, second, radius_m, window):
    after = before = 0
    for x, y, day in zip(first.x_m, first.y_m, first.day, strict=True):
        near = np.hypot(second.x_m - x, second.y_m - y) <= radius_m
        lag = second.day[near] - day
        after += int(((lag > 0) & (lag <= window)).sum())
        before += int(((lag < 0) & (lag >= -window)).sum())
    return after, before


def test_pairs_are_those_counted_by_hand():
    first, second = town(1, follow=0.2)
    found = co_location(first, second, PERIOD)
    assert (found.after.pairs, found.before.pairs) == pairs_by_hand(first, second, 30.0, 30.0)
    assert found.profile.sum() == found.after.pairs + found.before.pairs
    assert found.profile[:6].sum() == found.before.pairs
    assert found.lag_days.tolist() == [-27.5 + 5.0 * k for k in range(12)]
    assert (found.first, found.second) == (400, len(second.day))


def test_water_that_follows_potholes_is_found_in_its_direction():
    found = co_location(*town(2, follow=0.25), PERIOD)
    assert found.after.p == 0.001
    assert found.after.pairs > found.after.high
    assert found.before.p > 0.05
    assert found.after_over_before > 1.2
    assert found.low > 1.0
    assert found.p_asymmetry < 0.01
    assert (found.profile[6:10] > found.profile_high[6:10]).all()
    assert (found.profile[:6] <= found.profile_high[:6]).all()


def test_the_other_way_round_the_directions_change_places():
    first, second = town(3, follow=0.3)
    forth, back = co_location(first, second, PERIOD), co_location(second, first, PERIOD)
    assert (forth.after.pairs, forth.before.pairs) == (back.before.pairs, back.after.pairs)
    assert forth.profile.tolist() == back.profile[::-1].tolist()


def test_a_season_that_both_share_makes_both_directions_high_and_no_difference():
    found = co_location(*town(4, potholes=900, water=900, season=True), PERIOD)
    assert found.after.ratio > 1.1
    assert found.before.ratio > 1.1
    assert found.p_asymmetry > 0.05


@pytest.mark.slow
def test_by_chance_alone_every_p_is_about_as_likely():
    p = [
        co_location(*town(seed), PERIOD, rules=CoLocationRules(shifts=99, seed=seed)).p_asymmetry
        for seed in range(80)
    ]
    assert np.mean(np.array(p) <= 0.1) < 0.25
    assert 0.35 < np.mean(p) < 0.65


def test_the_seed_decides():
    world = town(5)
    one, same, other = (co_location(*world, PERIOD, rules=CoLocationRules(seed=seed)) for seed in (1, 1, 2))
    assert one.after == same.after
    assert one.after.expected != other.after.expected
    assert one.after.pairs == other.after.pairs


def test_pairs_at_once_are_neither():
    at, day = np.zeros(40), np.linspace(1.0, 700.0, 40)
    found = co_location(Events.of(at, at, day), Events.of(at, at, day), PERIOD)
    assert found.at_once == 40
    assert found.after.pairs == found.before.pairs == 39


def test_too_few_are_refused():
    first, second = town(1)
    few = Events.of(first.x_m[:20], first.y_m[:20], first.day[:20])
    with pytest.raises(TooFewData, match="There are 20 events of the first kind; at least 30"):
        co_location(few, second, PERIOD)
    with pytest.raises(TooFewData, match="There are 20 events of the second kind"):
        co_location(first, few, PERIOD)
    with pytest.raises(TooFewData, match="The period is 720 days long; at least 800"):
        co_location(first, second, PERIOD, rules=CoLocationRules(window_days=200.0))
    far = Events.of(second.x_m + 1e5, second.y_m, second.day)
    with pytest.raises(TooFewData, match="There are 0 pairs within 30 m and 30 days; at least 10"):
        co_location(first, far, PERIOD)


def test_bad_input_is_refused():
    first, second = town(1)
    with pytest.raises(
        GeoError, match=r"Row \d+ of the second kind is of day .* outside the period of 0 to 700"
    ):
        co_location(Events.of(first.x_m, first.y_m, first.day * 0.9), second, (0.0, 700.0))
    with pytest.raises(GeoError, match="x, y and day must be columns of equal length"):
        Events.of([0.0], [0.0], [0.0, 1.0])
    with pytest.raises(GeoError, match="Row 0 has nan as its day"):
        Events.of([0.0], [0.0], [np.nan])
    with pytest.raises(GeoError, match=r"the step \(7 d\) must go into the window \(30 d\)"):
        CoLocationRules(step_days=7.0)
    with pytest.raises(GeoError, match="99 shifts or more"):
        CoLocationRules(shifts=10)
