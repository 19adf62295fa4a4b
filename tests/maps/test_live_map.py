"""Maps follow the database: after anything that happens, every process answers as a fresh build does."""

import hashlib
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from fieldops import clock
from fieldops.config import ROOT
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.maps.live_map import LiveMap
from fieldops.maps.tile_answers import chosen_filter
from fieldops.models import MapChange, Message, RequestWaiting, Service, ServiceRequest, StatusChange
from fieldops.operations.add_requests import ReadyRequest, add_requests
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.map_place import put_on_map
from fieldops.operations.note_map_check import note_map_check
from fieldops.operations.submit_request import submit_request
from fieldops.operations.tidy_map_changes import tidy_map_changes
from fieldops.queries.map_checks import map_line
from fieldops.queries.map_requests import MapRequests
from fieldops.transaction import transaction
from tests.conftest import World

ZONE = ZoneInfo("Asia/Jakarta")
LON, LAT = 110.8230, -7.5660
ZOOMS = (0, 9, 12, 15, 17)


def live(audience: str, **settings: Any) -> LiveMap:
    return LiveMap(audience, MapRequests(db.engine), ZONE, clock.now, every_s=0, **settings)


def tiles(shown: LiveMap) -> dict[tuple[int, int, int], bytes]:
    """Every tile around the city at some zooms."""
    pyramid, found = shown.pyramid(), {}
    for zoom in ZOOMS:
        middle_x = int((LON + 180) / 360 * 2**zoom)
        middle_y = int(0.5211 * 2**zoom)
        for x in range(max(0, middle_x - 2), middle_x + 3):
            for y in range(max(0, middle_y - 4), middle_y + 5):
                found[zoom, x, y] = pyramid.tile(zoom, x, y)
    return found


def counts(shown: LiveMap) -> dict[str, int]:
    """How many are on the map, by status."""
    total: dict[str, int] = {}
    for bubble in shown.pyramid().bubbles(0, (-180.0, -85.0, 180.0, 85.0)):
        for word in ("count", "unread", "open", "in_progress", "repaired", "ended"):
            total[word] = total.get(word, 0) + int(bubble.told.get(word, 0))
    return {word: number for word, number in total.items() if number}


def last_number() -> int:
    with db.engine.connect() as connection:
        return connection.execute(select(func.max(MapChange.seq))).scalar_one()


def add_one(world: World, submission: Callable[..., Any], **changes: Any) -> int:
    with transaction() as session:
        return submit_request(session, world.installation, submission(**changes)).request.id


STATUSES = [status.value for status in RequestStatus]


def anything(world: World, submission: Callable[..., Any], rng: random.Random) -> None:
    """One thing that can happen to a request, written as operations, imports or a person at the database
    would: nothing that it does mentions maps.
    """
    known = db.session().scalars(select(ServiceRequest.id)).all()
    lon, lat = LON + rng.uniform(-0.03, 0.03), LAT + rng.uniform(-0.03, 0.03)
    place = None if rng.random() < 0.1 else lon
    what = rng.choice(
        ["new", "new", "new", "new", "status", "severity", "service", "hide", "move", "age", "delete", "bulk"]
    )
    if what == "new" or not known:
        add_one(
            world,
            submission,
            lon=place,
            lat=place and lat,
            landmark="dekat pasar",
            service_code=rng.choice(["pothole", "blocked_drain", "standing_water"]),
            confidential=rng.random() < 0.2,
            severity=rng.randint(1, 3),
        )
        return
    with transaction() as session:
        request = session.get_one(ServiceRequest, rng.choice(known))
        if what == "status":
            request.status = rng.choice(STATUSES)
            request.closed_reason = (
                rng.choice(["repaired", "not_found"]) if request.status == "closed" else None
            )
            request.ended_at = rng.choice([None, clock.now() - timedelta(days=rng.randint(0, 30))])
        elif what == "severity":
            request.severity = rng.randint(1, 3)
        elif what == "service":
            request.service_id = rng.choice(session.scalars(select(Service.id)).all())
        elif what == "hide":
            request.confidential = not request.confidential
        elif what == "move":
            put_on_map(request, (lon, lat), (round(lon, 3), round(lat, 3)))
            session.flush()
            request.severity = 1
        elif what == "age":
            request.reported_at = clock.now() - timedelta(days=rng.randint(-3, 200))
        elif what == "bulk":
            session.execute(
                update(ServiceRequest)
                .where(ServiceRequest.id.in_(rng.sample(known, min(len(known), 5))))
                .values(severity=rng.randint(1, 3), status=rng.choice(STATUSES))
                .execution_options(synchronize_session=False)
            )
        else:
            erase(session, request.id)


