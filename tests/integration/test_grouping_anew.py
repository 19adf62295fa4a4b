"""Any sequence of arrivals, moves, endings, openings, merges, splits and orders leaves the clusters that
grouping everything would make, under the same numbers.
"""

import random
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import THE_REPORTER
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.models import Cluster, GroupingDecision, ServiceRequest, WorkOrder
from fieldops.operations.change_order import cancel_order
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.keep_rain import keep_rain
from fieldops.operations.linking_rules import city_crs, link_rules
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.place_request import correct_place
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.operations.triage_requests import decline_requests
from fieldops.operations.write_groups import Situation, as_report
from fieldops.queries.clusters import OPEN_CODES, all_decisions
from fieldops.queries.groupable import groupable
from fieldops.queries.rain import rain_by_day
from fieldops.queries.services import services_by_id
from fieldops.queries.work_orders import OPEN_ORDER_CODES
from fieldops.transaction import transaction
from geo.clustering.live_sites import LiveSites
from geo.clustering.rain_events import RainEvents
from geo.crs import to_metres
from tests.integration.conftest import Story

LON, LAT = 110.8230, -7.5660
SPREAD = 4e-4
"""About 44 m: some reports are near, some are not, and chains grow."""
STEPS = 50


class Weather:
    """A city in which anything happens, by the dice."""

    def __init__(self, story: Story, seed: int, *, orders: bool = False, rainy: bool = False) -> None:
        self.story, self.dice = story, random.Random(seed)
        self.codes = ["pothole", "pothole", "sunken_road", "blocked_drain"]
        self.installation = story.world.installation
        self.deeds: list[Callable[[Session], object]] = [
            self.report, self.report, self.report, self.move, self.end, self.reopen, self.merge, self.split,
        ]  # fmt: skip
        if orders:
            self.deeds += [self.order, self.order, self.cancel]
        if rainy:
            self.codes = ["standing_water"]
            self.deeds += [self.measure, self.measure]

    def happen(self) -> None:
        """Let one thing happen, and the worker do what follows."""
        deed = self.dice.choice(self.deeds)
        if deed == self.report:
            self.report(db.session())
        else:
            with transaction() as session:
                deed(session)
        self.story.work()

    def place(self) -> tuple[float, float]:
        return LON + self.dice.uniform(0, SPREAD), LAT + self.dice.uniform(0, SPREAD)

    def report(self, _session: Session) -> None:
        lon, lat = self.place()
        code = self.dice.choice(self.codes)
        accuracy_m = self.dice.choice([3.0, 8.0, 15.0, 30.0])
        self.story.report(work=False, lon=lon, lat=lat, service_code=code, accuracy_m=accuracy_m, contact="")

    def measure(self, session: Session) -> None:
        """Rain of some of the last days comes in, or is corrected."""
        last = clock.now().date() - timedelta(days=self.dice.choice([0, 1, 4]))
        days = [last - timedelta(days=back) for back in reversed(range(self.dice.choice([2, 5, 9])))]
        rows = [f"{day},{self.dice.choice([0, 0, 0, 12])}" for day in days]
        zone = self.installation.city.time_zone
        keep_rain(session, "\n".join(["date,mm", *rows]).encode(), self.story.dispatcher, time_zone=zone)

    def one(self, session: Session, *statuses: str) -> ServiceRequest | None:
        found = session.scalars(
            select(ServiceRequest).where(ServiceRequest.status.in_(statuses)).order_by(ServiceRequest.id)
        ).all()
        return self.dice.choice(found) if found else None

    def move(self, session: Session) -> None:
        request = self.one(session, *OPEN_CODES)
        if request is not None:
            correct_place(session, self.installation, request, *self.place(), self.story.dispatcher)

    def end(self, session: Session) -> None:
        request = self.one(session, "submitted", "acknowledged")
        if request is not None:
            try:
                decline_requests(session, [request], "unclear", "Tidak jelas.", self.story.dispatcher)
            except Conflict:
                return  # work is ordered there

    def reopen(self, session: Session) -> None:
        request = self.one(session, "declined")
        if request is not None and not request.times_reopened:
            change_request_status(session, request, RequestStatus.REOPENED, THE_REPORTER, words="masih ada")

    def clusters(self, session: Session) -> list[Cluster]:
        return list(
            session.scalars(select(Cluster).where(Cluster.joined_into_id.is_(None)).order_by(Cluster.id))
        )

    def merge(self, session: Session) -> None:
        found = self.clusters(session)
        if len(found) > 1:
            one, other = self.dice.sample(found, 2)
            try:
                merge_clusters(session, self.installation, one.id, other.id, self.story.dispatcher)
            except Conflict:
                return  # two kinds, or two orders

    def split(self, session: Session) -> None:
        found = self.clusters(session)
        members = {
            cluster.id: session.scalars(
                select(ServiceRequest.id)
                .where(ServiceRequest.cluster_id == cluster.id)
                .order_by(ServiceRequest.id)
            ).all()
            for cluster in found
        }
        many = [number for number, ids in members.items() if len(ids) > 1]
        if many:
            number = self.dice.choice(many)
            leaving = self.dice.sample(members[number], self.dice.randint(1, len(members[number]) - 1))
            split_cluster(session, self.installation, number, leaving, self.story.dispatcher)

    def order(self, session: Session) -> None:
        found = [cluster for cluster in self.clusters(session) if cluster.open]
        if found:
            try:
                open_work_order(session, self.installation, self.dice.choice(found), self.story.dispatcher)
            except Conflict:
                return  # there is one already

    def cancel(self, session: Session) -> None:
        found = session.scalars(
            select(WorkOrder).where(WorkOrder.status.in_(OPEN_ORDER_CODES)).order_by(WorkOrder.id)
        ).all()
        if found:
            order = self.dice.choice(found)
            cancel_order(session, order.id, order.version, "Salah.", self.story.dispatcher)


