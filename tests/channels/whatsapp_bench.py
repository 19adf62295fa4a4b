"""WhatsApp against the stand-in for Meta."""

from typing import Any, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.meta_signature import sign
from fieldops.channels.whatsapp import WhatsAppChannel
from tests.channels import whatsapp_fixtures as said
from tests.channels.bench import FOREIGN, Bench, only_message, raw_of
from tests.channels.http_stand_in import Answer
from tests.channels.meta_stand_in import (
    ACCESS_TOKEN,
    APP_SECRET,
    DAY_S,
    MEDIA_ID_S,
    NUMBER_ID,
    VERIFY_TOKEN,
    MetaStandIn,
)


class MetaBench(Bench):
    """What the three channels of Meta have in common."""

    def __init__(self) -> None:
        self.meta = MetaStandIn()
        self.arrivals = 0

    def __enter__(self) -> Self:
        self.meta.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.meta.__exit__(*failure)

    def signed(self, event: dict[str, Any]) -> RawEvent:
        raw = raw_of(event)
        return RawEvent("", raw, {"x-hub-signature-256": sign(APP_SECRET, raw)})

    def rotated(self) -> Channel:
        return self.with_secrets(app_secret="yang baru", app_secret_before=APP_SECRET)

    def unknown(self) -> bytes:
        return raw_of(said.message("hologram", {"shape": "sphere"}))

    def secrets(self) -> dict[str, str]:
        return {"app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN, "access_token": ACCESS_TOKEN}

    def expire(self) -> Channel:
        return self.with_secrets(access_token="EAAlama")

    def abroad(self) -> Channel:
        return self.with_options(api_url=f"{FOREIGN}/v23.0")

    def fall_silent(self) -> None:
        self.meta.hang_up = True

    def slow_down(self) -> float:
        self.meta.next_refusal = Answer(429, {}, {"Retry-After": "17"})
        return 17.0


class WhatsAppBench(MetaBench):
    adapter = WhatsAppChannel

    def setup(self) -> Setup:
        options = {"phone_number_id": NUMBER_ID, "api_url": self.meta.api_url}
        return Setup(options, self.secrets(), Doorman())

    def arrive(self, text: str) -> RawEvent:
        self.arrivals += 1
        return self.signed(said.text(text, id=f"wamid.A{self.arrivals}"))

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": said.BSUID, "is_public": False}

    def address(self) -> dict[str, str]:
        self.meta.last_word[said.BSUID] = self.meta.now
        return {"thread": said.BSUID, "user_id": said.BSUID}

    def arrived_out(self) -> str:
        return str(self.meta.sent[-1]["text"]["body"])

    def close_window(self) -> None:
        self.meta.now += DAY_S + 1

    def attachment(self, data: bytes) -> Attachment:
        event = said.image(self.meta.keep(data, "image/jpeg"))
        return only_message(self.channel, raw_of(event)).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        self.meta.now += MEDIA_ID_S + 1
