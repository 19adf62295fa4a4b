import numpy as np
import pytest

from geo.clustering.positions import default_positions
from geo.errors import GeoError


def test_one_coordinate_with_many_addresses_is_a_stand_in():
    lon = [110.80] * 10 + [110.81] * 10
    lat = [-7.57] * 20
    address = [f"Jl. Slamet Riyadi {n}" for n in range(10)] + ["Jl. Urip Sumoharjo 1"] * 10
    assert default_positions(lon, lat, address).tolist() == [True] * 10 + [False] * 10


def test_spelling_does_not_make_an_address_different():
    spellings = ["Jl. Ir. Sutami 1", "JL IR SUTAMI 1", "jl.ir.sutami  1", "", None, "Jl. Ir. Sutami, 1"]
    assert not default_positions([110.8] * 6, [-7.5] * 6, spellings, least_addresses=2).any()
    spellings[0] = "Jl. Ir. Sutami 2"
    assert default_positions([110.8] * 6, [-7.5] * 6, spellings, least_addresses=2).all()


def test_nowhere_is_no_position():
    found = default_positions([0.0, np.nan, 110.8, 110.8], [0.0, -7.5, np.inf, -7.5], [None] * 4)
    assert found.tolist() == [True, True, True, False]


def test_a_known_stand_in_counts_with_one_address():
    known = [(110.8231, -7.5688)]
    assert default_positions([110.8231, 110.8232], [-7.5688] * 2, ["a", "b"], known=known).tolist() == [
        True,
        False,
    ]


def test_no_requests_have_no_stand_ins():
    assert default_positions([], [], []).tolist() == []


def test_bad_input_is_named():
    with pytest.raises(GeoError, match="equal length"):
        default_positions([1.0], [1.0], [])
    with pytest.raises(GeoError, match="at least 2, not 1"):
        default_positions([], [], [], least_addresses=1)
