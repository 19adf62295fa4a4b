"""Signing in and out, and one's own account."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db, limiter
from fieldops.models import User
from tests.conftest import PASSWORD, World
from tests.web.citizens import said

NEW = "tiga kata baru"
ON_SPATIALITE = pytest.mark.parametrize("engine_kind", ["spatialite"])


@pytest.fixture
def reader(world: World) -> FlaskClient:
    made = world.app.test_client()
    made.set_cookie("language", "en")
    return made


def sign_in(reader: FlaskClient, login: str = "dispatcher", password: str = PASSWORD, **more: str):  # type: ignore[no-untyped-def]
    return reader.post("/masuk", data={"login": login, "password": password, **more})


def test_each_role_comes_home(world: World) -> None:
    for role in Role:
        reader = world.app.test_client()
        answer = sign_in(reader, role.value)
        assert answer.status_code == 303
        assert answer.location != "/masuk"
        assert reader.get("/akun").status_code == 200


def test_the_head_comes_home_to_the_summary(world: World) -> None:
    assert sign_in(world.app.test_client(), Role.HEAD.value).location == "/petugas/kotak-masuk/ringkasan"


def test_ones_own_account_is_a_press_away_on_desk_pages(world: World) -> None:
    for role, path in ((Role.OFFICER, "/petugas/kotak-masuk/"), (Role.ADMIN, "/admin")):
        assert 'href="/akun"' in world.sign_in(role).get(path).text, role


@ON_SPATIALITE
def test_an_answer_that_changes_nothing_does_not_repeat_the_session(reader: FlaskClient) -> None:
    """It would take back what another answer has changed since: a map's data may arrive after a sign-out."""
    sign_in(reader)
    reader.get("/petugas")
    for path in ("/petugas", "/petugas/penutupan.geojson"):
        answer = reader.get(path)
        assert answer.status_code == 200
        assert not any("fieldops=" in cookie for cookie in answer.headers.getlist("Set-Cookie")), path


@ON_SPATIALITE
def test_a_wrong_name_and_a_wrong_password_read_the_same(reader: FlaskClient) -> None:
    pages = [sign_in(reader, "dispatcher", "wrong"), sign_in(reader, "nobody", PASSWORD)]
    texts = [re.sub("dispatcher|nobody", "", said(page)) for page in pages]
    assert [page.status_code for page in pages] == [422, 422]
    assert texts[0] == texts[1]
    assert "The name or the password is wrong." in texts[0]
    assert reader.get("/akun").status_code == 302


@ON_SPATIALITE
def test_sign_in_leads_to_this_site_only(world: World) -> None:
    for wanted, got in (("/peta", "/peta"), ("https://evil.example", None), ("//evil.example", None)):
        answer = sign_in(world.app.test_client(), next=wanted)
        assert answer.location == (got or answer.location)
        assert "evil" not in answer.location


@ON_SPATIALITE
def test_a_closed_page_asks_first_and_leads_back(reader: FlaskClient) -> None:
    answer = reader.get("/akun")
    assert answer.status_code == 302
    assert answer.location.startswith("/masuk?next=")
    page = reader.get(answer.location).get_data(as_text=True)
    assert '<input type="hidden" name="next" value="/akun">' in page


@ON_SPATIALITE
def test_signing_out_ends_the_session(reader: FlaskClient) -> None:
    sign_in(reader)
    assert reader.get("/keluar").status_code == 405
    assert reader.post("/keluar").location == "/masuk"
    assert reader.get("/akun").status_code == 302


@ON_SPATIALITE
def test_an_account_that_was_closed_is_out_at_once(world: World, reader: FlaskClient) -> None:
    sign_in(reader)
    world.users[Role.DISPATCHER] = db.session.get_one(User, world.users[Role.DISPATCHER].id)
    world.users[Role.DISPATCHER].active = False
    db.session.commit()
    assert reader.get("/akun").status_code == 302
    assert sign_in(reader).status_code == 422


