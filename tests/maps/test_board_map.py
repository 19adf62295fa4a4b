"""The board's map draws what its list lists, under every filter, and every process draws it alike."""

import hashlib
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.config import ROOT
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Role
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.maps.place_map import PlaceMap
from fieldops.models import (
    Area,
    Cluster,
    ClusterChange,
    Counter,
    Follower,
    Reporter,
    Service,
    ServiceLevel,
    ServiceRequest,
    WorkOrder,
)
from fieldops.models.base import as_point
from fieldops.operations.follow_request import follow_request
from fieldops.operations.group_requests import group_request
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.submit_request import submit_request
from fieldops.operations.tidy_map_changes import tidy_map_changes
from fieldops.queries.board import STATES, BoardFilter, BoardRow, board, filtered
from fieldops.queries.board_places import BoardPlaces
from fieldops.transaction import transaction
from tests.conftest import World

ZONE = ZoneInfo("Asia/Jakarta")
LON, LAT = 110.8230, -7.5660
EVERYWHERE = (-180.0, -85.0, 180.0, 85.0)
FILTERS = (
    BoardFilter(),
    *(BoardFilter(state=state) for state in STATES),
    BoardFilter(overdue=True),
    BoardFilter(family="drain"),
    BoardFilter(family="road", state="ready", overdue=True),
    BoardFilter(words="melati"),
    BoardFilter(words="ADU-", state="unread"),
    BoardFilter(words="1"),
    BoardFilter(family="nothing"),
)
TOLD = ("count", *STATES)


def drawn() -> PlaceMap[BoardFilter]:
    return PlaceMap(BoardPlaces(db.engine, clock.now), ZONE, clock.now)


def listed(wanted: BoardFilter) -> dict[int, tuple[str, str, int]]:
    """What the list says: kind, state and severity of each place."""
    with transaction() as session:
        rows = filtered(session, board(session, clock.now()), wanted, clock.now())
        return {row.cluster_id: (row.service.code, row.state, row.severity) for row in rows}


def on_map(shown: PlaceMap[BoardFilter], wanted: BoardFilter) -> dict[str, int]:
    """How many the map counts in all, and in each state."""
    total = dict.fromkeys(TOLD, 0)
    for bubble in shown.pyramid(wanted).bubbles(0, EVERYWHERE):
        for word in TOLD:
            total[word] += int(bubble.told.get(word, 0))
    return total


def tiles(shown: PlaceMap[BoardFilter], wanted: BoardFilter) -> list[bytes]:
    """The ETag, and every tile around the city at some zooms."""
    pyramid = shown.pyramid(wanted)
    found = [pyramid.etag().encode()]
    for zoom in (0, 9, 13, 16):
        x, y = int((LON + 180) / 360 * 2**zoom), int(0.5211 * 2**zoom)
        found += [
            pyramid.tile(zoom, column, row, with_counts=True)
            for column in range(max(0, x - 2), x + 3)
            for row in range(max(0, y - 4), y + 5)
        ]
    return found


def report(world: World, submission: Callable[..., Any], **changes: Any) -> int:
    with transaction() as session:
        number = submit_request(session, world.installation, submission(**changes)).request.id
    with transaction() as session:
        group_request(session, world.installation, number)
    return number


def place_of(number: int) -> int:
    with db.engine.connect() as connection:
        query = select(ServiceRequest.cluster_id).where(ServiceRequest.id == number)
        found = connection.execute(query).scalar_one()
    assert found is not None
    return found


def order_at(world: World, cluster_id: int, **changes: Any) -> int:
    with transaction() as session:
        cluster = session.get_one(Cluster, cluster_id)
        order = open_work_order(session, world.installation, cluster, world.by(Role.DISPATCHER))
        for name, value in changes.items():
            setattr(order, name, value)
        session.flush()
        return order.id


def told(row: BoardRow) -> dict[str, Any]:
    """All that a row says, of its kind, too."""
    service = row.service
    said = {
        "service": (service.id, service.code, service.family, service.icon, service.name_id, service.name_en)
    }
    return {field.name: getattr(row, field.name) for field in fields(row)} | said


