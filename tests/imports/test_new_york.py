"""The file of New York, with a mapping and a city of its own: places in State Plane feet."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from fieldops.config import ROOT
from fieldops.extensions import db
from fieldops.models import Service, ServiceRequest
from fieldops.models.base import lon_lat
from tests.imports.conftest import Importer, count

pytestmark = pytest.mark.data


@pytest.fixture
def profile(tmp_path: Path) -> str:
    """Boston's services in New York's bounds."""
    words = (ROOT / "fieldops" / "profiles" / "boston.toml").read_text("utf-8")
    words = words.replace(
        "bounds = [-71.20, 42.22, -70.92, 42.41]", "bounds = [-74.27, 40.48, -73.68, 40.93]"
    )
    words = words.replace("epsg = 26986", "epsg = 32618").replace('name = "Boston"', 'name = "New York"')
    path = tmp_path / "new_york.toml"
    path.write_text(words, encoding="utf-8")
    return str(path)


def test_places_in_feet_come_in_as_degrees(run: Importer, dirty: Path) -> None:
    answer = run(dirty / "nyc311-100.csv", "nyc.toml")
    assert answer.code == 3
    assert answer.out.startswith("100 lines: 97 added, 0 known already, 3 refused")
    assert {line.split(",")[2] for line in answer.report} == {"bad_place"}
    assert all("No location yet" in line for line in answer.report)
    noise = (
        db.session().scalars(select(ServiceRequest).where(ServiceRequest.external_key == "42254749")).one()
    )
    assert noise.place is not None
    lon, lat = lon_lat(noise.place)
    assert (round(lon, 4), round(lat, 4)) == (-73.9326, 40.5864)
    assert noise.reported_at == datetime(2019, 4, 19, 1, 55, 45, tzinfo=UTC)
    assert noise.words == "Noise - Residential: Banging/Pounding"
    assert noise.address == "3855 SHORE PARKWAY"


def test_its_streets_become_our_services(run: Importer, dirty: Path) -> None:
    run(dirty / "nyc311-100.csv", "nyc.toml")

    codes = list(
        db.session().scalars(
            select(Service.code).join(ServiceRequest, ServiceRequest.service_id == Service.id)
        )
    )
    assert codes.count("pothole") == 4
    assert codes.count("sidewalk") == 6
    assert count(ServiceRequest) == 97
