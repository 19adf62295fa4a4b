"""Notices for closed pages, from their owner's side; the script and the page that a browser keeps."""

import json
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from fieldops.app import create_app
from fieldops.channels.vapid import PushKey
from fieldops.config import Settings
from fieldops.domain.roles import Role
from fieldops.extensions import db, limiter
from fieldops.models import AuditEntry, PushSubscription
from fieldops.tasks.worker import work_until_idle
from fieldops.web.protection import CONTENT_SECURITY_POLICY
from tests.channels.push_stand_in import Device, PushStandIn
from tests.conftest import PASSWORD, World
from tests.web.citizens import said

pytestmark = pytest.mark.parametrize("engine_kind", ["spatialite"])
PAGE = "/akun/pemberitahuan"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"
)


@pytest.fixture
def push() -> Iterator[PushStandIn]:
    with PushStandIn() as running:
        yield running


def browser_of(world: World, role: Role = Role.OFFICER) -> FlaskClient:
    reader = world.app.test_client()
    reader.set_cookie("language", "en")
    sign_in(reader, role)
    return reader


def sign_in(reader: FlaskClient, role: Role) -> None:
    assert reader.post("/masuk", data={"login": role.value, "password": PASSWORD}).status_code == 303


def switch_on(reader: FlaskClient, push: PushStandIn, device: Device) -> None:
    answer = reader.post(PAGE, data=push.offer(device), headers={"User-Agent": ANDROID})
    assert answer.status_code == 200
    assert answer.get_json() == {"next": PAGE}


def rows() -> list[PushSubscription]:
    db.session.rollback()
    db.session.remove()
    return list(db.session().scalars(select(PushSubscription).order_by(PushSubscription.id)))


def test_a_device_is_switched_on_tried_and_off_again(world: World, push: PushStandIn) -> None:
    reader, device = browser_of(world), push.device()
    assert "None yet." in said(reader.get(PAGE))
    switch_on(reader, push, device)
    page = reader.get(PAGE)
    assert "Chrome · Android" in said(page)
    assert re.search(r"Chrome · Android\s+this device", said(page))
    assert 'data-here="1"' in page.text
    (row,) = rows()
    assert (row.label, row.language) == ("Chrome · Android", "en")
    number = row.id
    assert reader.post(f"{PAGE}/{number}/uji").status_code == 303
    work_until_idle(world.installation)
    assert [one["title"] for one in device.got] == ["This device is told"]
    assert "last told" in said(reader.get(PAGE))
    assert reader.post(f"{PAGE}/{number}/mati").status_code == 303
    assert rows() == []
    acts = db.session().scalars(select(AuditEntry.act).where(AuditEntry.thing == "push_subscription")).all()
    assert acts == ["device_added", "device_removed"]


def test_people_behind_one_address_do_not_use_up_each_others_tries(world: World, push: PushStandIn) -> None:
    switch_on(browser_of(world), push, push.device())
    number = rows()[0].id
    db.session.remove()
    limited = create_app(world.installation.settings.model_copy(update={"rate_limits": True}))
    limited.config["WTF_CSRF_ENABLED"] = False
    head, officer = limited.test_client(), limited.test_client()
    sign_in(head, Role.HEAD)
    sign_in(officer, Role.OFFICER)
    tries = [head.post(f"{PAGE}/{number}/uji").status_code for _try in range(11)]
    assert tries == [404] * 10 + [429]
    assert officer.post(f"{PAGE}/{number}/uji").status_code == 303
    assert limited.test_client().post(f"{PAGE}/{number}/uji").status_code == 302, "a stranger has no number"
    limiter.reset()
    with limited.app_context():
        db.session.remove()
        db.engine.dispose()


def test_consent_names_what_the_carrier_sees(world: World) -> None:
    """Topic and urgency go in clear, beside when."""
    page = said(browser_of(world).get(PAGE))
    assert "of which sort (messages, job list, test) and whether it is urgent" in page


def test_the_page_holds_the_public_key_and_no_address(world: World, push: PushStandIn) -> None:
    reader, device = browser_of(world), push.device()
    switch_on(reader, push, device)
    page = reader.get(PAGE).text
    assert f'data-key="{world.installation.push_key.public}"' in page
    assert reader.get("/perangkat/kunci").get_json() == {"key": world.installation.push_key.public}
    assert device.path not in page
    assert device.keys["auth"] not in page


def test_the_secret_of_a_browser_is_its_own(world: World, push: PushStandIn) -> None:
    reader = browser_of(world)
    answer = reader.post(PAGE, data=push.offer(push.device()))
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("device=")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    secret = re.findall(r"device=([^;]+)", cookie)[0]
    assert len(secret) == 32
    assert secret not in repr([row.__dict__ for row in rows()])


def test_signing_out_silences_this_device_and_leaves_the_others(world: World, push: PushStandIn) -> None:
    desk, phone = browser_of(world), browser_of(world)
    switch_on(desk, push, push.device())
    switch_on(phone, push, push.device())
    assert len(rows()) == 2
    answer = phone.post("/keluar")
    assert any(one.startswith("device=;") for one in answer.headers.getlist("Set-Cookie"))
    assert len(rows()) == 1
    assert 'data-here="1"' in desk.get(PAGE).text


def test_signing_out_silences_it_after_the_session_is_over_too(world: World, push: PushStandIn) -> None:
    reader = browser_of(world)
    switch_on(reader, push, push.device())
    reader.delete_cookie("fieldops")
    reader.post("/keluar")
    assert rows() == []


def test_who_signs_in_next_is_not_told_for_the_one_before(world: World, push: PushStandIn) -> None:
    reader = browser_of(world)
    switch_on(reader, push, push.device())
    reader.delete_cookie("fieldops")  # twelve hours later
    sign_in(reader, Role.DISPATCHER)
    assert rows() == []


