"""SMS against a stand-in for a gateway."""

from typing import Any, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import RawEvent
from fieldops.channels.sms import SIGNATURE, SmsChannel, sign
from tests.channels.bench import FOREIGN, Bench, raw_of
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn

SECRET = "rahasia gerbang"
TOKEN = "token gerbang"
NUMBER = "+6281200000012"
AT = 1_790_000_000


def message(text: str, **more: Any) -> dict[str, Any]:
    told = {"id": "sms-1", "from": "0812-0000-0012", "to": "62271000000", "text": text, "time": AT}
    return told | more


class GatewayStandIn(HttpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.next_refusal: Answer | None = None

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401)
        if self.next_refusal is not None:
            return self.next_refusal
        if asked.path == "/v1/account":
            return Answer(200, {"credit": "Rp150.000"})
        self.sent.append(asked.json)
        return Answer(202, {"id": f"out-{len(self.sent)}"})


class SmsBench(Bench):
    adapter = SmsChannel
    lacks = {  # noqa: RUF012
        "close window": "there is no window",
        "media": "an SMS has no files",
    }

    def __init__(self) -> None:
        self.gateway = GatewayStandIn()
        self.arrivals = 0

    def __enter__(self) -> Self:
        self.gateway.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.gateway.__exit__(*failure)

    def setup(self) -> Setup:
        options = {"gateway_url": f"{self.gateway.url}/v1", "number": "62271000000"}
        return Setup(options, {"webhook_secret": SECRET, "api_token": TOKEN}, Doorman())

    def arrive(self, text: str) -> RawEvent:
        self.arrivals += 1
        raw = raw_of(message(text, id=f"sms-{self.arrivals}"))
        return RawEvent("", raw, {SIGNATURE: f"sha256={sign(SECRET, raw)}"})

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": NUMBER, "is_public": False}

    def unknown(self) -> bytes:
        return raw_of({"id": "sms-1", "status": "hologram"})

    def rotated(self) -> Channel:
        return self.with_secrets(webhook_secret="baru", webhook_secret_before=SECRET)

    def address(self) -> dict[str, str]:
        return {"thread": NUMBER, "user_id": NUMBER}

    def arrived_out(self) -> str:
        return str(self.gateway.sent[-1]["text"])

    def slow_down(self) -> float:
        self.gateway.next_refusal = Answer(429, {}, {"Retry-After": "3"})
        return 3.0

    def expire(self) -> Channel:
        return self.with_secrets(api_token="lama")

    def fall_silent(self) -> None:
        self.gateway.hang_up = True

    def abroad(self) -> Channel:
        return self.with_options(gateway_url=FOREIGN)
