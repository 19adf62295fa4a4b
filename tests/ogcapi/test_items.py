"""Pages of features on both databases: which, in which order, in which coordinates, and to whom."""

import gzip
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from pyproj import Transformer
from shapely.geometry import LinearRing, LineString
from sqlalchemy import Connection, event

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Line
from fieldops.transaction import transaction
from tests.ogcapi.conftest import LAT, LON, City

STAFF_SEE = {"open", "in_progress", "repaired", "long_repaired", "declined", "secret", "drain"}
PUBLIC_SEE = {"open", "in_progress", "repaired", "drain"}
CRS = "http://www.opengis.net/def/crs/"


def names_of(city: City, features: list[dict[str, Any]]) -> set[str]:
    by_id = {number: name for name, number in city.ids.items()}
    return {by_id[one["id"]] for one in features}


def test_staff_read_every_placed_report_with_its_exact_place(city: City) -> None:
    token = city.token(Role.ENGINEER)
    features = city.items("requests", token=token)
    assert names_of(city, features) == STAFF_SEE
    one = next(one for one in features if one["id"] == city.ids["open"])
    assert one["geometry"] == {"type": "Point", "coordinates": [LON + 0.001, LAT]}
    told = one["properties"]
    assert told["service"] == "pothole"
    assert (told["status"], told["severity"], told["kelurahan"]) == ("submitted", 2, "Penumping")
    assert told["address"] == "Jalan Slamet Riyadi"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", told["reported_at"])
    assert isinstance(told["cluster"], int)


def test_everybody_reads_what_the_public_map_shows(city: City) -> None:
    features = city.items("requests")
    assert sorted(one["properties"]["status"] for one in features) == [
        "in_progress", "open", "open", "repaired",
    ]  # fmt: skip
    day = (city.today() - timedelta(days=3)).isoformat()
    for one in features:
        assert set(one["properties"]) == {"service", "service_name", "status", "reported_on"}
        assert one["properties"]["reported_on"] == day
        lat = one["geometry"]["coordinates"][1]
        assert min(abs(lat - street) for street in (LAT + 0.0001, LAT - 0.003)) < 2e-6, "on a street"


def test_repairs_leave_the_public_collection_when_they_leave_the_map(city: City) -> None:
    for ended_at, shown in ((city.midnight(14), 1), (city.midnight(14) - timedelta(seconds=1), 0)):
        city.set("repaired", ended_at=ended_at)
        assert len(city.items("requests", "status=repaired")) == shown


def test_pages_hold_each_feature_once_while_rows_arrive(city: City) -> None:
    token = city.token(Role.DISPATCHER)
    address, seen, pages = "/collections/requests/items?limit=2", [], 0
    while address:
        answer = city.get(address, token).json
        assert answer is not None
        assert answer["numberMatched"] == len(STAFF_SEE)
        assert answer["numberReturned"] == len(answer["features"]) <= 2
        seen += [one["id"] for one in answer["features"]]
        links = {link["rel"]: link["href"] for link in answer["links"]}
        address = links.get("next", "").partition(token)[2]
        pages += 1
        if pages == 2:
            city.report("late", lon=LON + 0.0005, lat=LAT)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == len(STAFF_SEE) + 1


