"""Messenger and Instagram against the stand-in for Meta."""

from typing import Any

from fieldops.channels.contract import Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.instagram import InstagramChannel
from fieldops.channels.messenger import MessengerChannel
from tests.channels import messaging_fixtures as said
from tests.channels.bench import only_message, raw_of
from tests.channels.meta_stand_in import DAY_S
from tests.channels.whatsapp_bench import MetaBench


class MessagingBench(MetaBench):
    product = ""

    def setup(self) -> Setup:
        options = {"account_id": said.OWN_IDS[self.product], "api_url": self.meta.api_url}
        return Setup(options, self.secrets(), Doorman())

    def arrive(self, text: str) -> RawEvent:
        self.arrivals += 1
        return self.signed(said.message(self.product, f"m_A{self.arrivals}", text=text))

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": said.PERSON, "is_public": False}

    def unknown(self) -> bytes:
        return raw_of(said.item(self.product, hologram={"shape": "sphere"}))

    def address(self) -> dict[str, str]:
        self.meta.last_word[said.PERSON] = self.meta.now
        return {"thread": said.PERSON, "user_id": said.PERSON}

    def arrived_out(self) -> str:
        return str(self.meta.sent[-1]["message"]["text"])

    def close_window(self) -> None:
        self.meta.now += 7 * DAY_S + 1

    def attachment(self, data: bytes) -> Attachment:
        url = self.meta.address_of(self.meta.keep(data, "image/jpeg")) + "&token=1"
        event = said.attachment(self.product, "image", url=url)
        return only_message(self.channel, raw_of(event)).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        self.meta.now += DAY_S


class MessengerBench(MessagingBench):
    adapter = MessengerChannel
    product = "page"


class InstagramBench(MessagingBench):
    adapter = InstagramChannel
    product = "instagram"
