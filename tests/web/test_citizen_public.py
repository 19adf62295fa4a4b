"""What everybody may see: and that nothing private is among it."""

import gzip
import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString, MultiPolygon, Polygon

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Area, Line, ServiceRequest
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.group_requests import group_request
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.citizens import LAT, LON, said, send, stored


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", "en")
    return client


@pytest.fixture
def street(app: object) -> None:
    with transaction() as session:
        district = MultiPolygon([Polygon([(110.8, -7.6), (110.85, -7.6), (110.85, -7.55), (110.8, -7.55)])])
        parent = Area(kind="kecamatan", name="Banjarsari", shape=from_shape(district, 4326))
        session.add(parent)
        session.flush()
        session.add(
            Area(kind="kelurahan", name="Ketelan", parent_id=parent.id, shape=from_shape(district, 4326))
        )
        line = LineString([(LON - 0.003, LAT), (LON + 0.003, LAT)])
        session.add(
            Line(
                kind="street",
                name="Jl. Ronggowarsito",
                line_class="main",
                jurisdiction="city",
                shape=from_shape(line, 4326),
            )
        )


def everything_public(reader: FlaskClient) -> str:
    """All that a stranger can read about reports."""
    addresses = (
        "/",
        "/peta",
        "/peta/titik.geojson",
        f"/lapor/serupa?lat={LAT}&lon={LON}",
        f"/?lat={LAT}&lon={LON}",
    )
    return "\n".join(reader.get(address).get_data(as_text=True) for address in addresses)


@pytest.mark.usefixtures("street")
def test_the_list_shows_kind_street_status_and_distance(reader: FlaskClient) -> None:
    send(reader, address="Jl. Ronggowarsito 12, rumah Pak Budi", landmark="Depan rumah Bu Sri")
    words = said(reader.get("/"))
    assert "Around Ketelan, Banjarsari" in words
    assert re.search(r"Pothole \d+ m Jl\. Ronggowarsito Received Me too", words)
    public = everything_public(reader)
    (row,) = stored()
    for private in (row.code, row.words, "Pak Budi", "Bu Sri", "Ronggowarsito 12", row.external_key):
        assert private not in public


def test_a_confidential_report_leaves_no_public_trace(reader: FlaskClient) -> None:
    empty = {path: said(reader.get(path)) for path in ("/", "/peta", "/peta/titik.geojson")}
    with clock.frozen(clock.now() - timedelta(days=2)):
        send(reader.application.test_client(), confidential="1")
    (row,) = stored()
    assert {path: said(reader.get(path)) for path in empty} == empty
    answer = reader.get("/lacak", query_string={"kode": row.code})
    unknown = reader.get("/lacak", query_string={"kode": "SKA-2222-222"})
    assert answer.status_code == unknown.status_code == 404
    assert said(answer).replace(row.code, "") == said(unknown).replace("SKA-2222-222", "")


def test_points_carry_no_id_words_or_exact_place(reader: FlaskClient) -> None:
    send(reader, lon="110.823456", lat="-7.566789")
    answer = reader.get("/peta/titik.geojson", headers={"Accept-Encoding": "gzip"})
    assert answer.mimetype == "application/geo+json"
    (point,) = json.loads(gzip.decompress(answer.data))["features"]
    assert set(point) == {"type", "geometry", "properties"}
    assert set(point["properties"]) == {"family", "icon", "state", "severity", "title", "text"}
    assert point["geometry"]["coordinates"] == [110.823, -7.567]
    assert reader.get("/peta/titik.geojson?bbox=110.7,-7.9,110.71,-7.8").json == {
        "type": "FeatureCollection", "features": [],
    }  # fmt: skip


def test_one_place_of_work_is_one_row(reader: FlaskClient, world: World) -> None:
    for _ in range(3):
        send(reader)
    with transaction() as session:
        for row in session.query(ServiceRequest).all():
            group_request(session, world.installation, row.id)
    assert reader.get("/").get_data(as_text=True).count("data-filter=") == 1
    assert len(reader.get("/peta/titik.geojson").json["features"]) == 1


def test_repaired_places_stay_for_a_while(reader: FlaskClient) -> None:
    send(reader)
    (row,) = stored()
    row.status, row.closed_reason, row.ended_at = "closed", "repaired", clock.now()
    db.session.commit()
    assert "Repaired" in said(reader.get("/"))
    assert "Me too" not in said(reader.get("/"))
    row.ended_at = clock.now() - timedelta(days=40)
    db.session.commit()
    assert "No reports here yet." in said(reader.get("/"))


def test_a_late_answer_is_said_plainly(reader: FlaskClient) -> None:
    with clock.frozen(clock.now() - timedelta(hours=30)):
        send(reader)
    assert re.search(r"6 hours( 00 min)? late", said(reader.get("/")))