def test_the_last_full_page_has_no_next(city: City) -> None:
    token = city.token(Role.HEAD)
    answer = city.get(f"/collections/requests/items?limit={len(STAFF_SEE)}", token).json
    assert answer is not None
    assert "next" not in {link["rel"] for link in answer["links"]}
    more = city.get(f"/collections/requests/items?limit={len(STAFF_SEE) - 1}", token).json
    assert more is not None
    assert "next" in {link["rel"] for link in more["links"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("service=blocked_drain", {"drain"}),
        ("service=volcano", set()),
        ("status=in_progress", {"in_progress"}),
        ("severity=3", {"drain"}),
        ("status=done&service=pothole", {"repaired", "long_repaired"}),
        ("kelurahan=Sriwedari", {"declined", "secret"}),
        ("channel=phone", set()),
        # boxes: west, south, east, north
        (f"bbox={LON + 0.0005},{LAT - 0.001},{LON + 0.0045},{LAT + 0.001}", {"open", "in_progress"}),
        (f"bbox={LON + 0.0005},{LAT - 0.001},-99,{LON + 0.0045},{LAT + 0.001},99", {"open", "in_progress"}),
        (f"bbox={LON + 0.001},{LAT},{LON + 0.001},{LAT}", {"open"}),
        # around the world the other way: all but what lies between
        (f"bbox={LON + 0.0005},-90,{LON - 0.005},90", STAFF_SEE - {"declined", "drain"}),
        (f"bbox={LON + 0.02},-90,-179,90", set()),
        # the same in degrees the other way round, and in metres
        (f"bbox={LAT - 0.001},{LON + 0.0005},{LAT + 0.001},{LON + 0.0045}&bbox-crs={CRS}EPSG/0/4326",
         {"open", "in_progress"}),
    ],
)  # fmt: skip
def test_filters_and_boxes_narrow(city: City, query: str, found: set[str]) -> None:
    token = city.token(Role.ENGINEER)
    assert names_of(city, city.items("requests", query, token)) == found
    assert city.get(f"/collections/requests/items?{query}&limit=1", token).json["numberMatched"] == len(found)  # type: ignore[index]


def test_a_box_in_metres_means_metres(city: City) -> None:
    token = city.token(Role.ENGINEER)
    to_metres = Transformer.from_crs("OGC:CRS84", "EPSG:32749")
    x, y = to_metres.transform(LON + 0.001, LAT)
    for reach_m, found in ((0.5, {"open"}), (400.0, {"open", "in_progress", "drain"})):
        query = f"bbox={x - reach_m},{y - reach_m},{x + reach_m},{y + reach_m}&bbox-crs={CRS}EPSG/0/32749"
        assert names_of(city, city.items("requests", query, token)) == found


@pytest.mark.parametrize(
    ("days", "found"),
    [
        ("{before}/{after}", True), ("../{after}", True), ("{before}/..", True), ("/{after}", True),
        ("{before}/", True), ("{at}", True), ("{after}/..", False), ("../{before}", False),
        ("{before}", False),
    ],
)  # fmt: skip
def test_times_narrow(city: City, days: str, found: bool) -> None:
    token = city.token(Role.ENGINEER)
    at = clock.now().replace(microsecond=0) - timedelta(days=30)
    city.set("open", reported_at=at.replace(microsecond=250_000))
    words = {
        name: f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        for name, moment in (
            ("at", at),
            ("before", at - timedelta(seconds=1)),
            ("after", at + timedelta(seconds=1)),
        )
    }
    asked = city.items("requests", f"datetime={days.format(**words)}", token)
    assert ("open" in names_of(city, asked)) is found


def test_everybody_asks_by_days_and_cannot_find_out_the_hour(city: City) -> None:
    day = city.today() - timedelta(days=3)
    noon = city.midnight(3) + timedelta(hours=12)
    city.set("open", reported_at=noon)
    everywhere = f"bbox={LON + 0.0005},{LAT - 0.001},{LON + 0.0025},{LAT + 0.001}"
    for hour in range(24):
        moment = (city.midnight(3) + timedelta(hours=hour)).isoformat().replace("+", "%2B")
        assert len(city.items("requests", f"{everywhere}&datetime={moment}")) == 1, hour
    assert len(city.items("requests", f"{everywhere}&datetime={day}")) == 1
    assert not city.items("requests", f"{everywhere}&datetime={day - timedelta(days=1)}")
    assert not city.items("requests", f"{everywhere}&datetime={day + timedelta(days=1)}/..")


@pytest.mark.parametrize("system", ["OGC/1.3/CRS84", "EPSG/0/4326", "EPSG/0/32749"])
def test_coordinates_come_in_the_order_of_their_system(city: City, system: str) -> None:
    token = city.token(Role.ENGINEER)
    answer = city.get(f"/collections/requests/items/{city.ids['open']}?crs={CRS}{system}", token)
    assert answer.headers["Content-Crs"] == f"<{CRS}{system}>"
    told = answer.json["geometry"]["coordinates"]  # type: ignore[index]
    x, y = Transformer.from_crs("OGC:CRS84", "EPSG:32749").transform(LON + 0.001, LAT)
    wanted = {"OGC/1.3/CRS84": (LON + 0.001, LAT), "EPSG/0/4326": (LAT, LON + 0.001), "EPSG/0/32749": (x, y)}
    assert told == pytest.approx(wanted[system], abs=0.006 if "32749" in system else 6e-8)