@ON_SPATIALITE
@pytest.mark.slow
def test_the_eleventh_try_in_a_minute_waits(settings: Settings, world: World) -> None:
    strict = create_app(settings.model_copy(update={"rate_limits": True}))
    strict.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    try:
        reader = strict.test_client()
        reader.set_cookie("language", "en")
        codes = [sign_in(reader, f"name{number}", "x").status_code for number in range(10)]
        assert codes == [422] * 10
        answer = sign_in(reader)
        assert answer.status_code == 429
        assert "Too many tries in a short time. Please wait a minute." in said(answer)
        elsewhere = {"REMOTE_ADDR": "10.0.0.7"}
        for number in range(10):
            strict.test_client().post(
                "/masuk", data={"login": "Admin ", "password": "x"},
                environ_overrides={"REMOTE_ADDR": f"10.0.1.{number}"},
            )  # fmt: skip
        one_login = strict.test_client().post(
            "/masuk", data={"login": "admin", "password": PASSWORD}, environ_overrides=elsewhere
        )
        assert one_login.status_code == 429
    finally:
        with strict.app_context():
            limiter.reset()
            db.engine.dispose()
        limiter.init_app(world.app)


def version(reader: FlaskClient) -> str:
    found = re.search(r'name="version" value="(\d+)"', reader.get("/akun").get_data(as_text=True))
    assert found is not None
    return found.group(1)


def change(reader: FlaskClient, held: str, **values: str):  # type: ignore[no-untyped-def]
    form = {"version": held, "password": PASSWORD, "new": NEW, "again": NEW, **values}
    return reader.post("/akun/sandi", data=form)


@ON_SPATIALITE
def test_a_new_password_ends_other_sessions_and_keeps_this_one(world: World, reader: FlaskClient) -> None:
    other = world.app.test_client()
    sign_in(other)
    sign_in(reader)
    assert change(reader, version(reader)).status_code == 303
    assert reader.get("/akun").status_code == 200
    assert other.get("/akun").status_code == 302
    assert sign_in(other, password=NEW).status_code == 303


@ON_SPATIALITE
def test_what_is_wrong_with_a_new_password_is_said(reader: FlaskClient) -> None:
    sign_in(reader)
    held = version(reader)
    for values, sentence in (
        ({"password": "wrong"}, "The present password is wrong."),
        ({"again": "other words"}, "The two new passwords differ."),
        ({"new": "short", "again": "short"}, "A password needs at least 10 characters."),
    ):
        answer = change(reader, held, **values)
        assert answer.status_code == 422
        assert sentence in said(answer)
    answer = change(reader, "0")
    assert answer.status_code == 409
    assert "Your account was changed in the meantime." in said(answer)


@ON_SPATIALITE
def test_the_language_of_the_account_is_kept(reader: FlaskClient) -> None:
    sign_in(reader)
    answer = reader.post("/akun/bahasa", data={"version": version(reader), "language": "id"})
    assert answer.status_code == 303
    assert 'lang="id"' in reader.get("/akun").get_data(as_text=True)
    answer = reader.post("/akun/bahasa", data={"version": version(reader), "language": "xx"})
    assert answer.status_code == 422


@ON_SPATIALITE
def test_demo_logins_show_in_a_demonstration_only(settings: Settings, app: Flask) -> None:
    assert "kota-contoh" not in app.test_client().get("/masuk").get_data(as_text=True)
    demo = create_app(settings.model_copy(update={"demo": True}))
    page = demo.test_client().get("/masuk").get_data(as_text=True)
    assert page.count("kota-contoh-2026") == 6
    with demo.app_context():
        db.engine.dispose()


@ON_SPATIALITE
def test_the_gallery_is_for_staff(world: World, reader: FlaskClient) -> None:
    assert reader.get("/komponen").status_code == 302
    assert world.sign_in(Role.CREW_LEADER).get("/komponen").status_code == 403
    assert world.sign_in(Role.ENGINEER).get("/komponen").status_code == 200
