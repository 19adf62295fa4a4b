"""What cannot be read is said: 400 with a sentence that names the culprit; what may not be known is 404."""

import pytest
from flask.testing import FlaskClient

from fieldops.domain.roles import Role
from tests.ogcapi.conftest import City

CRS = "http://www.opengis.net/def/crs/"
ON_SPATIALITE = pytest.mark.parametrize("engine_kind", ["spatialite"])
ITEMS = "/ogc/collections/requests/items"

BAD = [
    # (query, the culprit that the sentence begins with)
    ("unknown=1", "unknown"),
    ("Bbox=1,2,3,4", "Bbox"),
    ("words=lubang", "words"),
    ("severity=3", "severity"),  # staff may ask by it
    ("offset=10", "offset"),
    ("f=xml", "f"),
    ("f=html", "f"),
    ("bbox=", "bbox"),
    ("bbox=1,2,3", "bbox"),
    ("bbox=1,2,3,4,5", "bbox"),
    ("bbox=1,2,3,4,5,6,7", "bbox"),
    ("bbox=a,b,c,d", "bbox"),
    ("bbox=nan,0,1,1", "bbox"),
    ("bbox=-inf,0,inf,1", "bbox"),
    ("bbox=1_0,0,20,1", "bbox"),
    ("bbox=1e999,0,1,1", "bbox"),
    ("bbox=110,-7,111,-8", "bbox"),  # north below south
    ("bbox=-7.6,110.7,-7.5,110.9", "bbox"),  # latitude first
    ("bbox=181,0,182,1", "bbox"),
    ("bbox=0,-91,1,1", "bbox"),
    ("bbox=0,0,1,1&bbox=0,0,1,1", "bbox"),
    (f"bbox=500000,9000000,400000,9100000&bbox-crs={CRS}EPSG/0/32749", "bbox"),
    (f"bbox=1e300,1e300,1e301,1e301&bbox-crs={CRS}EPSG/0/32749", "bbox"),
    (f"bbox=110.7,-7.6,110.9,-7.5&bbox-crs={CRS}EPSG/0/4326", "bbox"),  # the axes the other way round
    ("bbox-crs=EPSG:4326", "bbox-crs"),
    (f"bbox=0,0,1,1&bbox-crs={CRS}EPSG/0/3857", "bbox-crs"),
    (f"crs={CRS}EPSG/0/3857", "crs"),
    ("crs=", "crs"),
    ("limit=0", "limit"),
    ("limit=-1", "limit"),
    ("limit=ten", "limit"),
    ("limit=1.5", "limit"),
    ("limit=", "limit"),
    ("limit=%D9%A3", "limit"),  # an Arabic three
    ("limit=9999999999999999999999", "limit"),
    ("datetime=", "datetime"),
    ("datetime=..", "datetime"),
    ("datetime=../..", "datetime"),
    ("datetime=/", "datetime"),
    ("datetime=yesterday", "datetime"),
    ("datetime=2026-13-01", "datetime"),
    ("datetime=2026-02-30T00:00:00Z", "datetime"),
    ("datetime=2026-11-30T00:00:00", "datetime"),  # whose midnight?
    ("datetime=20261130", "datetime"),
    ("datetime=2026-W48-1", "datetime"),
    ("datetime=2026-11-30T25:00:00Z", "datetime"),
    ("datetime=2026-12-01/2026-11-30", "datetime"),
    ("datetime=2026-11-01/2026-11-02/2026-11-03", "datetime"),
    ("datetime=0001-01-01T00:00:00%2B23:59", "datetime"),
    ("datetime=9999-12-31", "datetime"),
    ("datetime=../0001-01-01T00:00:00Z", "datetime"),
    ("datetime=%D9%A2%D9%A0%D9%A2%D9%A6-01-01", "datetime"),
    ("status=submitted", "status"),  # staff's words
    ("status=", "status"),
    ("service=%00", "service"),
    ("cursor=x", "cursor"),
    ("cursor=AAAAAAAAAAAAAAAAAAAAAA", "cursor"),
    ("cursor=", "cursor"),
]  # fmt: skip


@ON_SPATIALITE
def test_what_cannot_be_read_is_said(client: FlaskClient, engine_kind: str) -> None:
    for query, culprit in BAD:
        answer = client.get(f"{ITEMS}?{query}")
        assert answer.status_code == 400, query
        assert answer.mimetype == "application/json"
        told = answer.json
        assert told is not None
        assert told["code"] == "InvalidParameterValue"
        assert told["description"].startswith(f"{culprit}"), (query, told)
        assert len(told["description"]) < 400


