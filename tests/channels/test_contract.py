"""Every adapter keeps the contract: the same tests, on stand-ins and on real servers."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldops.channels.contract import (
    AccessExpired,
    BadSignature,
    MediaGone,
    Permanent,
    RateLimited,
    Retryable,
    Uncertain,
    WindowClosed,
)
from fieldops.channels.doorman import KeptInside
from fieldops.channels.inbound import InboundMessage, Unread
from fieldops.channels.registry import CHANNELS
from fieldops.domain.conversations import asks_for_data
from tests.channels.bench import Bench, only_message, raw_of
from tests.channels.benches import BENCHES

WORDS = "Lubang besar di depan pasar, airnya menggenang 🌧️"
EMOJI_WALL = "😱" * 4096
PHOTO = b"\xff\xd8\xff\xe0 not really a photo"


@pytest.fixture(params=BENCHES)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield stack.enter_context(BENCHES[request.param](request))


def need(bench: Bench, part: str) -> None:
    if part in bench.lacks:
        pytest.skip(f"{bench.adapter.traits.label}: {bench.lacks[part]}")


# ---------------------------------------------------------------------- inbound
def test_what_a_person_writes_is_read_as_it_was_written(bench: Bench) -> None:
    event = bench.arrive(WORDS)
    if not bench.adapter.traits.polled:
        bench.channel.verify(event.headers, event.raw)
    message = only_message(bench.channel, event.raw)
    expected = bench.expected(WORDS)
    assert {name: getattr(message, name) for name in expected} == expected
    assert message.sender.user_id
    assert message.external_id
    assert message.sent_at.tzinfo is not None
    assert not message.is_echo
    assert not message.is_automatic


def test_who_asks_for_their_data_is_heard_on_every_channel(bench: Bench) -> None:
    message = only_message(bench.channel, bench.arrive("Data saya").raw)
    assert asks_for_data(message.text)


def test_an_event_without_proof_is_refused_as_such(bench: Bench) -> None:
    event = bench.arrive(WORDS)
    with pytest.raises(BadSignature) as refusal:
        bench.channel.verify({}, event.raw)
    assert refusal.value.missing


def test_wrong_proof_is_refused(bench: Bench) -> None:
    need(bench, "verify")
    event = bench.arrive(WORDS)
    for name, value in event.headers.items():
        if value != "application/json":
            for wrong in (value[:-1] + ("0" if value[-1] != "0" else "1"), value[:-1], value + "0", "é\x00"):
                with pytest.raises(BadSignature) as refusal:
                    bench.channel.verify({**event.headers, name: wrong}, event.raw)
                assert not refusal.value.missing


def test_one_changed_byte_is_refused(bench: Bench) -> None:
    need(bench, "verify")
    need(bench, "signed bytes")
    event = bench.arrive(WORDS)
    for place in (0, len(event.raw) // 2, len(event.raw) - 1):
        raw = bytearray(event.raw)
        raw[place] ^= 1
        with pytest.raises(BadSignature):
            bench.channel.verify(event.headers, bytes(raw))


def test_a_secret_under_rotation_counts_beside_the_new_one(bench: Bench) -> None:
    need(bench, "verify")
    event = bench.arrive(WORDS)
    bench.rotated().verify(event.headers, event.raw)


def test_an_account_without_its_secret_takes_nothing(bench: Bench) -> None:
    need(bench, "verify")
    event = bench.arrive(WORDS)
    setup = bench.setup()
    empty = bench.with_secrets(**dict.fromkeys(setup.secrets, ""))
    with pytest.raises(BadSignature):
        empty.verify(event.headers, event.raw)


def test_a_replay_has_the_name_of_the_first_and_another_event_its_own(bench: Bench) -> None:
    event, other = bench.arrive(WORDS), bench.arrive(WORDS + "!")
    names = [bench.channel.event_id(one.headers, one.raw) for one in (event, event, other)]
    assert names[0] == names[1] != names[2]
    assert all(0 < len(name) <= 200 for name in names)
    if bench.adapter.traits.polled:
        assert [event.event_id, other.event_id] == [names[0], names[2]]


def test_an_unknown_kind_is_left_for_a_person(bench: Bench) -> None:
    need(bench, "unknown")
    (found,) = bench.channel.parse(bench.unknown())
    assert isinstance(found, Unread)


@pytest.mark.parametrize(
    "raw", [b"", b"\x00", b"[]", b"{}", b"null", b"\xff\xfe\xfa", b"[" * 100_000, b'{"object":"\xff"}']
)
def test_what_is_no_event_is_told_apart(bench: Bench, raw: bytes) -> None:
    need(bench, "no event")
    assert bench.channel.event_id({}, raw)
    with pytest.raises(ValueError, match=r"\w"):
        bench.channel.parse(raw)


@pytest.mark.parametrize("text", [EMOJI_WALL, "a\x00b", "\ud83d half a pair", "a" * 10_000_000])
def test_awkward_words_become_words_that_can_be_stored(bench: Bench, text: str) -> None:
    need(bench, "awkward words")
    message = only_message(bench.channel, bench.arrive(text).raw)
    assert "\x00" not in message.text
    assert message.text.encode()
    assert len(message.text) <= 20_000


# ---------------------------------------------------------------------- outbound
def test_a_message_reaches_the_person_and_gets_an_id(bench: Bench) -> None:
    words = "Terima kasih, kami periksa hari ini."
    assert bench.channel.send(bench.outbound(words))
    assert bench.reaches(words)


def test_too_fast_tells_how_long_to_wait(bench: Bench) -> None:
    need(bench, "slow down")
    message = bench.outbound()
    asked_s = bench.slow_down()
    with pytest.raises(RateLimited) as refusal:
        bench.channel.send(message)
    assert refusal.value.after_s == asked_s


def test_an_expired_token_is_told_as_such(bench: Bench) -> None:
    need(bench, "expire")
    message = bench.outbound()
    channel = bench.expire()
    with pytest.raises(AccessExpired):
        channel.send(message)
    health = channel.check()
    assert (health.ok, health.code) == (False, "access_expired")


def test_a_closed_window_is_told_as_such(bench: Bench) -> None:
    need(bench, "close window")
    message = bench.outbound()
    bench.close_window()
    with pytest.raises(WindowClosed):
        bench.channel.send(message)


def test_silence_after_handing_over_is_never_repeated_blindly(bench: Bench) -> None:
    need(bench, "fall silent")
    message = bench.outbound()
    bench.fall_silent()
    with pytest.raises((Uncertain, Retryable)) as failure:
        bench.channel.send(message)
    # Only where the vendor knows our key may the worker try again by itself.
    assert isinstance(failure.value, Retryable) == (
        bench.adapter.traits.name in ("matrix", "mastodon", "email")
    )


def test_errors_carry_nobody(bench: Bench) -> None:
    need(bench, "expire")
    message = bench.outbound("kata-kata pribadi")
    with pytest.raises(Permanent) as failure:
        bench.expire().send(message)
    for private in ("kata-kata", message.user_id, message.thread):
        assert private not in str(failure.value)


# ---------------------------------------------------------------------- media
def test_a_photo_is_fetched_as_it_was_sent(bench: Bench) -> None:
    need(bench, "media")
    media = bench.channel.fetch_media(bench.attachment(PHOTO))
    assert media.data == PHOTO
    assert media.mime_type == "image/jpeg"


def test_a_photo_that_is_gone_is_told_as_such(bench: Bench) -> None:
    need(bench, "media")
    need(bench, "lose")
    attachment = bench.attachment(PHOTO)
    bench.lose(attachment)
    with pytest.raises(MediaGone):
        bench.channel.fetch_media(attachment)


# ---------------------------------------------------------------------- the account
def test_a_rehearsal_reaches_no_foreign_vendor(bench: Bench) -> None:
    channel, message = bench.abroad(), bench.outbound()
    with pytest.raises(KeptInside):
        channel.send(message)
    health = channel.check()
    assert (health.ok, health.code) == (False, "kept_inside")


def test_a_working_account_is_shown_working_and_its_secrets_are_not(bench: Bench) -> None:
    health = bench.channel.check()
    assert health.ok, health
    assert health.code == "connected"
    shown = " ".join(health.values.values())
    assert not [secret for secret in bench.setup().secrets.values() if secret and secret in shown]


def test_what_an_account_needs_is_named(bench: Bench) -> None:
    traits, setup = bench.adapter.traits, bench.setup()
    secret = {one.name for one in traits.fields if one.secret}
    plain = {one.name for one in traits.fields if not one.secret}
    assert set(setup.secrets) <= secret
    assert set(setup.options) <= plain
    required = {one.name for one in traits.fields if one.required}
    assert required <= set(setup.secrets) | set(setup.options)


# ---------------------------------------------------------------------- whatever may come
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", BENCHES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(data=st.data())
def test_no_event_whatsoever_breaks_the_reader(name: str, data: st.DataObject) -> None:
    channel, events = BENCHES[name].reader, BENCHES[name].events
    if events:
        raw = raw_of(data.draw(st.sampled_from(events).flatmap(mutated)))
    else:
        raw = data.draw(st.binary(max_size=300))
    assert 0 < len(channel.event_id({}, raw)) <= 200
    try:
        found = channel.parse(raw)
    except ValueError:
        return
    for one in found:
        if isinstance(one, InboundMessage):
            assert one.external_id
            assert one.sender.user_id
            one.text.encode()


ODD = [None, True, 0, -1, 1e308, "", "x", "\ud800", [], [[]], {}, {"x": {}}, [None], "2026-13-45T99:99:99Z"]


@pytest.mark.parametrize("name", BENCHES)
def test_no_odd_value_in_any_place_breaks_the_reader(name: str) -> None:
    for event in BENCHES[name].events:
        for changed in with_each_value_odd(event):
            raw = raw_of(changed)
            assert BENCHES[name].reader.event_id({}, raw)
            with suppress(ValueError):
                BENCHES[name].reader.parse(raw)


def with_each_value_odd(value: object) -> Iterator[object]:
    """Yield an event again and again, each time with another value of it replaced by something odd."""
    yield from ODD
    if isinstance(value, dict):
        for name in value:
            yield {other: one for other, one in value.items() if other != name}
            yield from (value | {name: changed} for changed in with_each_value_odd(value[name]))
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from (
                [*value[:place], changed, *value[place + 1 :]] for changed in with_each_value_odd(one)
            )


@st.composite
def mutated(draw: st.DrawFn, event: object) -> object:
    """Draw an event with any of its values replaced by anything."""
    if draw(st.integers(0, 9)) == 0:
        return draw(json_values)
    if isinstance(event, dict):
        return {name: draw(mutated(value)) for name, value in event.items()}
    if isinstance(event, list):
        return [draw(mutated(value)) for value in event]
    return event


def test_every_channel_is_asked() -> None:
    assert set(BENCHES) == set(CHANNELS)
