"""Programs of other people read an installation as deployed: GDAL's OAPIF driver, on which QGIS and ogr2ogr
lean as well, and OWSLib.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyogrio
import pytest
from owslib.ogcapi.features import Features

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import User
from fieldops.operations.establish_city import establish_city
from fieldops.transaction import transaction
from tests.benchmarks.served import site
from tests.conftest import Member, World, employ
from tests.ogcapi.conftest import LAT, LON, City, lay_ground

pytestmark = pytest.mark.slow
METRES = "http://www.opengis.net/def/crs/EPSG/0/32749"


@dataclass(frozen=True)
class Served:
    """An installation on loopback: the addresses for everybody and for an engineer."""

    public: str
    staff: str
    header: dict[str, str]
    reports: int


@pytest.fixture(scope="module")
def served(
    spatialite_template: Path, password_hash: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "fieldops.sqlite").write_bytes(spatialite_template.read_bytes())
    app = create_app(Settings(instance_dir=folder, database_url="", rate_limits=False), pages=False)
    with app.app_context():
        installation: Installation = app.extensions["fieldops"]
        with transaction() as session:
            establish_city(session, installation.city)
            employ(session, installation.city, password_hash)
            members = {user.login: Member.of(user) for user in session.query(User)}
        city = City(
            World(app, installation, {role: members[role.value] for role in Role}, {}), _submissions()
        )
        lay_ground()
        for number in range(25):
            city.report(f"{number}", lon=LON + (number - 12) * 0.001, lat=LAT, confidential=number % 5 == 0)
        token = city.token(Role.ENGINEER)
        db.session.remove()
        db.engine.dispose()
    with site(str(folder)) as (port, _start_s):
        home = f"http://127.0.0.1:{port}/ogc"
        yield Served(f"{home}/", f"{home}/{token}/", {"Authorization": f"Bearer {token}"}, 25)


def _submissions() -> Callable[..., Any]:
    from fieldops.operations.submit_request import Submission  # noqa: PLC0415

    made = 0

    def make(**changes: Any) -> Submission:
        nonlocal made
        made += 1
        values = {"service_code": "pothole", "words": "Lubang besar", "client_key": f"key-{made}"}
        return Submission(**(values | changes))

    return make


def test_gdal_reads_the_collections_of_each(served: Served) -> None:
    public = set(pyogrio.list_layers(f"OAPIF:{served.public}")[:, 0])
    assert public == {"requests", "road-segments", "drains", "kelurahan"}
    staff = set(pyogrio.list_layers(f"OAPIF:{served.staff}")[:, 0])
    assert staff == public | {"clusters", "hotspot-cells", "work-orders"}


def test_gdal_pages_through_all_reports(served: Served) -> None:
    for page_size in ("7", "1000"):
        frame = pyogrio.read_dataframe(f"OAPIF:{served.staff}", layer="requests", PAGE_SIZE=page_size)
        assert len(frame) == frame["code"].nunique() == served.reports
    assert frame.crs.to_epsg() == 4326 or frame.crs.to_authority() == ("OGC", "CRS84")
    assert frame.geometry.y.round(6).eq(LAT).all()
    assert set(frame["service"]) == {"pothole"}
    assert str(frame["reported_at"].dtype).startswith("datetime64")
    public = pyogrio.read_dataframe(f"OAPIF:{served.public}", layer="requests", PAGE_SIZE="7")
    assert len(public) == 20
    assert set(public.columns) >= {"service", "service_name", "status", "reported_on", "geometry"}
    assert not set(public.columns) & {"code", "severity", "address"}


def test_gdal_narrows_by_box_and_by_property(served: Served) -> None:
    west = pyogrio.read_dataframe(
        f"OAPIF:{served.staff}", layer="requests", bbox=(LON - 1, LAT - 1, LON + 0.0005, LAT + 1)
    )
    assert len(west) == 13
    none = pyogrio.read_dataframe(
        f"OAPIF:{served.staff}", layer="requests", where="service = 'blocked_drain'"
    )
    assert len(none) == 0
    streets = pyogrio.read_dataframe(
        f"OAPIF:{served.public}", layer="road-segments", where="jurisdiction = 'province'"
    )
    assert list(streets["name"]) == ["Jalan Veteran"]


def test_gdal_reads_metres_and_turned_axes(served: Served) -> None:
    degrees = pyogrio.read_dataframe(f"OAPIF:{served.staff}", layer="requests")
    metres = pyogrio.read_dataframe(f"OAPIF:{served.staff}", layer="requests", CRS=METRES)
    assert metres.crs.to_epsg() == 32749
    there = degrees.to_crs(32749)
    assert there.sort_values("code").geometry.reset_index(drop=True).distance(
        metres.sort_values("code").geometry.reset_index(drop=True)
    ).max() < 0.02  # fmt: skip
    turned = pyogrio.read_dataframe(f"OAPIF:{served.staff}", layer="requests", CRS="EPSG:4326")
    assert turned.geometry.y.round(6).eq(LAT).all(), "latitude comes first on the way, and is put right"


def test_gdal_reads_areas_with_their_shapes(served: Served) -> None:
    areas = pyogrio.read_dataframe(f"OAPIF:{served.public}", layer="kelurahan")
    assert set(areas["name"]) == {"Sriwedari", "Penumping"}
    assert areas.geometry.is_valid.all()
    assert set(areas.geom_type) == {"MultiPolygon"}


def test_gdal_sends_the_token_in_a_header(served: Served) -> None:
    token = served.header["Authorization"].removeprefix("Bearer ")
    options = {"GDAL_HTTP_AUTH": "BEARER", "GDAL_HTTP_BEARER": token}
    pyogrio.set_gdal_config_options(options)
    try:
        frame = pyogrio.read_dataframe(f"OAPIF:{served.public}", layer="requests", PAGE_SIZE="10")
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(options))
    assert len(frame) == served.reports


def test_gdal_is_told_of_a_wrong_token(served: Served) -> None:
    with pytest.raises(pyogrio.errors.DataSourceError):
        pyogrio.list_layers(f"OAPIF:{served.public}{'x' * 43}/")


def test_owslib_reads_by_address_and_by_header(served: Served) -> None:
    for reader in (Features(served.staff), Features(served.public, headers=dict(served.header))):
        assert set(reader.feature_collections()) >= {"requests", "clusters", "work-orders"}
        assert (
            "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in reader.conformance()["conformsTo"]
        )
        assert reader.api()["openapi"].startswith("3.0")
        assert reader.collection("requests")["id"] == "requests"
        assert "status" in reader.collection_queryables("requests")["properties"]
        page = reader.collection_items(
            "requests", bbox=[LON - 1, LAT - 1, LON + 1, LAT + 1], datetime_="2020-01-01/..", limit=10
        )
        assert (page["numberMatched"], page["numberReturned"]) == (served.reports, 10)
        first = page["features"][0]
        assert reader.collection_item("requests", str(first["id"]))["properties"] == first["properties"]
        assert reader.collection_items("requests", severity=3)["numberMatched"] == 0
