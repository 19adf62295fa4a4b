"""X: its challenge, both shapes of events, public and private answers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fieldops import clock
from fieldops.channels.contract import MediaGone, Permanent, RateLimited
from fieldops.channels.inbound import Attachment, AttachmentKind, Inbound, InboundMessage, Sender, Unread
from fieldops.channels.x import XChannel, sign
from tests.channels.bench import raw_of
from tests.channels.http_stand_in import Answer
from tests.channels.x_bench import AT, OWN_ID, PERSON, SECRET, XBench, direct, envelope, mention

WHO = Sender(PERSON, name="Bu Sri")


@pytest.fixture
def bench() -> Iterator[XBench]:
    with XBench() as made:
        yield made


def only(bench: XBench, event: dict[str, Any]) -> Inbound:
    (found,) = bench.channel.parse(raw_of(event))
    return found


def test_the_challenge_is_signed(bench: XBench) -> None:
    told = bench.channel.challenge({"crc_token": "abc"})
    assert told is not None
    assert json.loads(told) == {"response_token": sign(SECRET, b"abc")}
    assert bench.channel.challenge({}) is None


def test_a_direct_message(bench: XBench) -> None:
    at = datetime.fromtimestamp(AT, UTC)
    assert only(bench, direct()) == InboundMessage("1", WHO, PERSON, at, "Lubang")
    part = direct()["direct_message_events"][0]
    found = only(bench, envelope("dm.received", direct_message=part))
    assert isinstance(found, InboundMessage)
    assert (found.external_id, found.text) == ("1", "Lubang")


def test_our_own_words_are_echoes(bench: XBench) -> None:
    event = direct()
    created = event["direct_message_events"][0]["message_create"]
    created["sender_id"], created["target"]["recipient_id"] = OWN_ID, PERSON
    found = only(bench, event)
    assert isinstance(found, InboundMessage)
    assert (found.is_echo, found.thread) == (True, PERSON)


def test_a_mention_is_public(bench: XBench) -> None:
    found = only(bench, mention(extended_tweet={"full_text": "@dpu lubang di depan pasar"}))
    assert isinstance(found, InboundMessage)
    assert found.is_public
    assert found.text == "@dpu lubang di depan pasar"
    assert found.sent_at == datetime(2026, 11, 30, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["chat.received", "follow.create"])
def test_encrypted_and_other_news_is_left_for_a_person(bench: XBench, kind: str) -> None:
    found = only(bench, envelope(kind, encrypted="x"))
    assert found == Unread(f"x {kind}", "u-1")


def test_facts_go_to_the_writer_alone(bench: XBench) -> None:
    found = only(bench, mention())
    assert isinstance(found, InboundMessage)
    thanks = bench.outbound("Terima kasih", thread=found.thread, is_public=True)
    assert bench.channel.send(thanks) == "post-1"
    assert bench.x.sent[-1]["reply"] == {"in_reply_to_tweet_id": "77"}
    assert bench.channel.send(bench.outbound("Aduan JL-12", thread=found.thread)) == "dm-2"
    with pytest.raises(Permanent):
        bench.channel.send(bench.outbound(thread="../tweets"))


def test_the_wait_until_the_count_starts_anew(bench: XBench) -> None:
    now = datetime(2026, 11, 30, 2, 0, tzinfo=UTC)
    bench.x.next_refusal = Answer(429, {}, {"x-rate-limit-reset": str(int(now.timestamp()) + 300)})
    with clock.frozen(now), pytest.raises(RateLimited) as refused:
        bench.channel.send(bench.outbound())
    assert refused.value.after_s == 300.0


@pytest.mark.parametrize("url", ["https://x.com.lain.test/a", "http://pbs.twimg.com/a", "https://10.0.0.1/a"])
def test_the_token_goes_to_x_alone(bench: XBench, url: str) -> None:
    with pytest.raises(MediaGone):
        XChannel(bench.setup()).fetch_media(Attachment(AttachmentKind.PHOTO, url))
    assert not bench.x.asked
