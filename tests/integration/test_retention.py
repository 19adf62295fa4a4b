"""A year after somebody's last report ended nothing of them is kept; what the city did stays."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Actor, By
from fieldops.errors import NotFound
from fieldops.extensions import db
from fieldops.models import AuditEntry, Photo, Reporter, ServiceRequest
from fieldops.operations.attach_photo import attach_photo
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.run_retention import Overdue, overdue, run_retention
from fieldops.queries.conversations import messages_of
from fieldops.tasks.registry import TASKS
from fieldops.tasks.schedule import SCHEDULE
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels
from tests.integration.conftest import Story

YEAR = timedelta(days=365)
AFTER = YEAR + timedelta(days=1)


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def end(number: int) -> None:
    with transaction() as session:
        change_request_status(
            session, session.get_one(ServiceRequest, number), RequestStatus.CLOSED,
            By(Actor.REPORTER, None), facts={"closed_reason": "withdrawn"},
        )  # fmt: skip


def photograph(story: Story, number: int) -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, number)
        attach_photo(session, story.world.installation, story.photo, kind="report", request=request)


def held() -> list[Reporter]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(select(Reporter).where(Reporter.contact_sealed.is_not(None))))


def keep(world: World, after: timedelta = AFTER) -> Overdue:
    """What would be done and what is done some time from now; both are the same."""
    with clock.frozen(clock.now() + after):
        db.session.rollback()
        before = overdue(db.session(), world.installation)
        db.session.remove()
        assert run_retention(world.installation, transaction) == before
        assert overdue(db.session(), world.installation) == Overdue(0, 0)
        return before


def test_whose_last_report_ended_a_year_ago_is_forgotten(story: Story) -> None:
    (number,) = story.report(words="Depan rumah Bu Siti")
    photograph(story, number)
    files = [one.sha256 for one in db.session.scalars(select(Photo))]
    end(number)
    assert keep(story.world, YEAR - timedelta(days=1)) == Overdue(0, 0)
    assert len(held()) == 1
    assert keep(story.world) == Overdue(1, 1)
    assert held() == []
    request = story.request(number)
    assert (request.words, request.status) == ("", "closed")
    assert request.place is not None
    assert db.session.scalar(select(func.count()).select_from(Photo)) == 0
    media = story.world.installation.media
    with pytest.raises(NotFound):
        media.open(f"{files[0]}-large.jpg")
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "data_kept_no_longer")).all()
    assert len(entries) == 1


def test_an_open_report_keeps_its_reporter(story: Story) -> None:
    ended, _still_open = story.report(2, contact="satu@example.org")
    end(ended)
    assert keep(story.world).people == 0
    assert len(held()) == 1


def test_photos_of_people_without_a_contact_go_too(story: Story) -> None:
    (number,) = story.report(contact="")
    photograph(story, number)
    end(number)
    assert keep(story.world) == Overdue(0, 1)


def test_the_crews_photos_stay(story: Story) -> None:
    (number,) = story.report()
    story.repair(number)
    end_of_it = story.request(number)
    assert end_of_it.ended_at is not None
    before = db.session.scalar(select(func.count()).select_from(Photo).where(Photo.stop_id.is_not(None)))
    assert keep(story.world).photos == 0
    after = db.session.scalar(select(func.count()).select_from(Photo).where(Photo.stop_id.is_not(None)))
    assert before == after == 1


def test_a_thread_without_a_report_is_kept_a_year_after_its_last_message(channel: Channels) -> None:
    channel.hear(said.text("Selamat pagi"))
    assert keep(channel.world, YEAR - timedelta(hours=1)) == Overdue(0, 0)
    assert keep(channel.world) == Overdue(1, 0)
    words = [one.words for one in _messages(channel)]
    assert words
    assert not any(words)


def test_more_people_than_one_unit_of_work_holds(story: Story, monkeypatch: Any) -> None:
    monkeypatch.setattr("fieldops.operations.run_retention.AT_ONCE", 2)
    for number in story.report(5):
        end(number)
    assert keep(story.world) == Overdue(5, 0)
    assert held() == []


def test_the_worker_does_it_every_night() -> None:
    (entry,) = [one for one in SCHEDULE if one.name == "run_retention"]
    assert entry.every_s == 24 * 3600
    assert entry.name in TASKS


def _messages(channel: Channels) -> list[Any]:
    return [row for row in messages_of(db.session(), channel.only().id) if row.direction == "in"]
