"""Telegram's updates, its limits and files, over real HTTP to its stand-in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from telegram import Update

from fieldops.channels.contract import Announcing, Permanent, RateLimited, Retryable
from fieldops.channels.inbound import (
    Attachment,
    AttachmentKind,
    Edited,
    Inbound,
    InboundMessage,
    Sender,
    SharedPlace,
    Unread,
)
from fieldops.channels.telegram import TelegramChannel
from tests.channels import telegram_fixtures as said
from tests.channels.bench import raw_of
from tests.channels.http_stand_in import Answer
from tests.channels.telegram_bench import TelegramBench
from tests.channels.telegram_stand_in import SECRET_TOKEN
from tests.channels.webhook_stand_in import WebhookStandIn

AT = datetime.fromtimestamp(said.AT, UTC)
CHAT = str(said.PERSON)
JOKO = Sender(CHAT, (), "Joko W", None, "id")


@pytest.fixture
def bench() -> Iterator[TelegramBench]:
    with TelegramBench() as made:
        yield made


@pytest.fixture
def channel(bench: TelegramBench) -> TelegramChannel:
    return TelegramChannel(bench.setup())


def only(channel: TelegramChannel, update: dict[str, Any]) -> Inbound:
    (found,) = channel.parse(raw_of(update))
    return found


def message(channel: TelegramChannel, update: dict[str, Any]) -> InboundMessage:
    found = only(channel, update)
    assert isinstance(found, InboundMessage)
    return found


def test_a_text(channel: TelegramChannel) -> None:
    expected = InboundMessage(f"{CHAT}:44", JOKO, CHAT, AT, "Saluran mampet di Gang Mawar")
    assert only(channel, said.text()) == expected


def test_of_a_photo_s_sizes_the_largest(channel: TelegramChannel) -> None:
    found = message(channel, said.photo("besar", media_group_id="135"))
    assert found.attachments == (Attachment(AttachmentKind.PHOTO, "besar", "image/jpeg"),)
    assert (found.text, found.album) == ("Ini fotonya 🕳️", "135")


def test_a_photo_sent_as_a_file_is_a_photo(channel: TelegramChannel) -> None:
    file = {"file_id": "f", "file_unique_id": "u", "mime_type": "image/heic", "file_name": "IMG_1.heic"}
    found = message(channel, said.message(document=file))
    assert found.attachments == (Attachment(AttachmentKind.PHOTO, "f", "image/heic", "IMG_1.heic"),)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("voice", "voice"), ("sticker", "sticker"), ("video_note", "video"), ("animation", "video")],
)
def test_other_files(channel: TelegramChannel, name: str, kind: str) -> None:
    content: dict[str, Any] = {name: {"file_id": "f", "file_unique_id": "u"}}
    if name == "animation":
        content["document"] = content[name]
    (found,) = message(channel, said.message(**content)).attachments
    assert (found.kind.value, found.reference) == (kind, "f")


def test_a_place_with_its_accuracy(channel: TelegramChannel) -> None:
    assert message(channel, said.location()).place == SharedPlace(110.8231, -7.5666, 12.5)


def test_a_named_place(channel: TelegramChannel) -> None:
    where = {"latitude": -7.5, "longitude": 110.8}
    venue = {"location": where, "title": "Pasar Gede", "address": "Jl. Urip"}
    found = message(channel, said.message(location=where, venue=venue))
    assert found.place == SharedPlace(110.8, -7.5, None, "Pasar Gede, Jl. Urip")


def test_a_reply_names_what_it_answers(channel: TelegramChannel) -> None:
    assert message(channel, said.reply()).reply_to == f"{CHAT}:901"


def test_edited_words(channel: TelegramChannel) -> None:
    later = datetime.fromtimestamp(said.AT + 30, UTC)
    assert only(channel, said.edited()) == Edited(f"{CHAT}:44", JOKO, "Lubang kecil", later)


def test_a_moving_live_location_says_nothing_new(channel: TelegramChannel) -> None:
    moved = said.update("edited_message", said.location()["message"] | {"edit_date": said.AT + 9})
    assert channel.parse(raw_of(moved)) == []


def test_somebody_s_own_number(channel: TelegramChannel) -> None:
    own = {"phone_number": "6281200000001", "first_name": "Joko", "user_id": said.PERSON}
    found = only(channel, said.message(contact=own))
    assert isinstance(found, Unread)
    assert found.sender is not None
    assert found.sender.phone == "+6281200000001"
    found = only(channel, said.message(contact=own | {"user_id": 2}))
    assert isinstance(found, Unread)
    assert found.sender == JOKO


def test_groups_and_strange_updates_are_left_for_a_person(channel: TelegramChannel) -> None:
    group = said.text()
    group["message"]["chat"] = {"id": -100, "type": "supergroup", "title": "RT 3"}
    assert isinstance(only(channel, group), Unread)
    blocked = said.update("my_chat_member", {"chat": {"id": said.PERSON, "type": "private"}})
    assert only(channel, blocked) == Unread("telegram my_chat_member")


def test_our_own_words_are_echoes(channel: TelegramChannel) -> None:
    update = said.text()
    update["message"]["from"] = {"id": 7000000001, "is_bot": True, "first_name": "DPU"}
    assert message(channel, update).is_echo


# ---------------------------------------------------------------------- over HTTP
def test_updates_come_with_our_secret_once(bench: TelegramBench, channel: TelegramChannel) -> None:
    with WebhookStandIn(channel) as webhook:
        for _again in range(2):
            assert bench.telegram.post(webhook.url, said.text()).status_code == 200
        assert bench.telegram.post(webhook.url, said.photo(), secret="salah").status_code == 403
        assert bench.telegram.post(webhook.url, said.photo(), secret="").status_code == 401
        assert list(webhook.kept) == ["8001"]


def test_telegram_learns_our_address_and_secret(bench: TelegramBench, channel: TelegramChannel) -> None:
    assert isinstance(channel, Announcing)
    assert channel.announce("https://lapor.example.org/kait/1").ok
    assert bench.telegram.webhook["url"] == "https://lapor.example.org/kait/1"
    assert bench.telegram.webhook["secret_token"] == SECRET_TOKEN
    assert "message" in bench.telegram.webhook["allowed_updates"]


def test_the_location_is_asked_for_by_a_button(bench: TelegramBench) -> None:
    bench.channel.send(
        bench.outbound("Di mana?", asks_place=True, place_label="Kirim lokasi", reply_to=f"{CHAT}:44")
    )
    sent = bench.telegram.sent[-1]
    assert sent["reply_markup"]["keyboard"] == [[{"text": "Kirim lokasi", "request_location": True}]]
    assert sent["reply_parameters"]["message_id"] == 44


def test_one_message_a_second_to_one_chat(bench: TelegramBench) -> None:
    assert bench.channel.send(bench.outbound()) == f"{CHAT}:901"
    with pytest.raises(RateLimited) as refused:
        bench.channel.send(bench.outbound())
    bench.telegram.now += refused.value.after_s
    assert bench.channel.send(bench.outbound()) == f"{CHAT}:902"


def test_whoever_blocked_the_bot_is_not_tried_again(bench: TelegramBench) -> None:
    bench.telegram.blocked_by.add(CHAT)
    with pytest.raises(Permanent, match="403"):
        bench.channel.send(bench.outbound())


def test_a_vendor_in_trouble_is_tried_again(bench: TelegramBench) -> None:
    bench.telegram.next_refusal = Answer(502, b"<html>")
    with pytest.raises(Retryable):
        bench.channel.send(bench.outbound())


# ---------------------------------------------------------------------- a second reader
@pytest.mark.parametrize(
    "update", [said.text(), said.photo(media_group_id="9"), said.location(), said.reply(), said.edited()]
)
def test_python_telegram_bot_reads_the_same(channel: TelegramChannel, update: dict[str, Any]) -> None:
    ours, theirs = only(channel, update), Update.de_json(update, None)
    assert channel.event_id({}, raw_of(update)) == str(theirs.update_id)
    they = theirs.effective_message
    assert they is not None
    assert isinstance(ours, InboundMessage | Edited)
    assert ours.external_id == f"{they.chat.id}:{they.message_id}"
    assert ours.text == (they.text or they.caption or "")
    assert they.from_user is not None
    assert ours.sender.name == they.from_user.full_name
    assert ours.sender.language == they.from_user.language_code
    if isinstance(ours, Edited):
        assert ours.at == they.edit_date
        return
    assert ours.sent_at == they.date
    assert ours.album == they.media_group_id
    assert [one.reference for one in ours.attachments] == [
        one.file_id for one in they.photo if one.width > 999
    ]
    if they.location:
        assert ours.place == SharedPlace(
            they.location.longitude, they.location.latitude, they.location.horizontal_accuracy
        )
    if they.reply_to_message:
        assert ours.reply_to == f"{they.chat.id}:{they.reply_to_message.message_id}"
