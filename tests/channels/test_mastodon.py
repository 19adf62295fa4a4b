"""Mastodon's API: a conversation on snac2, and notifications that need no server."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fieldops import clock
from fieldops.channels.contract import MediaGone, Permanent, RateLimited, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, AttachmentKind, Inbound, InboundMessage, Sender, Unread
from fieldops.channels.mastodon import MastodonChannel
from tests.channels.bench import only_message, raw_of
from tests.channels.http_stand_in import Answer
from tests.channels.mastodon_bench import PERSON, MastodonBench
from tests.channels.mastodon_server import MastodonServer

READER = MastodonChannel(Setup({}, {}, Doorman()))


@pytest.fixture
def bench(snac: MastodonServer) -> Iterator[MastodonBench]:
    with MastodonBench(snac) as made:
        yield made


def notification(**status: Any) -> dict[str, Any]:
    account = {
        "id": "109",
        "username": "sri",
        "acct": "sri@lain.test",
        "display_name": "Bu Sri",
        "bot": False,
    }
    said = {
        "id": "1130",
        "created_at": "2026-11-30T02:15:00.000Z",
        "visibility": "direct",
        "content": '<p><span class="h-card"><a href="https://solo.test/@dpu">@<span>dpu</span></a></span> '
        "Jalan &amp; saluran<br>mampet</p>",
        "account": account,
        "media_attachments": [],
        "in_reply_to_id": None,
        "language": "id",
        "spoiler_text": "",
    }
    return {"id": "34", "type": "mention", "account": account, "status": said | status}


def only(event: dict[str, Any]) -> Inbound:
    (found,) = READER.parse(raw_of(event))
    return found


def message(**status: Any) -> InboundMessage:
    found = only(notification(**status))
    assert isinstance(found, InboundMessage)
    return found


# ---------------------------------------------------------------------- snac2
def test_a_conversation_stays_between_two(bench: MastodonBench) -> None:
    asked = bench.delivered(bench.post("Lubang & genangan <besar>"))
    found = only_message(bench.channel, asked.raw)
    assert found.thread == PERSON
    assert not found.is_public
    sent = bench.channel.send(bench.outbound("Kami periksa besok.", reply_to=found.external_id))
    with bench.server.as_user(bench.server.official) as official:
        posted = official.get(f"/api/v1/statuses/{sent}").raise_for_status().json()
    assert posted["visibility"] in ("direct", "private")
    assert posted["in_reply_to_id"] == found.external_id
    assert PERSON in {one["acct"] for one in posted["mentions"]}
    back = bench.delivered(bench.post("Terima kasih", in_reply_to_id=sent))
    assert only_message(bench.channel, back.raw).text.endswith("Terima kasih")


def test_a_post_for_everybody_is_public(bench: MastodonBench) -> None:
    event = bench.delivered(bench.post("Lubang!", visibility="public"))
    assert only_message(bench.channel, event.raw).is_public


def test_the_first_poll_starts_from_now(bench: MastodonBench) -> None:
    bench.arrive("x")
    started = bench.channel.poll("")
    assert not started.events
    assert bench.channel.poll(started.cursor).events == ()


# ---------------------------------------------------------------------- reading
def test_a_mention() -> None:
    person = Sender("109", ("sri@lain.test",), "Bu Sri", None, "id")
    at = datetime(2026, 11, 30, 2, 15, tzinfo=UTC)
    expected = InboundMessage("1130", person, "sri@lain.test", at, "Jalan & saluran\nmampet")
    assert only(notification()) == expected


@pytest.mark.parametrize(
    ("visibility", "is_public"),
    [("direct", False), ("private", False), ("public", True), ("unlisted", True), (None, False)],
)
def test_what_everybody_reads(visibility: str | None, is_public: bool) -> None:
    assert message(visibility=visibility).is_public == is_public


def test_files_answers_and_warnings() -> None:
    files = [
        {"id": "1", "type": "image", "url": "https://files.lain.test/a.jpg"},
        {"id": "2", "type": "unknown", "url": "https://files.lain.test/b"},
        {"id": "3", "type": "audio", "url": None},
    ]
    found = message(media_attachments=files, in_reply_to_id="1129", spoiler_text="Darurat")
    assert [(one.kind.value, one.reference) for one in found.attachments] == [
        ("photo", "https://files.lain.test/a.jpg"),
        ("document", "https://files.lain.test/b"),
    ]
    assert found.reply_to == "1129"
    assert found.text.startswith("Darurat\nJalan")


def test_bots_are_automatic() -> None:
    event = notification()
    event["status"]["account"]["bot"] = True
    found = only(event)
    assert isinstance(found, InboundMessage)
    assert found.is_automatic


@pytest.mark.parametrize("kind", ["follow", "favourite", "poll"])
def test_other_news_is_left_for_a_person(kind: str) -> None:
    found = only(notification() | {"type": kind})
    assert isinstance(found, Unread)
    assert found.what == f"mastodon {kind}"


# ---------------------------------------------------------------------- the server's answers
def test_a_key_and_the_address_go_along(bench: MastodonBench) -> None:
    bench.instead(Answer(200, {"id": "7"}))
    assert bench.other is not None
    assert bench.channel.send(replace(bench.outbound("Halo"), key="k-9")) == "7"
    (asked,) = bench.other.asked
    assert asked.headers["idempotency-key"] == "k-9"
    assert asked.json["status"] == f"@{PERSON} Halo"
    assert asked.json["visibility"] == "direct"


def test_mentions_are_handed_on_oldest_first(bench: MastodonBench) -> None:
    newer, older = notification(id="2") | {"id": "36"}, notification(id="1") | {"id": "35"}
    bench.instead(Answer(200, [newer, older, "x"]))
    polled = bench.channel.poll("34")
    assert [one.event_id for one in polled.events] == ["1", "2"]
    assert polled.cursor == "36"
    assert json.loads(polled.events[0].raw)["id"] == "35"


def test_the_wait_until_the_count_starts_anew(bench: MastodonBench) -> None:
    now = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    reset = (now + timedelta(minutes=4)).isoformat().replace("+00:00", "Z")
    bench.instead(Answer(429, {}, {"X-RateLimit-Reset": reset}))
    with clock.frozen(now), pytest.raises(RateLimited) as refused:
        bench.channel.send(bench.outbound())
    assert refused.value.after_s == 240.0


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a.jpg",
        "https://127.0.0.1/a.jpg",
        "https://[::1]/a.jpg",
        "http://8.8.8.8/a.jpg",
        "https://tidak.ada.invalid/a.jpg",
    ],
)
def test_a_stranger_s_address_never_leads_into_our_own_network(url: str) -> None:
    live = MastodonChannel(Setup({"server_url": "https://solo.example.com"}, {}, Doorman(live=True)))
    with pytest.raises(Permanent, match="public internet"):
        live.fetch_media(Attachment(AttachmentKind.PHOTO, url))


@pytest.mark.parametrize("url", ["", "ftp://a/b", "file:///etc/passwd", "https:///a"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(MediaGone):
        READER.fetch_media(Attachment(AttachmentKind.PHOTO, url))
