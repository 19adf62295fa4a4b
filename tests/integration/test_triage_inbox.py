"""What officials sort by hand is learned at night: little of each person, and forgotten with them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, update

from fieldops.domain.conversations import Tray
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    ChannelPerson,
    Conversation,
    ConversationMessage,
    ServiceRequest,
    TriageCorrection,
    TriageModel,
)
from fieldops.operations.forget_person import forget_person
from fieldops.operations.open_request_from_conversation import (
    Reading,
    join_request,
    open_request_from_conversation,
)
from fieldops.operations.sort_conversation import move_to_tray, mute_person
from fieldops.operations.suggest_triage import open_reader
from fieldops.operations.train_triage import train_triage
from fieldops.queries.conversations import get_conversation
from fieldops.queries.triage import MOST_OF_A_PERSON, inbox_words
from fieldops.transaction import transaction
from fieldops.triage import training
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels

ODD = "kapan jadwal pentas wayang di alun alun kidul, mohon info lengkapnya"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


@pytest.fixture
def quick_learning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folds and few n-grams: seconds instead of half a minute."""
    monkeypatch.setattr(training, "FOLDS", 2)
    monkeypatch.setattr(training, "MOST_NGRAMS", 1500)


def hear(channel: Channels, words: str, person: int) -> int:
    """Somebody of a number of their own writes; returns the conversation."""
    event = said.text(words, id=f"wamid.P{person}.{abs(hash(words)) % 10**8}")
    value = event["entry"][0]["changes"][0]["value"]
    for message in value["messages"]:
        message["from"], message["from_user_id"] = f"62812{person:07d}", f"ID.p{person}"
    for contact in value["contacts"]:
        contact["wa_id"], contact["user_id"] = f"62812{person:07d}", f"ID.p{person}"
    channel.hear(event)
    number = channel.conversations()[-1].id
    db.session.remove()
    return number


def move(channel: Channels, conversation: int, tray: Tray) -> None:
    with transaction() as session:
        by = channel.world.by(Role.OFFICER)
        move_to_tray(session, get_conversation(session, conversation), tray, by)


def more_conversations(conversation: int, count: int) -> None:
    """The same person wrote as many times before, each a matter of its own, all moved by hand."""
    with transaction() as session:
        one = session.get_one(Conversation, conversation)
        for number in range(count):
            other = Conversation(
                account_id=one.account_id, person_id=one.person_id, department_id=one.department_id,
                thread_sealed=one.thread_sealed, tray="greetings", started_at=one.started_at,
                last_message_at=one.started_at, last_inbound_at=one.started_at,
            )  # fmt: skip
            session.add(other)
            session.flush()
            session.add(
                ConversationMessage(
                    conversation_id=other.id,
                    account_id=one.account_id,
                    direction="in",
                    words=f"promo murah gelombang {'abcdefghij'[number]} hubungi kami",
                    at=one.started_at,
                )
            )
            session.add(
                TriageCorrection(
                    thing="conversation", thing_id=other.id, confidence=0.0, user_id=1, at=one.started_at
                )
            )


def learned() -> list[tuple[str, str | None]]:
    db.session.remove()
    found = inbox_words(db.session())
    db.session.remove()
    return found


def test_moving_to_the_greetings_teaches_and_moving_back_withdraws(channel: Channels) -> None:
    number = hear(channel, ODD, 1)
    assert learned() == [], "what was sorted by itself teaches nothing"
    move(channel, number, Tray.GREETINGS)
    assert learned() == [(ODD, None)]
    note = db.session().scalars(select(TriageCorrection)).one()
    assert (note.thing, note.thing_id, note.chosen_service_id) == ("conversation", number, None)
    assert note.user_id == channel.world.users[Role.OFFICER].id
    db.session.remove()
    move(channel, number, Tray.COMPLAINTS)
    assert learned() == []
    move(channel, number, Tray.GREETINGS)
    assert learned() == [(ODD, None)], "once, however often it was moved"


def test_a_greeting_that_nobody_moved_teaches_nothing(channel: Channels) -> None:
    hear(channel, "selamat pagi bapak ibu semuanya", 1)
    assert channel.only().tray == "greetings"
    assert learned() == []


def test_danger_is_never_learned_as_nothing(channel: Channels) -> None:
    number = hear(channel, "ada kabel listrik putus menjuntai di jalan", 1)
    assert channel.only().is_urgent
    db.session.remove()
    move(channel, number, Tray.GREETINGS)
    assert learned() == []


def test_a_report_made_of_it_is_learned_as_its_kind(channel: Channels) -> None:
    number = hear(channel, ODD, 1)
    move(channel, number, Tray.GREETINGS)
    with transaction() as session:
        one = get_conversation(session, number)
        reading = Reading("pothole", 2, "jalan bolong dekat alun alun", lon=110.823, lat=-7.566)
        open_request_from_conversation(
            session, channel.world.installation, one, reading, channel.world.by(Role.OFFICER)
        )
    assert learned() == [], "its own words are those of the report, which is learned from already"