def test_lines_and_areas(city: City) -> None:
    roads = city.items("road-segments")
    assert {one["properties"]["name"] for one in roads} == {"Jalan Slamet Riyadi", "Jalan Veteran"}
    assert {one["geometry"]["type"] for one in roads} == {"LineString"}
    assert len(roads[0]["geometry"]["coordinates"]) == 3
    assert len(city.items("road-segments", "jurisdiction=province")) == 1
    water = city.items("drains")
    assert {one["properties"]["kind"] for one in water} == {"canal", "river"}
    areas = city.items("kelurahan", "datetime=2020-01-01")  # what has no time is there at any
    assert {(one["properties"]["name"], one["properties"]["kecamatan"]) for one in areas} == {
        ("Sriwedari", "Laweyan"), ("Penumping", "Laweyan"),
    }  # fmt: skip
    assert {one["geometry"]["type"] for one in areas} == {"MultiPolygon"}
    for one in areas:
        ((ring,),) = one["geometry"]["coordinates"]
        assert LinearRing(ring).is_ccw
    west = city.items("kelurahan", f"bbox={LON - 0.02},{LAT},{LON - 0.01},{LAT}")
    assert [one["properties"]["name"] for one in west] == ["Sriwedari"]
    beside = city.items("road-segments", f"bbox={LON - 0.02},{LAT - 0.001},{LON + 0.02},{LAT}")
    assert beside == [], "a box between two streets meets none"


def test_a_box_meets_the_line_and_not_only_its_box(city: City) -> None:
    with transaction() as session:
        shape = from_shape(LineString([(110.80, -7.58), (110.84, -7.54)]), srid=4326)
        session.add(Line(kind="street", name="Jalan Miring", line_class="local", shape=shape))
    corner = city.items("road-segments", "bbox=110.835,-7.579,110.839,-7.575")
    assert corner == []
    assert len(city.items("road-segments", "bbox=110.819,-7.561,110.821,-7.559")) == 1


def test_work_for_staff(city: City) -> None:
    token = city.token(Role.ENGINEER)
    order = city.order("open")
    (one,) = city.items("work-orders", token=token)
    assert one["id"] == order
    assert one["properties"]["status"] in ("draft", "ready")
    assert "note" not in one["properties"]
    places = {place["id"]: place for place in city.items("clusters", "status=open", token)}
    place = places[one["properties"]["cluster"]]["properties"]
    assert (place["reports"], place["open_reports"], place["kelurahan"]) == (1, 1, "Penumping")
    assert city.items("work-orders", "status=cancelled", token) == []


def test_one_feature_by_its_number(city: City) -> None:
    token = city.token(Role.ENGINEER)
    whole = city.get(f"/collections/requests/items/{city.ids['open']}", token)
    assert whole.json["properties"]["code"] == city.code("open")  # type: ignore[index]
    assert {link["rel"] for link in whole.json["links"]} == {"self", "collection"}  # type: ignore[index]
    for wrong in ("999999", "0", "-1", "x", "1e3", "99999999999999999999", "%00"):
        assert city.get(f"/collections/requests/items/{wrong}", token).status_code == 404, wrong


# ---------------------------------------------------------------- answers


