"""Suggestions in the product: read at intake, learned at night, rolled back by hand; on both databases."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from geoalchemy2.shape import from_shape
from shapely.geometry import LineString
from sqlalchemy import delete, func, select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.errors import InvalidInput, NotFound
from fieldops.extensions import db
from fieldops.models import AuditEntry, Line, Service, ServiceRequest, Task, TriageCorrection, TriageModel
from fieldops.operations.activate_triage import activate_triage, follow_newest
from fieldops.operations.correct_triage import correct_triage
from fieldops.operations.submit_request import submit_request
from fieldops.operations.suggest_triage import TriageSuggestion, suggest_triage
from fieldops.operations.train_triage import train_triage
from fieldops.operations.triage_requests import acknowledge_requests
from fieldops.queries.triage import active_version, confirmed_words
from fieldops.tasks.schedule import tick
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from fieldops.triage import training
from fieldops.triage.intent import Intent
from tests.conftest import World


@pytest.fixture(autouse=True)
def quick_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folds and few n-grams: seconds instead of half a minute; what is kept and used stays the same."""
    monkeypatch.setattr(training, "FOLDS", 2)
    monkeypatch.setattr(training, "MOST_NGRAMS", 1500)


def suggest(world: World, text: str, **came: bool) -> TriageSuggestion:
    return suggest_triage(db.session(), world.installation, text, **came)


def kind(code: str) -> int:
    return db.session().scalars(select(Service.id).where(Service.code == code)).one()


def report(world: World, submission: Any, words: str, code: str, *, read: bool) -> int:
    with transaction() as session:
        made = submit_request(session, world.installation, submission(words=words, service_code=code)).request
        if read:
            acknowledge_requests(session, [made], world.by(Role.DISPATCHER))
        return made.id


def test_a_message_is_understood_before_anything_was_learned(world: World) -> None:
    with transaction() as session:
        shape = from_shape(LineString([(110.80, -7.56), (110.83, -7.57)]), 4326)
        session.add(Line(kind="street", name="Jl. Slamet Riyadi", line_class="arterial", shape=shape))
    found = suggest(world, "Pak, jln slametriyadi bolong dalam 20 cm, tadi ada motor jatuh")
    assert found.intent is Intent.COMPLAINT
    assert found.services[0].code == "pothole"
    assert found.services[0].service_id == kind("pothole")
    assert found.department_id == found.services[0].department_id
    assert found.is_sure
    assert [hazard.code for hazard in found.hazards] == ["fall"]
    assert found.severity.level == 3
    assert found.places.candidates[0].reasons[0].name == "Jl. Slamet Riyadi"
    assert (found.language, found.version) == ("id", None)


def test_what_came_with_words_makes_them_a_complaint(world: World) -> None:
    assert suggest(world, "selamat pagi").intent is Intent.GREETING
    assert suggest(world, "selamat pagi", has_photo=True).intent is Intent.COMPLAINT
    assert suggest(world, "selamat pagi", has_place=True).intent is Intent.COMPLAINT
    assert suggest(world, "stop").intent is Intent.STOP
    assert suggest(world, "kantor dinas buka jam berapa ya").intent is Intent.QUESTION


@pytest.mark.parametrize("text", ["", "\0", "😀" * 4096, "x" * 10_000_000], ids=range(4))
def test_odd_words_get_an_unsure_answer(world: World, text: str) -> None:
    found = suggest(world, text)
    assert not found.is_sure
    assert found.places.candidates == ()


def test_a_kind_that_is_not_on_offer_is_not_suggested(world: World) -> None:
    with transaction() as session:
        session.get_one(Service, kind("pothole")).active = False
    found = suggest(world, "jalan bolong besar sekali")
    assert "pothole" not in {service.code for service in found.services}
    assert len(found.services) == 3
    assert not found.is_sure


def test_new_places_are_found_without_a_restart(world: World) -> None:
    assert not suggest(world, "jl kebon kacang bolong").places.candidates
    with transaction() as session:
        shape = from_shape(LineString([(110.82, -7.56), (110.83, -7.56)]), 4326)
        session.add(Line(kind="street", name="Jl. Kebon Kacang", line_class="local", shape=shape))
    assert suggest(world, "jl kebon kacang bolong").places.candidates


