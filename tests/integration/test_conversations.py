"""From a message to a report and back: private, joined, answered, told."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image
from sqlalchemy import func, select

from fieldops import clock
from fieldops.domain.request_states import RequestStatus
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import (
    ChannelPerson,
    ConversationClock,
    ConversationMessage,
    InboundEvent,
    Reporter,
    ServiceRequest,
)
from fieldops.operations.ask_if_fixed import ask_if_fixed
from fieldops.operations.change_request_status import change_request_status
from fieldops.operations.change_service import add_service_level
from fieldops.operations.pin_link import pin_link
from fieldops.operations.submit_request import submit_request
from fieldops.operations.tick_response_clocks import tick_response_clocks
from fieldops.operations.tidy_events import tidy_events
from fieldops.queries.answering import answering
from fieldops.queries.conversations import changes_of, clocks_of, messages_of, photos_of_conversation
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.conftest import World
from tests.integration.channels import Channels, channels

COMPLAINT = "Lubang besar di depan pasar, dalam sekali"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        yield made


def jpeg() -> bytes:
    held = BytesIO()
    Image.effect_noise((640, 480), 80).convert("RGB").save(held, "JPEG")
    return held.getvalue()


def messages(channel: Channels, number: int | None = None) -> list[ConversationMessage]:
    return messages_of(db.session(), number or channel.only().id)


def clocks(channel: Channels) -> dict[str, ConversationClock]:
    number = channel.only().id
    return clocks_of(db.session(), [number])[number]


def test_a_complaint_arrives_private_with_both_clocks_running(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))

    one = channel.only()
    assert (one.tray, one.state, one.request_id, one.is_unread) == ("complaints", "open", None, True)
    assert {kind: (row.hours, row.stopped_at) for kind, row in clocks(channel).items()} == {
        "first_response": (24, None),
        "follow_up": (48, None),
    }
    assert messages(channel)[0].words == COMPLAINT
    assert db.session().scalar(select(func.count()).select_from(ServiceRequest)) == 0


def test_an_acknowledgement_leaves_by_itself_and_stops_no_clock(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    (told,) = channel.told()
    assert "24 jam" in told
    assert channel.meta.sent[0]["interactive"]["type"] == "location_request_message"
    assert all(row.stopped_at is None for row in clocks(channel).values())


def test_words_photo_and_place_within_ten_minutes_are_one_complaint(channel: Channels) -> None:
    photo = channel.meta.keep(jpeg(), "image/jpeg")
    channel.hear(said.text(COMPLAINT))
    channel.hear(said.image(photo) | {})
    event = said.location()
    event["entry"][0]["changes"][0]["value"]["messages"][0]["id"] = "wamid.IN9"
    channel.wait(minutes=9)
    channel.hear(event)

    one = channel.only()
    assert one.understood["place"]["source"] == "channel"
    assert one.understood["place"]["lat"] == pytest.approx(-7.5666)
    assert one.understood["place"]["is_estimate"] is False


def test_a_replay_changes_nothing(channel: Channels) -> None:
    for _again in range(3):
        channel.hear(said.text(COMPLAINT))
    assert len([row for row in messages(channel) if row.direction == "in"]) == 1
    assert db.session().scalar(select(func.count()).select_from(InboundEvent)) == 1


def test_a_wrong_signature_is_counted_and_nothing_of_it_is_stored(channel: Channels) -> None:
    assert channel.call(said.text(COMPLAINT), secret="salah").status_code == 403
    hook = channel.account.hook_key
    assert channel.client.post(f"/kanal/{hook}", data=b"{}").status_code == 401
    db.session.remove()
    assert channel.account.refused == 2
    assert db.session().scalar(select(func.count()).select_from(InboundEvent)) == 0


def test_an_address_nobody_was_given_is_not_there(channel: Channels) -> None:
    assert channel.client.post("/kanal/bukan-alamat", data=b"{}").status_code == 404


def test_ten_megabytes_are_too_large(channel: Channels) -> None:
    hook = channel.account.hook_key
    db.session.remove()
    assert channel.client.post(f"/kanal/{hook}", data=b"x" * 10_000_000).status_code == 413


def test_the_vendor_finds_our_address_by_its_token(channel: Channels) -> None:
    hook = channel.account.hook_key
    db.session.remove()
    asked: dict[str, Any] = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    good = channel.client.get(f"/kanal/{hook}", query_string=asked | {"hub.verify_token": "kata uji webhook"})
    assert (good.status_code, good.text) == (200, "1158201444")
    bad = channel.client.get(f"/kanal/{hook}", query_string=asked | {"hub.verify_token": "lain"})
    assert bad.status_code == 403


def test_a_photo_is_fetched_made_smaller_and_shown(channel: Channels) -> None:
    channel.hear(said.image(channel.meta.keep(jpeg(), "image/jpeg"), "lubang"))
    (photo,) = photos_of_conversation(db.session(), channel.only().id)
    assert (photo.width_px, photo.request_id) == (640, None)
    page = channel.world.sign_in(Role.OFFICER).get(f"/petugas/foto/{photo.id}-small.jpg")
    assert page.status_code == 200


def test_a_photo_that_is_gone_says_so(channel: Channels) -> None:
    event = said.image(channel.meta.keep(jpeg(), "image/jpeg"))
    assert channel.call(event).status_code == 200
    channel.meta.now += 8 * 86_400
    channel.work()
    page = channel.world.sign_in(Role.OFFICER).get(f"/petugas/kotak-masuk/{channel.only().id}").text
    assert "Foto tidak bisa diambil lagi" in page


def test_an_answer_by_a_person_stops_the_first_clock_once_it_has_left(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser = channel.world.sign_in(Role.OFFICER)
    number = channel.only().id
    answer = browser.post(
        f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Kami ke sana pagi ini.", "key": "k1"}
    )
    assert answer.status_code == 303
    assert clocks(channel)["first_response"].stopped_at is None
    channel.wait(seconds=10)
    held = clocks(channel)
    assert held["first_response"].stopped_at is not None
    assert held["follow_up"].stopped_at is None
    assert channel.told()[-1] == "Kami ke sana pagi ini."


def test_an_open_page_hears_of_new_messages_in_numbers_only(channel: Channels) -> None:
    browser = channel.world.sign_in(Role.OFFICER)
    assert browser.get("/petugas/kotak-masuk/baru").json == {"newest": 0, "conversations": 0, "urgent": False}
    channel.hear(said.text(COMPLAINT))
    told = browser.get("/petugas/kotak-masuk/baru?since=0").json
    assert told is not None
    assert (told["conversations"], told["urgent"]) == (1, False)
    since = told["newest"]
    assert browser.get(f"/petugas/kotak-masuk/baru?since={since}").json["conversations"] == 0  # type: ignore[index]
    with transaction() as session:
        session.query(ChannelPerson).one().muted = True
    assert browser.get("/petugas/kotak-masuk/baru?since=0").json["conversations"] == 0  # type: ignore[index]
    assert browser.get("/petugas/kotak-masuk/baru?since=banyak").status_code == 200
    assert channel.world.sign_in(Role.ENGINEER).get("/petugas/kotak-masuk/baru").status_code == 403


def test_the_same_form_sent_twice_is_one_answer(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    for _again in range(2):
        browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Baik.", "key": "k1"})
    channel.wait(seconds=10)
    assert channel.told().count("Baik.") == 1


def test_another_answer_under_the_same_key_is_refused_not_lost(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    path = f"/petugas/kotak-masuk/{number}/jawaban"
    assert browser.post(path, data={"words": "Baik.", "key": "k1"}).status_code == 303
    refused = browser.post(path, data={"words": "Kami datang.", "key": "k1"})
    assert refused.status_code == 409
    assert "Kami datang." in refused.text


def test_what_an_official_sorted_stays_sorted(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    browser = channel.world.sign_in(Role.OFFICER)
    browser.post(f"/petugas/kotak-masuk/{number}/baki", data={"tray": "greetings"})
    channel.hear(said.message("text", {"body": "Lubang besar sekali"}, id="wamid.IN30"))
    assert channel.only().tray == "greetings"
    assert channel.only().is_unread


def test_a_conversation_becomes_a_private_report_and_hears_of_it_in_the_thread(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    started = channel.only().started_at
    made = browser.post(
        f"/petugas/kotak-masuk/{number}/aduan",
        data={
            "service": "pothole",
            "severity": "3",
            "lat": "-7.5666",
            "lon": "110.8231",
            "location_source": "channel",
            "words": COMPLAINT,
        },
    )
    assert made.status_code == 303, made.text
    channel.wait(seconds=10)
    request = db.session().scalars(select(ServiceRequest)).one()
    assert (request.confidential, request.anonymous, request.channel) == (True, True, "whatsapp")
    assert (request.status, request.reported_at, request.received_at) == ("acknowledged", started, started)
    assert request.code in channel.told()[-1]
    again = browser.post(
        f"/petugas/kotak-masuk/{number}/aduan", data={"service": "pothole", "severity": "3", "words": "x"}
    )
    assert again.status_code == 409


def test_names_and_numbers_are_sealed_and_never_shown(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    page = channel.world.sign_in(Role.OFFICER).get(f"/petugas/kotak-masuk/{channel.only().id}").text
    assert said.PHONE not in page
    assert said.NAME not in page
    reporter = db.session().scalars(select(Reporter)).one()
    assert said.PHONE.encode() not in (reporter.contact_sealed or b"")
    shown = channel.world.sign_in(Role.OFFICER).post(
        f"/petugas/kotak-masuk/{channel.only().id}/kontak", data={"why": "urgent_danger"}
    )
    assert said.PHONE in shown.text


def test_engineers_and_crews_read_no_conversation(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    for role in (Role.ENGINEER, Role.CREW_LEADER, Role.ADMIN):
        assert channel.world.sign_in(role).get(f"/petugas/kotak-masuk/{number}").status_code == 403


def test_a_greeting_has_no_clock_until_somebody_says_it_is_a_complaint(channel: Channels) -> None:
    channel.hear(said.text("Selamat pagi"))
    assert channel.only().tray == "greetings"
    number, started = channel.only().id, channel.only().started_at
    assert clocks_of(db.session(), [number]) == {}
    channel.wait(hours=3)
    browser = channel.world.sign_in(Role.OFFICER)
    browser.post(f"/petugas/kotak-masuk/{number}/baki", data={"tray": "complaints"})
    assert clocks(channel)["first_response"].started_at == started


def test_somebody_who_says_stop_gets_nothing_automatic(channel: Channels) -> None:
    channel.hear(said.text("STOP"))
    assert channel.told() == []
    assert db.session().scalars(select(ChannelPerson)).one().stopped_at is not None


def test_a_muted_person_is_heard_no_more(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    channel.world.sign_in(Role.OFFICER).post(f"/petugas/kotak-masuk/{number}/bisu", data={"muted": "1"})
    before = len(messages(channel))
    channel.hear(said.message("text", {"body": "lagi"}, id="wamid.IN7"))
    assert len(messages(channel)) == before


def test_two_officials_do_not_answer_at_once(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    first, second = channel.world.sign_in(Role.OFFICER), channel.world.sign_in(Role.HEAD)
    assert first.post(f"/petugas/kotak-masuk/{number}/menulis").status_code == 200
    assert second.post(f"/petugas/kotak-masuk/{number}/menulis").status_code == 409
    refused = second.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Baik.", "key": "k2"})
    assert refused.status_code == 409
    channel.wait(minutes=3)
    assert second.post(f"/petugas/kotak-masuk/{number}/menulis").status_code == 200


def test_the_clock_survives_a_change_of_department(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number, due = channel.only().id, clocks(channel)["first_response"].due_at
    browser = channel.world.sign_in(Role.HEAD)
    channel.wait(hours=5)
    target = 2 if channel.only().department_id == 1 else 1
    answer = browser.post(
        f"/petugas/kotak-masuk/{number}/dinas", data={"department": str(target), "why": "soal saluran"}
    )
    assert answer.status_code == 303
    assert channel.only().department_id == target
    assert clocks(channel)["first_response"].due_at == due


def test_a_question_pauses_the_second_clock_until_the_answer(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number, due = channel.only().id, clocks(channel)["follow_up"].due_at
    channel.world.sign_in(Role.OFFICER).post(
        f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Di mana?", "key": "k", "waits": "1"}
    )
    channel.wait(seconds=10)
    channel.wait(hours=6)
    channel.hear(said.message("text", {"body": "Jl. Slamet Riyadi 10"}, id="wamid.IN8"))
    assert clocks(channel)["follow_up"].due_at - due == timedelta(hours=6, seconds=10)


def test_messages_about_another_matter_are_split_off_with_their_own_clock(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    channel.wait(minutes=5)
    channel.hear(said.message("text", {"body": "Selokan juga mampet"}, id="wamid.IN5"))
    number = channel.only().id
    second = [row for row in messages(channel) if row.direction == "in"][-1]
    page = channel.world.sign_in(Role.OFFICER).post(
        f"/petugas/kotak-masuk/{number}/pisah", data={"messages": str(second.id)}
    )
    assert page.status_code == 303
    one, other = channel.conversations()
    assert [row.words for row in messages(channel, other.id)] == ["Selokan juga mampet"]
    assert clocks_of(db.session(), [other.id])[other.id]["first_response"].started_at == second.at
    assert one.id == number


def test_an_edited_message_keeps_both_versions_and_a_deleted_one_its_place(channel: Channels) -> None:
    channel.hear(said.text("Lubang besar"))
    channel.hear(said.edited())
    first = messages(channel)[0]
    assert (first.words, first.facts["earlier"][0]["words"]) == ("Lubang kecil", "Lubang besar")
    channel.hear(said.deleted())
    gone = messages(channel)[0]
    assert (gone.words, "withdrawn" in gone.facts) == ("", True)


@pytest.mark.parametrize("words", ["😡" * 4096, "a\0b", "x" * 30_000])
def test_odd_words_are_taken(channel: Channels, words: str) -> None:
    channel.hear(said.text(words))
    kept = messages(channel)[0].words
    assert kept == words.replace("\0", "")[:20_000]
    assert channel.world.sign_in(Role.OFFICER).get("/petugas/kotak-masuk/").status_code == 200


def test_forgetting_somebody_reaches_every_copy(channel: Channels) -> None:
    channel.hear(said.image(channel.meta.keep(jpeg(), "image/jpeg"), "Rumah saya nomor 7, lubang"))
    number = channel.only().id
    (photo,) = photos_of_conversation(db.session(), number)
    digest = photo.sha256
    answer = channel.world.sign_in(Role.OFFICER).post(f"/petugas/kotak-masuk/{number}/lupakan")
    assert answer.status_code == 303
    db.session.remove()
    session = db.session()
    assert [row.words for row in messages_of(session, number) if row.direction == "in"] == [""]
    assert [event.raw for event in session.scalars(select(InboundEvent))] == [b""]
    reporter = session.scalars(select(Reporter)).one()
    assert (reporter.contact_sealed, reporter.name_sealed, reporter.contact_digest) == (None, None, None)
    assert not channel.world.installation.media.exists(f"{digest}-large.jpg")
    assert photos_of_conversation(session, number) == []
    # The promise and its history stay, and whoever writes again is somebody new.
    assert clocks_of(session, [number])[number]["first_response"].hours == 24
    channel.hear(said.message("text", {"body": "lubang lagi"}, id="wamid.IN11"))
    assert len(channel.conversations()) == 2


def test_a_thread_is_downloaded_without_names_or_numbers(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    text = (
        channel.world.sign_in(Role.OFFICER)
        .get(f"/petugas/kotak-masuk/{channel.only().id}/percakapan.txt")
        .text
    )
    assert COMPLAINT in text
    assert said.PHONE not in text
    assert said.NAME not in text


def test_news_of_the_repair_come_in_the_same_thread(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(
        f"/petugas/kotak-masuk/{number}/aduan",
        data={"service": "pothole", "severity": "2", "lat": "-7.5666", "lon": "110.8231", "words": COMPLAINT},
    )
    channel.wait(seconds=10)
    with transaction() as session:
        request = session.scalars(select(ServiceRequest)).one()
        facts = {"reason": "not_ours", "words": "x"}
        change_request_status(
            session,
            request,
            RequestStatus.DECLINED,
            channel.world.by(Role.OFFICER),
            words="Jalan nasional",
            facts=facts,
        )
    channel.wait(seconds=10)
    assert "Jalan nasional" in channel.told()[-1]


def test_a_vendor_that_is_down_loses_nothing_and_is_shown(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    channel.meta.hang_up = True
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Kami datang.", "key": "k"})
    channel.wait(seconds=10)
    assert channel.account.failing_since is not None or messages(channel)[-1].state == "unsure"
    assert clocks(channel)["first_response"].stopped_at is None


def test_a_token_that_ran_out_pauses_the_account_until_it_is_renewed(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    channel.meta.access_token = "EAAbaru"
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Kami datang.", "key": "k"})
    channel.wait(seconds=10)
    assert channel.account.state == "expired"
    admin = channel.world.sign_in(Role.ADMIN)
    values = {
        "phone_number_id": "109000000000001",
        "api_url": channel.meta.api_url,
        "access_token": "EAAbaru",
    }
    assert admin.post(f"/admin/kanal/{channel.account_id}", data=values).status_code == 303
    channel.wait(seconds=10)
    assert channel.account.state == "active"
    assert channel.told()[-1] == "Kami datang."


def test_a_message_whose_worker_died_is_not_sent_twice(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Kami datang.", "key": "k"})
    with transaction() as session:
        session.scalars(
            select(ConversationMessage).where(ConversationMessage.key == "k")
        ).one().state = "sending"
    channel.wait(seconds=10)
    assert "Kami datang." not in channel.told()
    assert messages(channel)[-1].state == "unsure"
    page = browser.get(f"/petugas/kotak-masuk/{number}").text
    assert "mungkin terkirim" in page


def test_a_late_receipt_takes_nothing_back(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    for state in ("read", "delivered", "sent"):
        channel.hear(said.statuses(state))
    assert messages(channel)[-1].state == "read"


def test_a_failed_answer_lets_the_clock_run_on(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Kami datang.", "key": "k"})
    channel.wait(seconds=10)
    assert clocks(channel)["first_response"].stopped_at is not None
    channel.hear(said.statuses("failed", id="wamid.out2", errors=[{"code": 131026, "title": "x"}]))
    assert clocks(channel)["first_response"].stopped_at is None


def test_warnings_come_at_half_at_eighty_percent_and_at_the_end(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    for hours, warned in ((11, 0), (2, 50), (7, 80), (5, 100)):
        channel.wait(hours=hours)
        with transaction() as session:
            tick_response_clocks(session)
        assert clocks(channel)["first_response"].warned == warned


def test_a_pause_ends_after_five_days_and_nothing_closes(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(
        f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Di mana?", "key": "k", "waits": "1"}
    )
    channel.wait(days=5, hours=1)
    with transaction() as session:
        tick_response_clocks(session)
    assert clocks(channel)["follow_up"].paused_at is None
    assert channel.only().state == "open"


def test_who_does_not_answer_is_warned_of_once_and_listed_until_an_official_decides(
    channel: Channels,
) -> None:
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.set_cookie("language", "en")
    inbox = "/petugas/kotak-masuk/"
    browser.post(f"{inbox}{number}/jawaban", data={"words": "Di mana?", "key": "k", "waits": "1"})
    assert "We wait for the reporter’s answer until" in browser.get(f"{inbox}{number}").text
    for hours in (95, 2, 2):
        channel.wait(hours=hours)
        _tick_twice()
    assert _lines(number).count("pause_warned") == 1
    assert "no_answer" not in _lines(number)
    assert "No answer from the reporter" not in browser.get(inbox).text
    channel.wait(hours=24)
    _tick_twice()
    assert _lines(number).count("no_answer") == 1, "one line, though two clocks were paused"
    assert "No answer from the reporter" in browser.get(inbox).text
    assert "No answer from the reporter" in browser.get(f"{inbox}?which=no_answer").text
    page = browser.get(f"{inbox}{number}").text
    assert "make the report of what is known" in page
    assert "No answer in 5 days" in page
    assert "not answered in time" in channel.world.sign_in(Role.HEAD, browser).get(f"{inbox}ringkasan").text
    channel.hear(said.text("Di depan pasar", id="wamid.late"))
    assert "No answer from the reporter" not in browser.get(inbox).text


def test_how_long_a_person_is_waited_for_is_a_promise_of_the_table(channel: Channels) -> None:
    with transaction() as session:
        add_service_level(
            session, service_id=None, kind="reporter_answer", hours=24, source="SK 1/2027",
            valid_from=clock.now().date(), by=channel.world.by(Role.ADMIN),
        )  # fmt: skip
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(
        f"/petugas/kotak-masuk/{number}/jawaban", data={"words": "Di mana?", "key": "k", "waits": "1"}
    )
    channel.wait(hours=25)
    _tick_twice()
    assert _lines(number).count("no_answer") == 1
    assert channel.only().state == "open"


def _tick_twice() -> None:
    for _again in range(2):
        with transaction() as session:
            tick_response_clocks(session)
    db.session.remove()


def _lines(conversation_id: int) -> list[str]:
    return [line.kind for line in changes_of(db.session(), conversation_id)]


def test_raw_events_are_forgotten_after_thirty_days(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    with transaction() as session:
        assert tidy_events(session, dry_run=True) == 0
    channel.wait(days=31)
    with transaction() as session:
        assert tidy_events(session, dry_run=True) == 1
        assert tidy_events(session) == 1
    assert messages(channel)[0].words == COMPLAINT


def test_secrets_are_sealed_and_both_are_taken_while_they_change(channel: Channels) -> None:
    assert b"rahasia aplikasi" not in channel.account.secrets_sealed
    admin = channel.world.sign_in(Role.ADMIN)
    values = {
        "phone_number_id": "109000000000001",
        "api_url": channel.meta.api_url,
        "app_secret": "yang baru",
    }
    assert admin.post(f"/admin/kanal/{channel.account_id}", data=values).status_code == 303
    assert channel.call(said.text(COMPLAINT)).status_code == 200
    assert channel.call(said.text(COMPLAINT), secret="yang baru").status_code == 200
    assert admin.post(f"/admin/kanal/{channel.account_id}/rahasia-lama").status_code == 303
    assert channel.call(said.text(COMPLAINT)).status_code == 403
    page = admin.get(f"/admin/kanal/{channel.account_id}").text
    assert "yang baru" not in page
    assert "EAAtoken" not in page


def test_the_place_is_shown_once_by_its_link(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    link = urlsplit(pin_link(channel.world.installation, number)).path
    citizen = channel.world.app.test_client()
    assert citizen.get(link).status_code == 200
    assert "pinned" not in channel.only().understood
    sent = citizen.post(link, data={"lat": "-7.5666", "lon": "110.8231", "landmark": "depan toko"})
    assert sent.status_code == 303
    assert citizen.post(link, data={"lat": "-7.5", "lon": "110.8"}).status_code == 409
    channel.wait(seconds=10)
    place = channel.only().understood["place"]
    assert (place["source"], place["is_estimate"]) == ("drag", False)
    assert citizen.get(link[:-2]).status_code == 404
    channel.wait(days=8)
    assert citizen.get(link).status_code == 410


def test_a_place_outside_the_city_is_refused_by_name(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    link = urlsplit(pin_link(channel.world.installation, channel.only().id)).path
    answer = channel.world.app.test_client().post(link, data={"lat": "-6.2", "lon": "106.8"})
    assert answer.status_code == 422
    assert "Surakarta" in answer.text


def test_a_conversation_joins_a_report_that_is_there(channel: Channels, submission: Any) -> None:
    with transaction() as session:
        known = submit_request(session, channel.world.installation, submission()).request.code
    channel.hear(said.text(COMPLAINT))
    number = channel.only().id
    browser = channel.world.sign_in(Role.OFFICER)
    assert browser.post(f"/petugas/kotak-masuk/{number}/sama", data={"code": known}).status_code == 303
    assert db.session().scalar(select(func.count()).select_from(ServiceRequest)) == 1


def test_the_summary_counts_what_people_answered(channel: Channels) -> None:
    channel.hear(said.text(COMPLAINT))
    page = channel.world.sign_in(Role.HEAD).get("/petugas/kotak-masuk/ringkasan")
    assert page.status_code == 200
    now = clock.now()
    all_of_it, by_kind, _by_department = answering(
        db.session(), now - timedelta(days=1), now + timedelta(seconds=1), now, None
    )
    assert (all_of_it.received, all_of_it.answered_in_time) == (1, 0)
    assert [one.name for one in by_kind] == ["whatsapp"]


def repaired(channel: Channels) -> int:
    """A report made of a conversation, repaired, and asked about in the thread."""
    channel.hear(said.text(COMPLAINT))
    browser, number = channel.world.sign_in(Role.OFFICER), channel.only().id
    browser.post(
        f"/petugas/kotak-masuk/{number}/aduan",
        data={"service": "pothole", "severity": "2", "lat": "-7.5666", "lon": "110.8231", "words": COMPLAINT},
    )
    channel.wait(seconds=10)
    with transaction() as session:
        request = session.scalars(select(ServiceRequest)).one()
        request.status, request.ended_at = RequestStatus.DONE.value, clock.now() - timedelta(days=4)
        ask_if_fixed(session, channel.world.installation, request.id)
        request_id = request.id
    channel.wait(seconds=10)
    assert "sudah, belum, atau tidak tahu" in channel.told()[-1]
    return request_id


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("Sudah, terima kasih", "closed"),
        ("sampun", "closed"),
        ("Belum, masih ada genangan", "reopened"),
        ("matur nuwun", "done"),
        ("sudah tapi aspalnya ambles lagi", "done"),
    ],
)
def test_whether_it_is_fixed_is_heard_in_the_chat(channel: Channels, answer: str, status: str) -> None:
    request_id = repaired(channel)
    channel.hear(said.message("text", {"body": answer}, id="wamid.IN20"))
    channel.hear(said.message("text", {"body": answer}, id="wamid.IN20"))
    assert db.session().get_one(ServiceRequest, request_id).status == status
