"""Telegram against its stand-in."""

from typing import Any, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.telegram import HEADER, TelegramChannel
from tests.channels import telegram_fixtures as said
from tests.channels.bench import FOREIGN, Bench, only_message, raw_of
from tests.channels.telegram_stand_in import BOT_TOKEN, SECRET_TOKEN, TelegramStandIn


class TelegramBench(Bench):
    adapter = TelegramChannel
    lacks = {  # noqa: RUF012
        "signed bytes": "a secret comes along, the bytes are not signed",
        "close window": "there is no window",
    }

    def __init__(self) -> None:
        self.telegram = TelegramStandIn()
        self.arrivals = 8000

    def __enter__(self) -> Self:
        self.telegram.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.telegram.__exit__(*failure)

    def setup(self) -> Setup:
        secrets = {"bot_token": BOT_TOKEN, "secret_token": SECRET_TOKEN}
        return Setup({"api_url": self.telegram.url}, secrets, Doorman())

    def arrive(self, text: str) -> RawEvent:
        self.arrivals += 1
        return RawEvent("", raw_of(said.text(text, self.arrivals)), {HEADER: SECRET_TOKEN})

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": str(said.PERSON), "is_public": False}

    def unknown(self) -> bytes:
        return raw_of(said.message(hologram={"shape": "sphere"}))

    def rotated(self) -> Channel:
        return self.with_secrets(secret_token="baru", secret_token_before=SECRET_TOKEN)

    def address(self) -> dict[str, str]:
        return {"thread": str(said.PERSON), "user_id": str(said.PERSON)}

    def arrived_out(self) -> str:
        return str(self.telegram.sent[-1]["text"])

    def slow_down(self) -> float:
        self.telegram.last_send[str(said.PERSON)] = self.telegram.now
        return 1.0

    def expire(self) -> Channel:
        return self.with_secrets(bot_token="7000000001:AAlama")

    def fall_silent(self) -> None:
        self.telegram.hang_up = True

    def abroad(self) -> Channel:
        return self.with_options(api_url=FOREIGN)

    def attachment(self, data: bytes) -> Attachment:
        event = said.photo(self.telegram.keep(data))
        return only_message(self.channel, raw_of(event)).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        del self.telegram.files[attachment.reference]