def test_the_week_counts_what_was_answered_in_time(reader: FlaskClient, world: World) -> None:
    with clock.frozen(clock.now() - timedelta(days=3)):
        for _ in range(3):
            send(reader)
        send(reader, confidential="1")
        first = stored()[0].id
        with transaction() as session:
            change_request_status(
                session,
                session.get_one(ServiceRequest, first),
                RequestStatus.ACKNOWLEDGED,
                world.by(Role.DISPATCHER),
            )
        taken_back = send(reader).location
        reader.post(f"{taken_back}/tarik")  # neither answered nor owed an answer
    words = said(reader.get("/"))
    assert "4 reports received" in words
    assert "33 % answered within 24 hours" in words
    assert "2 not answered in time" in words
    assert "n = 4." in words


@pytest.mark.usefixtures("street")
def test_a_kelurahan_can_be_chosen_without_javascript(reader: FlaskClient) -> None:
    area = db.session.query(Area).filter_by(kind="kelurahan").one()
    assert "Around Ketelan" in said(reader.get(f"/?kelurahan={area.id}"))
    for odd in ("/?kelurahan=999999", "/?kelurahan=x", "/?kelurahan=99999999999999999999", "/?family=ufo"):
        assert reader.get(odd).status_code == 200


def test_a_point_outside_is_explained_and_the_centre_shown(reader: FlaskClient) -> None:
    answer = reader.get("/?lat=-6.2&lon=106.8")
    assert answer.status_code == 200
    assert "This place lies outside Surakarta" in said(answer)
    assert reader.get("/?lat=x&lon=").status_code == 200


@pytest.mark.usefixtures("street")
def test_the_base_map_is_small_and_kept(reader: FlaskClient) -> None:
    answer = reader.get("/peta/dasar.geojson", headers={"Accept-Encoding": "gzip"})
    features = json.loads(gzip.decompress(answer.data))["features"]
    assert {feature["properties"]["kind"] for feature in features} == {"area", "street"}
    again = reader.get("/peta/dasar.geojson", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    address = re.search(r'data-base-url="([^"]+)"', reader.get("/").get_data(as_text=True))
    assert address is not None
    kept = reader.get(address.group(1).replace("&amp;", "&"))
    assert "immutable" in kept.headers["Cache-Control"]


@pytest.mark.usefixtures("street")
def test_the_base_map_from_far_has_no_local_streets_and_no_finer_places(reader: FlaskClient) -> None:
    with transaction() as session:
        line = LineString([(LON, LAT), (LON + 0.0123456, LAT + 0.00001), (LON + 0.02, LAT)])
        session.add(
            Line(
                kind="street",
                name="Jl. Slamet Riyadi",
                line_class="arterial",
                jurisdiction="city",
                shape=from_shape(line, 4326),
            )
        )
    address = re.search(r'data-base-url="([^"]+)"', reader.get("/peta").get_data(as_text=True))
    assert address is not None
    features = json.loads(reader.get(address.group(1).replace("&amp;", "&")).data)["features"]
    assert [(one["properties"]["name"], one["geometry"]["type"]) for one in features] == [
        ("Ketelan", "Point"),
        ("Jl. Slamet Riyadi", "LineString"),
    ]
    ends = features[1]["geometry"]["coordinates"]
    assert ends == [[round(LON, 4), round(LAT, 4)], [round(LON + 0.02, 4), round(LAT, 4)]]


def test_no_code_is_asked_for(reader: FlaskClient) -> None:
    assert "Write the code" not in said(reader.get("/lacak"))
    assert "Write the code of your report." in said(reader.get("/lacak?kode=+"))


def test_a_code_shows_public_status_only(reader: FlaskClient) -> None:
    send(reader, landmark="Depan toko besi")
    (row,) = stored()
    answer = reader.get("/lacak", query_string={"kode": row.code.lower().replace("-", " ")})
    words = said(answer)
    assert answer.status_code == 200
    assert "Received" in words
    for private in (row.words, "toko besi"):
        assert private not in words
    assert reader.get("/lacak").status_code == 200
    assert reader.get("/lacak?kode=nonsense").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("/peta?family=road", "/peta?family=road"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_choices_are_kept_and_lead_back_here_only(client: FlaskClient, wanted: str, got: str) -> None:
    for address, name, value in (("/bahasa/en", "language", "en"), ("/tema/dark", "theme", "dark")):
        answer = client.get(address, query_string={"next": wanted})
        assert (answer.status_code, answer.location) == (303, got)
        cookie = client.get_cookie(name)
        assert cookie is not None
        assert cookie.value == value


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_unknown_choices_are_not_found(client: FlaskClient) -> None:
    assert client.get("/bahasa/xx").status_code == 404
    assert client.get("/tema/pink").status_code == 404