def erase(session: Any, number: int) -> None:
    for model in (Message, RequestWaiting, StatusChange):
        session.execute(
            delete(model).where(model.request_id == number).execution_options(synchronize_session=False)
        )
    session.execute(
        delete(ServiceRequest).where(ServiceRequest.id == number).execution_options(synchronize_session=False)
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_after_anything_a_map_is_as_a_fresh_build(
    world: World, submission: Callable[..., Any], seed: int
) -> None:
    rng = random.Random(seed)
    followers = [live(audience) for audience in ("public", "staff")]
    late = [live(audience) for audience in ("public", "staff")]
    built = [shown.pyramid() for shown in (*followers, *late)]
    for step in range(90):
        anything(world, submission, rng)
        if step % 3 == 0:
            for shown in followers:
                shown.pyramid()
        if step % 30 == 29:
            for one, other in zip(followers, late, strict=True):
                fresh = live(str(one.audience))
                assert tiles(one) == tiles(other) == tiles(fresh)
                assert one.pyramid().etag() == other.pyramid().etag() == fresh.pyramid().etag()
                assert one.pyramid().digest == fresh.pyramid().digest
    numbers = db.session().scalars(select(MapChange.seq).order_by(MapChange.seq)).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) > 80
    assert len(followers[1].pyramid()) > 10
    assert [shown.pyramid() for shown in (*followers, *late)] == built, "nothing had to be built anew"


def test_another_process_answers_with_the_same_bytes(world: World, submission: Callable[..., Any]) -> None:
    for number in range(30):
        add_one(world, submission, lon=LON + number * 3e-4)
    shown = live("public")
    shown.pyramid()
    for number in range(10):
        add_one(world, submission, lon=LON + number * 5e-4, lat=LAT + 0.001)
    settings = world.installation.settings
    code = (
        "from fieldops.app import create_app; from fieldops.config import Settings\n"
        "from tests.maps.test_live_map import live, fingerprint\n"
        f"app = create_app(Settings.model_validate_json({settings.model_dump_json()!r}), pages=False)\n"
        "with app.app_context(): print(fingerprint(live('public')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split()[-1] == fingerprint(shown)


def fingerprint(shown: LiveMap) -> str:
    found = tiles(shown)
    assert any(found.values())
    words = [shown.pyramid().etag().encode(), *(found[tile] for tile in sorted(found))]
    return hashlib.sha256(b"|".join(words)).hexdigest()


def test_numbers_appear_in_order_however_many_write(world: World, submission: Callable[..., Any]) -> None:
    """Writers that overlap, and a reader that follows them all the while."""
    shown, failures, start = live("staff"), [], threading.Barrier(4)
    shown.pyramid()
    kept = [add_one(world, submission, lon=LON + number * 1e-3) for number in range(3)]

    def write(number: int) -> None:
        with world.app.app_context():
            start.wait()
            for turn in range(12):
                try:
                    with transaction() as session:
                        session.get_one(ServiceRequest, kept[number]).severity = turn % 3 + 1
                        session.flush()
                except Exception as error:  # noqa: BLE001  shown by the assertion below
                    failures.append(error)
            db.session.remove()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    start.wait()
    built = shown.pyramid()
    while any(thread.is_alive() for thread in threads):
        assert shown.pyramid() is built, "a gap made it build anew"
    for thread in threads:
        thread.join(30)
    assert not failures
    assert tiles(shown) == tiles(live("staff"))
    assert shown.pyramid() is built


def test_what_is_rolled_back_leaves_no_number(world: World, submission: Callable[..., Any]) -> None:
    number = add_one(world, submission)
    before = last_number()

    def halfway() -> None:
        with transaction() as session:
            session.get_one(ServiceRequest, number).severity = 1
            session.flush()
            raise RuntimeError("halt")

    with pytest.raises(RuntimeError, match="halt"):
        halfway()
    assert last_number() == before


def test_a_place_without_its_key_is_refused(world: World, submission: Callable[..., Any]) -> None:
    number = add_one(world, submission)
    with pytest.raises(DBAPIError, match="written together"), db.engine.begin() as connection:
        connection.execute(
            text("UPDATE service_request SET map_key = NULL WHERE id = :number"), {"number": number}
        )


def test_an_import_is_on_the_map_row_for_row(world: World) -> None:
    shown = live("public")
    shown.pyramid()
    service = db.session().scalars(select(Service).where(Service.code == "pothole")).one()
    columns = {
        "service_id": service.id,
        "department_id": service.department_id,
        "status": "submitted",
        "severity": 2,
        "words": "",
        "channel": "import",
        "language": "id",
        "location_state": "confirmed",
        "location_source": "gps",
        "accuracy_m": None,
        "landmark": "",
        "anonymous": False,
        "confidential": False,
        "reported_at": clock.now(),
        "scheduled_for": None,
        "made_safe_at": None,
        "cluster_id": None,
        "duplicate_of_id": None,
        "times_reopened": 0,
    }
    rows = [ReadyRequest(f"row-{n}", columns, LON + n * 1e-4, LAT, ()) for n in range(250)]
    rows.append(ReadyRequest("nowhere", columns, None, None, ()))
    db.session.rollback()
    with transaction() as session:
        add_requests(session, world.installation, "other system", rows)
    assert counts(shown) == counts(live("public")) == {"count": 250, "open": 250}
    shown.settle()  # so many changes are filed behind the readers' backs
    assert shown.pyramid().pending == 0
    assert tiles(shown) == tiles(live("public"))


@contextmanager
def days_later(days: int) -> Iterator[None]:
    with clock.frozen(clock.now() + timedelta(days=days)):
        yield


def test_repairs_leave_the_public_map_after_two_weeks(world: World, submission: Callable[..., Any]) -> None:
    mended = add_one(world, submission)
    add_one(world, submission, lon=LON + 0.01)
    with transaction() as session:
        request = session.get_one(ServiceRequest, mended)
        request.status, request.ended_at = "done", clock.now()
    public, staff = live("public"), live("staff")
    assert counts(public) == {"count": 2, "open": 1, "repaired": 1}
    with days_later(14):
        assert counts(public) == {"count": 2, "open": 1, "repaired": 1}
    with days_later(15):
        assert counts(public) == counts(live("public")) == {"count": 1, "open": 1}
        assert counts(staff) == {"count": 2, "unread": 1, "repaired": 1}
        with transaction() as session:
            session.get_one(ServiceRequest, mended).status = "reopened"
        assert counts(public) == counts(live("public")) == {"count": 2, "open": 2}


def test_days_begin_at_the_citys_midnight(world: World, submission: Callable[..., Any]) -> None:
    at = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)  # 23.30 in Surakarta
    with clock.frozen(at):
        add_one(world, submission)
        shown = live("staff")
        shown.pyramid()
    young = {"age": "0-7"}
    for now, number in (
        (datetime(2026, 11, 27, 16, 59, tzinfo=UTC), 1),
        (datetime(2026, 11, 27, 17, 0, tzinfo=UTC), 0),
    ):
        with clock.frozen(now):
            pyramid = shown.pyramid()
            found = pyramid.bubbles(10, (110.0, -8.0, 111.0, -7.0), chosen_filter(pyramid, young))
            assert len(found) == number