@ON_SPATIALITE
@pytest.mark.parametrize("path", ["/", "/conformance", "/api", "/collections", "/collections/requests",
                                  "/collections/requests/queryables", "/tiles.json"])  # fmt: skip
def test_every_page_refuses_what_it_does_not_know(client: FlaskClient, path: str) -> None:
    assert client.get(f"/ogc{path}").status_code == 200
    assert client.get(f"/ogc{path}?f=json").status_code == 200
    assert client.get(f"/ogc{path}?f=gml").status_code == 400
    assert client.get(f"/ogc{path}?limit=1").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "limit=1", "limit=10000", "limit=10001", "limit=999999999", "f=json",
        "bbox=-180,-90,180,90", "bbox=110,-8,111,-7", "bbox=110,-8,0,111,-7,100", "bbox=179,-90,-179,90",
        "bbox=%2B110.5,-8.,111,-.5", "bbox=110, -8, 111, -7", "bbox=0,0,0,0",
        f"bbox=400000,9100000,500000,9200000&bbox-crs={CRS}EPSG/0/32749",
        f"bbox=480000,9163000,480000,9163000&bbox-crs={CRS}EPSG/0/32749",
        f"bbox=480000,9163000,480000,9164000&bbox-crs={CRS}EPSG/0/32749",
        f"crs=%3C{CRS}EPSG/0/4326%3E", f"crs=[{CRS}EPSG/0/4326]",
        "datetime=2026-11-30t08:00:00z", "datetime=2026-11-30T08:00:00.123456789Z",
        "datetime=2026-11-30T08:00:00+07:00", "datetime=2026-11-30T08:00:00%2B07:00", "datetime=1000-01-01",
        "datetime=1000-01-01/9000-12-31", "service=it's \"quoted\" %25 ; --", "status=open",
    ],
)  # fmt: skip
def test_what_is_unusual_and_right_is_answered(city: City, query: str) -> None:
    answer = city.get(f"/collections/requests/items?{query}")
    assert answer.status_code == 200, answer.text


@ON_SPATIALITE
def test_a_mark_belongs_to_its_question(city: City) -> None:
    token = city.token(Role.ENGINEER)
    first = city.get("/collections/requests/items?limit=1", token).json
    assert first is not None
    onward = next(link["href"] for link in first["links"] if link["rel"] == "next").rpartition("cursor=")[2]
    page = "/collections/requests/items"
    assert city.get(f"{page}?cursor={onward}", token).status_code == 200
    assert city.get(f"{page}?cursor={onward}&crs={CRS}EPSG/0/4326", token).status_code == 200
    assert city.get(f"{page}?cursor={onward}&service=pothole", token).status_code == 400
    assert city.get(f"/collections/clusters/items?cursor={onward}", token).status_code == 400
    assert city.get(f"{page}?cursor={onward}").status_code == 400, "what staff are told is another question"
    for place in range(len(onward)):
        other = "A" if onward[place] != "A" else "B"
        bent = onward[:place] + other + onward[place + 1 :]
        assert city.get(f"{page}?cursor={bent}", token).status_code == 400


@ON_SPATIALITE
def test_whole_numbers_are_whole(city: City) -> None:
    token = city.token(Role.ENGINEER)
    for words in ("high", "2.5", "", "99999999999999999999", "2;drop"):
        answer = city.get(f"/collections/requests/items?severity={words}", token)
        assert answer.status_code == 400, words
        assert answer.json["description"].startswith("severity")  # type: ignore[index]


@ON_SPATIALITE
@pytest.mark.parametrize(
    "path",
    ["/collections/hotspots", "/collections/Requests", "/collections/clusters", "/nothing",
     "/collections/work-orders/items", "/collections/requests/items/1", "/collections/requests/items/",
     "/collections/requests/x"],
)  # fmt: skip
def test_what_is_not_there_is_404(city: City, path: str) -> None:
    client = city.world.app.test_client()
    assert client.get(f"/ogc{path}", follow_redirects=True).status_code == 404


@ON_SPATIALITE
def test_nothing_is_written_here(client: FlaskClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert client.open(ITEMS, method=method).status_code == 405
    assert client.open(ITEMS, method="HEAD").status_code == 200
