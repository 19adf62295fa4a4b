"""What goes wrong on the way to a vendor."""

import math
from typing import Any

import pytest

from fieldops.channels import vendor_calls
from fieldops.channels.contract import AccessExpired, MediaGone, Permanent, RateLimited, Retryable, Uncertain
from fieldops.channels.doorman import Doorman
from fieldops.channels.loose_json import key, load, moment, number, type_name, words
from fieldops.channels.vendor_calls import answer, call, download, require_id, require_ok, wait_s
from tests.channels.http_stand_in import Answer, HttpStandIn


def asked(status: int, **headers: str) -> Any:
    with HttpStandIn(lambda _: Answer(status, {}, headers)) as vendor, Doorman().client(vendor.url) as client:
        return require_ok(call(client, "GET", "/", repeatable=True))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AccessExpired),
        *((status, Permanent) for status in (302, 403, 404)),
        *((status, Retryable) for status in (408, 425, 500, 503)),
    ],
)
def test_refusals(status: int, error: type[Exception]) -> None:
    with pytest.raises(error) as refused:
        asked(status)
    assert type(refused.value) is error


@pytest.mark.parametrize(
    ("told", "waited"),
    [("7", 7.0), ("0", 1.0), ("-5", 1.0), ("1e9", 86_400.0), ("soon", 30.0), ("nan", 30.0), ("", 30.0)],
)
def test_waits_are_sane(told: str, waited: float) -> None:
    with pytest.raises(RateLimited) as refused:
        asked(429, **{"Retry-After": told})
    assert refused.value.after_s == waited
    assert wait_s(2500, 1000) == 2.5


def test_silence_is_harmless_where_a_repeat_is() -> None:
    with HttpStandIn(lambda _: None) as vendor, Doorman().client(vendor.url) as client:
        with pytest.raises(Retryable):
            call(client, "GET", "/", repeatable=True)
        with pytest.raises(Uncertain):
            call(client, "POST", "/", repeatable=False)


def test_what_never_left_may_be_sent_again() -> None:
    with Doorman().client("http://127.0.0.1:9") as client, pytest.raises(Retryable):
        call(client, "POST", "/", repeatable=False)


def test_an_answer_without_an_id_leaves_it_open() -> None:
    assert require_id("m1") == "m1"
    with pytest.raises(Uncertain):
        require_id("")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b"[" * 100_000])
def test_answers_that_are_none(body: bytes) -> None:
    with HttpStandIn(lambda _: Answer(200, body)) as vendor, Doorman().client(vendor.url) as client:
        assert answer(call(client, "GET", "/", repeatable=True)) == {}


def test_files_that_are_too_large_or_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpStandIn(lambda _: Answer(200, b"x" * 5000)) as vendor, Doorman().client(vendor.url) as client:
        assert len(download(client, "/").data) == 5000
        monkeypatch.setattr(vendor_calls, "MOST_BYTES", 4999)
        with pytest.raises(Permanent, match="25 MB"):
            download(client, "/")
        monkeypatch.undo()
        monkeypatch.setattr(vendor_calls, "LONGEST_DOWNLOAD_S", -1.0)
        with pytest.raises(Retryable, match="slowly"):
            download(client, "/")


def test_files_that_are_gone() -> None:
    for status in (404, 410):
        with (
            HttpStandIn(lambda _, status=status: Answer(status)) as vendor,  # type: ignore[misc]
            Doorman().client(vendor.url) as client,
            pytest.raises(MediaGone),
        ):
            download(client, "/")


# ---------------------------------------------------------------------- what strangers write
def test_words_can_be_stored() -> None:
    assert words("a\x00b\ud800") == "ab?"
    assert words(12) == "12"
    assert [words(one) for one in (True, None, [], 1.5, 10**50)] == [""] * 5
    assert len(words("x" * 30_000)) == 20_000
    assert key("  a ") == "a"


@pytest.mark.parametrize("value", [math.inf, math.nan, "x", "", None, True, [], 10**400])
def test_what_is_no_number(value: Any) -> None:
    assert number(value) is None
    assert moment(value) is None


@pytest.mark.parametrize("value", [0, -1, 1e18, "99999999999999"])
def test_times_before_and_after_anybody(value: Any) -> None:
    assert moment(value) is None


def test_type_names_hold_no_words() -> None:
    assert type_name("m.room.message") == "m.room.message"
    assert [type_name(one) for one in ("kata saya", "x" * 61, 7, None)] == ["?"] * 4


@pytest.mark.parametrize("raw", [b"", b"[]", b"1", b'"x"', b"\xff", b'{"a":' * 50_000])
def test_what_is_no_object(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        load(raw)
