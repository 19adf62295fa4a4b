import numpy as np
import pytest

from geo.clustering.causes import CauseRule, find_causes
from geo.clustering.rules import DAY_S
from geo.errors import GeoError

DRAIN_WATER = CauseRule("drain", "standing_water", 50.0, 30.0)
WATER_HOLE = CauseRule("standing_water", "pothole", 30.0, 60.0)


def causes(x, days, family, *rules):
    pairs, distance_m = find_causes(x, np.zeros(len(x)), np.multiply(days, DAY_S), family, rules)
    return [tuple(pair) for pair in pairs.tolist()], distance_m.tolist()


def test_a_blocked_drain_comes_before_its_water_and_the_water_before_its_hole():
    family = ["pothole", "standing_water", "drain", "pothole"]
    pairs, distance_m = causes([0.0, 10.0, 50.0, 500.0], [9, 3, 5, 9], family, DRAIN_WATER, WATER_HOLE)
    assert pairs == [(1, 0), (2, 1)]
    assert distance_m == [10.0, 40.0]


def test_what_is_far_late_or_of_the_same_family_is_no_cause():
    assert causes([0.0, 51.0], [0, 0], ["drain", "standing_water"], DRAIN_WATER)[0] == []
    assert causes([0.0, 50.0], [0, 31], ["drain", "standing_water"], DRAIN_WATER)[0] == []
    assert causes([0.0, 1.0], [0, 0], ["drain", "drain"], DRAIN_WATER)[0] == []
    assert causes([], [], [], DRAIN_WATER)[0] == []
    assert causes([0.0], [0], ["drain"])[0] == []


def test_a_rule_refuses_figures_that_cannot_be():
    with pytest.raises(GeoError, match="'drain' cannot be its own cause"):
        CauseRule("drain", "drain", 50.0, 30.0)
    with pytest.raises(GeoError, match="radius_m must be above 0"):
        CauseRule("drain", "pothole", 0.0, 30.0)