def test_private_requests_leave_no_trace_on_the_public_map(
    world: World, submission: Callable[..., Any]
) -> None:
    add_one(world, submission)
    shown = live("public")
    before, tag = tiles(shown), shown.pyramid().etag()
    hidden = add_one(world, submission, confidential=True, lon=LON + 0.002)
    assert (tiles(shown), shown.pyramid().etag()) == (before, tag)
    with transaction() as session:
        session.get_one(ServiceRequest, hidden).confidential = False
    assert tiles(shown) != before
    with transaction() as session:
        session.get_one(ServiceRequest, hidden).confidential = True
    assert (tiles(shown), shown.pyramid().etag()) == (before, tag)
    assert counts(live("staff")) == {"count": 2, "unread": 2}


def test_severity_and_refusals_are_not_the_publics(world: World, submission: Callable[..., Any]) -> None:
    number = add_one(world, submission)
    shown = live("public")
    tag = shown.pyramid().etag()
    with transaction() as session:
        session.get_one(ServiceRequest, number).severity = 3
    assert shown.pyramid().etag() == tag
    with transaction() as session:
        change_request_status(
            session,
            session.get_one(ServiceRequest, number),
            RequestStatus.DECLINED,
            world.by(Role.DISPATCHER),
            words="Bukan jalan kota",
            facts={"reason": "not_a_defect", "words": True},
        )
    assert counts(shown) == {}
    assert counts(live("staff")) == {"count": 1, "ended": 1}


def test_a_new_service_is_counted_under_its_own_name(world: World, submission: Callable[..., Any]) -> None:
    number = add_one(world, submission)
    shown = live("staff")
    shown.pyramid()
    with transaction() as session:
        old = session.scalars(select(Service).where(Service.code == "pothole")).one()
        values = {
            column.name: getattr(old, column.name)
            for column in Service.__table__.columns
            if column.name not in ("id", "version")
        }
        fresh = Service(**values | {"code": "fallen_tree"})
        session.add(fresh)
        session.flush()
        session.get_one(ServiceRequest, number).service_id = fresh.id
    (bubble,) = shown.pyramid().bubbles(16, (LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01))
    assert bubble.told["service"] == "fallen_tree"
    assert bubble.number == number


