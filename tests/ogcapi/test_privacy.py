"""Who may know what: nothing of a secret report, of a person or of their words, to anybody, by any road."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import UserRole
from fieldops.queries.features.layer import Scene
from fieldops.queries.features.offered import LAYERS, layers_for
from fieldops.transaction import transaction
from tests.ogcapi.conftest import LAT, LON, MAIL, NAME, PHONE, City

PEOPLE = ("Sumiyati", "Wiryo", PHONE, MAIL, "Rumah", "telepon")
PUBLIC_LAYERS = {"requests", "road-segments", "drains", "kelurahan"}
BOARD_LAYERS = PUBLIC_LAYERS | {"work-orders", "clusters"}
STAFF_LAYERS = BOARD_LAYERS | {"hotspot-cells"}
OFFICE = (Role.DISPATCHER, Role.OFFICER, Role.HEAD, Role.ENGINEER, Role.ADMIN)


def everything(city: City, token: str = "") -> str:
    """All that the service says to one reader."""
    pages = ["/", "/?f=html", "/api", "/conformance", "/collections", "/tiles.json"]
    listed = city.get("/collections", token).json
    assert listed is not None
    for layer in (one["id"] for one in listed["collections"]):
        here = f"/collections/{layer}"
        pages += [here, f"{here}/queryables", f"{here}/items?limit=10000"]
        pages += [f"{here}/items/{one['id']}" for one in city.items(layer, "limit=10000", token)]
    answers = [city.get(page, token) for page in pages]
    assert {answer.status_code for answer in answers} == {200}
    for answer in answers:
        answer.headers.pop("Date", None)
    return "\n".join(f"{answer.headers} {answer.text}" for answer in answers)


def layers_of(city: City, token: str = "") -> set[str]:
    listed = city.get("/collections", token).json
    assert listed is not None
    return {one["id"] for one in listed["collections"]}


def test_nobody_reads_who_reported_or_what_they_said(city: City) -> None:
    city.order("open")
    for token in ("", *(city.token(role) for role in OFFICE)):
        told = everything(city, token)
        found = [word for word in PEOPLE if word in told]
        assert not found
        assert NAME not in told


def test_the_public_reads_nothing_of_a_secret_report(city: City) -> None:
    """Neither place, code, number nor count: all is as if it had never come."""
    before = everything(city)
    city.report("more", lon=LON + 0.012, lat=LAT, confidential=True)
    after = everything(city)
    stamp = re.compile(r'"timeStamp":"[^"]+"')
    assert stamp.sub("", before) == stamp.sub("", after)
    for name in ("secret", "more"):
        assert city.code(name) not in after
    whole = city.get("/collections/requests/items?limit=10000").json
    assert whole is not None
    assert whole["numberMatched"] == len(whole["features"]) == 4
    lons = [one["geometry"]["coordinates"][0] for one in whole["features"]]
    assert all(abs(lon - (LON - 0.007)) > 0.002 for lon in lons)


def test_the_public_reads_no_number_code_time_or_exact_place(city: City) -> None:
    told = everything(city)
    for name in city.ids:
        assert city.code(name) not in told
    assert not re.search(r'"(severity|reported_at|address|accuracy_m|cluster|channel)":', told)
    for feature in city.items("requests"):
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", feature["id"])
        assert feature["geometry"]["coordinates"][1] != LAT
    exact = {f"{LON + 0.001:.6f}", f"{LON + 0.004:.6f}"}
    told_lons = {f"{one['geometry']['coordinates'][0]:.6f}" for one in city.items("requests")}
    assert not exact & told_lons


def test_hidden_numbers_lead_to_public_features_only(city: City) -> None:
    first = city.items("requests")[0]
    page = f"/collections/requests/items/{first['id']}"
    assert city.get(page).json["properties"] == first["properties"]  # type: ignore[index]
    assert city.items("requests")[0]["id"] == first["id"], "the same again"
    city.set("open", confidential=True)
    assert city.get(page).status_code == 404
    assert city.get(page, city.token(Role.ENGINEER)).status_code == 404, "staff know it by its number"


def test_a_box_of_the_exact_place_finds_nothing(city: City) -> None:
    """The public asks about public places; else a small box would say where a report is exactly."""
    small = 2e-6
    exact = f"bbox={LON + 0.001 - small},{LAT - small},{LON + 0.001 + small},{LAT + small}"
    assert city.items("requests", exact) == []


def test_each_role_reads_as_much_as_it_may(city: City) -> None:
    assert layers_of(city) == PUBLIC_LAYERS
    for role in OFFICE:
        layers = BOARD_LAYERS if role is Role.OFFICER else STAFF_LAYERS  # an officer sees no maps
        assert layers_of(city, city.token(role)) == layers, role
    crew = city.token(Role.CREW_LEADER)
    assert layers_of(city, crew) == PUBLIC_LAYERS
    assert set(city.items("requests", token=crew)[0]["properties"]) == {
        "service", "service_name", "status", "reported_on",
    }  # fmt: skip
    assert city.get("/collections/clusters/items", crew).status_code == 404


def test_a_role_that_is_taken_away_takes_its_features_along(city: City) -> None:
    token = city.token(Role.ENGINEER)
    assert layers_of(city, token) == STAFF_LAYERS
    with transaction() as session:
        for row in session.query(UserRole).filter_by(user_id=city.world.users[Role.ENGINEER].id):
            row.role = Role.CREW_LEADER.value
    assert layers_of(city, token) == PUBLIC_LAYERS


def test_no_layer_holds_words_people_or_notes() -> None:
    kept_inside = {
        "words", "landmark", "link_digest", "external_key", "note", "contact", "reporter", "anonymous",
        "language", "source",
    }  # fmt: skip
    for layer in LAYERS:
        columns = {getattr(column.value, "key", column.name) for column in layer.columns}
        assert not columns & kept_inside, layer.id
        tables = {part.table.name for column in layer.columns for part in column.value.base_columns
                  if hasattr(part, "table") and part.table is not None}  # fmt: skip
        assert tables.isdisjoint({"reporter", "follower", "message", "conversation"}), layer.id


def test_names_of_layers_and_properties_are_not_given_twice() -> None:
    for layer in LAYERS:
        names = [column.name for column in layer.columns]
        assert len(names) == len(set(names)), layer.id
        assert {"f", "bbox", "bbox-crs", "crs", "datetime", "limit", "cursor"}.isdisjoint(names), layer.id
    told = [(layer.id, layer.right) for layer in LAYERS]
    assert len(told) == len(set(told))


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_where_single_reports_are_not_shown_there_is_no_collection_of_them(
    app: Flask, settings: Settings, engine_kind: str
) -> None:
    other = create_app(settings.model_copy(update={"map_least": 5}))
    with other.app_context():
        listed = other.test_client().get("/ogc/collections").json
        assert {one["id"] for one in listed["collections"]} == PUBLIC_LAYERS - {"requests"}
        assert other.test_client().get("/ogc/collections/requests/items").status_code == 404
        db.session.remove()
        db.engine.dispose()


def test_a_reader_gets_the_layer_that_tells_most() -> None:
    scene: Callable[..., Any] = Scene
    held = scene(now=None, city=None)
    assert layers_for(frozenset({Role.ENGINEER}), held)["requests"].is_numbered
    assert not layers_for(frozenset(), held)["requests"].is_numbered
    assert json.dumps(sorted(layers_for(frozenset(), held))) == json.dumps(sorted(PUBLIC_LAYERS))
