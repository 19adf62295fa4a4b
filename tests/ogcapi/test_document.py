"""The API's own description holds: a validator reads it, and what is answered is as it says."""

from datetime import date
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from jsonschema import Draft202012Validator
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate
from shapely.geometry import MultiPolygon, box

from fieldops import clock
from fieldops.domain.hotspot_questions import Question
from fieldops.domain.roles import Role
from fieldops.models import HotspotCell, HotspotRun
from fieldops.transaction import transaction
from tests.ogcapi.conftest import City

MEDIA_TYPE = "application/vnd.oai.openapi+json;version=3.0"


def resolved(part: Any, document: dict[str, Any]) -> Any:
    """Put what is pointed at where it is pointed at from."""
    if isinstance(part, dict):
        if "$ref" in part:
            found: Any = document
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            return resolved(found, document)
        return {key: resolved(value, document) for key, value in part.items()}
    return [resolved(one, document) for one in part] if isinstance(part, list) else part


@pytest.mark.parametrize("role", [None, Role.ENGINEER, Role.CREW_LEADER])
def test_the_document_is_openapi_and_answers_are_as_it_says(city: City, role: Role | None) -> None:
    token = city.token(role) if role else ""
    city.order("open")
    add_hotspot_cell()
    answer = city.get("/api", token)
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    document = answer.json
    assert document is not None
    validate(document)
    home = document["servers"][0]["url"]
    assert home == f"http://localhost/ogc/{token}".rstrip("/")
    listed = city.get("/collections", token).json
    assert listed is not None
    told = {path.split("/")[2] for path in document["paths"] if path.startswith("/collections/")}
    assert told == {one["id"] for one in listed["collections"]}
    for path, item in document["paths"].items():
        real = path
        if "{featureId}" in path:
            real = path.format(featureId=city.items(path.split("/")[2], token=token)[0]["id"])
        page = city.get(real, token)
        assert page.status_code == 200, real
        good = item["get"]["responses"]["200"]["content"]
        kind = page.headers["Content-Type"].removesuffix("; charset=utf-8")
        assert kind in good, real
        schema = resolved(good[kind]["schema"], document)
        OAS30Validator(schema).validate(page.json)


def add_hotspot_cell() -> None:
    """One computed map of one cell, so that every collection has a feature."""
    question = Question(first=date(2026, 9, 1), last=date(2026, 11, 29))
    with transaction() as session:
        run = HotspotRun(
            state="done", method="gi_star", question=question.facts(), question_digest=question.digest,
            seed=1, created_at=clock.now(), computed_at=clock.now(),
        )  # fmt: skip
        session.add(run)
        session.flush()
        shape = from_shape(MultiPolygon([box(110.82, -7.57, 110.824, -7.566)]), srid=4326)
        session.add(HotspotCell(run_id=run.id, number=1, count=7, expected=2.5, z=3.1, p=0.002, shape=shape))


def test_each_link_leads_to_what_it_says(city: City) -> None:
    token = city.token(Role.ENGINEER)
    seen: set[str] = set()

    def walk(path: str) -> None:
        if path in seen:
            return
        seen.add(path)
        answer = city.get(path, token)
        assert answer.status_code == 200, path
        if not answer.is_json and "json" not in answer.mimetype:
            return
        body = answer.get_json(force=True)
        for part in (body, *body.get("collections", [])):
            for link in part.get("links", []):
                found = city.get(link["href"].partition(token)[2], token)
                assert found.headers["Content-Type"].split("; charset")[0] == link["type"], link
                walk(link["href"].partition(token)[2])

    walk("/")
    assert "/collections/clusters/items" in seen
    assert len(seen) > 20


def test_what_it_conforms_to_is_said(city: City) -> None:
    told = city.get("/conformance").json
    assert told is not None
    assert {name.rpartition("/spec/")[2] for name in told["conformsTo"]} >= {
        "ogcapi-features-1/1.0/conf/core", "ogcapi-features-1/1.0/conf/oas30",
        "ogcapi-features-1/1.0/conf/geojson", "ogcapi-features-2/1.0/conf/crs",
    }  # fmt: skip


def test_collections_say_where_when_and_in_which_systems(city: City) -> None:
    here = city.world.installation.city
    told = city.get("/collections/requests").json
    assert told is not None
    assert told["extent"]["spatial"]["bbox"] == [list(here.bounds)]
    assert told["extent"]["temporal"]["interval"] == [[None, None]]
    assert told["storageCrs"] in told["crs"]
    assert [name.rpartition("/crs/")[2] for name in told["crs"]] == [
        "OGC/1.3/CRS84", "EPSG/0/4326", f"EPSG/0/{here.epsg}",
    ]  # fmt: skip
    assert "temporal" not in city.get("/collections/drains").json["extent"]  # type: ignore[index]


def test_queryables_are_a_schema_of_what_may_be_asked(city: City) -> None:
    schema = city.get("/collections/requests/queryables", city.token(Role.ENGINEER)).get_json(force=True)
    Draft202012Validator.check_schema(schema)
    assert "done" in schema["properties"]["status"]["enum"]
    assert "reported_at" not in schema["properties"]
    for name, part in schema["properties"].items():
        if "enum" in part:
            assert city.get(f"/collections/requests/items?{name}={part['enum'][0]}").status_code in (200, 400)


def test_people_see_a_page(city: City) -> None:
    client = city.world.app.test_client()
    client.set_cookie("language", "en")
    token = city.token(Role.ENGINEER)
    page = client.get(f"/ogc/{token}/", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.mimetype == "text/html"
    assert "Work orders" in page.text
    assert "holds your token" in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/ogc/", headers={"Accept": "*/*"}).mimetype == "application/json"
    assert client.get("/ogc/", headers={"Accept": "application/json"}).mimetype == "application/json"
    assert client.get("/ogc/?f=json", headers={"Accept": "text/html"}).mimetype == "application/json"
    public = client.get("/ogc/?f=html")
    assert "holds your token" not in public.text
    assert "Work orders" not in public.text
