"""Matrix against Synapse."""

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any, ClassVar, Final, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, Invited, RawEvent
from fieldops.channels.matrix import MatrixChannel
from tests.channels.bench import FOREIGN, Bench, only_message, raw_of
from tests.channels.http_stand_in import Answer, HttpStandIn
from tests.channels.matrix_server import AS_TOKEN, GHOST, HS_TOKEN, SERVER, MatrixServer

NUMBERS: Final = count(1)
PATIENCE_S: Final = 20.0
PERSON: Final = f"@warga:{SERVER}"


def event(kind: str, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return an event as a homeserver hands it over."""
    told = {
        "event_id": "$satu",
        "room_id": f"!r:{SERVER}",
        "sender": PERSON,
        "origin_server_ts": 1_790_000_000_000,
    }
    return told | {"type": kind, "content": content} | more


class MatrixBench(Bench):
    adapter = MatrixChannel
    lacks = {  # noqa: RUF012
        "signed bytes": "a token comes along, the bytes are not signed",
        "close window": "there is no window",
    }

    rooms: ClassVar[dict[str, str]] = {}

    def __init__(self, server: MatrixServer) -> None:
        self.server = server
        self.url = server.url
        self.person = server.as_user(server.person)
        self.room = self.last_said = ""
        self.other: HttpStandIn | None = None

    def setup(self) -> Setup:
        options = {"homeserver_url": self.url, "user_id": GHOST}
        return Setup(options, {"hs_token": HS_TOKEN, "as_token": AS_TOKEN}, Doorman())

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self.person)
            # One room serves all tests: to open one takes a homeserver seconds.
            self.room = self.rooms.get(self.url) or self.rooms.setdefault(self.url, self.open_room())
            opened.pop_all()  # closed by __exit__ from here on
        return self

    def open_room(self) -> str:
        assert self.matrix.check().ok
        body = {"preset": "trusted_private_chat", "invite": [GHOST], "is_direct": True}
        room = str(self.ask("POST", "createRoom", body)["room_id"])
        invited = self.heard(lambda event: event["room_id"] == room and event.get("state_key") == GHOST)
        (found,) = self.channel.parse(invited.raw)
        assert isinstance(found, Invited)
        assert found.thread == room
        self.matrix.accept(found.thread)
        return room

    def __exit__(self, *failure: object) -> None:
        self.person.close()
        if self.other is not None:
            self.other.__exit__(*failure)

    @property
    def matrix(self) -> MatrixChannel:
        return MatrixChannel(self.setup())

    # ------------------------------------------------------------------ what the person does
    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self.person.request(method, f"/_matrix/client/v3/{path}", json=body)
        found = answer.raise_for_status().json()
        assert isinstance(found, dict)
        return found

    def say(self, content: dict[str, Any], kind: str = "m.room.message") -> str:
        path = f"rooms/{self.room}/send/{kind}/t{next(NUMBERS)}"
        self.last_said = str(self.ask("PUT", path, content)["event_id"])
        return self.last_said

    def withdraw(self, event_id: str) -> None:
        path = f"rooms/{self.room}/redact/{event_id}/t{next(NUMBERS)}"
        self.last_said = str(self.ask("PUT", path, {})["event_id"])

    def next_event(self) -> RawEvent:
        """Return what the person said last, as the homeserver handed it over."""
        return self.heard(lambda event: event["event_id"] == self.last_said)

    def heard(self, is_wanted: Callable[[dict[str, Any]], bool]) -> RawEvent:
        while True:
            asked = self.server.listener.transactions.get(timeout=PATIENCE_S)
            self.channel.verify(asked.headers, asked.body)
            found = [one for one in asked.json["events"] if is_wanted(one)]
            if found:
                # What else is in the transaction belongs to tests before.
                headers = {"authorization": asked.headers["authorization"]}
                return RawEvent("", raw_of(asked.json | {"events": found}), headers)

    def arrive(self, text: str) -> RawEvent:
        if len(text) > 15_000 or "\x00" in text or not text.isprintable():
            # A homeserver takes events of at most 64 kB and whole characters.
            handed = raw_of({"events": [event("m.room.message", {"msgtype": "m.text", "body": text})]})
            return RawEvent("", handed, {"authorization": f"Bearer {HS_TOKEN}"})
        self.say({"msgtype": "m.text", "body": text})
        return self.next_event()

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": self.room, "is_public": False}

    def unknown(self) -> bytes:
        return raw_of({"events": [event("m.hologram", {"shape": "sphere"})]})

    def rotated(self) -> Channel:
        return self.with_secrets(hs_token="baru", hs_token_before=HS_TOKEN)

    # ------------------------------------------------------------------ what reaches the person
    def address(self) -> dict[str, str]:
        return {"thread": self.room, "user_id": PERSON, "key": f"k-{next(NUMBERS)}"}

    def messages(self) -> list[dict[str, Any]]:
        """Return what the person sees, last first."""
        found = self.ask("GET", f"rooms/{self.room}/messages?dir=b&limit=20")["chunk"]
        return [one for one in found if one["type"] == "m.room.message"]

    def arrived_out(self) -> str:
        return str(self.messages()[0]["content"]["body"])

    def instead(self, answer: Answer | None) -> None:
        """Let another server stand where the homeserver was."""
        self.other = HttpStandIn(lambda _: answer).__enter__()
        self.url = self.other.url

    def slow_down(self) -> float:
        self.instead(Answer(429, {"errcode": "M_LIMIT_EXCEEDED", "error": "x", "retry_after_ms": 2500}))
        return 2.5

    def fall_silent(self) -> None:
        self.instead(None)

    def expire(self) -> Channel:
        return self.with_secrets(as_token="lama")

    def abroad(self) -> Channel:
        return self.with_options(homeserver_url=FOREIGN)

    # ------------------------------------------------------------------ media
    def attachment(self, data: bytes) -> Attachment:
        headers = {"Content-Type": "image/jpeg"}
        answer = self.person.post("/_matrix/media/v3/upload?filename=a.jpg", content=data, headers=headers)
        url = answer.raise_for_status().json()["content_uri"]
        self.say({"msgtype": "m.image", "body": "a.jpg", "url": url, "info": {"mimetype": "image/jpeg"}})
        return only_message(self.channel, self.next_event().raw).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        media = attachment.reference.removeprefix("mxc://")
        with self.server.as_user(self.server.admin) as admin:
            admin.delete(f"/_synapse/admin/v1/media/{media}").raise_for_status()
