"""A day of work told in few calls; every call is a unit of work of its own, as a page would make it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from fieldops.domain.roles import By, Role
from fieldops.domain.work_order_states import StopEventKind
from fieldops.extensions import db
from fieldops.media.photos import PreparedPhoto, read_photo
from fieldops.models import Batch, Cluster, Crew, DayPlan, Message, ServiceRequest, Shift, Stop, WorkOrder
from fieldops.operations.dispatch_batch import dispatch_plan
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.plan_batches import ask_for_plan, compute_plan
from fieldops.operations.record_stop_event import StopReport, record_stop_event
from fieldops.operations.submit_request import submit_request
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.conftest import World

STEP_LON = 4e-5
"""About 4.4 m."""


@pytest.fixture(scope="session")
def photo() -> PreparedPhoto:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "gray").save(file, "JPEG")
    return read_photo(file.getvalue(), file_name="sesudah.jpg")


@dataclass
class Story:
    """What happens in a city, told from outside the sessions: ids go in and come out."""

    world: World
    submission: Callable[..., Any]
    photo: PreparedPhoto
    keys: int = 0

    @property
    def dispatcher(self) -> By:
        return self.world.by(Role.DISPATCHER)

    def report(self, count: int = 1, *, work: bool = True, **changes: Any) -> list[int]:
        """Neighbours report one place, a few metres apart, each with an address of their own."""
        ids = []
        with transaction() as session:
            for number in range(count):
                self.keys += 1
                said = {
                    "lon": 110.8230 + number * STEP_LON,
                    "contact": f"warga{self.keys}@example.org",
                } | changes
                made = submit_request(session, self.world.installation, self.submission(**said))
                ids.append(made.request.id)
        if work:
            self.work()
        return ids

    def work(self) -> int:
        return work_until_idle(self.world.installation)

    def request(self, request_id: int) -> ServiceRequest:
        return self._fresh().get_one(ServiceRequest, request_id)

    def statuses(self, ids: list[int]) -> list[str]:
        return [self.request(request_id).status for request_id in ids]

    def cluster_of(self, request_id: int) -> int:
        found = self.request(request_id).cluster_id
        assert found is not None
        return found

    def cluster(self, cluster_id: int) -> Cluster:
        return self._fresh().get_one(Cluster, cluster_id)

    def order(self, request_id: int) -> int:
        """The dispatcher orders work at a request's cluster."""
        with transaction() as session:
            cluster = session.get_one(Cluster, self.cluster_of(request_id))
            return open_work_order(session, self.world.installation, cluster, self.dispatcher).id

    def work_order(self, order_id: int) -> WorkOrder:
        return self._fresh().get_one(WorkOrder, order_id)

    def work_days(self) -> list[date]:
        """The days with shifts, first one that has not begun first."""
        return sorted(set(self._fresh().scalars(select(Shift.day))))[1:]

    def plan(self, day: date | None = None) -> int:
        """Ask for a plan and compute it at once."""
        with transaction() as session:
            asked = ask_for_plan(session, day or self.work_days()[0], self.dispatcher, seconds=1, seed=7).id
        compute_plan(self.world.installation, asked, transaction, iterations=20)
        return asked

    def dispatch(self, plan_id: int) -> list[int]:
        """Send a plan out and return its stops."""
        version = self._fresh().get_one(DayPlan, plan_id).version
        with transaction() as session:
            batches = dispatch_plan(session, self.world.installation, plan_id, version, self.dispatcher)
            ids = [batch.id for batch in batches]
        query = select(Stop.id).where(Stop.batch_id.in_(ids)).order_by(Stop.batch_id, Stop.position)
        return list(db.session().scalars(query))

    def send_out(self, request_id: int) -> tuple[int, int]:
        """Order, plan and dispatch one place; return its order and its stop."""
        order_id = self.order(request_id)
        (stop_id,) = self.dispatch(self.plan())
        return order_id, stop_id

    def leader_of(self, stop_id: int) -> By:
        session = self._fresh()
        batch = session.get_one(Batch, session.get_one(Stop, stop_id).batch_id)
        letter = session.get_one(Crew, batch.crew_id).letter
        return self.world.leader(letter)

    def tell(self, stop_id: int, kind: StopEventKind, **said: Any) -> int:
        """The crew reports something of a stop; return the event."""
        self.keys += 1
        values: dict[str, Any] = {"client_key": f"phone-{self.keys}"} | said
        leader = values.pop("by", None) or self.leader_of(stop_id)
        with transaction() as session:
            report = StopReport(kind=kind, **values)
            return record_stop_event(session, self.world.installation, stop_id, report, leader).id

    def arrive(self, stop_id: int) -> None:
        self.tell(stop_id, StopEventKind.ARRIVED)

    def complete(self, stop_id: int, repair_kind: str = "permanent") -> None:
        self.tell(stop_id, StopEventKind.COMPLETED, repair_kind=repair_kind, photos=(self.photo,))

    def repair(self, request_id: int, repair_kind: str = "permanent") -> int:
        """The whole way from a request to its repaired place; return the order."""
        order_id, stop_id = self.send_out(request_id)
        self.arrive(stop_id)
        self.complete(stop_id, repair_kind)
        return order_id

    def messages(self, *ids: int, template: str = "") -> list[str]:
        """The templates of the messages about these requests, oldest first."""
        query = select(Message).where(Message.request_id.in_(ids)).order_by(Message.id)
        found = self._fresh().scalars(query)
        return [message.template for message in found if template in ("", message.template)]

    def _fresh(self) -> Any:
        session = db.session()
        session.rollback()
        session.expire_all()
        return session


@pytest.fixture
def story(world: World, submission: Any, photo: PreparedPhoto) -> Story:
    return Story(world, submission, photo)


def at_noon(day: date) -> datetime:
    """Noon of a day in Surakarta."""
    return datetime.fromisoformat(f"{day}T12:00:00+07:00")
