"""Tokens: made once, shown once, worth as much as their owner at this moment, and in no log."""

import logging
import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.app import create_app
from fieldops.domain.roles import Role
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.extensions import db, limiter
from fieldops.models import ApiToken, AuditEntry, User
from fieldops.operations.change_user import set_active
from fieldops.operations.give_api_token import MOST_TOKENS, give_api_token, revoke_api_token
from fieldops.serving.access_log import AccessLog, public_path
from fieldops.transaction import transaction
from tests.conftest import World
from tests.ogcapi.conftest import City
from tests.web.citizens import said

ON_SPATIALITE = pytest.mark.parametrize("engine_kind", ["spatialite"])


def opens(city: City, token: str) -> bool:
    status = city.get("/collections/clusters", token).status_code
    assert status in (200, 404)
    return status == 200


def test_a_token_opens_by_address_and_by_header(city: City) -> None:
    token = city.token(Role.ENGINEER)
    assert opens(city, token)
    for header in (f"Bearer {token}", f"bearer  {token} "):
        answer = city.get("/collections", Authorization=header)
        assert {one["id"] for one in answer.json["collections"]} >= {"clusters"}  # type: ignore[index]
        assert token not in answer.text, "links of who sends a header do not hold it"
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert "Access-Control-Allow-Origin" not in answer.headers
    links = city.get("/collections", token).json["links"]  # type: ignore[index]
    assert all(f"/ogc/{token}/" in link["href"] for link in links)


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_wrong_tokens_read_like_nothing_at_all(city: City) -> None:
    token = city.token(Role.ENGINEER)
    revoked = city.token(Role.ENGINEER, "old")
    with transaction() as session:
        row = session.scalars(select(ApiToken).where(ApiToken.name == "old")).one()
        revoke_api_token(session, row.user_id, row.id, city.dispatcher)
    bent = token[:-1] + ("A" if token[-1] != "A" else "B")
    by_address = {city.get("/collections", wrong).text for wrong in (revoked, bent, "x" * 43, "x")}
    assert len(by_address) == 1
    answers = [city.get("/collections", Authorization=f"Bearer {wrong}") for wrong in (revoked, bent, "x")]
    answers += [
        city.get("/collections", Authorization=header) for header in ("Basic eDp5", "Bearer", "Bearer ")
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers} == {'Bearer realm="FieldOps"'}
    assert len({answer.text for answer in answers}) == 1


def test_an_account_that_is_switched_off_closes_its_tokens_at_once(city: City) -> None:
    token = city.token(Role.HEAD)
    assert opens(city, token)
    for active in (False, True):
        with transaction() as session:
            set_active(
                session, session.get_one(User, city.world.users[Role.HEAD].id), active, city.dispatcher
            )
        if active:
            assert opens(city, token)
        else:
            assert city.get("/", token).status_code == 404


def test_only_a_digest_is_kept_and_the_last_day(city: City) -> None:
    token = city.token(Role.ENGINEER)
    db.session.remove()
    row = db.session.scalars(select(ApiToken)).one()
    held = " ".join(str(getattr(row, column.key)) for column in ApiToken.__table__.columns)
    assert token not in held
    assert token[:16] not in held
    assert row.last_used_on is None
    city.get("/", token)
    db.session.remove()
    assert db.session.scalars(select(ApiToken)).one().last_used_on == city.today()


def test_a_token_is_written_down_when_it_is_made_and_revoked(city: City) -> None:
    city.token(Role.ENGINEER)
    by = city.world.by(Role.ENGINEER)
    assert by.user_id
    with transaction() as session:
        row = session.scalars(select(ApiToken)).one()
        number = row.id
        for _twice in range(2):
            revoke_api_token(session, by.user_id, number, by)
    acts = db.session.scalars(
        select(AuditEntry).where(AuditEntry.thing == "api_token").order_by(AuditEntry.id)
    )
    assert [(one.act, one.thing_id, one.user_id) for one in acts] == [
        ("api_token_given", number, by.user_id), ("api_token_revoked", number, by.user_id),
    ]  # fmt: skip


@ON_SPATIALITE
def test_a_token_needs_a_name_and_there_are_not_many(world: World) -> None:
    by = world.by(Role.ENGINEER)
    assert by.user_id
    with transaction() as session:
        for name in ("", "  \n ", "x" * 81):
            with pytest.raises(InvalidInput):
                give_api_token(session, by.user_id, name, by)
        secrets = {give_api_token(session, by.user_id, "x" * 80, by)[1] for _one in range(MOST_TOKENS)}
        assert len(secrets) == MOST_TOKENS
        assert {len(secret) for secret in secrets} == {43}
        with pytest.raises(Conflict):
            give_api_token(session, by.user_id, "one more", by)


@ON_SPATIALITE
def test_nobody_revokes_another_s_token(city: City) -> None:
    token = city.token(Role.ENGINEER)
    row = db.session.scalars(select(ApiToken)).one()
    with transaction() as session, pytest.raises(NotFound):
        revoke_api_token(session, city.world.users[Role.HEAD].id, row.id, city.dispatcher)
    browser = city.world.sign_in(Role.HEAD)
    assert browser.post(f"/akun/akses/{row.id}/cabut").status_code == 404
    assert opens(city, token)


# ---------------------------------------------------------------- the page


