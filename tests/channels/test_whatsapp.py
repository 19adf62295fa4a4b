"""WhatsApp's events, and its windows, limits and media, over real HTTP to the stand-in for Meta."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pywa import WhatsApp, types

from fieldops.channels.contract import (
    MediaGone,
    NotConfigured,
    Permanent,
    RateLimited,
    Retryable,
    Setup,
    TemplateRefused,
    WindowClosed,
)
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import (
    Attachment,
    AttachmentKind,
    Edited,
    Inbound,
    InboundMessage,
    Receipt,
    ReceiptState,
    Sender,
    SharedPlace,
    TemplatesChanged,
    Unread,
    Withdrawn,
)
from fieldops.channels.whatsapp import WhatsAppChannel
from fieldops.domain.message_templates import FilledPart, FilledTemplate, blanks_of
from tests.channels import whatsapp_fixtures as said
from tests.channels.bench import raw_of
from tests.channels.http_stand_in import Answer
from tests.channels.meta_stand_in import BUSINESS_ID, VERIFY_TOKEN, refusal
from tests.channels.webhook_stand_in import WebhookStandIn
from tests.channels.whatsapp_bench import WhatsAppBench

AT = datetime.fromtimestamp(said.AT, UTC)
SRI = Sender(said.BSUID, (said.PHONE,), said.NAME, f"+{said.PHONE}")


@pytest.fixture
def bench() -> Iterator[WhatsAppBench]:
    with WhatsAppBench() as made:
        yield made


@pytest.fixture
def channel(bench: WhatsAppBench) -> WhatsAppChannel:
    return WhatsAppChannel(bench.setup())


@pytest.fixture
def webhook(channel: WhatsAppChannel) -> Iterator[WebhookStandIn]:
    with WebhookStandIn(channel) as made:
        yield made


def only(channel: WhatsAppChannel, event: dict[str, Any]) -> Inbound:
    (found,) = channel.parse(raw_of(event))
    return found


def message(channel: WhatsAppChannel, event: dict[str, Any]) -> InboundMessage:
    found = only(channel, event)
    assert isinstance(found, InboundMessage)
    return found


# ---------------------------------------------------------------------- reading
def test_a_text(channel: WhatsAppChannel) -> None:
    assert only(channel, said.text()) == InboundMessage(
        "wamid.IN1", SRI, said.BSUID, AT, "Lubang besar di Jl. Slamet Riyadi"
    )


def test_a_person_without_a_telephone_number(channel: WhatsAppChannel) -> None:
    assert message(channel, said.text(phone=False)).sender == Sender(said.BSUID, (), said.NAME, None)


def test_a_person_of_before_the_new_ids(channel: WhatsAppChannel) -> None:
    event = said.text()
    value = event["entry"][0]["changes"][0]["value"]
    del value["messages"][0]["from_user_id"], value["contacts"][0]["user_id"]
    assert message(channel, event).sender == Sender(said.PHONE, (), said.NAME, f"+{said.PHONE}")


def test_a_photo_with_its_words(channel: WhatsAppChannel) -> None:
    found = message(channel, said.image("71"))
    assert found.text == "Ini fotonya 🕳️"
    assert found.attachments == (Attachment(AttachmentKind.PHOTO, "71", "image/jpeg"),)


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        (
            "audio",
            {"id": "1", "mime_type": "audio/ogg; codecs=opus", "voice": True},
            ("voice", "audio/ogg", ""),
        ),
        ("sticker", {"id": "1", "mime_type": "image/webp"}, ("sticker", "image/webp", "")),
        ("video", {"id": "1", "mime_type": "video/mp4"}, ("video", "video/mp4", "")),
        (
            "document",
            {"id": "1", "mime_type": "application/pdf", "filename": "surat.pdf"},
            ("document", "application/pdf", "surat.pdf"),
        ),
    ],
)
def test_other_files(
    channel: WhatsAppChannel, kind: str, content: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    (found,) = message(channel, said.message(kind, content)).attachments
    assert (found.kind.value, found.mime_type, found.name) == expected


def test_a_place(channel: WhatsAppChannel) -> None:
    found = message(channel, said.location())
    assert found.place == SharedPlace(110.8231, -7.5666, None, "Pasar Gede, Jl. Urip Sumoharjo")
    assert found.text == ""


@pytest.mark.parametrize("place", [{"latitude": 91, "longitude": 1}, {"latitude": 0, "longitude": 0}, {}])
def test_a_place_off_the_earth_is_left_for_a_person(channel: WhatsAppChannel, place: dict[str, Any]) -> None:
    assert isinstance(only(channel, said.message("location", place)), Unread)


def test_a_reply_names_what_it_answers(channel: WhatsAppChannel) -> None:
    assert message(channel, said.reply()).reply_to == "wamid.out1"


@pytest.mark.parametrize(
    ("kind", "content", "text"),
    [
        ("button", {"text": "Sudah", "payload": "yes"}, "Sudah"),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "b", "title": "Belum"}}, "Belum"),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "b", "title": "Saluran"}}, "Saluran"),
        ("reaction", {"message_id": "wamid.out1", "emoji": "👍"}, "👍"),
    ],
)
def test_what_was_pressed_is_words_too(channel: WhatsAppChannel, kind: str, content: Any, text: str) -> None:
    assert message(channel, said.message(kind, content)).text == text


def test_edited_words(channel: WhatsAppChannel) -> None:
    assert only(channel, said.edited()) == Edited("wamid.IN1", SRI, "Lubang kecil", AT)


def test_a_withdrawn_message(channel: WhatsAppChannel) -> None:
    assert only(channel, said.deleted()) == Withdrawn("wamid.IN1", AT)


@pytest.mark.parametrize("kind", ["unsupported", "order", "contacts", "system", "x" * 100, "a b"])
def test_unknown_kinds_keep_their_conversation(channel: WhatsAppChannel, kind: str) -> None:
    found = only(channel, said.message(kind, {"body": "rahasia"}))
    assert isinstance(found, Unread)
    assert (found.sender, found.thread, found.external_id) == (SRI, said.BSUID, "wamid.IN1")
    assert "rahasia" not in found.what
    assert len(found.what) < 80


def test_a_group_is_not_a_private_conversation(channel: WhatsAppChannel) -> None:
    assert isinstance(only(channel, said.text(group_id="g1")), Unread)


def test_events_of_another_number_are_not_ours(channel: WhatsAppChannel) -> None:
    event = said.text()
    event["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = "2"
    assert only(channel, event) == Unread("whatsapp other number")


def test_words_written_in_the_app_itself_are_echoes(channel: WhatsAppChannel) -> None:
    echo = {
        "from": "62271000000",
        "to": said.PHONE,
        "id": "wamid.E",
        "timestamp": str(said.AT),
        "type": "text",
    }
    event = said.event({"message_echoes": [echo | {"text": {"body": "Baik"}}]}, field="smb_message_echoes")
    found = message(channel, event)
    assert found.is_echo
    assert found.thread == said.PHONE


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "read"),
        ("played", "read"),
        ("failed", "failed"),
    ],
)
def test_news_of_what_we_sent(channel: WhatsAppChannel, told: str, state: str) -> None:
    assert only(channel, said.statuses(told)) == Receipt("wamid.out1", ReceiptState(state), AT)


def test_a_failure_has_its_code(channel: WhatsAppChannel) -> None:
    event = said.statuses("failed", errors=[{"code": 131047, "title": "Re-engagement message"}])
    assert only(channel, event) == Receipt("wamid.out1", ReceiptState.FAILED, AT, "code 131047")


def test_receipts_of_one_message_are_different_events(channel: WhatsAppChannel) -> None:
    states = [raw_of(said.statuses(state)) for state in ("sent", "delivered", "read", "sent")]
    names = [channel.event_id({}, raw) for raw in states]
    assert len(set(names)) == 3
    assert names[0] == names[3]


# ---------------------------------------------------------------------- over HTTP
def test_meta_finds_our_address(channel: WhatsAppChannel, webhook: WebhookStandIn) -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": VERIFY_TOKEN, "hub.challenge": "1158201444"}
    answer = httpx.get(webhook.url, params=asked, trust_env=False)
    assert (answer.status_code, answer.text) == (200, "1158201444")
    answer = httpx.get(webhook.url, params=asked | {"hub.verify_token": "salah"}, trust_env=False)
    assert answer.status_code == 403


def test_events_come_signed_once(bench: WhatsAppBench, webhook: WebhookStandIn) -> None:
    for _again in range(3):
        assert bench.meta.post(webhook.url, said.image()).status_code == 200
    assert len(webhook.kept) == 1
    assert bench.meta.post(webhook.url, said.text(), secret="salah").status_code == 403
    assert httpx.post(webhook.url, content=raw_of(said.text()), trust_env=False).status_code == 401
    assert len(webhook.kept) == 1


def test_free_words_for_a_day_then_templates(bench: WhatsAppBench, webhook: WebhookStandIn) -> None:
    bench.meta.post(webhook.url, said.text())
    message = bench.outbound()
    bench.meta.now += 86_399
    bench.channel.send(message)
    bench.meta.now += 10
    with pytest.raises(WindowClosed):
        bench.channel.send(message)
    values = FilledPart("body", 0, ("JL-12", "besok"))
    template = bench.outbound(template=FilledTemplate("kabar_aduan", "id", (values,)))
    # `outbound` makes the person write; a template needs none of that.
    bench.meta.last_word.clear()
    assert bench.channel.send(template)
    sent = bench.meta.sent[-1]["template"]
    assert sent["language"] == {"code": "id"}
    assert [one["text"] for one in sent["components"][0]["parameters"]] == ["JL-12", "besok"]
    bench.meta.now += 10
    with pytest.raises(TemplateRefused, match="132001") as refused:
        bench.channel.send(bench.outbound(template=FilledTemplate("belum_disetujui", "id")))
    assert refused.value.reason == "template_removed"


def test_the_list_of_templates_is_read_page_by_page(bench: WhatsAppBench) -> None:
    channel = WhatsAppChannel(
        Setup({**bench.setup().options, "business_account_id": BUSINESS_ID}, bench.secrets(), Doorman())
    )
    listed = channel.templates()
    assert [(one.name, one.language, one.state) for one in listed] == [
        ("kabar_aduan", "id", "approved"),
        ("kabar_aduan", "en_US", "approved"),
        ("sudah_selesai", "id", "approved"),
        ("promosi", "id", "rejected"),
        ("terlalu_sering", "id", "paused"),
        ("foto_selesai", "id", "approved"),
    ]
    pages = [one.query for one in bench.meta.asked]
    assert [one.get("after") for one in pages] == [None, "c2", "c4"]
    assert listed[3].reason == "promotional"
    assert listed[5].needs == "image"
    assert [(blank.key, blank.example) for blank in blanks_of(listed[2].texts)] == [
        ("header.1", "JL-1"),
        ("body.nama", "contoh nama"),
        ("body.tempat", "contoh tempat"),
        ("link1.1", "abc"),
    ]


def test_templates_need_the_business_account(channel: WhatsAppChannel) -> None:
    with pytest.raises(NotConfigured):
        channel.templates()


@pytest.mark.parametrize(
    ("name", "parts", "code", "reason"),
    [
        ("promosi", (), "132001", "template_removed"),
        ("terlalu_sering", (FilledPart("body", 0, ("x",)),), "132015", "template_paused"),
        ("kabar_aduan", (FilledPart("body", 0, ("x",)),), "132000", "template_values"),
        ("kabar_aduan", (FilledPart("body", 0, ("x", "y"), ("nama", "hari")),), "132012", "template_values"),
        ("kabar_aduan", (FilledPart("body", 0, ("x\n", "y")),), "132018", "template_values"),
    ],
)
def test_why_a_template_is_refused(
    bench: WhatsAppBench, name: str, parts: tuple[FilledPart, ...], code: str, reason: str
) -> None:
    with pytest.raises(TemplateRefused, match=code) as refused:
        bench.channel.send(bench.outbound(template=FilledTemplate(name, "id", parts)))
    assert refused.value.reason == reason


def test_a_template_goes_with_heading_named_blanks_and_a_button(bench: WhatsAppBench) -> None:
    filled = FilledTemplate(
        "sudah_selesai",
        "id",
        (
            FilledPart("header", 0, ("JL-7",)),
            FilledPart("body", 0, ("Sri", "Jl. Slamet Riyadi"), ("nama", "tempat")),
            FilledPart("link", 1, ("k0de",)),
        ),
    )
    assert bench.channel.send(bench.outbound(template=filled))
    parts = bench.meta.sent[-1]["template"]["components"]
    assert [one["type"] for one in parts] == ["header", "body", "button"]
    assert parts[1]["parameters"][0] == {"type": "text", "text": "Sri", "parameter_name": "nama"}
    assert (parts[2]["sub_type"], parts[2]["index"]) == ("url", "1")


def test_news_of_templates_asks_for_the_list(channel: WhatsAppChannel) -> None:
    event = said.message("text", {})
    event["entry"][0]["changes"] = [
        {"field": "message_template_status_update", "value": {"event": "PAUSED", "message_template_id": 1}}
    ]
    assert only(channel, event) == TemplatesChanged()


def test_a_closed_window_told_late_is_a_receipt(channel: WhatsAppChannel) -> None:
    event = said.statuses("failed", errors=[{"code": 131047}])
    assert isinstance(only(channel, event), Receipt)


def test_one_message_in_six_seconds_to_one_person(bench: WhatsAppBench) -> None:
    bench.channel.send(bench.outbound())
    with pytest.raises(RateLimited) as refused:
        bench.channel.send(bench.outbound())
    assert refused.value.after_s == 6.0
    bench.meta.now += refused.value.after_s
    assert bench.channel.send(bench.outbound())


def test_eighty_messages_a_second(bench: WhatsAppBench) -> None:
    message = bench.outbound()
    bench.meta.this_second[int(bench.meta.now)] = 80
    with pytest.raises(RateLimited, match="130429"):
        bench.channel.send(message)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (refusal(400, 131026), Permanent),
        (refusal(500, 131000), Retryable),
        (refusal(503, 2), Retryable),
        (Answer(502, b"<html>"), Retryable),
        (Answer(404, b"<html>"), Permanent),
        (Answer(400, {"error": "x"}), Permanent),
        (refusal(400, 80007), RateLimited),
    ],
)
def test_refusals(bench: WhatsAppBench, answer: Answer, error: type[Exception]) -> None:
    message = bench.outbound()
    bench.meta.next_refusal = answer
    with pytest.raises(error) as refused:
        bench.channel.send(message)
    assert issubclass(error, RateLimited) or not isinstance(refused.value, RateLimited)


def test_the_location_is_asked_for_natively(bench: WhatsAppBench) -> None:
    bench.channel.send(bench.outbound("Di mana tempatnya?", asks_place=True, reply_to="wamid.IN1"))
    sent = bench.meta.sent[-1]
    assert sent["interactive"]["type"] == "location_request_message"
    assert sent["interactive"]["body"]["text"] == "Di mana tempatnya?"
    assert sent["context"] == {"message_id": "wamid.IN1"}


def test_a_number_and_a_business_scoped_id_are_addressed_differently(bench: WhatsAppBench) -> None:
    bench.channel.send(bench.outbound())
    assert bench.meta.sent[-1]["recipient"] == said.BSUID
    bench.meta.last_word[said.PHONE] = bench.meta.now
    bench.channel.send(bench.outbound(thread=said.PHONE))
    assert bench.meta.sent[-1]["to"] == said.PHONE


def test_a_file_is_fetched_by_a_fresh_address_within_a_week(bench: WhatsAppBench) -> None:
    attachment = bench.attachment(b"jpeg")
    stale = bench.meta.address_of(attachment.reference)
    bench.meta.now += 301
    token = {"Authorization": f"Bearer {bench.meta.access_token}"}
    assert httpx.get(stale, headers=token, trust_env=False).status_code == 404
    assert bench.channel.fetch_media(attachment).data == b"jpeg"
    bench.meta.now += 7 * 86_400
    with pytest.raises(MediaGone):
        bench.channel.fetch_media(attachment)


@pytest.mark.parametrize("reference", ["../me", "", "1/2", "1?x"])
def test_a_file_s_id_leads_nowhere_else(bench: WhatsAppBench, reference: str) -> None:
    with pytest.raises(MediaGone):
        bench.channel.fetch_media(Attachment(AttachmentKind.PHOTO, reference))
    assert not bench.meta.asked


# ---------------------------------------------------------------------- a second reader
def peer(kind: type[Any], event: dict[str, Any]) -> Any:
    return kind.from_update(WhatsApp(phone_id=None, token="none"), event)


@pytest.mark.parametrize(
    "event", [said.text(), said.text(phone=False), said.image(), said.location(), said.reply()]
)
def test_pywa_reads_the_same_message(channel: WhatsAppChannel, event: dict[str, Any]) -> None:
    ours, theirs = message(channel, event), peer(types.Message, event)
    assert ours.external_id == theirs.id
    assert ours.sender.user_id == theirs.from_user.bsuid
    assert ours.sender.name == theirs.from_user.name
    assert (ours.sender.phone or "+").removeprefix("+") == (theirs.from_user.wa_id or "")
    assert ours.sent_at == theirs.timestamp
    assert ours.text == (theirs.text or theirs.caption or "")
    assert ours.reply_to == (theirs.reply_to_message.id if theirs.reply_to_message else None)
    assert [one.reference for one in ours.attachments] == ([theirs.image.id] if theirs.image else [])
    if theirs.location:
        assert ours.place is not None
        assert (ours.place.lon, ours.place.lat) == (theirs.location.longitude, theirs.location.latitude)


def test_pywa_reads_the_same_changes(channel: WhatsAppChannel) -> None:
    edited, theirs = only(channel, said.edited()), peer(types.EditedMessage, said.edited())
    assert isinstance(edited, Edited)
    assert (edited.external_id, edited.text) == (theirs.original_message_id, theirs.message.text)
    withdrawn, theirs = only(channel, said.deleted()), peer(types.DeletedMessage, said.deleted())
    assert isinstance(withdrawn, Withdrawn)
    assert withdrawn.external_id == theirs.original_message_id


def test_pywa_reads_the_same_receipt(channel: WhatsAppChannel) -> None:
    ours, theirs = only(channel, said.statuses("read")), peer(types.MessageStatus, said.statuses("read"))
    assert isinstance(ours, Receipt)
    assert (ours.external_id, ours.state.value, ours.at) == (theirs.id, theirs.status.value, theirs.timestamp)
