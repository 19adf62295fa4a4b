"""Matrix: a conversation on Synapse, and events that need none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fieldops.channels.contract import Accepting, MediaGone, Permanent, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import (
    Attachment,
    AttachmentKind,
    Edited,
    Inbound,
    InboundMessage,
    Invited,
    Sender,
    SharedPlace,
    Unread,
    Withdrawn,
)
from fieldops.channels.matrix import MatrixChannel
from tests.channels.bench import only_message, raw_of
from tests.channels.matrix_bench import PERSON, MatrixBench, event
from tests.channels.matrix_server import GHOST, SERVER, MatrixServer

READER = MatrixChannel(Setup({"user_id": GHOST}, {}, Doorman()))
AT = datetime.fromtimestamp(1_790_000_000, UTC)


@pytest.fixture
def bench(synapse: MatrixServer) -> Iterator[MatrixBench]:
    with MatrixBench(synapse) as made:
        yield made


def read(*events: dict[str, Any]) -> list[Inbound]:
    return READER.parse(raw_of({"events": list(events)}))


def message(content: dict[str, Any], kind: str = "m.room.message") -> InboundMessage:
    (found,) = read(event(kind, content))
    assert isinstance(found, InboundMessage)
    return found


# ---------------------------------------------------------------------- Synapse
def test_a_place_a_change_and_a_withdrawal(bench: MatrixBench) -> None:
    bench.say({"msgtype": "m.location", "body": "di sini", "geo_uri": "geo:-7.5690,110.8310;u=12"})
    place = only_message(bench.channel, bench.next_event().raw).place
    assert place == SharedPlace(110.8310, -7.5690, 12.0)
    first = bench.say({"msgtype": "m.text", "body": "Lubang"})
    assert only_message(bench.channel, bench.next_event().raw).external_id == first
    new = {"msgtype": "m.text", "body": "Lubang kecil"}
    relation = {"rel_type": "m.replace", "event_id": first}
    bench.say({"msgtype": "m.text", "body": "* Lubang kecil", "m.new_content": new, "m.relates_to": relation})
    (edited,) = bench.channel.parse(bench.next_event().raw)
    assert isinstance(edited, Edited)
    assert (edited.external_id, edited.text) == (first, "Lubang kecil")
    bench.withdraw(first)
    (withdrawn,) = bench.channel.parse(bench.next_event().raw)
    assert isinstance(withdrawn, Withdrawn)
    assert withdrawn.external_id == first


def test_one_key_is_one_message(bench: MatrixBench) -> None:
    asked = bench.say({"msgtype": "m.text", "body": "Kapan?"})
    answer = bench.outbound("Besok pagi.", reply_to=asked, is_automatic=True)
    assert bench.channel.send(answer) == bench.channel.send(answer)
    last, before = bench.messages()[:2]
    assert (last["sender"], before["event_id"]) == (GHOST, asked)
    assert last["content"]["msgtype"] == "m.notice"
    assert last["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}


def test_our_own_words_come_back_as_echoes(bench: MatrixBench) -> None:
    sent = bench.channel.send(bench.outbound("Kami periksa."))
    echo = only_message(bench.channel, bench.heard(lambda event: event["event_id"] == sent).raw)
    assert echo.is_echo


def test_a_room_we_were_never_asked_into(bench: MatrixBench) -> None:
    room = bench.ask("POST", "createRoom", {"preset": "private_chat"})["room_id"]
    with pytest.raises(Permanent, match="M_FORBIDDEN"):
        bench.channel.send(bench.outbound(thread=room))
    with pytest.raises(Permanent, match="M_FORBIDDEN"):
        bench.matrix.accept(room)


def test_entering_twice_does_no_harm(bench: MatrixBench) -> None:
    assert isinstance(bench.matrix, Accepting)
    bench.matrix.accept(bench.room)


# ---------------------------------------------------------------------- reading
def test_a_text() -> None:
    assert message({"msgtype": "m.text", "body": "Lubang"}) == InboundMessage(
        "$satu", Sender(PERSON, name="warga"), f"!r:{SERVER}", AT, "Lubang"
    )


def test_an_answer_without_the_lines_it_quotes() -> None:
    relation = {"m.in_reply_to": {"event_id": "$nol"}}
    quoted = f"> <{GHOST}> Di mana?\n> Tepatnya?\n\nDepan SD"
    found = message({"msgtype": "m.text", "body": quoted, "m.relates_to": relation})
    assert (found.text, found.reply_to) == ("Depan SD", "$nol")


def test_a_photo_with_words() -> None:
    content = {"msgtype": "m.image", "body": "Ini fotonya", "filename": "a.jpg", "url": f"mxc://{SERVER}/abc"}
    found = message(content | {"info": {"mimetype": "image/jpeg"}})
    assert found.text == "Ini fotonya"
    expected = Attachment(AttachmentKind.PHOTO, f"mxc://{SERVER}/abc", "image/jpeg", "a.jpg")
    assert found.attachments == (expected,)


def test_a_file_s_name_is_nobody_s_words() -> None:
    found = message({"msgtype": "m.file", "body": "surat.pdf", "url": f"mxc://{SERVER}/abc"})
    assert found.text == ""
    assert found.attachments[0].kind is AttachmentKind.DOCUMENT


def test_a_reaction_and_a_sticker() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$nol", "key": "👍"}
    found = message({"m.relates_to": relation}, kind="m.reaction")
    assert (found.text, found.reply_to) == ("👍", "$nol")
    found = message({"body": "x", "url": f"mxc://{SERVER}/s"}, kind="m.sticker")
    assert found.attachments[0].kind is AttachmentKind.STICKER


def test_a_bot_s_notice_is_automatic() -> None:
    assert message({"msgtype": "m.notice", "body": "x"}).is_automatic


@pytest.mark.parametrize(
    ("uri", "place"),
    [
        ("geo:-7.5,110.8", SharedPlace(110.8, -7.5)),
        ("geo:-7.5,110.8,93;u=35.5", SharedPlace(110.8, -7.5, 35.5)),
        ("geo:-7.5,110.8;crs=wgs84;u=4", SharedPlace(110.8, -7.5, 4.0)),
    ],
)
def test_places(uri: str, place: SharedPlace) -> None:
    assert message({"msgtype": "m.location", "geo_uri": uri}).place == place
    assert message({"msgtype": "m.location", "m.location": {"uri": uri}}).place == place


@pytest.mark.parametrize("uri", ["geo:", "geo:1", "geo:99,1", "geo:1.2.3,4", "http://x", 7])
def test_what_is_no_place(uri: Any) -> None:
    (found,) = read(event("m.room.message", {"msgtype": "m.location", "geo_uri": uri}))
    assert isinstance(found, Unread)


def test_encrypted_words_are_left_for_a_person() -> None:
    (found,) = read(event("m.room.encrypted", {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "x"}))
    assert found == Unread(
        "matrix m.room.encrypted", "$satu", Sender(PERSON, name="warga"), f"!r:{SERVER}", AT
    )


def test_of_a_room_s_state_only_an_invitation_counts() -> None:
    member = {"membership": "invite", "is_direct": True}
    (found,) = read(
        event("m.room.create", {}, state_key=""),
        event("m.room.member", member, state_key="@lain:solo.test"),
        event("m.room.member", {"membership": "join"}, state_key=GHOST),
        event("m.room.member", member, state_key=GHOST),
    )
    assert isinstance(found, Invited)
    assert found.thread == f"!r:{SERVER}"


@pytest.mark.parametrize("reference", ["", "mxc://a", "mxc://a/b/c", "mxc://a/../b", "http://a/b"])
def test_a_file_s_address_leads_nowhere_else(reference: str) -> None:
    with pytest.raises(MediaGone):
        READER.fetch_media(Attachment(AttachmentKind.PHOTO, reference))
