"""The one door: what it takes, what it refuses and in which words, and that a repeat is harmless."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from fieldops import clock
from fieldops.domain.places import Channel
from fieldops.domain.roles import Actor, By
from fieldops.errors import Conflict, FieldOpsError, InvalidInput, OutOfArea
from fieldops.extensions import db
from fieldops.models import Follower, Message, Reporter, ServiceRequest, StatusChange, Task
from fieldops.operations.submit_once import submit_once
from fieldops.operations.submit_request import submit_request
from fieldops.transaction import transaction
from tests.conftest import World


def _count(table: type[Any]) -> int:
    return db.session().scalar(select(func.count()).select_from(table)) or 0


def test_a_report_is_kept_with_history_place_message_and_task(world: World, submission: Any) -> None:
    with transaction() as session:
        made = submit_request(
            session, world.installation, submission(contact="warga@example.org", words="  Lubang\0 besar ")
        )
        code, secret = made.request.code, made.secret
    request = db.session().scalars(select(ServiceRequest)).one()
    assert (request.code, request.status, request.words) == (code, "submitted", "Lubang besar")
    assert request.location_state == "confirmed"
    assert request.place is not None
    assert request.public_place is not None
    assert secret not in (request.link_digest, request.external_key)
    change = db.session().scalars(select(StatusChange)).one()
    assert (change.source, change.target, change.actor, change.facts) == (
        None, "submitted", "reporter", {"channel": "web"},
    )  # fmt: skip
    assert db.session().scalars(select(Message.template)).all() == ["received"]
    assert {task.name for task in db.session().scalars(select(Task))} == {"group_request", "send_message"}


def test_the_contact_lies_nowhere_in_the_clear(world: World, submission: Any) -> None:
    with transaction() as session:
        submit_request(session, world.installation, submission(contact="sri.rahayu@example.org"))
    reporter = db.session().scalars(select(Reporter)).one()
    assert reporter.contact_sealed is not None
    assert b"rahayu" not in reporter.contact_sealed
    assert "rahayu" not in str(reporter.contact_digest)
    assert world.installation.sealer.open(reporter.contact_sealed) == "sri.rahayu@example.org"


def test_the_same_key_twice_is_one_report_with_one_link(world: World, submission: Any) -> None:
    said = submission(contact="warga@example.org")
    secrets = set()
    for _again in range(3):
        with transaction() as session:
            secrets.add(submit_request(session, world.installation, said).secret)
    assert len(secrets) == 1
    assert (_count(ServiceRequest), _count(Message), _count(Follower)) == (1, 1, 1)


def test_the_same_key_with_other_words_is_a_conflict_and_keeps_the_first(
    world: World, submission: Any
) -> None:
    with transaction() as session:
        first = submit_once(session, world.installation, submission(client_key="k", words="Lubang"), ())
        assert not first.was_known
    with transaction() as session:
        again = submit_once(session, world.installation, submission(client_key="k", words="Lubang"), ())
        assert again.was_known
    with pytest.raises(Conflict) as caught, transaction() as session:
        submit_once(session, world.installation, submission(client_key="k", words="Banjir"), ())
    assert caught.value.status == 409
    assert [row.words for row in db.session().scalars(select(ServiceRequest))] == ["Lubang"]


def test_two_senders_at_once_make_one_report(world: World, submission: Any) -> None:
    said = submission(contact="warga@example.org")
    start, codes = threading.Barrier(4), []

    def send() -> None:
        with world.app.app_context():
            start.wait()
            with transaction() as session:
                codes.append(submit_once(session, world.installation, said, ()).request.code)
            db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(codes) == 4
    assert len(set(codes)) == 1
    assert (_count(ServiceRequest), _count(Reporter), _count(Message)) == (1, 1, 1)


def test_one_person_who_reports_two_places_at_once_is_one_reporter(world: World, submission: Any) -> None:
    start, made = threading.Barrier(4), []

    def send(contact: str) -> None:
        with world.app.app_context():
            start.wait()
            with transaction() as session:
                made.append(submit_request(session, world.installation, submission(contact=contact)).secret)
            db.session.remove()

    numbers = ("0812 3456 7890", "081234567890", "0812-3456-7890", "(0812) 3456.7890")
    threads = [threading.Thread(target=send, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 4
    assert (_count(ServiceRequest), _count(Reporter), _count(Follower)) == (4, 1, 4)


REFUSED: list[Any] = [
    ({"service_code": "ufo"}, InvalidInput, "service", "no kind of report called “ufo”"),
    ({"lon": None, "lat": None}, InvalidInput, "place", "No location yet"),
    ({"lon": None}, InvalidInput, "lon", "Both latitude and longitude"),
    ({"lat": None}, InvalidInput, "lat", "Both latitude and longitude"),
    ({"lon": 181.0}, InvalidInput, "lon", "longitude must be"),
    ({"lon": float("nan")}, InvalidInput, "lon", "longitude must be"),
    ({"lon": float("inf")}, InvalidInput, "lon", "longitude must be"),
    ({"lat": -90.5}, InvalidInput, "lat", "latitude must be"),
    ({"lat": float("nan")}, InvalidInput, "lat", "latitude must be"),
    ({"lon": 0.0, "lat": 0.0}, OutOfArea, "place", "outside Surakarta"),
    ({"lon": 110.90}, OutOfArea, "place", "outside Surakarta"),
    ({"words": "a" * 4001}, InvalidInput, "words", "at most 4000 characters"),
    ({"address": "a" * 201}, InvalidInput, "address", "at most 200 characters"),
    ({"landmark": "a" * 201}, InvalidInput, "landmark", "at most 200 characters"),
    ({"severity": 0}, InvalidInput, "severity", "light, medium or heavy"),
    ({"severity": 4}, InvalidInput, "severity", "light, medium or heavy"),
    ({"client_key": ""}, InvalidInput, "key", "key is missing or too long"),
    ({"client_key": "k" * 101}, InvalidInput, "key", "key is missing or too long"),
    ({"client_key": "k\0"}, InvalidInput, "key", "key is missing or too long"),
    ({"contact": "nobody"}, InvalidInput, "contact", "neither an e-mail address"),
]


def test_everything_that_cannot_be_is_refused_by_its_field(world: World, submission: Any) -> None:
    cases = [
        *REFUSED,
        ({"reported_at": clock.now() + timedelta(days=2)}, InvalidInput, "reported_at", "future"),
    ]
    for changes, kind, field, words in cases:
        with pytest.raises(kind) as caught, transaction() as session:
            submit_request(session, world.installation, submission(**changes))
        assert caught.value.field == field, changes
        assert caught.value.status == 422
        assert words in str(caught.value)
    assert (_count(ServiceRequest), _count(Task), _count(Reporter), _count(StatusChange)) == (0, 0, 0, 0)


def test_swapped_coordinates_are_recognised(world: World, submission: Any) -> None:
    with pytest.raises(FieldOpsError) as caught, transaction() as session:
        submit_request(session, world.installation, submission(lon=-7.5660, lat=110.8230))
    assert caught.value.field == "lat"
    assert "swapped" in str(caught.value)


def test_words_alone_are_enough_and_join_nothing(world: World, submission: Any) -> None:
    with transaction() as session:
        made = submit_request(
            session, world.installation, submission(lon=None, lat=None, landmark="depan SD Negeri 3")
        )
        assert (made.request.location_state, made.request.place) == ("none", None)
    assert "group_request" not in {task.name for task in db.session().scalars(select(Task))}


def test_a_nonsense_accuracy_counts_as_unknown(world: World, submission: Any) -> None:
    for accuracy_m in (-5.0, float("nan"), float("inf"), 0.0):
        with transaction() as session:
            made = submit_request(session, world.installation, submission(accuracy_m=accuracy_m))
            assert made.request.accuracy_m == 8.0


def test_half_a_sign_does_not_stop_a_report(world: World, submission: Any) -> None:
    with transaction() as session:
        made = submit_request(session, world.installation, submission(words="lubang \ud83d besar"))
        assert made.request.words == "lubang  besar"


def test_staff_and_crews_report_in_their_own_name(world: World, submission: Any) -> None:
    with transaction() as session:
        submit_request(
            session, world.installation, submission(channel=Channel.CREW), By(Actor.CREW_LEADER, None)
        )
    assert db.session().scalars(select(StatusChange.actor)).all() == ["crew_leader"]
