"""Messenger and Instagram: conversations, comments, stories, and the week of a human agent."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fieldops.channels.contract import MediaGone, WindowClosed
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
    Unread,
    Withdrawn,
)
from tests.channels import messaging_fixtures as said
from tests.channels.bench import raw_of
from tests.channels.messaging_benches import InstagramBench, MessagingBench, MessengerBench
from tests.channels.meta_stand_in import DAY_S

AT = datetime.fromtimestamp(said.AT, UTC)
WHO = Sender(said.PERSON)


@pytest.fixture(params=[MessengerBench, InstagramBench])
def bench(request: pytest.FixtureRequest) -> Iterator[MessagingBench]:
    with request.param() as made:
        yield made


@pytest.fixture
def page() -> Iterator[MessagingBench]:
    with MessengerBench() as made:
        yield made


@pytest.fixture
def instagram() -> Iterator[MessagingBench]:
    with InstagramBench() as made:
        yield made


def only(bench: MessagingBench, event: dict[str, Any]) -> Inbound:
    (found,) = bench.channel.parse(raw_of(event))
    return found


def message(bench: MessagingBench, event: dict[str, Any]) -> InboundMessage:
    found = only(bench, event)
    assert isinstance(found, InboundMessage)
    return found


def test_a_message_and_what_it_answers(bench: MessagingBench) -> None:
    event = said.message(bench.product, text="Di depan SD", reply_to={"mid": "m_out1"})
    expected = InboundMessage("m_in1", WHO, said.PERSON, AT, "Di depan SD", reply_to="m_out1")
    assert only(bench, event) == expected


@pytest.mark.parametrize(
    ("kind", "payload", "expected"),
    [
        ("image", {"url": "https://cdn.test/a"}, "photo"),
        ("image", {"url": "https://cdn.test/a", "sticker_id": 369}, "sticker"),
        ("audio", {"url": "https://cdn.test/a"}, "voice"),
        ("video", {"url": "https://cdn.test/a"}, "video"),
        ("file", {"url": "https://cdn.test/a"}, "document"),
    ],
)
def test_files(bench: MessagingBench, kind: str, payload: dict[str, Any], expected: str) -> None:
    (found,) = message(bench, said.attachment(bench.product, kind, **payload)).attachments
    assert (found.kind.value, found.reference) == (expected, "https://cdn.test/a")


def test_a_story_is_never_kept_nor_fetched(bench: MessagingBench) -> None:
    event = said.attachment(bench.product, "story_mention", url="https://cdn.test/rahasia")
    (found,) = message(bench, event).attachments
    assert found == Attachment(AttachmentKind.STORY)
    for story in (found, Attachment(AttachmentKind.STORY, f"{bench.meta.url}/cdn/1")):
        with pytest.raises(MediaGone):
            bench.channel.fetch_media(story)
    assert not bench.meta.asked
    answer = said.message(bench.product, text="Ini", reply_to={"story": {"id": "1", "url": "https://x"}})
    assert message(bench, answer).attachments == (Attachment(AttachmentKind.STORY),)


def test_a_shared_place(page: MessagingBench) -> None:
    event = said.attachment("page", "location", coordinates={"lat": -7.5, "long": 110.8})
    assert message(page, event).place == SharedPlace(110.8, -7.5)


def test_our_own_words_are_echoes_in_the_person_s_thread(bench: MessagingBench) -> None:
    found = message(bench, said.echo(bench.product))
    assert found.is_echo
    assert found.thread == said.PERSON


def test_edited_withdrawn_and_reacted(bench: MessagingBench) -> None:
    edit = said.item(bench.product, message_edit={"mid": "m_in1", "text": "Lubang kecil", "num_edit": 1})
    assert only(bench, edit) == Edited("m_in1", WHO, "Lubang kecil", AT)
    assert only(bench, said.message(bench.product, is_deleted=True)) == Withdrawn("m_in1", AT)
    like = {"mid": "m_out1", "action": "react", "emoji": "👍"}
    found = message(bench, said.item(bench.product, reaction=like))
    assert (found.text, found.reply_to) == ("👍", "m_out1")
    assert found.external_id != "m_out1"
    gone = said.item(bench.product, reaction=like | {"action": "unreact"})
    assert bench.channel.parse(raw_of(gone)) == []


def test_receipts(bench: MessagingBench) -> None:
    delivered = said.item(bench.product, delivery={"mids": ["m_out1", "m_out2"], "watermark": said.AT * 1000})
    found = bench.channel.parse(raw_of(delivered))
    assert found == [Receipt(mid, ReceiptState.DELIVERED, AT) for mid in ("m_out1", "m_out2")]
    read = said.item(bench.product, read={"mid": "m_out1"})
    assert only(bench, read) == Receipt("m_out1", ReceiptState.READ, AT)
    assert bench.channel.parse(raw_of(said.item(bench.product, read={"watermark": 1}))) == []


def test_different_news_of_one_message_are_different_events(bench: MessagingBench) -> None:
    first = said.message(bench.product, text="Lubang")
    edits = [
        said.item(bench.product, message_edit={"mid": "m_in1", "text": words, "num_edit": number})
        for number, words in enumerate(("Lubang kecil", "Lubang besar"), 1)
    ]
    reads = [said.item(bench.product, delivery={"mids": [mid]}) for mid in ("m_out1", "m_out2")]
    names = {bench.channel.event_id({}, raw_of(event)) for event in (first, *edits, *reads)}
    assert len(names) == 5


@pytest.mark.parametrize(
    "part", [{"message": {"mid": "m", "is_unsupported": True}}, {"optin": {}}, {"message": {"text": "x"}}]
)
def test_unknown_parts_keep_their_conversation(bench: MessagingBench, part: dict[str, Any]) -> None:
    found = only(bench, said.item(bench.product, **part))
    assert isinstance(found, Unread)
    assert (found.sender, found.thread) == (WHO, said.PERSON)


def test_events_of_another_account_are_not_ours(bench: MessagingBench) -> None:
    event = said.message(bench.product, text="x")
    event["entry"][0]["id"] = "1"
    assert isinstance(only(bench, event), Unread)


# ---------------------------------------------------------------------- in public
def test_comments_are_public(page: MessagingBench, instagram: MessagingBench) -> None:
    found = message(page, said.page_comment())
    assert (found.external_id, found.sender.name, found.is_public) == ("1_77", "Bu Sri", True)
    found = message(instagram, said.instagram_comment())
    assert (found.external_id, found.sender.name, found.is_public) == ("1877", "busri", True)
    assert found.text == "Lubang di depan pasar!"


def test_a_comment_s_later_fate(page: MessagingBench) -> None:
    assert isinstance(only(page, said.page_comment(verb="edited", message="Lubang kecil")), Edited)
    assert isinstance(only(page, said.page_comment(verb="remove")), Withdrawn)
    assert message(page, said.page_comment(**{"from": {"id": said.OWN_IDS["page"]}})).is_echo
    assert isinstance(only(page, said.page_comment(item="reaction")), Unread)


def test_a_mention_of_the_page(page: MessagingBench) -> None:
    value = {"item": "post", "verb": "add", "post_id": "9_9", "sender_id": said.PERSON, "sender_name": "Sri"}
    event = said.event("page", changes=[{"field": "mention", "value": value | {"message": "@DPU lubang"}}])
    found = message(page, event)
    assert (found.is_public, found.sender.name) == (True, "Sri")


def test_facts_go_to_the_writer_alone_and_thanks_to_everybody(
    page: MessagingBench, instagram: MessagingBench
) -> None:
    for bench, event in ((page, said.page_comment()), (instagram, said.instagram_comment())):
        comment = message(bench, event)
        bench.meta.last_word[comment.external_id] = bench.meta.now
        thanks = bench.outbound("Terima kasih, kami kirim pesan.", thread=comment.thread, is_public=True)
        assert bench.channel.send(thanks)
        assert bench.meta.asked[-1].path.endswith(f"/{comment.external_id}/{bench.adapter.ANSWERS}")
        assert bench.channel.send(bench.outbound("Aduan JL-12", thread=comment.thread))
        assert bench.meta.sent[-1]["recipient"] == {"comment_id": comment.external_id}


# ---------------------------------------------------------------------- windows
def test_a_machine_may_answer_for_a_day_and_a_person_for_a_week(bench: MessagingBench) -> None:
    answer, receipt = bench.outbound(), bench.outbound(is_automatic=True)
    assert bench.channel.send(receipt)
    assert bench.meta.sent[-1]["messaging_type"] == "RESPONSE"
    bench.meta.now += 2 * DAY_S
    with pytest.raises(WindowClosed):
        bench.channel.send(receipt)
    assert bench.channel.send(answer)
    assert bench.meta.sent[-1]["tag"] == "HUMAN_AGENT"
    bench.meta.now += 5 * DAY_S + 1
    with pytest.raises(WindowClosed):
        bench.channel.send(answer)
