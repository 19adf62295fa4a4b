from pathlib import Path
from typing import Any

import pytest

from fieldops.domain.city import PROFILES, load_city
from fieldops.errors import SetupError

SURAKARTA = (PROFILES / "surakarta.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.toml")))
def test_every_shipped_profile_loads_and_hangs_together(name: str) -> None:
    city = load_city(name)
    west, south, east, north = city.bounds
    assert west < east
    assert south < north
    assert city.holds(*city.centre)
    departments = {department.code for department in city.departments}
    assert {service.department for service in city.services} <= departments
    assert {crew.department for crew in city.crews} <= departments
    assert {crew.depot for crew in city.crews} <= {depot.name for depot in city.depots}
    codes = [service.code for service in city.services]
    assert len(codes) == len(set(codes))
    assert {level.service for level in city.service_levels} - {None} <= set(codes)
    skills = {skill for crew in city.crews for skill in crew.skills}
    assert {skill for service in city.services for skill in service.skills} <= skills, "work nobody can do"
    carried = {material for crew in city.crews for material in crew.capacity}
    assert {service.material for service in city.services} - {"none"} <= carried
    for service in city.services:
        assert service.link_radius_m <= service.suggest_radius_m


def test_a_missing_profile_names_itself_and_the_shipped_ones() -> None:
    with pytest.raises(SetupError, match=r"no city profile .*atlantis.*Shipped: .*surakarta"):
        load_city("atlantis")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (("epsg = 32749", ""), "epsg"),
        (("epsg = 32749", 'epsg = "utm"'), "epsg"),
        (('code = "SKA"', 'code = "Solo"'), "code"),
        (("suggest_radius_m = 30", "suggest_radius_m = 5000"), "services.0.suggest_radius_m"),
        (('family = "road"', 'familly = "road"'), "services.0"),
        (("break_minutes = 45", "break_minutes = -1"), "shift.break_minutes"),
        (('starts = "07:00"', 'starts = "seven"'), "shift.starts"),
        (("[city]", "[town]"), "'city'"),
        (("[city]", "[city"), "is not TOML"),
    ],
)
def test_a_wrong_key_is_named_with_its_file(tmp_path: Path, change: tuple[str, str], named: str) -> None:
    path = tmp_path / "kota.toml"
    assert change[0] in SURAKARTA
    path.write_text(SURAKARTA.replace(*change, 1), encoding="utf-8")
    with pytest.raises(SetupError) as caught:
        load_city(str(path))
    assert "kota.toml" in str(caught.value)
    assert named in str(caught.value)


def test_the_edge_of_the_city_belongs_to_it() -> None:
    city = load_city("surakarta")
    west, south, east, north = city.bounds
    corners: list[Any] = [(west, south), (east, north)]
    assert all(city.holds(*corner) for corner in corners)
    assert not city.holds(west - 1e-6, south)
    assert not city.holds(*reversed(city.centre))
