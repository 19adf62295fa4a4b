"""X against a stand-in, after its documents. It is no proof about the live service."""

from typing import Any, Self

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.inbound import Attachment, RawEvent
from fieldops.channels.x import HEADER, XChannel, sign
from tests.channels.bench import FOREIGN, Bench, only_message, raw_of
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn

OWN_ID = "900"
PERSON = "901"
SECRET = "rahasia konsumen"
TOKEN = "token x"
AT = 1_790_000_000


def direct(text: str = "Lubang", message_id: str = "1", **data: Any) -> dict[str, Any]:
    created = {
        "target": {"recipient_id": OWN_ID},
        "sender_id": PERSON,
        "message_data": {"text": text, "entities": {}, **data},
    }
    event = {"type": "message_create", "id": message_id, "created_timestamp": f"{AT}000"}
    users = {PERSON: {"id": PERSON, "name": "Bu Sri", "screen_name": "busri"}}
    return {
        "for_user_id": OWN_ID,
        "direct_message_events": [event | {"message_create": created}],
        "users": users,
    }


def mention(**post: Any) -> dict[str, Any]:
    said = {
        "id_str": "77",
        "created_at": "Mon Nov 30 02:15:00 +0000 2026",
        "text": "@dpu lubang!",
        "user": {"id_str": PERSON, "name": "Bu Sri"},
    }
    return {"for_user_id": OWN_ID, "user_has_blocked": False, "tweet_create_events": [said | post]}


def envelope(kind: str, **payload: Any) -> dict[str, Any]:
    return {"data": {"event_uuid": "u-1", "event_type": kind, "payload": payload}}


class XStandIn(HttpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[dict[str, Any]] = []
        self.files: dict[str, bytes] = {}
        self.next_refusal: Answer | None = None

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer(401)
        if self.next_refusal is not None:
            return self.next_refusal
        if asked.path in self.files:
            return Answer(200, self.files[asked.path], {"Content-Type": "image/jpeg"})
        if asked.path == "/2/users/me":
            return Answer(200, {"data": {"id": OWN_ID, "username": "dpu"}})
        if asked.path == "/2/tweets":
            self.sent.append(asked.json)
            return Answer(201, {"data": {"id": f"post-{len(self.sent)}"}})
        if asked.path == f"/2/dm_conversations/with/{PERSON}/messages":
            self.sent.append(asked.json)
            return Answer(201, {"data": {"dm_conversation_id": "c", "dm_event_id": f"dm-{len(self.sent)}"}})
        return Answer(404)


class XBench(Bench):
    adapter = XChannel
    lacks = {"close window": "there is no window"}  # noqa: RUF012

    def __init__(self) -> None:
        self.x = XStandIn()
        self.arrivals = 0

    def __enter__(self) -> Self:
        self.x.__enter__()
        return self

    def __exit__(self, *failure: object) -> None:
        self.x.__exit__(*failure)

    def setup(self) -> Setup:
        options = {"user_id": OWN_ID, "api_url": self.x.url}
        return Setup(options, {"consumer_secret": SECRET, "access_token": TOKEN}, Doorman())

    def arrive(self, text: str) -> RawEvent:
        self.arrivals += 1
        raw = raw_of(direct(text, f"dm{self.arrivals}"))
        return RawEvent("", raw, {HEADER: sign(SECRET, raw)})

    def expected(self, text: str) -> dict[str, Any]:
        return {"text": text, "thread": PERSON, "is_public": False}

    def unknown(self) -> bytes:
        return raw_of({"for_user_id": OWN_ID, "hologram_events": [{"id": "1"}]})

    def rotated(self) -> Channel:
        return self.with_secrets(consumer_secret="baru", consumer_secret_before=SECRET)

    def address(self) -> dict[str, str]:
        return {"thread": PERSON, "user_id": PERSON}

    def arrived_out(self) -> str:
        return str(self.x.sent[-1]["text"])

    def slow_down(self) -> float:
        self.x.next_refusal = Answer(429, {}, {"Retry-After": "5"})
        return 30.0  # X tells when the count starts anew; without it we assume

    def expire(self) -> Channel:
        return self.with_secrets(access_token="lama")

    def fall_silent(self) -> None:
        self.x.hang_up = True

    def abroad(self) -> Channel:
        return self.with_options(api_url=FOREIGN)

    def attachment(self, data: bytes) -> Attachment:
        self.x.files["/dm/a.jpg"] = data
        media = {"type": "photo", "media_url_https": f"{self.x.url}/dm/a.jpg"}
        event = direct("", attachment={"type": "media", "media": media})
        return only_message(self.channel, raw_of(event)).attachments[0]

    def lose(self, attachment: Attachment) -> None:
        self.x.files.clear()
