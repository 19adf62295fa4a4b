"""The list of reports, entries on behalf, reports without a place, and what waits for a person."""

from datetime import timedelta

import pytest

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Follower, Message, ServiceRequest, Task
from fieldops.operations.note_map_check import note_map_check
from fieldops.outbox import enqueue
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, english, fresh, report

ENTRY = {
    "key": "entry-1", "service": "pothole", "severity": "2", "channel": "phone", "lon": "110.823",
    "lat": "-7,566", "words": "Lubang di depan pasar", "contact": "0812 3456 7890",
}  # fmt: skip


def test_the_list_is_searched_and_filtered(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    one = report(world, submission, address="Jl. Melati")
    two = report(world, submission, service_code="blocked_drain", lon=110.83, address="Jl. Kenanga")
    for query, found, hidden in (
        ({"q": one.code}, one.code, two.code),
        ({"q": "kenanga"}, two.code, one.code),
        ({"q": "jalan Kenanga"}, two.code, one.code),
        ({"q": "Melati, jln"}, one.code, two.code),
        ({"service": "blocked_drain"}, two.code, one.code),
        ({"status": "open", "q": "melati"}, one.code, two.code),
    ):
        page = browser.get("/petugas/aduan", query_string=query).text
        assert found in page
        assert hidden not in page
    assert "No report fits this search" in browser.get("/petugas/aduan?status=declined&page=7").text


def test_words_with_wildcards_are_taken_as_they_are(world: World, submission: Submit) -> None:
    report(world, submission, address="Jl. Melati")
    assert "No report fits this search" in english(world, Role.OFFICER).get("/petugas/aduan?q=%25_").text


def test_staff_enter_a_report_for_somebody(world: World) -> None:
    browser = english(world, Role.OFFICER)
    answer = browser.post("/petugas/aduan/baru", data=ENTRY)
    assert answer.status_code == 303
    taken = db.session.query(ServiceRequest).one()
    assert (taken.channel, taken.location_source, taken.status) == ("phone", "staff", "submitted")
    assert db.session.query(Follower).count() == 1
    assert "0812" not in browser.get(answer.headers["Location"]).text
    again = browser.post("/petugas/aduan/baru", data=ENTRY)
    assert again.status_code == 303
    assert db.session.query(ServiceRequest).count() == 1


@pytest.mark.parametrize(
    ("changes", "sentence", "field"),
    [
        ({"service": ""}, "This is needed", "service"),
        ({"service": "volcano"}, "There is no kind of report called", "service"),
        ({"lon": "", "lat": ""}, "No location yet", "place"),
        ({"lon": "abc"}, "Give the coordinate in degrees", "lon"),
        ({"lon": "nan"}, "Give the coordinate in degrees", "lon"),
        ({"lon": "100.0"}, "lies outside Surakarta", "place"),
        ({"lat": ""}, "Both latitude and longitude are needed", "lat"),
        ({"channel": "pigeon"}, "Choose one of the answers", "channel"),
        ({"severity": "9"}, "Choose one of the answers", "severity"),
        ({"contact": "siapa saja"}, "neither an e-mail address nor a telephone", "contact"),
        ({"words": "x" * 4001}, "at most 4000 characters", "words"),
    ],
)
def test_a_bad_entry_keeps_what_was_typed(
    world: World, changes: dict[str, str], sentence: str, field: str
) -> None:
    answer = english(world, Role.OFFICER).post("/petugas/aduan/baru", data=ENTRY | {"landmark": ""} | changes)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert 'value="entry-1"' in answer.text
    assert db.session.query(ServiceRequest).count() == 0


def test_a_report_without_a_place_gets_one(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    placeless = report(world, submission, lon=None, lat=None, landmark="dekat tiang listrik")
    assert placeless.cluster_id is None
    assert "1 report has no location yet" in browser.get("/petugas").text
    path = f"/petugas/aduan/{placeless.id}"
    assert "Set its place" in browser.get(path).text
    form = {"version": placeless.version, "lon": "110.823", "lat": "-7.566"}

    outside = browser.post(f"{path}/tempat", data=form | {"lon": "10"})
    assert outside.status_code == 422
    assert "lies outside Surakarta" in outside.text
    words = browser.post(f"{path}/tempat", data=form | {"lat": "selatan"})
    assert words.status_code == 422
    assert "Give a number from -90 to 90" in words.text
    assert browser.post(f"{path}/tempat", data=form).status_code == 303
    stale = browser.post(f"{path}/tempat", data=form)
    assert stale.status_code == 409
    work_until_idle(world.installation)

    placed = fresh(ServiceRequest, placeless.id)
    assert placed.location_state == "confirmed"
    assert placed.public_place is not None


def test_one_report_is_verified_declined_and_looked_at(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    one = report(world, submission, lon=None, lat=None, landmark="pasar", contact="warga@example.org")
    path = f"/petugas/aduan/{one.id}"
    assert browser.post(f"{path}/verifikasi", data={"version": one.version}).status_code == 303
    again = browser.post(f"{path}/verifikasi", data={"version": fresh(ServiceRequest, one.id).version})
    assert again.status_code == 409
    assert "has been read already" in again.text
    shown = browser.post(f"{path}/kontak", data={"why": "ask_location"})
    assert "warga@example.org" in shown.text
    form = {"version": fresh(ServiceRequest, one.id).version, "reason": "unclear", "words": "Di mana?"}
    wordless = browser.post(f"{path}/tolak", data=form | {"words": ""})
    assert wordless.status_code == 422
    assert browser.post(f"{path}/tolak", data=form).status_code == 303
    assert fresh(ServiceRequest, one.id).status == "declined"


# ---------------------------------------------------------------- exceptions


def test_a_parked_task_runs_again_on_a_persons_word(world: World) -> None:
    with transaction() as session:
        enqueue(session, "tidy_tasks", {})
        task = session.query(Task).one()
        task.state, task.attempts, task.last_error = "parked", 8, "OperationalError"
    browser = english(world, Role.DISPATCHER)
    page = browser.get("/petugas/pengecualian").text
    assert "Clear finished tasks" in page
    assert "OperationalError" in page
    path = f"/petugas/pengecualian/tugas/{task.id}"

    assert english(world, Role.ENGINEER).post(path).status_code == 403
    assert browser.post(path).status_code == 303
    again = browser.post(path)

    assert again.status_code == 409
    assert "no longer parked" in again.text
    assert fresh(Task, task.id).state == "todo"


def test_undelivered_messages_show_the_code_never_the_contact(world: World, submission: Submit) -> None:
    one = report(world, submission, contact="warga@example.org")
    with transaction() as session:
        message = session.query(Message).one()
        message.state, message.created_at = "failed", clock.now()
    page = english(world, Role.OFFICER).get("/petugas/pengecualian").text
    assert one.code in page
    assert "Undelivered" in page
    assert "warga@example.org" not in page


def test_a_place_is_corrected_and_the_report_joins_where_it_belongs(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    here, there = report(world, submission), report(world, submission, lon=110.8250)
    assert "Correct its place" in browser.get(f"/petugas/aduan/{there.id}").text
    path = f"/petugas/aduan/{there.id}/pindah"
    wrong = browser.post(path, data={"version": there.version, "lon": "110.82304", "lat": "north"})
    assert wrong.status_code == 422
    outside = browser.post(path, data={"version": there.version, "lon": "112.75", "lat": "-7.25"})
    assert outside.status_code == 422
    assert "lies outside" in outside.text
    moved = browser.post(path, data={"version": there.version, "lon": "110.82304", "lat": "-7,566"})
    assert moved.status_code == 303
    assert fresh(ServiceRequest, there.id).cluster_id == here.cluster_id
    stale = browser.post(path, data={"version": there.version, "lon": "110.8250", "lat": "-7.566"})
    assert stale.status_code == 409


def test_a_report_without_a_place_is_merged_into_another_and_back(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    kept = report(world, submission)
    lost = report(world, submission, lon=None, lat=None, landmark="depan pasar")
    assert "The same as another report?" in browser.get(f"/petugas/aduan/{lost.id}").text
    path = f"/petugas/aduan/{lost.id}/sama"
    unknown = browser.post(path, data={"version": lost.version, "code": "SKA-0000-000"})
    assert unknown.status_code == 422
    assert "There is no report SKA-0000-000" in unknown.text
    itself = browser.post(path, data={"version": lost.version, "code": lost.code})
    assert "duplicate of itself" in itself.text
    typed = f" {kept.code.lower()} "
    assert browser.post(path, data={"version": lost.version, "code": typed}).status_code == 303
    merged = fresh(ServiceRequest, lost.id)
    assert (merged.status, merged.duplicate_of_id) == ("duplicate", kept.id)
    page = browser.get(f"/petugas/aduan/{lost.id}").text
    assert kept.code in page
    assert "Open again on its own" in page
    back = browser.post(f"/petugas/aduan/{lost.id}/lepas", data={"version": merged.version})
    assert back.status_code == 303
    assert fresh(ServiceRequest, lost.id).status == "acknowledged"
    again = browser.post(f"/petugas/aduan/{lost.id}/lepas", data={"version": merged.version + 9})
    assert again.status_code == 409


def test_only_dispatchers_merge_single_reports(world: World, submission: Submit) -> None:
    lost = report(world, submission, lon=None, lat=None, landmark="depan pasar")
    browser = english(world, Role.OFFICER)
    assert "The same as another report?" not in browser.get(f"/petugas/aduan/{lost.id}").text
    answer = browser.post(f"/petugas/aduan/{lost.id}/sama", data={"version": lost.version, "code": lost.code})
    assert answer.status_code == 403


def test_a_map_that_differed_lately_is_told(world: World) -> None:
    said = "differed from the database"
    assert said not in english(world, Role.ADMIN).get("/petugas/pengecualian").text
    with clock.frozen(clock.now() - timedelta(days=9)), transaction() as session:
        note_map_check(session, is_right=False)
    assert said not in english(world, Role.ADMIN).get("/petugas/pengecualian").text
    with transaction() as session:
        note_map_check(session, is_right=False)
    assert said in english(world, Role.ADMIN).get("/petugas/pengecualian").text
