"""One message to a push service: encrypted as the standard's own example, proven, and to nowhere else."""

import base64
import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st
from py_vapid import Vapid

from fieldops import clock
from fieldops.channels.contract import Permanent, RateLimited, Retryable
from fieldops.channels.doorman import Doorman, KeptInside
from fieldops.channels.push_encryption import (
    MOST_BYTES,
    STEP_BYTES,
    DeviceKeys,
    encrypt,
    from_base64url,
    to_base64url,
)
from fieldops.channels.push_services import (
    DeviceGone,
    Push,
    PushServices,
    Subscription,
    Unanswered,
    retry_after_s,
)
from fieldops.channels.vapid import PushKey
from fieldops.config import Settings
from fieldops.errors import SetupError
from tests.channels.http_stand_in import Answer
from tests.channels.push_stand_in import Device, PushStandIn

KEY = PushKey(to_base64url(bytes(range(1, 33))))
KNOWN = tuple(Settings.model_fields["push_services"].default.split(","))
PUSH = Push(b'{"title":"2"}', "inbox", 60)
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


def _key(words: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(from_base64url(words), "big"), ec.SECP256R1())


def test_the_standards_own_example_comes_out_byte_for_byte() -> None:
    """RFC 8291, appendix A."""
    keys = DeviceKeys.read(
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = encrypt(
        b"When I grow up, I want to be a watermelon",
        keys,
        ours=_key("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
        salt=from_base64url("DGv6ra1nlYgDCS1FRnbzlw"),
        step_bytes=1,
    )
    assert to_base64url(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3"
        "jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=MOST_BYTES))
def test_another_library_opens_what_we_close(words: bytes) -> None:
    device = Device()
    body = encrypt(words, DeviceKeys.read(**device.keys))
    opened = http_ece.decrypt(
        body, private_key=device.private, auth_secret=device.secret, version="aes128gcm"
    )
    assert opened == words
    assert len(body) <= 4096


def test_the_length_of_words_is_not_told() -> None:
    keys = DeviceKeys.read(**Device().keys)
    assert len({len(encrypt(b"x" * length, keys)) for length in range(1, STEP_BYTES + 1)}) == 1
    with pytest.raises(ValueError, match="too long"):
        encrypt(b"x" * (MOST_BYTES + 1), keys)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("not base64!", "AAAA"),
        (to_base64url(b"\x04" + bytes(64)), to_base64url(bytes(16))),  # no point of the curve
        (to_base64url(bytes(65)), to_base64url(bytes(16))),
        (Device().keys["p256dh"], to_base64url(bytes(15))),
        (Device().keys["p256dh"][:-8], to_base64url(bytes(16))),
    ],
    ids=["nothing", "no base64", "no point", "zeros", "short secret", "short key"],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        DeviceKeys.read(p256dh, auth)


def test_the_token_is_what_the_reference_library_takes() -> None:
    said = KEY.authorization("https://push.example:8443/a/b?c=d", "mailto:it@kota.example", NOW)
    assert Vapid.verify(said.replace(", ", ","))
    token = said.removeprefix("vapid t=").partition(",")[0]
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in token.split(".")[:2])
    assert head == {"typ": "JWT", "alg": "ES256"}
    assert claims == {
        "aud": "https://push.example:8443",
        "exp": int((NOW + timedelta(hours=6)).timestamp()),
        "sub": "mailto:it@kota.example",
    }
    assert said.endswith(f", k={KEY.public}")
    forged = said.replace(token, f"{token[:-4]}AAAA")
    assert not Vapid.verify(forged.replace(", ", ","))


@pytest.mark.parametrize("words", ["", "x", to_base64url(bytes(32)), to_base64url(b"\xff" * 32)])
def test_a_key_that_is_none_is_named(words: str) -> None:
    with pytest.raises(SetupError, match="FIELDOPS_PUSH_KEY"):
        PushKey(words)


# ---------------------------------------------------------------- where to


HERE = "127.0.0.1"


def services(*, live: bool = False, timeout_s: float = 5.0) -> PushServices:
    known = KNOWN if live else (*KNOWN, HERE)
    return PushServices(Doorman(live), known, KEY, "mailto:it@kota.example", timeout_s)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://fcm.googleapis.com:443/wp/abc",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://wns2-sg2p.notify.windows.com/w/?token=BQ",
        "https://web.push.apple.com/QAbc",
    ],
)
def test_the_known_services_are_taken(endpoint: str) -> None:
    assert services(live=True).is_taken(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com/",
        "https://fcm.googleapis.com:8443/a",
        "https://fcm.googleapis.com.evil.example/a",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/a",
        "https://user@fcm.googleapis.com/a",
        "https://notify.windows.com.evil.example/a",
        "https://evilnotify.windows.com/a",
        "https://127.0.0.1/a",
        "https://[::1]/a",
        "https://localhost/a",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/a",
        "http://127.0.0.1:5432/a",
        "https://fcm.googleapis.com/a#b",
        "https://fcm.googleapis.com:x/a",
        "https://[/a",
        "file:///etc/passwd",
        "",
        "https://fcm.googleapis.com/" + "a" * 1000,
        "https://fcm.googleapis.cöm/a",
    ],
)
def test_a_live_installation_goes_nowhere_else(endpoint: str) -> None:
    assert not services(live=True).is_taken(endpoint)
    with pytest.raises((Permanent, KeptInside)):
        services(live=True).send(Subscription(endpoint, DeviceKeys.read(**Device().keys)), PUSH)