def same_everywhere(*maps: PlaceMap[BoardFilter]) -> None:
    """What each process holds is what the database says; under every filter the map counts what the list
    lists, and maps agree byte for byte.
    """
    with transaction() as session:
        rows = [told(row) for row in board(session, clock.now())]
    for shown in maps:
        assert isinstance(shown.source, BoardPlaces)
        assert sorted(map(told, shown.source.everything()), key=lambda one: one["cluster_id"]) == rows
    for wanted in FILTERS:
        rows = listed(wanted)
        expected = dict.fromkeys(TOLD, 0) | {"count": len(rows)}
        for _kind, state, _severity in rows.values():
            expected[state] += 1
        bodies = [tiles(shown, wanted) for shown in maps]
        for shown, body in zip(maps, bodies, strict=True):
            assert on_map(shown, wanted) == expected, wanted
            assert body == bodies[0], wanted


@dataclass
class Chance:
    """A place chosen at random, its reports, and an order chosen at random, in a unit of work."""

    session: Session
    rng: random.Random
    places: Sequence[int]
    cluster: Cluster
    members: Sequence[ServiceRequest]
    order: WorkOrder | None

    def order_state(self) -> None:
        if self.order:
            self.order.status = self.rng.choice(
                ["draft", "ready", "batched", "in_progress", "done", "blocked", "cancelled"]
            )

    def due(self) -> None:
        if self.order:
            days = timedelta(days=self.rng.randint(-3, 3))
            self.order.due_at = self.rng.choice([None, clock.now() + days])

    def read(self) -> None:
        for one in self.members:
            one.status = self.rng.choice([status.value for status in RequestStatus])

    def age(self) -> None:
        for one in self.members:
            one.reported_at = clock.now() - timedelta(days=self.rng.randint(0, 40))

    def worsen(self) -> None:
        self.cluster.severity = self.rng.randint(1, 3)

    def move(self) -> None:
        self.cluster.anchor = as_point(LON + self.rng.uniform(-0.03, 0.03), LAT)

    def name(self) -> None:
        self.cluster.address = self.rng.choice(["Jl. Melati", "Jl. Mawar"])

    def kind(self) -> None:
        self.cluster.service_id = self.rng.choice(self.session.scalars(select(Service.id)).all())

    def join(self) -> None:
        other = self.rng.choice(self.places)
        if other != self.cluster.id:
            for one in self.members:
                one.cluster_id = other
            self.cluster.joined_into_id = other

    def follow(self) -> None:
        """A neighbour says "me too" of a report, or no longer, or has meant another one."""
        if not self.members:
            return
        one = self.rng.choice(self.members)
        wanted = select(Follower).where(Follower.request_id == one.id, Follower.part == "me_too")
        found, choice = self.session.scalars(wanted).all(), self.rng.randrange(4)
        if not found or choice == 0:
            neighbour = Reporter(channel="email", created_at=clock.now())
            self.session.add(neighbour)
            self.session.flush()
            self.session.add(
                Follower(request_id=one.id, reporter_id=neighbour.id, part="me_too", since=clock.now())
            )
        elif choice == 1:
            self.session.delete(found[-1])
        elif choice == 2:
            found[-1].part = "author"
        else:
            found[-1].request_id = self.rng.choice(self.members).id

    def promise(self) -> None:
        self.session.scalars(select(ServiceLevel).limit(1)).one().hours = self.rng.randint(1, 200)

    def family(self) -> None:
        self.session.scalars(select(Service).limit(1)).one().family = self.rng.choice(["road", "drain"])


CHANGES = (
    Chance.order_state, Chance.order_state, Chance.due, Chance.read, Chance.age, Chance.worsen, Chance.move,
    Chance.name, Chance.kind, Chance.join, Chance.promise, Chance.family, Chance.follow, Chance.follow,
)  # fmt: skip


def anything(world: World, submission: Callable[..., Any], rng: random.Random) -> None:
    """One thing that can happen to a place, written as operations or a person at the database would: nothing
    that it does mentions maps.
    """
    with db.engine.connect() as connection:
        places = (
            connection.execute(select(Cluster.id).where(Cluster.joined_into_id.is_(None))).scalars().all()
        )
        orders = connection.execute(select(WorkOrder.id)).scalars().all()
    if rng.random() < 0.4 or not places:
        cluster_id = place_of(
            report(
                world,
                submission,
                lon=LON + rng.uniform(-0.03, 0.03),
                lat=LAT + rng.uniform(-0.03, 0.03),
                address=rng.choice(["Jl. Melati", "Jl. Kenanga"]),
                service_code=rng.choice(["pothole", "blocked_drain"]),
                severity=rng.randint(1, 3),
            )
        )
        if rng.random() < 0.4:
            with suppress(FieldOpsError):  # a report may have joined a place that has one
                order_at(world, cluster_id)
        return
    with transaction() as session:
        cluster = session.get_one(Cluster, rng.choice(places))
        members = session.scalars(select(ServiceRequest).where(ServiceRequest.cluster_id == cluster.id)).all()
        order = session.get_one(WorkOrder, rng.choice(orders)) if orders else None
        rng.choice(CHANGES)(Chance(session, rng, places, cluster, members, order))
        session.flush()