def clusters_now() -> dict[int, int | None]:
    session = db.session()
    session.rollback()
    session.expire_all()
    return {row[0]: row[1] for row in session.execute(select(ServiceRequest.id, ServiceRequest.cluster_id))}


def parts(site_of: dict[int, int | None]) -> set[frozenset[int]]:
    found: dict[int | None, set[int]] = {}
    for number, site in site_of.items():
        found.setdefault(site, set()).add(number)
    return {frozenset(members) for members in found.values()}


def engine_says(story: Story) -> set[frozenset[int]]:
    """Group everything with `LiveSites`, which knows neither database nor orders."""
    session = db.session()
    rows = groupable(session)
    rules = link_rules(services_by_id(session))
    city = story.world.installation.city
    every_reading = RainEvents(rain_by_day(session), ZoneInfo(city.time_zone))
    situation = Situation(rules, frozenset(), rains=every_reading)
    crs = city_crs(story.world.installation.city)
    x, y = to_metres([one.lon for one in rows], [one.lat for one in rows], crs)
    live = LiveSites(situation.rules)
    reports = {
        one.id: as_report(one, x_m, y_m, situation)
        for one, x_m, y_m in zip(rows, x.tolist(), y.tolist(), strict=True)
    }
    live.load(reports, {}, all_decisions(session))
    return parts({number: live.site_of(number) for number in reports})


@pytest.mark.parametrize(("seed", "orders"), [(1, False), (2, False), (3, True), (4, True)])
def test_whatever_happens_the_clusters_are_those_of_grouping_everything(
    story: Story, seed: int, orders: bool
) -> None:
    weather = Weather(story, seed, orders=orders)
    now = clock.now()
    for _step in range(STEPS):
        now += timedelta(hours=weather.dice.choice([1, 30, 300]))
        with clock.frozen(now):
            weather.happen()
            before = clusters_now()
            assert None not in before.values(), "everybody has a place of work"
            with transaction() as session:
                regroup_requests(session, story.world.installation)
            assert clusters_now() == before
            if not orders:
                assert engine_says(story) == parts(before)
    session = db.session()
    gone = set(session.scalars(select(Cluster.id).where(Cluster.joined_into_id.is_not(None))))
    assert gone, "some clusters were joined"
    assert gone.isdisjoint(number for number in clusters_now().values()), "their numbers are not used again"
    held = clusters_now()
    last = {(row.first_id, row.second_id): row.together
            for row in session.scalars(select(GroupingDecision).order_by(GroupingDecision.id))}  # fmt: skip
    assert last, "staff decided something"
    for (first, second), together in last.items():
        if not together:
            assert held[first] != held[second], "what staff parted stays apart"


@pytest.mark.parametrize("seed", [5, 6])
def test_whatever_rain_becomes_known_the_clusters_are_those_of_grouping_everything(
    story: Story, seed: int
) -> None:
    weather = Weather(story, seed, rainy=True)
    now = clock.now()
    for _step in range(STEPS):
        now += timedelta(hours=weather.dice.choice([1, 20, 40, 80]))
        with clock.frozen(now):
            weather.happen()
            before = clusters_now()
            with transaction() as session:
                regroup_requests(session, story.world.installation)
            assert clusters_now() == before
            assert engine_says(story) == parts(before)
    session = db.session()
    rains = RainEvents(rain_by_day(session), ZoneInfo(story.world.installation.city.time_zone))
    assert len(rains.events) > 1, "it rained more than once"
