"""What the contract suite needs of a channel: how its vendor's side behaves, real or stood in for."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, Self

from fieldops.channels.contract import Channel, Outbound, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, InboundMessage, RawEvent

FOREIGN = "https://vendor.example.com"


def raw_of(event: Any) -> bytes:
    return json.dumps(event, separators=(",", ":")).encode()


class Bench(AbstractContextManager["Bench"], ABC):
    """One account on one vendor, and one person who writes to it.

    `lacks` names what the channel does not have, with the reason: that part of the suite is skipped.
    """

    lacks: Mapping[str, str] = {}
    signs_bytes = True
    adapter: type[Channel]

    @abstractmethod
    def setup(self) -> Setup:
        """Return a working account of a rehearsal."""

    @property
    def channel(self) -> Channel:
        return self.adapter(self.setup())

    def with_options(self, **options: str) -> Channel:
        setup = self.setup()
        return self.adapter(Setup({**setup.options, **options}, setup.secrets, Doorman()))

    def with_secrets(self, **secrets: str) -> Channel:
        setup = self.setup()
        return self.adapter(Setup(setup.options, {**setup.secrets, **secrets}, Doorman()))

    # ------------------------------------------------------------------ inbound
    @abstractmethod
    def arrive(self, text: str) -> RawEvent:
        """Let the person write a text, and return the event as it comes."""

    @abstractmethod
    def expected(self, text: str) -> dict[str, Any]:
        """Return fields of the message that the adapter must read out of it."""

    @abstractmethod
    def unknown(self) -> bytes:
        """Return an event of a kind that no adapter knows yet."""

    def rotated(self) -> Channel:
        """Return the account with a new webhook secret; the vendor still signs with the one before."""
        raise NotImplementedError

    # ------------------------------------------------------------------ outbound
    def outbound(self, text: str = "Aduan Anda kami terima.", **more: Any) -> Outbound:
        return Outbound(**({"key": "k-1", "text": text} | self.address() | more))

    @abstractmethod
    def address(self) -> dict[str, str]:
        """Return thread and user_id of the person, who wrote a moment ago."""

    def arrived_out(self) -> str:
        """Return the text that last reached the person."""
        raise NotImplementedError

    def reaches(self, text: str) -> bool:
        """Whether a text that was sent reaches the person; a server may take its time."""
        return text in self.arrived_out()

    def slow_down(self) -> float:
        """Let the vendor refuse the next message as too fast, and return the seconds it asks for."""
        raise NotImplementedError

    def expire(self) -> Channel:
        """Return the account with a token that the vendor takes no longer."""
        raise NotImplementedError

    def close_window(self) -> None:
        """Let the time pass in which the person may be answered."""
        raise NotImplementedError

    def fall_silent(self) -> None:
        """Let the vendor hang up on the next request without an answer."""
        raise NotImplementedError

    def abroad(self) -> Channel:
        """Return a rehearsal's account whose vendor is a foreign host."""
        raise NotImplementedError

    # ------------------------------------------------------------------ media
    def attachment(self, data: bytes) -> Attachment:
        """Let the person send a photo, and return what the adapter read of it."""
        raise NotImplementedError

    def lose(self, attachment: Attachment) -> None:
        """Let the photo go."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None


def only_message(channel: Channel, raw: bytes) -> InboundMessage:
    (found,) = channel.parse(raw)
    assert isinstance(found, InboundMessage), found
    return found