@pytest.mark.parametrize("seed", [1, 2])
def test_under_every_filter_the_map_counts_what_the_list_lists(
    world: World, submission: Callable[..., Any], seed: int
) -> None:
    rng = random.Random(seed)
    follower, late = drawn(), drawn()
    for wanted in FILTERS:
        assert on_map(late, wanted)["count"] == 0
    moment = clock.now()
    for step in range(80):
        with clock.frozen(moment + timedelta(hours=step)):  # promises run out meanwhile
            anything(world, submission, rng)
            if step % 4 == 0:
                for wanted in FILTERS:
                    follower.pyramid(wanted)
            if step % 20 == 19:
                same_everywhere(follower, late, drawn())
    with clock.frozen(moment + timedelta(hours=80)):
        assert 0 < len(listed(BoardFilter(overdue=True))) < len(listed(BoardFilter()))
        assert len(listed(BoardFilter())) > len(listed(BoardFilter(words="melati"))) > 3
    numbers = db.session().scalars(select(ClusterChange.seq).order_by(ClusterChange.seq)).all()
    assert numbers == list(range(1, len(numbers) + 1)), "the sequence has no gaps"


def test_a_neighbour_who_joins_or_leaves_is_counted_at_once(
    world: World, submission: Callable[..., Any]
) -> None:
    number = report(world, submission)
    places = BoardPlaces(db.engine, clock.now)
    assert [row.people for row in places.everything()] == [1]
    with transaction() as session:
        request = session.get_one(ServiceRequest, number)
        contact = "tetangga@example.org"
        followed = follow_request(
            session, world.installation, request, contact, part="me_too", language="id"
        ).id
    assert [row.people for row in places.everything()] == [2]
    with transaction() as session:
        session.delete(session.get_one(Follower, followed))
    assert [row.people for row in places.everything()] == [1]


def test_a_place_follows_its_order(world: World, submission: Callable[..., Any]) -> None:
    shown = drawn()
    cluster_id = place_of(report(world, submission))
    assert on_map(shown, BoardFilter(state="unread"))["unread"] == 1
    order_id = order_at(world, cluster_id)
    assert on_map(shown, BoardFilter(state="unread"))["count"] == 0
    assert on_map(shown, BoardFilter(state="ready"))["ready"] == 1
    with transaction() as session:
        session.get_one(WorkOrder, order_id).status = "batched"
    assert on_map(shown, BoardFilter(state="ready"))["count"] == 0
    assert on_map(shown, BoardFilter())["count"] == 0, "a crew is on its way: nothing waits for anybody"
    assert on_map(shown, BoardFilter(state="planned"))["planned"] == 1


def test_a_place_whose_only_order_is_left_stays_on_the_map(
    world: World, submission: Callable[..., Any]
) -> None:
    number = report(world, submission)
    order_at(world, place_of(number))
    with transaction() as session:
        session.get_one(ServiceRequest, number).status = "done"  # repaired for the time being
    assert on_map(drawn(), BoardFilter(state="ready"))["count"] == 1
    assert place_of(number) in listed(BoardFilter(state="ready"))


def test_a_promise_runs_out_without_a_change(world: World, submission: Callable[..., Any]) -> None:
    moment = clock.now()
    due = moment + timedelta(hours=5)
    order_at(world, place_of(report(world, submission)), due_at=due)
    shown, late = drawn(), BoardFilter(overdue=True)
    for passed, number in (
        (timedelta(0), 0),
        (timedelta(hours=4), 0),
        (timedelta(hours=5), 0),  # to the second it is in time
        (timedelta(hours=5, seconds=1), 1),
        (timedelta(hours=9), 1),
    ):
        with clock.frozen(moment + passed):
            assert on_map(shown, late)["count"] == number == len(listed(late)), passed


def test_what_is_rolled_back_leaves_no_number(world: World, submission: Callable[..., Any]) -> None:
    cluster_id = place_of(report(world, submission))
    with db.engine.connect() as connection:
        before = connection.execute(select(func.max(ClusterChange.seq))).scalar_one()

    def halfway() -> None:
        with transaction() as session:
            session.get_one(Cluster, cluster_id).severity = 1
            session.flush()
            raise RuntimeError("halt")

    with pytest.raises(RuntimeError, match="halt"):
        halfway()
    with db.engine.connect() as connection:
        assert connection.execute(select(func.max(ClusterChange.seq))).scalar_one() == before