def test_a_token_is_made_shown_once_and_revoked_on_its_page(city: City) -> None:
    browser = city.world.sign_in(Role.ENGINEER)
    browser.set_cookie("language", "en")
    assert "To the tokens" in said(browser.get("/akun"))
    assert "None yet." in said(browser.get("/akun/akses"))
    made = browser.post("/akun/akses", data={"name": " QGIS,  office "})
    assert made.status_code == 201
    assert "no-store" in made.headers["Cache-Control"]
    (token,) = set(re.findall(r"/ogc/([A-Za-z0-9_-]{43})/", made.text))
    assert "The token for QGIS, office" in said(made)
    assert opens(city, token)
    listed = browser.get("/akun/akses")
    assert token not in listed.text
    assert "never used" not in said(listed)
    assert "last used" in said(listed)
    (number,) = re.findall(r"/akun/akses/(\d+)/cabut", listed.text)
    assert browser.post(f"/akun/akses/{number}/cabut").status_code == 303
    assert "None yet." in said(browser.get("/akun/akses"))
    assert city.get("/", token).status_code == 404


@ON_SPATIALITE
def test_the_page_says_what_is_wrong(world: World) -> None:
    browser = world.sign_in(Role.ENGINEER)
    browser.set_cookie("language", "en")
    answer = browser.post("/akun/akses", data={"name": " "})
    assert answer.status_code == 422
    assert "Name the program or the machine" in said(answer)


@ON_SPATIALITE
def test_crews_have_no_tokens_to_make(world: World) -> None:
    browser = world.sign_in(Role.CREW_LEADER)
    assert browser.get("/akun/akses").status_code == 403
    assert browser.post("/akun/akses", data={"name": "x"}).status_code == 403
    assert "/akun/akses" not in browser.get("/akun").text


# ---------------------------------------------------------------- logs and limits


@ON_SPATIALITE
def test_no_log_holds_a_token(city: City, caplog: pytest.LogCaptureFixture, capsys: Any) -> None:
    token = city.token(Role.ENGINEER)
    with caplog.at_level(logging.DEBUG):
        for path in (
            "/",
            "/collections/requests/items?limit=0",
            "/nothing",
            "/tiles/requests/0/0/0.pbf",
            "/api",
        ):
            city.get(path, token)
        city.get("/", Authorization=f"Bearer {token}")
        city.get("/", token[:-1] + "!")
    captured = capsys.readouterr()
    written = caplog.text + captured.out + captured.err
    assert token not in written
    assert token[:20] not in written


@ON_SPATIALITE
def test_the_access_log_masks_it(city: City, caplog: pytest.LogCaptureFixture) -> None:
    for _try in range(50):
        token = city.token(Role.ENGINEER) if _try < 15 else f"{_try:x<43}"
        assert (
            public_path(f"/ogc/{token}/collections/requests/items?f=json")
            == "/ogc/…/collections/requests/items"
        )
        assert public_path(f"/ogc/{token}/") == "/ogc/…/"
        assert public_path(f"/ogc/{token}") == "/ogc/…"
    log = AccessLog.__new__(AccessLog)
    log.access_log = logging.getLogger("gunicorn.access")
    log.cfg = SimpleNamespace(
        accesslog="-", logconfig=None, logconfig_dict=None, logconfig_json=None, syslog=False
    )
    with caplog.at_level(logging.INFO, logger="gunicorn.access"):
        log.access(
            SimpleNamespace(status="200 OK"), SimpleNamespace(path=f"/ogc/{token}/api"),
            {"REQUEST_METHOD": "GET"}, timedelta(milliseconds=3),
        )  # fmt: skip
    assert "/ogc/…/api 200" in caplog.text
    assert token not in caplog.text


@ON_SPATIALITE
def test_who_tries_many_tokens_waits(settings: Any, world: World) -> None:
    limited = create_app(settings.model_copy(update={"rate_limits": True}))
    with limited.app_context():
        limiter.reset()
        client: FlaskClient = limited.test_client()
        statuses = [client.get(f"/ogc/{number:x<43}/").status_code for number in range(125)]
        assert statuses[:120] == [404] * 120
        assert statuses[120:] == [429] * 5
        told = client.get("/ogc/").json
        assert told is not None
        assert told["code"] == "BadRequest"
        limiter.reset()
        assert client.get("/ogc/").status_code == 200
        db.session.remove()
        db.engine.dispose()


# ---------------------------------------------------------------- tiles


def test_a_token_opens_the_tiles_of_staff(city: City) -> None:
    token = city.token(Role.ENGINEER)
    told = city.get("/tiles.json", token).json
    assert told is not None
    (address,) = told["tiles"]
    path = address.partition("localhost")[2].format(z=0, x=0, y=0)
    assert path == f"/ogc/{token}/tiles/requests/0/0/0.pbf"
    client = city.world.app.test_client()
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.mimetype == "application/vnd.mapbox-vector-tile"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    used = db.session.scalars(select(ApiToken.last_used_on)).all()
    assert used == [city.today()]
    assert answer.data == city.world.sign_in(Role.ENGINEER).get("/petugas/tiles/requests/0/0/0.pbf").data
    public = city.get("/tiles.json").json["tiles"][0]  # type: ignore[index]
    assert public.endswith("localhost/tiles/requests/{z}/{x}/{y}.pbf")
    assert client.get(public.partition("localhost")[2].format(z=0, x=0, y=0)).data != answer.data
    crew = city.token(Role.CREW_LEADER)
    for wrong in (crew, "x" * 43):
        assert client.get(path.replace(token, wrong)).status_code == 404
    assert city.get("/tiles.json", crew).json["tiles"] == [public]  # type: ignore[index]