def test_what_was_joined_to_a_report_is_of_that_report_s_kind(channel: Channels) -> None:
    first = hear(channel, "jalan rusak parah di depan toko roti", 1)
    second = hear(channel, "aspal depan toko roti wis rusak banget", 2)
    by = channel.world.by(Role.OFFICER)
    with transaction() as session:
        reading = Reading("pothole", 2, "jalan rusak parah di depan toko roti", lon=110.823, lat=-7.566)
        made = open_request_from_conversation(
            session, channel.world.installation, get_conversation(session, first), reading, by
        )
        join_request(session, get_conversation(session, second), made, by)
    assert learned() == [("aspal depan toko roti wis rusak banget", "pothole")]
    with transaction() as session:
        session.execute(update(ServiceRequest).values(status="declined"))
    assert learned() == []


def test_one_person_teaches_little_and_one_who_is_muted_nothing(channel: Channels) -> None:
    number = hear(channel, "promo murah sekali hubungi kami", 1)
    move(channel, number, Tray.GREETINGS)
    more_conversations(number, 8)
    assert len(learned()) == MOST_OF_A_PERSON
    other = hear(channel, ODD, 2)
    move(channel, other, Tray.GREETINGS)
    assert len(learned()) == MOST_OF_A_PERSON + 1
    with transaction() as session:
        mute_person(session, get_conversation(session, number), channel.world.by(Role.OFFICER), muted=True)
    assert learned() == [(ODD, None)]


def test_one_person_teaches_no_more_by_what_was_moved_and_joined_together(channel: Channels) -> None:
    report = hear(channel, "jalan rusak parah di depan toko roti", 1)
    number = hear(channel, "promo murah sekali hubungi kami", 2)
    move(channel, number, Tray.GREETINGS)
    more_conversations(number, 8)
    by = channel.world.by(Role.OFFICER)
    with transaction() as session:
        reading = Reading("pothole", 2, "jalan rusak parah di depan toko roti", lon=110.823, lat=-7.566)
        made = open_request_from_conversation(
            session, channel.world.installation, get_conversation(session, report), reading, by
        )
        for conversation in (number + 6, number + 8):
            join_request(session, get_conversation(session, conversation), made, by)
    found = learned()
    assert len(found) == MOST_OF_A_PERSON
    assert sorted(code or "none" for _words, code in found) == ["none", "pothole", "pothole"]


def test_who_is_forgotten_teaches_nothing_and_leaves_no_note(channel: Channels) -> None:
    number = hear(channel, ODD, 1)
    move(channel, number, Tray.GREETINGS)
    with transaction() as session:
        person = get_conversation(session, number).person_id
        forget_person(session, channel.world.installation, person, channel.world.by(Role.OFFICER))
    assert learned() == []
    assert db.session().scalars(select(TriageCorrection)).all() == []


@pytest.mark.usefixtures("quick_learning")
def test_a_night_learns_it_and_the_night_after_forgetting_no_more(channel: Channels) -> None:
    texts = [
        f"{begin} jadwal pentas wayang di alun alun {end}"
        for begin in ("kapan", "mohon info", "nyuwun pirsa")
        for end in ("kidul", "lor")
    ]
    for person, words in enumerate(texts, 1):
        move(channel, hear(channel, words, person), Tray.GREETINGS)
    before = _no_complaint(channel)
    first = train_triage(channel.world.installation, transaction)
    version = db.session().get_one(TriageModel, first)
    assert version.card["sources"]["inbox"] == {"complaints": 0, "none": len(texts)}
    assert version.card["sources"]["starter"]["complaints"] > 500
    assert version.confirmed == len(texts)
    assert version.card["cross_validated"]["inbox"]["accuracy"]["n"] == len(texts)
    assert not any(words in str(version.card) for words in texts), "the card holds figures, no words"
    with transaction() as session:
        session.execute(update(TriageModel).values(is_active=True))
    learned_it = _no_complaint(channel)
    assert learned_it > before
    page = channel.world.sign_in(Role.ADMIN).get("/admin/usulan").text
    assert "Percakapan yang dipilah sendiri" in page
    db.session.remove()
    with transaction() as session:
        for person in session.scalars(select(ChannelPerson.id)).all():
            forget_person(session, channel.world.installation, person, channel.world.by(Role.OFFICER))
    second = train_triage(channel.world.installation, transaction)
    assert second != first
    assert "inbox" not in db.session().get_one(TriageModel, second).card["sources"]


def _no_complaint(channel: Channels) -> float:
    db.session.remove()
    reader = open_reader(db.session(), channel.world.installation)
    found = reader.model.suggest("jadwal pentas wayang alun alun kapan ya", most=20).no_complaint
    db.session.remove()
    return found
