"""What administrators keep, and what they cannot break."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from fieldops import clock
from fieldops.channels.contract import Health
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.models import (
    AuditEntry,
    Batch,
    Crew,
    Department,
    Depot,
    Service,
    ServiceLevel,
    Shift,
    Task,
    User,
    UserRole,
)
from fieldops.tasks.worker import work_until_idle
from fieldops.web.admin.channel_words import health_words
from tests.conftest import PASSWORD, World
from tests.web.desk import Submit, ask_for_plan, cluster_of, english, fresh, open_order, report

PAGES = (
    "/admin", "/admin/dinas", "/admin/jenis", "/admin/jenis/1", "/admin/janji", "/admin/regu",
    "/admin/regu/baru", "/admin/regu/1", "/admin/giliran", "/admin/giliran/1", "/admin/depo", "/admin/log",
    "/admin/akun/1", "/admin/kata-bahaya",
)  # fmt: skip


@pytest.fixture
def admin(world: World) -> Any:
    return english(world, Role.ADMIN)


def test_every_page_opens_for_admins_only(world: World, admin: Any) -> None:
    others = [english(world, role) for role in Role if role is not Role.ADMIN]
    for path in PAGES:
        assert admin.get(path).status_code == 200, path
        assert {browser.get(path).status_code for browser in others} == {403}, path


def test_unknown_numbers_are_404(admin: Any) -> None:
    for path in ("akun/999", "jenis/999", "regu/999", "giliran/99999"):
        assert admin.get(f"/admin/{path}").status_code == 404
        assert admin.post(f"/admin/{path}", data={"version": "1"}).status_code == 404
    assert admin.post("/admin/dinas", data={"id": "999", "name": "x"}).status_code == 404
    assert (
        admin.post(
            "/admin/depo", data={"id": "999", "name": "x", "lon": "110.82", "lat": "-7.56"}
        ).status_code
        == 404
    )


# ---------------------------------------------------------------- accounts

NEW = {"login": "Sari", "name": "Sari", "password": "kata sandi baru", "roles": ["officer", "dispatcher"]}


def test_an_account_is_made(world: World, admin: Any) -> None:
    assert admin.post("/admin", data=NEW).status_code == 303
    made = db.session.query(User).filter_by(login="sari").one()
    assert {row.role for row in db.session.query(UserRole).filter_by(user_id=made.id)} == {
        "officer",
        "dispatcher",
    }
    page = admin.get("/admin").text
    assert "Sari" in page
    assert "kata sandi baru" not in page


@pytest.mark.parametrize(
    ("changes", "status", "sentence", "field"),
    [
        ({"password": "pendek"}, 422, "at least 10 characters", "password"),
        ({"login": ""}, 422, "A login name and a name are needed", "login"),
        ({"login": "admin"}, 409, "The login name admin is taken", "login"),
        ({"roles": []}, 422, "Choose at least one role", "roles"),
        ({"roles": ["king"]}, 422, "Choose one of the answers", "roles"),
        ({"department_id": "x"}, 422, "Give a whole number", "department_id"),
    ],
)
def test_a_bad_account_is_refused(
    world: World, admin: Any, changes: dict[str, Any], status: int, sentence: str, field: str
) -> None:
    before = db.session.query(User).count()
    answer = admin.post("/admin", data=NEW | changes)
    assert answer.status_code == status
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert db.session.query(User).count() == before


def test_two_administrators_change_one_account(world: World, admin: Any) -> None:
    person = fresh(User, world.users[Role.OFFICER].id)
    path = f"/admin/akun/{person.id}"
    form = {"version": person.version, "name": "Ratri", "roles": ["officer"]}
    assert admin.post(path, data=form).status_code == 303

    second = admin.post(path, data=form | {"name": "Dewi"})

    assert second.status_code == 409
    assert "Somebody else changed this account" in second.text
    assert 'value="Ratri"' in second.text
    assert fresh(User, person.id).name == "Ratri"


def test_administrators_cannot_lock_themselves_out(world: World, admin: Any) -> None:
    me = fresh(User, world.users[Role.ADMIN].id)
    path = f"/admin/akun/{me.id}"
    form = {"version": me.version, "name": "Admin", "roles": ["officer"]}
    demoted = admin.post(path, data=form)
    assert demoted.status_code == 409
    assert "administrator&#39;s role" in demoted.text
    off = admin.post(f"{path}/aktif", data={"version": me.version, "active": ""})
    assert off.status_code == 409
    assert fresh(User, me.id).active


def test_switching_off_ends_the_sessions(world: World, admin: Any) -> None:
    person = fresh(User, world.users[Role.OFFICER].id)
    browser = english(world, Role.OFFICER)
    assert browser.get("/petugas").status_code == 200
    assert (
        admin.post(
            f"/admin/akun/{person.id}/aktif", data={"version": person.version, "active": ""}
        ).status_code
        == 303
    )
    assert browser.get("/petugas").status_code == 302
    back = {"version": fresh(User, person.id).version, "active": "1"}
    assert admin.post(f"/admin/akun/{person.id}/aktif", data=back).status_code == 303
    assert fresh(User, person.id).active


def test_a_password_is_reset(world: World, admin: Any) -> None:
    person = fresh(User, world.users[Role.OFFICER].id)
    path = f"/admin/akun/{person.id}/sandi"
    short = admin.post(path, data={"version": person.version, "password": "abc"})
    assert short.status_code == 422
    assert (
        admin.post(path, data={"version": person.version, "password": "sandi yang baru"}).status_code == 303
    )
    visitor = world.app.test_client()
    refused = visitor.post("/masuk", data={"login": "officer", "password": PASSWORD})
    assert refused.status_code == 422
    assert visitor.post("/masuk", data={"login": "officer", "password": "sandi yang baru"}).status_code == 303


# ---------------------------------------------------------------- departments, kinds, promises


def test_departments_are_added_renamed_and_guarded(world: World, admin: Any) -> None:
    assert (
        admin.post("/admin/dinas", data={"code": "taman", "name": "Dinas Taman", "active": "1"}).status_code
        == 303
    )
    taken = admin.post("/admin/dinas", data={"code": "taman", "name": "Lain", "active": "1"})
    assert taken.status_code == 409
    nameless = admin.post("/admin/dinas", data={"code": "kosong", "name": " "})
    assert nameless.status_code == 422
    assert "This is needed" in nameless.text
    roads = db.session.query(Department).filter_by(code="bina_marga").one()
    used = admin.post("/admin/dinas", data={"id": roads.id, "name": roads.name})
    assert used.status_code == 409
    assert "belongs to this department" in used.text
    assert (
        admin.post("/admin/dinas", data={"id": roads.id, "name": "Bina Marga", "active": "1"}).status_code
        == 303
    )
    assert fresh(Department, roads.id).name == "Bina Marga"


def service_form(service: Service, **changes: Any) -> dict[str, Any]:
    return {
        "name_id": service.name_id, "name_en": service.name_en, "department_id": service.department_id,
        "suggest_radius_m": service.suggest_radius_m, "link_radius_m": service.link_radius_m,
        "window_days": service.window_days, "minutes": service.duration_s // 60, "material": service.material,
        "material_amount": service.material_amount, "skills": service.skills, "active": "1",
    } | changes  # fmt: skip


def test_a_kind_of_report_is_changed(world: World, admin: Any) -> None:
    pothole = db.session.query(Service).filter_by(code="pothole").one()
    form = service_form(pothole, name_en="Hole in the road", link_radius_m="20", minutes="35")
    assert admin.post(f"/admin/jenis/{pothole.id}", data=form).status_code == 303
    changed = fresh(Service, pothole.id)
    assert (changed.name_en, changed.link_radius_m, changed.duration_s) == ("Hole in the road", 20, 2100)
    assert not changed.dry_weather


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"suggest_radius_m": "1001"}, "suggest_radius_m", "Give a whole number from 0 to 1000"),
        ({"link_radius_m": "-1"}, "link_radius_m", "Give a whole number from 0 to 1000"),
        ({"link_radius_m": "500"}, "link_radius_m", "cannot be linked from further away"),
        ({"name_id": ""}, "name_id", "This is needed"),
        ({"window_days": "0"}, "window_days", "Give a whole number from 1"),
        ({"material": "gold"}, "material", "Choose one of the answers"),
        ({"skills": ["fly"]}, "skills", "Choose one of the answers"),
        ({"department_id": "99"}, "department_id", "Choose a department"),
    ],
)
def test_a_bad_kind_of_report_is_refused(
    world: World, admin: Any, changes: dict[str, Any], field: str, sentence: str
) -> None:
    pothole = db.session.query(Service).filter_by(code="pothole").one()
    answer = admin.post(f"/admin/jenis/{pothole.id}", data=service_form(pothole, **changes))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text


def test_a_promise_is_added_and_the_one_before_kept(world: World, admin: Any) -> None:
    pothole = db.session.query(Service).filter_by(code="pothole").one()
    start = local(clock.now()).date() + timedelta(days=10)
    form = {
        "kind": "repair", "service_id": pothole.id, "hours": "72", "source": "SK Wali Kota 1/2027",
        "valid_from": start.isoformat(),
    }  # fmt: skip
    assert admin.post("/admin/janji", data=form).status_code == 303
    levels = (
        db.session.query(ServiceLevel)
        .filter_by(service_id=pothole.id, kind="repair")
        .order_by(ServiceLevel.id)
        .all()
    )
    assert [level.hours for level in levels] == [168, 72]
    assert levels[0].valid_to == start - timedelta(days=1)
    assert "SK Wali Kota 1/2027" in admin.get("/admin/janji").text
    earlier = admin.post("/admin/janji", data=form | {"valid_from": "2020-01-01"})
    assert earlier.status_code == 409
    assert "A newer promise begins" in earlier.text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"source": ""}, "Name the rule or contract"),
        ({"hours": "0"}, "Give a whole number from 1"),
        ({"kind": "miracle"}, "Choose one of the answers"),
        ({"service_id": "99"}, "There is no such kind of report"),
        ({"valid_from": "soon"}, "Choose a day from the calendar"),
    ],
)
def test_a_bad_promise_is_refused(world: World, admin: Any, changes: dict[str, str], sentence: str) -> None:
    form = {"kind": "repair", "hours": "72", "source": "SK", "valid_from": date(2030, 1, 1).isoformat()}
    answer = admin.post("/admin/janji", data=form | changes)
    assert answer.status_code == 422
    assert sentence in answer.text


# ---------------------------------------------------------------- crews, shifts, depots


def crew_form(**changes: Any) -> dict[str, Any]:
    depot, department = db.session.query(Depot).first(), db.session.query(Department).first()
    assert depot is not None
    assert department is not None
    return {
        "letter": "g", "name": "Regu Baru", "department_id": department.id, "depot_id": depot.id,
        "skills": ["patch"], "asphalt_kg": "1500", "active": "1",
    } | changes  # fmt: skip


def test_a_crew_is_added_and_changed(world: World, admin: Any) -> None:
    leader = world.leaders["B"]
    assert admin.post("/admin/regu/baru", data=crew_form(leader_id=leader.id)).status_code == 303
    made = db.session.query(Crew).filter_by(letter="G").one()
    assert (made.capacity, made.skills, made.leader_id) == ({"asphalt_kg": 1500}, ["patch"], leader.id)
    same = crew_form(letter="G", name="Regu G", skills=["patch", "heavy"])
    assert admin.post(f"/admin/regu/{made.id}", data=same).status_code == 303
    changed = fresh(Crew, made.id)
    assert (changed.name, changed.leader_id) == ("Regu G", None)


@pytest.mark.parametrize(
    ("changes", "status", "sentence"),
    [
        ({"letter": "A"}, 409, "The letter A is taken"),
        ({"letter": "7"}, 422, "one of A to Z"),
        ({"letter": ""}, 422, "This is needed"),
        ({"name": "Sapu Lubang 1"}, 409, "There is a crew named"),
        ({"skills": []}, 422, "Choose at least one skill"),
        ({"depot_id": ""}, 422, "Choose a depot"),
        ({"asphalt_kg": "heaps"}, 422, "Give a whole number"),
    ],
)
def test_a_bad_crew_is_refused(
    world: World, admin: Any, changes: dict[str, Any], status: int, sentence: str
) -> None:
    answer = admin.post("/admin/regu/baru", data=crew_form(**changes))
    assert answer.status_code == status
    assert sentence in answer.text


def test_a_leader_needs_the_role(world: World, admin: Any) -> None:
    answer = admin.post("/admin/regu/baru", data=crew_form(leader_id=world.users[Role.ENGINEER].id))
    assert answer.status_code == 422
    assert "role of crew leader" in answer.text


def test_shifts_are_changed_removed_and_filled_again(world: World, admin: Any) -> None:
    shift = db.session.query(Shift).order_by(Shift.day.desc()).first()
    assert shift is not None
    path = f"/admin/giliran/{shift.id}"
    assert admin.post(path, data={"starts": "08:00", "ends": "12:00"}).status_code == 303
    changed = fresh(Shift, shift.id)
    assert local(changed.starts_at).hour == 8
    assert (changed.break_from, changed.break_s) == (None, 0)
    backwards = admin.post(path, data={"starts": "12:00", "ends": "08:00"})
    assert backwards.status_code == 422
    assert "at least one hour" in backwards.text
    nonsense = admin.post(path, data={"starts": "pagi", "ends": "08:00"})
    assert nonsense.status_code == 422
    assert "Give a time of day" in nonsense.text
    count = db.session.query(Shift).count()
    assert admin.post(f"{path}/hapus").status_code == 303
    assert db.session.query(Shift).count() == count - 1
    assert admin.post("/admin/giliran").status_code == 303
    assert db.session.query(Shift).count() == count


def test_a_shift_whose_batch_is_out_stays(world: World, admin: Any, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    open_order(browser, cluster_of(report(world, submission)).id)
    address = ask_for_plan(world, browser)
    version = browser.get(f"{address}/kemajuan.json").json["version"]
    assert browser.post(f"{address}/kirim", data={"version": version}).status_code == 303
    used = db.session.query(Batch).first()
    assert used is not None
    changed = admin.post(f"/admin/giliran/{used.shift_id}", data={"starts": "08:00", "ends": "12:00"})
    assert changed.status_code == 409
    assert "batch of this shift is out" in changed.text
    removed = admin.post(f"/admin/giliran/{used.shift_id}/hapus")
    assert removed.status_code == 409
    assert "stays on record" in removed.text


def test_depots_are_added_and_moved(world: World, admin: Any) -> None:
    form = {"name": "Depo Baru", "lon": "110,82", "lat": "-7.56"}
    assert admin.post("/admin/depo", data=form).status_code == 303
    made = db.session.query(Depot).filter_by(name="Depo Baru").one()
    taken = admin.post("/admin/depo", data=form)
    assert taken.status_code == 409
    outside = admin.post("/admin/depo", data=form | {"id": made.id, "lon": "10"})
    assert outside.status_code == 422
    assert "lies outside" in outside.text
    assert 'value="10"' in outside.text
    assert admin.post("/admin/depo", data=form | {"id": made.id, "name": "Depo Utara"}).status_code == 303
    assert fresh(Depot, made.id).name == "Depo Utara"


def test_the_log_says_who_did_what(world: World, admin: Any) -> None:
    admin.post("/admin", data=NEW)
    page = admin.get("/admin/log?act=user_added").text
    assert "Account made" in page
    assert "Admin" in page
    entry = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert entry.user_id == world.users[Role.ADMIN].id
    assert "Nothing was written down yet" in admin.get("/admin/log?act=nothing").text


def test_a_changed_rule_groups_all_reports_anew_and_a_changed_name_does_not(world: World, admin: Any) -> None:
    pothole = db.session.query(Service).filter_by(code="pothole").one()
    number = pothole.id
    path, form = f"/admin/jenis/{number}", service_form(pothole, while_open="1")
    assert (
        admin.post(
            path, data=form | {"name_en": "Hole", "suggest_radius_m": "0", "link_radius_m": "15"}
        ).status_code
        == 303
    )
    assert not db.session.query(Task).filter_by(name="regroup_requests").count()
    assert admin.post(path, data=form | {"while_open": ""}).status_code == 303
    assert not fresh(Service, number).while_open
    assert db.session.query(Task).filter_by(name="regroup_requests").count() == 1
    own = form | {"while_open": "", "links_alone": "1", "link_radius_m": "0"}
    assert admin.post(path, data=own).status_code == 303
    assert fresh(Service, number).links_alone
    assert re.search(r'<input[^>]*name="links_alone"[^>]* checked', admin.get(path).text)
    work_until_idle(world.installation)
    assert db.session.query(Task).filter_by(name="regroup_requests", state="done").count() == 1


def test_one_rain_as_the_window_is_set_and_groups_all_reports_anew(admin: Any) -> None:
    water = db.session.query(Service).filter_by(code="standing_water").one()
    assert water.same_rain, "standing water begins with it"
    number, form = water.id, service_form(water)
    path = f"/admin/jenis/{number}"
    assert re.search(r'<input[^>]*name="same_rain"[^>]* checked', admin.get(path).text)
    assert admin.post(path, data=form).status_code == 303
    assert not fresh(Service, number).same_rain
    assert db.session.query(Task).filter_by(name="regroup_requests").count() == 1


@pytest.mark.parametrize(
    "address", ["salah:token", "api.example.org", "https://", "https://a b.example", "http://["]
)
def test_a_service_needs_a_whole_address(world: World, admin: Any, address: str) -> None:
    with world.app.app_context():
        department = db.session.scalars(select(Department.id)).first()
    values = {"name": "Bot dinas", "department": department, "bot_token": "1:a", "secret_token": "b"}
    answer = admin.post("/admin/kanal/baru/telegram", data=values | {"api_url": address})
    assert answer.status_code == 422
    assert "Give the whole address, such as https://example.org." in answer.text
    assert 'href="#api_url"' in answer.text
    assert "Bot dinas" in answer.text
    assert admin.post("/admin/kanal/baru/telegram", data=values).status_code == 303


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("no answer: ConnectError", "nothing answers at that address (ConnectError)."),
        ("no answer: ReadTimeout", "no answer came in time (ReadTimeout)."),
        ("503 Service Unavailable", "503 Service Unavailable"),
    ],
)
def test_a_service_that_is_down_is_told_in_words(app: Flask, detail: str, words: str) -> None:
    with app.test_request_context(headers={"Cookie": "language=en"}):
        said = health_words(Health(False, "unreachable", {"detail": detail}))
    assert said == f"The service does not answer: {words}"