def test_only_words_that_a_person_read_are_confirmed(world: World, submission: Any) -> None:
    report(world, submission, "kali asat kabeh kodhoke padha", "other", read=False)
    read = report(world, submission, "jembatan bergoyang kencang", "other", read=True)
    assert confirmed_words(db.session()) == [("jembatan bergoyang kencang", "other")]
    with transaction() as session:
        correct_triage(
            session, "service_request", read, suggested=(kind("other"), 0.4),
            chosen_service_id=kind("sunken_road"), by=world.by(Role.DISPATCHER),
        )  # fmt: skip
    assert confirmed_words(db.session()) == [("jembatan bergoyang kencang", "sunken_road")]
    note = db.session().scalars(select(TriageCorrection)).one()
    assert "bergoyang" not in json.dumps(
        {column.key: str(getattr(note, column.key)) for column in note.__table__.columns}
    )


def test_a_correction_names_a_kind_that_there_is(world: World) -> None:
    with pytest.raises(InvalidInput), transaction() as session:
        correct_triage(
            session, "service_request", 1, suggested=None, chosen_service_id=999, by=world.by(Role.DISPATCHER)
        )
    assert db.session().scalar(select(func.count(TriageCorrection.id))) == 0


def test_a_version_is_learned_used_and_rolled_back(world: World, submission: Any) -> None:
    words = "gronjalan polah pating jlegur ing margi alit"
    report(world, submission, words, "sunken_road", read=True)
    first = train_triage(world.installation, transaction)
    assert first is not None
    version = db.session().get_one(TriageModel, first)
    assert version.confirmed == 1
    assert version.card["cross_validated"]["confirmed"]["macro_f1"]["n"] == 1
    assert words not in json.dumps(version.card)
    assert train_triage(world.installation, transaction) is None, "nothing is new"

    by = world.by(Role.ADMIN)
    with transaction() as session:
        activate_triage(session, first, by, hold=True)
    assert suggest(world, words).version == first
    assert suggest(world, words).services[0].code == "sunken_road"

    report(world, submission, words + " malih", "sunken_road", read=True)
    second = train_triage(world.installation, transaction)
    assert second is not None
    assert active_version(db.session()) == first, "a held version stays"

    with transaction() as session:
        activate_triage(session, second, by, hold=False)
    assert suggest(world, words).version == second
    with transaction() as session:
        activate_triage(session, first, by, hold=True)
    assert suggest(world, words).version == first
    with transaction() as session:
        follow_newest(session, by)
    assert not db.session().get_one(TriageModel, first).is_held
    acts = db.session().scalars(select(AuditEntry.act).where(AuditEntry.thing == "triage_model")).all()
    assert acts == ["triage_activated"] * 3 + ["triage_followed"]


def test_forgotten_words_leave_at_the_next_learning(world: World, submission: Any) -> None:
    number = report(world, submission, "tugu jam gadang miring sitik", "other", read=True)
    train_triage(world.installation, transaction)
    with transaction() as session:
        session.get_one(ServiceRequest, number).words = ""
    second = train_triage(world.installation, transaction)
    assert db.session().get_one(TriageModel, second).confirmed == 0


def test_a_damaged_version_is_not_used(world: World) -> None:
    with transaction() as session:
        session.add(_version(b"PK broken"))
    number = db.session().scalars(select(TriageModel.id)).one()
    with pytest.raises(InvalidInput), transaction() as session:
        activate_triage(session, number, world.by(Role.ADMIN), hold=True)
    with pytest.raises(NotFound), transaction() as session:
        activate_triage(session, number + 1, world.by(Role.ADMIN), hold=True)
    assert active_version(db.session()) is None


def test_a_much_worse_version_is_kept_but_not_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "MOST_NGRAMS", 20)
    number = train_triage(world.installation, transaction)
    assert number is not None
    assert active_version(db.session()) is None


def test_learning_waits_for_the_night(world: World) -> None:
    with transaction() as session:
        session.execute(delete(Task))
    with clock.frozen(datetime(2026, 12, 1, 3, 0, tzinfo=UTC)):
        tick()
        work_until_idle(world.installation)
        assert db.session().scalar(select(func.count(TriageModel.id))) == 0
    due = db.session().scalars(select(Task.due_at).where(Task.name == "train_triage")).one()
    assert due == datetime(2026, 12, 1, 19, 0, tzinfo=UTC)
    with clock.frozen(due):
        work_until_idle(world.installation)
    assert db.session().scalars(select(Task.state).where(Task.name == "train_triage")).all() == ["done"]
    assert db.session().scalar(select(func.count(TriageModel.id))) == 1


def _version(data: bytes) -> TriageModel:
    return TriageModel(
        trained_at=clock.now(), sentences=0, confirmed=0, sentences_digest="0" * 64, data=data, card={}
    )