def test_who_has_an_answer_is_not_sent_it_again(city: City) -> None:
    path = "/collections/requests/items"
    for token in ("", city.token(Role.ENGINEER)):
        first = city.get(path, token)
        tag = first.headers["ETag"]
        assert tag.startswith("W/")
        again = city.get(path, token, **{"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")
        city.set("open", severity=3 if token else 2, status="in_progress" if not token else "acknowledged")
        assert city.get(path, token, **{"If-None-Match": tag}).status_code == 200


def test_nobody_reads_from_an_etag_that_a_secret_report_came(city: City) -> None:
    tag = city.get("/collections/requests/items").headers["ETag"]
    city.report("another", lon=LON + 0.002, lat=LAT, confidential=True)
    city.set("open", severity=3)
    assert city.get("/collections/requests/items").headers["ETag"] == tag


def test_answers_are_packed_and_private_where_they_must_be(city: City) -> None:
    token = city.token(Role.ENGINEER)
    plain = city.get("/collections/requests/items", token)
    packed = city.get("/collections/requests/items", token, **{"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    stamp = re.compile(rb'"timeStamp":"[^"]+",')
    assert stamp.sub(b"", gzip.decompress(packed.data)) == stamp.sub(b"", plain.data)
    assert plain.headers["Cache-Control"] == "private, no-cache"
    assert "Access-Control-Allow-Origin" not in plain.headers
    public = city.get("/collections/requests/items")
    assert public.headers["Cache-Control"] == "public, max-age=60"
    assert public.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in public.headers["Vary"]
    assert "Set-Cookie" not in public.headers


def test_a_page_takes_few_statements_however_many_features(city: City) -> None:
    token = city.token(Role.ENGINEER)
    city.get("/", token)  # the day's use is noted
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *held: asked.append(held[2]))
    city.get("/collections/requests/items", token)
    assert len([words for words in asked if "service_request" in words]) == 2, "one counts, one reads"


@pytest.mark.parametrize("query", ["", "&status=open", "&service=pothole", "&datetime=2020-01-01/.."])
@pytest.mark.parametrize("staff", [False, True])
def test_a_box_goes_by_the_spatial_index(city: City, query: str, staff: bool) -> None:
    token = city.token(Role.ENGINEER) if staff else ""
    query = query.replace("open", "submitted") if staff else query
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, words: str, values: Any, *_more: Any) -> None:
        if "service_request" in words:
            asked.append((words, values))

    event.listen(db.engine, "before_cursor_execute", note)
    city.items("requests", f"bbox={LON},{LAT - 0.001},{LON + 0.001},{LAT + 0.001}{query}", token)
    event.remove(db.engine, "before_cursor_execute", note)
    index = f"idx_service_request_{'' if staff else 'public_'}place"
    lite = db.engine.dialect.name == "sqlite"
    assert len(asked) == 2
    with db.engine.connect() as connection:
        if not lite:
            fill_a_city(connection)
        for words, values in asked:
            explain = "EXPLAIN QUERY PLAN " if lite else "EXPLAIN "
            plan = " ".join(str(row) for row in connection.exec_driver_sql(explain + words, values))
            assert index in plan, plan
            if lite:
                assert "SEARCH service_request USING INTEGER PRIMARY KEY (rowid=?)" in plan, plan
        connection.rollback()


FILL = """
CREATE TEMPORARY TABLE far ON COMMIT DROP AS
  SELECT one.*, n FROM (SELECT * FROM service_request ORDER BY id LIMIT 1) one, generate_series(1, 4000) n;
UPDATE far SET id = 100000 + n, code = 'X' || n, external_key = 'x' || n,
  link_digest = md5(n::text),
  place = ST_SetSRID(ST_Point(110.72 + mod(n, 64) * 0.003, -7.66 + n / 64 * 0.003), 4326);
UPDATE far SET public_place = place;
ALTER TABLE far DROP COLUMN n;
INSERT INTO service_request SELECT * FROM far;
ANALYZE service_request;
"""


def fill_a_city(connection: Connection) -> None:
    """Put reports over the whole city beside the seven, and let them be counted: PostgreSQL plans by what it
    counted, and of seven rows it may well read all. They go again with the connection's transaction.
    """
    for statement in FILL.split(";")[:-1]:
        connection.exec_driver_sql(statement)


def test_the_body_is_json_to_the_letter(city: City) -> None:
    city.set("open", address='Jalan "Kutip" \\ \n Petik')
    answer = city.get("/collections/requests/items", city.token(Role.ENGINEER))
    body = json.loads(answer.data)
    told = {one["id"]: one["properties"]["address"] for one in body["features"]}
    assert told[city.ids["open"]] == 'Jalan "Kutip" \\ \n Petik'