def test_old_changes_are_forgotten_and_the_last_number_stays(
    world: World, submission: Callable[..., Any]
) -> None:
    shown = live("staff")
    shown.pyramid()
    for number in range(4):
        add_one(world, submission, lon=LON + number * 1e-3)
    asleep = live("staff")
    asleep.pyramid()
    add_one(world, submission, lon=LON + 0.01)
    for _day in range(2):
        with transaction() as session:
            tidy_map_changes(session)
    held = db.session().scalars(select(MapChange.seq)).all()
    assert held == [5]
    db.session.rollback()
    add_one(world, submission, lon=LON + 0.02)
    assert last_number() == 6
    assert tiles(asleep) == tiles(shown) == tiles(live("staff"))


ELSEWHERE = {
    "null island": ((0.0, 0.0), 0),
    "north pole": ((110.8, 90.0), 0),
    "beyond the pole's edge": ((110.8, -85.2), 0),
    "swapped": ((LAT, 89.9), 0),
    "the date line": ((180.0, -7.5), 1),
    "the other side of it": ((-180.0, -7.5), 1),
    "another continent": ((-71.06, 42.36), 1),
}


@pytest.mark.parametrize("where", sorted(ELSEWHERE))
def test_places_that_no_form_would_take_do_no_harm(
    world: World, submission: Callable[..., Any], where: str
) -> None:
    """As an import of another system's rows, or a person at the prompt, might write them."""
    at, on_map = ELSEWHERE[where]
    add_one(world, submission)
    odd = add_one(world, submission, lon=LON + 0.01)
    shown = {audience: live(audience) for audience in ("public", "staff")}
    for one in shown.values():
        one.pyramid()
    with transaction() as session:
        put_on_map(session.get_one(ServiceRequest, odd), at, at)
    for audience, one in shown.items():
        assert len(one.pyramid()) == len(live(audience).pyramid()) == 1 + on_map
        assert tiles(one) == tiles(live(audience))
    with transaction() as session:
        put_on_map(session.get_one(ServiceRequest, odd), (LON, LAT), (LON, LAT))
    assert counts(shown["public"]) == {"count": 2, "open": 2}


def test_twins_are_counted_and_future_reports_are_young(world: World, submission: Callable[..., Any]) -> None:
    twins = [add_one(world, submission) for _number in range(3)]
    shown = live("public")
    shown.pyramid()
    with transaction() as session:
        session.get_one(ServiceRequest, twins[0]).reported_at = clock.now() + timedelta(days=400)
        session.get_one(ServiceRequest, twins[1]).reported_at = datetime(1900, 1, 1, tzinfo=UTC)
    pyramid = shown.pyramid()
    for age, number in (("0-7", 2), ("91-", 1)):
        found = pyramid.bubbles(
            15, (LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01), chosen_filter(pyramid, {"age": age})
        )
        assert sum(int(one.told["count"]) for one in found) == number
    assert tiles(shown) == tiles(live("public"))


@pytest.mark.parametrize("audience", ["public", "staff"])
def test_a_map_is_checked_each_night_and_a_wrong_one_is_built_anew(
    world: World, submission: Callable[..., Any], audience: str
) -> None:
    told: list[bool] = []
    shown = live(audience, checked=told.append)
    add_one(world, submission)
    evening = clock.now()
    with clock.frozen(evening):
        assert counts(shown)["count"] == 1
    add_one(world, submission, lon=LON + 0.01)
    with clock.frozen(evening + timedelta(days=1)):
        assert counts(shown)["count"] == 2
        assert counts(shown)["count"] == 2
    assert told == [True], "once a night, with what had changed since"
    # What no change tells of comes out the next night.
    with db.engine.begin() as connection:
        before = connection.execute(select(func.max(MapChange.seq))).scalar_one()
        connection.execute(update(ServiceRequest).values(status="in_progress"))
    with db.engine.begin() as connection:
        connection.execute(delete(MapChange).where(MapChange.seq > before))
    with clock.frozen(evening + timedelta(days=1)):
        assert "in_progress" not in counts(shown)
    with clock.frozen(evening + timedelta(days=2)):
        assert counts(shown)["in_progress"] == 2
    assert told == [True, False]


def test_a_large_map_is_checked_behind_its_readers(
    world: World, submission: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldops.maps.live_map.BUILT_AT_ONCE", 0)
    told: list[bool] = []
    shown = live("staff", checked=told.append)
    add_one(world, submission)
    evening = clock.now()
    assert counts(shown)["count"] == 1
    with clock.frozen(evening + timedelta(days=1)):
        assert counts(shown)["count"] == 1
        shown.settle()
        assert counts(shown)["count"] == 1
    assert told == [True]


def test_what_checks_came_to_is_told_to_whoever_runs_the_site(world: World) -> None:
    assert "not checked" in map_line(db.session())
    for is_right in (True, False, False):
        with transaction() as session:
            note_map_check(session, is_right=is_right)
    today = clock.now().astimezone(ZONE).date()
    assert map_line(db.session()) == (
        f"map: last checked against the database on {today}, differed 2 times, last on {today}"
    )