def test_a_new_password_silences_the_other_devices(world: World, push: PushStandIn) -> None:
    here, lost = browser_of(world), browser_of(world)
    switch_on(here, push, push.device())
    switch_on(lost, push, push.device())
    version = re.search(r'name="version" value="(\d+)"', here.get("/akun").text)
    assert version is not None
    form = {"version": version[1], "password": PASSWORD, "new": "tiga kata baru", "again": "tiga kata baru"}
    assert here.post("/akun/sandi", data=form).status_code == 303
    assert len(rows()) == 1
    assert 'data-here="1"' in here.get(PAGE).text


def test_an_account_that_is_switched_off_is_told_no_more(world: World, push: PushStandIn) -> None:
    switch_on(browser_of(world), push, push.device())
    admin = browser_of(world, Role.ADMIN)
    user_id = world.users[Role.OFFICER].id
    version = re.search(r'name="version" value="(\d+)"', admin.get(f"/admin/akun/{user_id}").text)
    assert version is not None
    answer = admin.post(f"/admin/akun/{user_id}/aktif", data={"version": version[1], "active": "0"})
    assert answer.status_code == 303
    assert rows() == []


def test_nobody_reaches_the_devices_of_another(world: World, push: PushStandIn) -> None:
    switch_on(browser_of(world), push, push.device())
    number = rows()[0].id
    other = browser_of(world, Role.HEAD)
    for act in ("uji", "mati"):
        assert other.post(f"{PAGE}/{number}/{act}").status_code == 404
    assert "Android" not in other.get(PAGE).text
    assert len(rows()) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"endpoint": "https://evil.example/a"},
        {"endpoint": "http://10.0.0.1/a"},
        {"endpoint": ""},
        {"p256dh": "AAAA"},
        {"auth": "x" * 5000},
    ],
)
def test_what_is_no_subscription_is_refused_in_a_sentence(
    world: World, push: PushStandIn, change: dict[str, str]
) -> None:
    reader = browser_of(world)
    data = push.offer(push.device()) | change
    answer = reader.post(PAGE, data=data, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.get_json()["error"]
    assert rows() == []


def test_a_browser_tells_its_new_address_by_its_secret_alone(world: World, push: PushStandIn) -> None:
    reader, old, new = browser_of(world), push.device(), push.device()
    switch_on(reader, push, old)
    number = rows()[0].id
    reader.delete_cookie("fieldops")
    assert reader.post("/perangkat/ganti", data=push.offer(new)).status_code == 422, "a form of another site"
    assert reader.post("/perangkat/ganti", json=["x"]).status_code == 422
    assert reader.post("/perangkat/ganti", json=push.offer(new) | {"endpoint": 7}).status_code == 422
    assert world.app.test_client().post("/perangkat/ganti", json=push.offer(new)).status_code == 404
    assert reader.post("/perangkat/ganti", json=push.offer(new)).status_code == 200
    sign_in(reader, Role.OFFICER)
    reader.post(f"{PAGE}/{number}/uji")
    work_until_idle(world.installation)
    assert (old.got, len(new.got)) == ([], 1)


# ---------------------------------------------------------------- the script and the page


def house_of(script: str) -> dict[str, object]:
    first = script.partition("\n")[0]
    found: dict[str, object] = json.loads(first.removeprefix("const HOUSE = ").removesuffix(";"))
    return found


def test_the_script_reaches_the_whole_site_and_names_only_files_that_are_there(world: World) -> None:
    reader = world.app.test_client()
    answer = reader.get("/sw.js")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
    house = house_of(answer.text)
    files = house["files"]
    assert isinstance(files, list)
    for url in [*files, house["offline"], house["icon"]]:
        assert reader.get(str(url), buffered=True).status_code == 200, url
    again = reader.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_script_is_the_same_for_everybody(world: World) -> None:
    """Else a browser would take a change of language or of user for a new version."""
    stranger = world.app.test_client().get("/sw.js").text
    assert browser_of(world).get("/sw.js").text == stranger


def test_the_page_without_a_signal_speaks_both_languages_and_of_nobody(world: World) -> None:
    page = browser_of(world).get("/luring")
    assert "Tidak ada sinyal" in page.text
    assert "No signal" in page.text
    assert "Officer" not in page.text
    assert "csrf" not in page.text
    assert page.headers["Cache-Control"] == "no-cache"
    files = house_of(world.app.test_client().get("/sw.js").text)["files"]
    assert isinstance(files, list)
    for asked in re.findall(r'(?:href|src)="(/static/[^"#]+)', page.text):
        name = asked.replace("&amp;", "&")
        assert name in files or name.partition("?")[0].endswith((".png", ".webmanifest")), (
            f"{name} would be missing without a signal"
        )


def test_staff_and_crew_pages_bring_the_script_and_citizens_do_not(world: World) -> None:
    for role, path in ((Role.OFFICER, "/petugas/kotak-masuk/"), (Role.CREW_LEADER, "/regu")):
        assert 'data-module="worker"' in browser_of(world, role).get(path).text
    assert 'data-module="worker"' not in world.app.test_client().get("/").text


def test_the_key_is_made_once_and_may_be_given(world: World) -> None:
    settings = world.installation.settings
    path = settings.instance_dir / "push_key"
    assert path.stat().st_mode & 0o077 == 0
    assert PushKey(path.read_text().strip()).public == world.installation.push_key.public
    given = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
    other = create_app(
        Settings(instance_dir=settings.instance_dir, push_key=given, rate_limits=False), pages=False
    )
    assert other.extensions["fieldops"].push_key.public == PushKey(given).public
    with other.app_context():
        db.engine.dispose()
