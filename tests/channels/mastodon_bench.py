"""Mastodon's API against snac2."""

import json
from copy import deepcopy
from html import escape
from itertools import count
from threading import Event
from time import monotonic
from typing import Any, Final, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.mastodon import MastodonChannel
from tests.channels.bench import FOREIGN, Bench, only_message, raw_of
from tests.channels.http_stand_in import Answer, HttpStandIn
from tests.channels.mastodon_server import HOST, MastodonServer

NUMBERS: Final = count(1)
PATIENCE_S: Final = 180.0
OFFICIAL: Final = f"@dpupr@{HOST}"
PERSON: Final = f"warga@{HOST}"


def mastodon_mention() -> dict[str, Any]:
    """Return a mention as a server gives it."""
    status = {
        "id": "2",
        "created_at": "2026-11-30T02:15:00Z",
        "visibility": "direct",
        "content": "<p>@dpu Lubang</p>",
        "account": {"id": "3", "acct": "sri", "display_name": "Sri"},
        "media_attachments": [{"type": "image", "url": "https://lain.test/a.jpg"}],
    }
    return {"id": "1", "type": "mention", "status": status}


class MastodonBench(Bench):
    adapter = MastodonChannel
    lacks = {  # noqa: RUF012
        "verify": "mentions are fetched, nobody posts them",
        "close window": "there is no window",
    }

    real: RawEvent | None = None
    """One mention that the server really delivered, which takes it ten seconds; further ones are like it."""

    def __init__(self, server: MastodonServer) -> None:
        self.server = server
        self.url = server.url
        self.other: HttpStandIn | None = None

    def setup(self) -> Setup:
        return Setup({"server_url": self.url}, {"access_token": self.server.official}, self.server.doorman)

    def __exit__(self, *failure: object) -> None:
        if self.other is not None:
            self.other.__exit__(*failure)

    def __enter__(self) -> Self:
        return self

    # ------------------------------------------------------------------ what the person does
    def post(self, text: str, visibility: str = "direct", **more: Any) -> str:
        with self.server.as_user(self.server.person) as person:
            body = {"status": f"{OFFICIAL} {text}", "visibility": visibility, **more}
            return str(person.post("/api/v1/statuses", data=body).raise_for_status().json()["id"])

    def upload(self, data: bytes) -> str:
        with self.server.as_user(self.server.person) as person:
            files = {"file": ("a.jpg", data, "image/jpeg")}
            return str(person.post("/api/v2/media", files=files).raise_for_status().json()["id"])

    def delivered(self, status_id: str) -> RawEvent:
        """Return the mention of a post; the server hands posts on when its own queue comes to it."""
        until, cursor = monotonic() + PATIENCE_S, "1"
        while monotonic() < until:
            polled = self.channel.poll(cursor)
            found = [one for one in polled.events if one.event_id == status_id]
            if found:
                return found[0]
            cursor = polled.cursor
            Event().wait(0.5)
        raise AssertionError("the mention never came")

    def arrive(self, text: str) -> RawEvent:
        if MastodonBench.real is None:
            MastodonBench.real = self.delivered(self.post("Jalan rusak"))
        notification = deepcopy(json.loads(MastodonBench.real.raw))
        status = notification["status"]
        status["id"] = f"{status['id']}{next(NUMBERS)}"
        status["content"] = status["content"].replace("Jalan rusak", escape(text))
        raw = raw_of(notification)
        return RawEvent(self.channel.event_id({}, raw), raw)

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": PERSON, "is_public": False}

    def unknown(self) -> bytes:
        return raw_of({"id": "1", "type": "hologram", "account": {"id": "2", "acct": "a"}})

    # ------------------------------------------------------------------ what reaches the person
    def address(self) -> dict[str, str]:
        return {"thread": PERSON, "user_id": "602983e43d9c07931c1c5fcdabf85981", "key": f"k-{next(NUMBERS)}"}

    def arrived_out(self) -> str:
        """Return everything that has reached the person so far, from every test that uses the server."""
        with self.server.as_user(self.server.person) as person:
            found = person.get("/api/v1/notifications").raise_for_status().json()
        return " ".join(str(one["status"]["content"]) for one in found if one.get("status"))

    def reaches(self, text: str) -> bool:
        """Whether a text reaches the person: the server hands posts on when its own queue comes to it."""
        until = monotonic() + PATIENCE_S
        while monotonic() < until:
            if text in self.arrived_out():
                return True
            Event().wait(1.0)
        return False

    def instead(self, answer: Answer | None) -> None:
        self.other = HttpStandIn(lambda _: answer).__enter__()
        self.url = self.other.url

    def slow_down(self) -> float:
        self.instead(Answer(429, {"error": "Too many requests"}, {"Retry-After": "90"}))
        return 90.0

    def fall_silent(self) -> None:
        self.instead(None)

    def expire(self) -> Channel:
        return self.with_secrets(access_token="lama")

    def abroad(self) -> Channel:
        return self.with_options(server_url=FOREIGN)

    # ------------------------------------------------------------------ media
    def attachment(self, data: bytes) -> Attachment:
        status = self.post("Ini fotonya", **{"media_ids[]": self.upload(data)})
        return only_message(self.channel, self.delivered(status).raw).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        # The file goes with the post on most servers; on this one it is taken away by hand.
        self.instead(Answer(404))
        object.__setattr__(attachment, "reference", f"{self.url}/gone.jpg")