def test_a_rehearsal_reaches_this_machine_only() -> None:
    to = Subscription("https://fcm.googleapis.com/fcm/send/abc", DeviceKeys.read(**Device().keys))
    with pytest.raises(KeptInside):
        services().send(to, PUSH)
    assert not services().is_taken("https://10.0.0.1/a")
    assert services().is_taken("http://127.0.0.1:9000/a")


@pytest.mark.parametrize(
    "endpoint",
    ["http://127.0.0.1:9000/a", "https://localhost/a", "http://[::1]:5432/a", "http://127.0.0.2/a"],
)
def test_a_rehearsal_posts_to_no_service_of_this_machine_that_is_not_named(endpoint: str) -> None:
    """A public demonstration is a rehearsal: its visitors choose the address."""
    usual = PushServices(Doorman(), KNOWN, KEY, "mailto:it@kota.example")
    assert not usual.is_taken(endpoint)
    with pytest.raises(Permanent, match="not a push service"):
        usual.send(Subscription(endpoint, DeviceKeys.read(**Device().keys)), PUSH)
    assert not PushServices(Doorman(live=True), (HERE,), KEY, "mailto:a@b.example").is_taken(
        "http://127.0.0.1:9000/a"
    )


def test_a_known_name_that_leads_into_our_own_network_is_not_followed() -> None:
    inside = PushServices(Doorman(live=True), ("localhost",), KEY, "mailto:it@kota.example")
    with pytest.raises(Unanswered, match="no public address"):
        inside.send(Subscription("https://localhost/a", DeviceKeys.read(**Device().keys)), PUSH)


def test_a_name_that_is_not_found_is_no_rehearsal(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_server(*_asked: object, **_how: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_server)
    to = Subscription("https://fcm.googleapis.com/fcm/send/abc", DeviceKeys.read(**Device().keys))
    with pytest.raises(Unanswered):
        services(live=True).send(to, PUSH)


# ---------------------------------------------------------------- what the service says


@pytest.fixture
def service() -> Iterator[PushStandIn]:
    with PushStandIn() as running:
        yield running


def _to(service: PushStandIn, device: Device) -> Subscription:
    return Subscription(service.endpoint(device), DeviceKeys.read(**device.keys))


def test_a_message_arrives_with_its_headers(service: PushStandIn) -> None:
    device = service.device()
    services().send(_to(service, device), Push(b'{"title":"2"}', "inbox", 90, "high"))
    assert device.got == [{"title": "2"}]
    (headers,) = device.headers
    assert (headers["ttl"], headers["topic"], headers["urgency"]) == ("90", "inbox", "high")
    assert "cookie" not in headers


def test_a_wrong_key_is_refused_by_the_service(service: PushStandIn) -> None:
    """The stand-in proves something: a token of another origin is turned away."""
    device = service.device()

    class Elsewhere(PushKey):
        def authorization(self, endpoint: str, contact: str, now: datetime) -> str:
            return super().authorization("https://elsewhere.example/a", contact, now)

    key = Elsewhere(to_base64url(bytes(range(1, 33))))
    with pytest.raises(Permanent, match="403"):
        PushServices(Doorman(), (HERE,), key, "mailto:a@b.example").send(_to(service, device), PUSH)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(410), DeviceGone),
        (Answer(404), DeviceGone),
        (Answer(429, headers={"Retry-After": "120"}), RateLimited),
        (Answer(503, headers={"Retry-After": "30"}), RateLimited),
        (Answer(500), Retryable),
        (Answer(400), Permanent),
        (Answer(413), Permanent),
        (Answer(302, headers={"Location": "http://169.254.169.254/"}), Permanent),
        (Answer(307, headers={"Location": "/elsewhere"}), Permanent),
    ],
)
def test_what_a_service_says_is_understood(
    service: PushStandIn, answer: Answer, error: type[Exception]
) -> None:
    device = service.device()
    service.refusals.append(answer)
    with pytest.raises(error) as caught:
        services().send(_to(service, device), PUSH)
    assert len(service.asked) == 1, "nothing is followed"
    if isinstance(caught.value, RateLimited):
        assert caught.value.after_s == float(answer.headers["Retry-After"])
    assert device.path not in str(caught.value)


def test_a_service_that_hangs_or_hangs_up_is_asked_again(service: PushStandIn) -> None:
    device = service.device()
    service.is_hanging = True
    with pytest.raises(Retryable):
        services(timeout_s=0.3).send(_to(service, device), PUSH)
    service.release.set()
    service.is_hanging, service.hang_up = False, True
    with pytest.raises(Retryable):
        services().send(_to(service, device), PUSH)


def test_a_service_that_is_down_is_asked_again() -> None:
    with PushStandIn() as gone:
        to = _to(gone, gone.device())
    with pytest.raises(Retryable):
        services().send(to, PUSH)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("60", 60.0),
        ("0", 1.0),
        ("-5", 1.0),
        ("Mon, 30 Nov 2026 12:02:00 GMT", 120.0),
        ("Mon, 30 Nov 2026 11:00:00 GMT", 1.0),
        ("soon", 30.0),
        ("", 30.0),
        (None, 30.0),
        ("1e9", 86_400.0),
    ],
)
def test_how_long_to_wait_is_a_number_or_a_date(said: str | None, seconds: float) -> None:
    with clock.frozen(NOW):
        assert retry_after_s(said, clock.now()) == seconds
