"""The demonstration's geography: valid shapes, known names, nothing outside the city."""

import re
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from fieldops.demo.drawings import drawing
from fieldops.demo.places import Places, places
from fieldops.demo.sketch import draw

BOUNDARIES = Path(__file__).parents[3] / "shared/data/surakarta_boundaries"
EDGE_DEGREES = 1e-5  # about a metre: coordinates are rounded to 0.1 m


@pytest.fixture(scope="module")
def world() -> Places:
    return places(draw(np.random.default_rng(7)))


def test_five_kecamatan_hold_fifty_four_kelurahan(world: Places) -> None:
    kelurahan = world.area("kelurahan")
    assert sorted(world.area("kecamatan")["name"]) == [
        "Banjarsari",
        "Jebres",
        "Laweyan",
        "Pasar Kliwon",
        "Serengan",
    ]
    assert len(kelurahan) == kelurahan["name"].nunique() == 54
    assert kelurahan.groupby("parent").size().to_dict() == {
        "Laweyan": 11,
        "Serengan": 7,
        "Pasar Kliwon": 10,
        "Jebres": 11,
        "Banjarsari": 15,
    }


def test_kelurahan_names_are_the_citys_own(world: Places) -> None:
    source = BOUNDARIES / "kelurahan_54_simplified_cahyadsn_MIT.geojson"
    if not source.exists():
        pytest.skip(f"the boundary data is not beside the checkout: {source.name}")
    real = gpd.read_file(source)["nama"]
    assert {_letters(name) for name in world.area("kelurahan")["name"]} == {_letters(name) for name in real}


def test_shapes_are_our_own_and_not_the_surveyed_ones(world: Places) -> None:
    source = BOUNDARIES / "kelurahan_54_simplified_cahyadsn_MIT.geojson"
    if not source.exists():
        pytest.skip(f"the boundary data is not beside the checkout: {source.name}")
    real = {tuple(point) for point in np.round(shapely.get_coordinates(gpd.read_file(source).geometry), 6)}
    ours = {tuple(point) for point in np.round(shapely.get_coordinates(world.areas.geometry), 6)}
    assert len(ours & real) < 5


def test_every_shape_is_valid_and_none_is_empty(world: Places) -> None:
    for frame in (world.areas, world.lines, world.landmarks):
        assert frame.crs == "EPSG:4326"
        assert frame.is_valid.all()
        assert not frame.is_empty.any()
    assert set(world.areas.geom_type) == {"MultiPolygon"}
    assert set(world.lines.geom_type) == {"LineString"}


def test_kelurahan_fill_the_city_without_overlapping(world: Places) -> None:
    grounds = world.area("kelurahan").geometry.to_numpy()
    assert shapely.coverage_is_valid(grounds)
    city = world.area("city").geometry.iloc[0]
    assert shapely.area(grounds).sum() == pytest.approx(city.area, rel=1e-9)
    assert len(city.geoms) == 1
    assert shapely.get_num_interior_rings(city.geoms[0]) == 0


def test_the_city_lies_where_surakarta_lies(world: Places) -> None:
    west, south, east, north = world.areas.total_bounds
    assert 110.765 <= west < 110.775
    assert 110.86 < east <= 110.87
    assert -7.605 <= south < -7.59
    assert -7.53 < north <= -7.52
    area_km2 = world.area("city").to_crs("EPSG:32749").area.iloc[0] / 1e6
    assert 40 < area_km2 < 60  # the real city has about 46


def test_streets_parks_and_landmarks_lie_inside(world: Places) -> None:
    ground = world.area("city").geometry.iloc[0].buffer(EDGE_DEGREES)
    for frame in (world.line("street"), world.area("park"), world.landmarks):
        assert frame.within(ground).all()


def test_main_streets_are_there_by_name_and_meet(world: Places) -> None:
    streets = world.line("street")
    names = {row["name"] for row in drawing("streets")}
    assert names <= set(streets["name"])
    assert {"national", "province", "city"} == set(streets["jurisdiction"])
    riyadi = streets[streets["name"] == "Jl. Slamet Riyadi"].geometry.iloc[0]
    assert riyadi.intersects(streets[streets["name"] == "Jl. Gatot Subroto"].geometry.iloc[0])


def test_local_streets_fill_every_kelurahan_under_names_of_their_own(world: Places) -> None:
    local = world.line("street").query("line_class in ('local', 'lane')")
    assert set(local["kelurahan"]) == set(world.area("kelurahan")["name"])
    assert not local.duplicated(["name", "kelurahan"]).any()
    length_km = local.to_crs("EPSG:32749").length.sum() / 1000
    assert 300 < length_km < 700


def test_local_streets_keep_off_parks_and_rivers(world: Places) -> None:
    local = world.line("street").query("line_class in ('local', 'lane')").geometry
    parks = world.area("park").geometry.union_all()
    rivers = world.line("river").geometry.union_all()
    assert shapely.length(local.intersection(parks).to_numpy()).sum() == pytest.approx(0, abs=1e-4)
    assert not local.intersects(rivers).any()


def test_another_seed_moves_local_streets_and_nothing_else(world: Places) -> None:
    other = places(draw(np.random.default_rng(8)))
    assert world.areas.equals(other.areas)
    assert world.line("river").equals(other.line("river"))
    assert not world.line("street").equals(other.line("street"))


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())