def test_what_the_board_does_not_tell_leaves_no_number(world: World, submission: Callable[..., Any]) -> None:
    number = report(world, submission)
    cluster_id = place_of(number)
    with db.engine.connect() as connection:
        before = connection.execute(select(func.max(ClusterChange.seq))).scalar_one()
    with transaction() as session:
        session.get_one(ServiceRequest, number).words = "Anders"
        session.get_one(Cluster, cluster_id).open = True
        for area in session.scalars(select(Area).limit(1)):
            area.name = str(area.name)
    with db.engine.connect() as connection:
        assert connection.execute(select(func.max(ClusterChange.seq))).scalar_one() == before


def test_another_service_makes_every_map_anew(world: World, submission: Callable[..., Any]) -> None:
    cluster_id = place_of(report(world, submission))
    shown = drawn()
    before = shown.pyramid(BoardFilter())
    with transaction() as session:
        old = session.scalars(select(Service).where(Service.code == "pothole")).one()
        values = {
            column.key: getattr(old, column.key) for column in Service.__table__.columns if column.key != "id"
        }
        made = Service(**(values | {"code": "crater"}))
        session.add(made)
        session.flush()
        session.get_one(Cluster, cluster_id).service_id = made.id
    assert shown.pyramid(BoardFilter()) is not before
    (bubble,) = shown.pyramid(BoardFilter()).bubbles(0, EVERYWHERE)
    assert bubble.told["service"] == "crater"


def test_old_numbers_are_forgotten_and_who_lags_behind_reads_anew(
    world: World, submission: Callable[..., Any]
) -> None:
    shown = drawn()
    report(world, submission)
    assert on_map(shown, BoardFilter())["count"] == 1
    for turn in range(2):
        report(world, submission, lon=LON + 0.01 * (turn + 1))
        with transaction() as session:
            tidy_map_changes(session)
    with db.engine.connect() as connection:
        left = connection.execute(select(ClusterChange.seq).order_by(ClusterChange.seq)).scalars().all()
        noted = connection.execute(
            select(Counter.value).where(Counter.name == "cluster_changes_seen")
        ).scalar_one()
    assert left[0] > 1
    assert noted == left[-1]
    assert on_map(shown, BoardFilter())["count"] == 3


def test_a_map_changed_often_is_filed_anew_and_stays_the_same(
    world: World, submission: Callable[..., Any]
) -> None:
    cluster_id = place_of(report(world, submission))
    shown = drawn()
    shown.pyramid(BoardFilter())
    for turn in range(105):
        with transaction() as session:
            session.get_one(Cluster, cluster_id).severity = turn % 3 + 1
        shown.pyramid(BoardFilter())
    assert shown.pyramid(BoardFilter()).pending <= 200
    assert tiles(shown, BoardFilter()) == tiles(drawn(), BoardFilter())


def test_the_filter_that_nobody_asks_for_is_forgotten(world: World, submission: Callable[..., Any]) -> None:
    report(world, submission)
    shown = drawn()
    shown.pyramid(BoardFilter(words="melati"))
    assert shown.is_ready(BoardFilter(words="melati"))
    for number in range(16):
        shown.pyramid(BoardFilter(words=f"jalan {number}"))
    assert not shown.is_ready(BoardFilter(words="melati"))
    assert shown.is_ready(BoardFilter(words="jalan 15"))


def fingerprint(shown: PlaceMap[BoardFilter]) -> str:
    found = [body for wanted in FILTERS for body in tiles(shown, wanted)]
    return hashlib.sha256(b"|".join(found)).hexdigest()


def test_another_process_answers_with_the_same_bytes(world: World, submission: Callable[..., Any]) -> None:
    shown = drawn()
    rng = random.Random(3)
    for _step in range(25):
        anything(world, submission, rng)
        fingerprint(shown)
    moment = clock.now()
    settings = world.installation.settings
    code = (
        "from datetime import datetime\n"
        "from fieldops import clock\n"
        "from fieldops.app import create_app; from fieldops.config import Settings\n"
        "from tests.maps.test_board_map import drawn, fingerprint\n"
        f"app = create_app(Settings.model_validate_json({settings.model_dump_json()!r}), pages=False)\n"
        f"with app.app_context(), clock.frozen(datetime.fromisoformat({moment.isoformat()!r})):\n"
        "    print(fingerprint(drawn()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    with clock.frozen(moment):
        assert done.stdout.split()[-1] == fingerprint(shown)
