"""Two identities of one person, joined by staff and parted again; what is forgotten stays forgotten."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    AuditEntry,
    ChannelAccount,
    ChannelPerson,
    Conversation,
    Follower,
    PersonJoin,
    Reporter,
    ServiceRequest,
)
from fieldops.operations.forget_person import forget_person
from fieldops.operations.join_people import join_people, part_people
from fieldops.queries.reporters import is_author
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels
from tests.web.desk import english

NEW_ID = "ID.150000000000000099"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def as_somebody_new(event: dict[str, Any]) -> dict[str, Any]:
    """The same person after a change of number: another id, and no number."""
    value = event["entry"][0]["changes"][0]["value"]
    value["messages"][0]["from_user_id"] = value["contacts"][0]["user_id"] = NEW_ID
    value["messages"][0].pop("from", None)
    value["contacts"][0].pop("wa_id", None)
    return event


def two_threads(channel: Channels) -> tuple[int, int]:
    """Conversations of somebody who wrote, and wrote again with another id."""
    channel.hear(said.text("Lubang besar di depan pasar", id="wamid.A1"))
    channel.hear(as_somebody_new(said.text("Lubangnya makin dalam, Pak", id="wamid.B1")))
    one, other = channel.conversations()
    assert one.person_id != other.person_id
    return one.id, other.id


def join(channel: Channels, number: int, other: int, browser: Any = None) -> Any:
    browser = browser or english(channel.world, Role.OFFICER)
    return browser.post(f"/petugas/kotak-masuk/{number}/orang-sama", data={"other": str(other)})


def the_join() -> int:
    session = db.session()
    session.rollback()
    return session.scalars(select(PersonJoin.id)).one()


def people_of(channel: Channels) -> list[int]:
    return [row.person_id for row in channel.conversations()]


def test_joined_they_are_heard_as_one(channel: Channels) -> None:
    number, other = two_threads(channel)
    page = english(channel.world, Role.OFFICER).get(f"/petugas/kotak-masuk/{number}").text
    assert "Wrote as somebody else too" in page
    assert join(channel, number, other).status_code == 303
    kept, same = people_of(channel)
    assert kept == same
    channel.hear(as_somebody_new(said.text("Tolong segera", id="wamid.B2")))
    assert len(channel.conversations()) == 2
    assert db.session().scalar(select(func.count()).select_from(ChannelPerson)) == 2
    acts = set(db.session().scalars(select(AuditEntry.act)))
    assert "people_joined" in acts
    page = english(channel.world, Role.OFFICER).get(f"/petugas/kotak-masuk/{other}").text
    assert "The person was joined with another one" in page
    assert "Take back" in page


def test_parted_again_everything_is_where_it_was_and_what_came_since_stays(channel: Channels) -> None:
    number, other = two_threads(channel)
    before = people_of(channel)
    join(channel, number, other)
    answer = english(channel.world, Role.OFFICER).post(
        f"/petugas/kotak-masuk/{number}/orang-sama/{the_join()}/batal"
    )
    assert answer.status_code == 303
    assert people_of(channel) == before
    channel.hear(as_somebody_new(said.text("Masih saya", id="wamid.B3")))
    assert people_of(channel) == before
    again = english(channel.world, Role.OFFICER).post(
        f"/petugas/kotak-masuk/{number}/orang-sama/{the_join()}/batal"
    )
    assert again.status_code == 404
    assert {"people_joined", "people_parted"} <= set(db.session().scalars(select(AuditEntry.act)))


def test_reports_go_over_and_come_back(channel: Channels) -> None:
    _number, other = two_threads(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    made = officer.post(
        f"/petugas/kotak-masuk/{other}/aduan",
        data={
            "service": "pothole",
            "severity": "2",
            "lat": "-7.5660",
            "lon": "110.8230",
            "location_source": "drag",
            "words": "Lubang",
        },
    )
    assert made.status_code == 303
    channel.work()
    request_id = db.session().scalars(select(ServiceRequest.id)).one()
    kept, joined = people_of(channel)
    by = channel.world.by(Role.OFFICER)
    with transaction() as session:
        number_of_join = join_people(session, kept, joined, by).id
    assert is_author(db.session(), request_id, kept)
    db.session.remove()
    with transaction() as session:
        part_people(session, number_of_join, by)
    assert is_author(db.session(), request_id, joined)
    assert not is_author(db.session(), request_id, kept)
    assert db.session().scalar(select(func.count()).select_from(Follower)) == 1


def test_somebody_who_said_stop_is_not_written_to_as_the_other_one(channel: Channels) -> None:
    number, other = two_threads(channel)
    channel.hear(as_somebody_new(said.text("STOP", id="wamid.B2")))
    join(channel, number, other)
    person = db.session().get_one(ChannelPerson, channel.conversations()[0].person_id)
    assert person.stopped_at is not None
    by, joined = channel.world.by(Role.OFFICER), the_join()
    db.session.remove()
    with transaction() as session:
        part_people(session, joined, by)
    stopped = db.session().scalars(select(ChannelPerson.stopped_at).order_by(ChannelPerson.id)).all()
    assert [at is not None for at in stopped] == [False, True]


def test_forgetting_reaches_both_and_cannot_be_parted(channel: Channels) -> None:
    number, other = two_threads(channel)
    join(channel, number, other)
    kept, joined, by = people_of(channel)[0], the_join(), channel.world.by(Role.OFFICER)
    db.session.remove()
    with transaction() as session:
        forget_person(session, channel.world.installation, kept, by)
    assert set(db.session().scalars(select(Reporter.contact_sealed))) == {None}
    db.session.remove()
    browser = english(channel.world, Role.OFFICER)
    path = f"/petugas/kotak-masuk/{number}/orang-sama/{joined}/batal"
    assert browser.post(path).status_code == 409


@pytest.mark.parametrize("other", ["", "0", "999999", "x"])
def test_nobody_is_joined_with_nobody(channel: Channels, other: str) -> None:
    number, _other = two_threads(channel)
    before = people_of(channel)
    answer = english(channel.world, Role.OFFICER).post(
        f"/petugas/kotak-masuk/{number}/orang-sama", data={"other": other}
    )
    assert answer.status_code in (404, 422)
    assert people_of(channel) == before


def test_one_person_twice_or_joined_already_is_refused(channel: Channels) -> None:
    number, other = two_threads(channel)
    assert join(channel, number, number).status_code == 422
    assert join(channel, number, other).status_code == 303
    assert join(channel, number, other).status_code == 422
    assert db.session().scalar(select(func.count()).select_from(PersonJoin)) == 1


def test_people_of_two_accounts_stay_two(channel: Channels) -> None:
    number, other = two_threads(channel)
    with transaction() as session:
        first = session.get_one(ChannelAccount, channel.account_id)
        facts = {
            name: getattr(first, name)
            for name in ("kind", "name", "department_id", "options", "secrets_sealed", "state", "created_at")
        }
        second = ChannelAccount(**facts, hook_key="x" * 40)
        session.add(second)
        session.flush()
        row = session.get_one(Conversation, other)
        session.get_one(ChannelPerson, row.person_id).account_id = second.id
    db.session.remove()
    assert join(channel, number, other).status_code == 422
