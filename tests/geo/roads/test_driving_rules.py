from pathlib import Path

import pytest

from geo.errors import GeoError
from geo.roads.driving_rules import Driving, rules_for
from geo.roads.speeds import SpeedTable, read_speeds

TABLE = SpeedTable(
    {"primary": 40.0, "residential": 20.0, "motorway": 80.0},
    surface_kmh={"gravel": 12.0, "asphalt": 100.0},
    smoothness_kmh={"horrible": 8.0},
    closed_values=frozenset({"no", "private"}),
    skipped_services=frozenset({"driveway"}),
)


def judge(**tags: str) -> Driving | None:
    tags = {key.replace("__", ":"): value for key, value in ({"highway": "residential"} | tags).items()}
    return rules_for(TABLE)(tags.get)


def speeds(**tags: str) -> tuple[float, float] | None:
    driving = judge(**tags)
    return None if driving is None else (driving.forward_kmh, driving.backward_kmh)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, (20, 20)),
        ({"oneway": "no"}, (20, 20)),
        ({"oneway": "yes"}, (20, 0)),
        ({"oneway": "1"}, (20, 0)),
        ({"oneway": "true"}, (20, 0)),
        ({"oneway": "-1"}, (0, 20)),
        ({"oneway": "reverse"}, (0, 20)),
        ({"oneway": "reversible"}, None),
        ({"oneway": "alternating"}, (20, 20)),
        ({"oneway": "perhaps"}, (20, 20)),
        ({"oneway": "yes", "oneway__motor_vehicle": "no"}, (20, 20)),
        ({"junction": "roundabout"}, (20, 0)),
        ({"junction": "circular"}, (20, 0)),
        ({"junction": "roundabout", "oneway": "-1"}, (0, 20)),
        ({"highway": "motorway"}, (80, 0)),
        ({"highway": "motorway", "oneway": "no"}, (80, 80)),
    ],
)
def test_which_way_a_street_runs(tags, expected):
    assert speeds(**tags) == expected


@pytest.mark.parametrize(
    ("tags", "is_open"),
    [
        ({"access": "private"}, False),
        ({"access": "no"}, False),
        ({"access": "destination"}, True),
        ({"access": "permissive"}, True),
        ({"access": "no", "motor_vehicle": "yes"}, True),
        ({"access": "yes", "motor_vehicle": "no"}, False),
        ({"access": "yes", "vehicle": "private"}, False),
        ({"vehicle": "no", "motor_vehicle": "destination"}, True),
        ({"motor_vehicle": "no", "motorcar": "yes"}, True),
        ({"motor_vehicle": "yes", "motorcar": "no"}, False),
        ({"area": "yes"}, False),
        ({"service": "driveway"}, False),
        ({"service": "alley"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "construction"}, False),
    ],
)
def test_which_roads_are_open_to_the_crews(tags, is_open):
    assert (judge(**tags) is not None) is is_open


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"surface": "gravel"}, 12),
        ({"surface": "asphalt"}, 20),
        ({"surface": "lava"}, 20),
        ({"smoothness": "horrible", "surface": "gravel"}, 8),
        ({"maxspeed": "20"}, 16),
        ({"maxspeed": "100"}, 20),  # a limit never makes a road faster than its class
        ({"maxspeed": "15 mph"}, 15 * 1.609344 * 0.8),
        ({"maxspeed": "20 km/h"}, 16),
        ({"maxspeed": "5"}, 20),  # a mistake
        ({"maxspeed": "999"}, 20),
        ({"maxspeed": "walk"}, 20),
        ({"maxspeed": "ID:urban"}, 20),
        ({"maxspeed": "-20"}, 20),
        ({"maxspeed": "20;40"}, 20),
        ({"maxspeed": ""}, 20),
    ],
)
def test_how_fast_a_street_is_driven(tags, kmh):
    assert speeds(**tags) == pytest.approx((kmh, kmh))


def test_limits_may_differ_by_direction():
    assert speeds(maxspeed="20", maxspeed__backward="15") == pytest.approx((16, 12))


def test_the_table_that_comes_along_knows_the_drivable_classes():
    table = read_speeds()
    assert table.highway_kmh["primary"] == 45
    assert table.highway_kmh["primary_link"] == 30
    assert {"footway", "cycleway", "path", "steps", "track", "pedestrian"}.isdisjoint(table.classes)
    assert table.surface_kmh["gravel"] < table.surface_kmh["compacted"]
    assert {"no", "private"} <= table.closed_values
    assert "driveway" in table.skipped_services


def test_a_table_of_ones_own_stands_for_the_whole(tmp_path):
    (tmp_path / "own.toml").write_text("[highway]\nresidential = 17\n", encoding="utf-8")
    table = read_speeds(tmp_path / "own.toml")
    assert dict(table.highway_kmh) == {"residential": 17.0}
    assert dict(table.surface_kmh) == {}
    assert table.maxspeed_share == 0.8


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[highway]\nprimary = 0", "highway.primary must be a number above 0 and at most 150, not 0"),
        ("[highway]\nprimary = -3", "highway.primary"),
        ("[highway]\nprimary = nan", "highway.primary"),
        ("[highway]\nprimary = inf", "highway.primary"),
        ("[highway]\nprimary = true", "highway.primary"),
        ("[highway]\nprimary = '40'", "highway.primary"),
        ("[highway]\n", "names no class of road"),
        ("highway = 3", "highway must be a part of the table"),
        ("[roads]\nprimary = 3", r"\[roads\] is not a part of the table"),
        ("[highway]\nprimary = 3\n[surface]\nmud = 'slow'", "surface.mud"),
        ("[highway]\nprimary = 3\n[maxspeed]\nfactor = 1", "maxspeed.factor is not known"),
        ("[highway]\nprimary = 3\n[access]\nclosed = 'no'", "access.closed must be a list of words"),
        ("[highway\n", "is not a TOML file"),
    ],
)
def test_a_table_with_faults_is_refused_by_its_entry(tmp_path, text, sentence):
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    with pytest.raises(GeoError, match=rf"own\.toml: .*{sentence}"):
        read_speeds(tmp_path / "own.toml")


def test_a_table_that_is_missing_or_no_text_is_refused(tmp_path):
    with pytest.raises(GeoError, match=r"none\.toml: the table of speeds cannot be read"):
        read_speeds(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GeoError, match=r"bytes\.toml: the table of speeds cannot be read"):
        read_speeds(tmp_path / "bytes.toml")


def test_every_speed_of_the_table_is_in_the_guide():
    """The guide shows the table that comes along, number by number."""
    guide = (Path(__file__).parents[3] / "docs" / "methods" / "roads.md").read_text(encoding="utf-8")
    for highway, kmh in read_speeds().highway_kmh.items():
        assert f"| `{highway}` | {kmh:g} |" in guide
