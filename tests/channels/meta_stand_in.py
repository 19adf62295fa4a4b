"""Meta on this machine, as its documents describe it: it signs what it posts, lets media expire, keeps
windows and limits, and refuses with Meta's own codes. It is no proof about the live service."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import httpx

from fieldops.channels.meta_signature import sign
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn

APP_SECRET = "rahasia aplikasi"
VERIFY_TOKEN = "kata uji webhook"
ACCESS_TOKEN = "EAAtoken"
NUMBER_ID = "109000000000001"
PAGE_ID = "208000000000002"
INSTAGRAM_ID = "178000000000003"
TEMPLATES = {"kabar_aduan"}

DAY_S = 86_400.0
MEDIA_ADDRESS_S = 300.0
MEDIA_ID_S = 7 * DAY_S
PAIR_S = 6.0
PER_SECOND = 80


@dataclass
class Kept:
    data: bytes
    mime_type: str
    since: float


def refusal(status: int, code: int, subcode: int | None = None, **headers: str) -> Answer:
    error: dict[str, Any] = {
        "message": "(#) refused",
        "type": "OAuthException",
        "code": code,
        "fbtrace_id": "A",
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer(status, {"error": error}, headers)


class MetaStandIn(HttpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.media: dict[str, Kept] = {}
        self.access_token = ACCESS_TOKEN
        self.last_word: dict[str, float] = {}
        self.last_send: dict[str, float] = {}
        self.this_second: Counter[int] = Counter()
        self.next_refusal: Answer | None = None
        self.is_down = False
        self.sent: list[dict[str, Any]] = []

    @property
    def api_url(self) -> str:
        return f"{self.url}/v23.0"

    # ------------------------------------------------------------------ what it sends
    def post(self, webhook: str, event: dict[str, Any], secret: str = APP_SECRET) -> httpx.Response:
        """Sign an event and post it, as often as a test likes: a replay is the same bytes."""
        raw = json.dumps(event, separators=(",", ":")).encode()
        for user in _writers(event):
            self.last_word[user] = self.now
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": sign(secret, raw)}
        return httpx.post(webhook, content=raw, headers=headers, trust_env=False)

    def keep(self, data: bytes, mime_type: str) -> str:
        """Keep a file that somebody sent, and return its id."""
        media_id = str(700_000_000_000_000 + len(self.media))
        self.media[media_id] = Kept(data, mime_type, self.now)
        return media_id

    def address_of(self, media_id: str) -> str:
        return f"{self.url}/cdn/{media_id}?until={self.now + MEDIA_ADDRESS_S}"

    # ------------------------------------------------------------------ what it is asked
    def answer(self, asked: Asked) -> Answer:
        if self.is_down or self.next_refusal is not None:
            refused, self.next_refusal = self.next_refusal, None
            return refused or Answer(503)
        if asked.path.startswith("/cdn/"):
            return self._file(asked)
        if asked.headers.get("authorization") != f"Bearer {self.access_token}":
            return refusal(401, 190, 463)
        name, _, rest = asked.path.removeprefix("/v23.0/").partition("/")
        if asked.method == "POST" and rest == "messages":
            return self._send_whatsapp(asked) if name == NUMBER_ID else self._send_page(asked)
        if asked.method == "POST" and rest in ("comments", "replies") and asked.json.get("message"):
            self.sent.append(asked.json)
            return Answer(200, {"id": f"{name}_{len(self.sent)}"})
        if asked.method == "GET" and name in self.media:
            return self._media_address(name)
        if asked.method == "GET" and name in (NUMBER_ID, PAGE_ID, INSTAGRAM_ID):
            seen = {
                "id": name,
                "verified_name": "Dinas Pekerjaan Umum",
                "name": "Dinas PU",
                "username": "dpu",
            }
            return Answer(200, seen | {"display_phone_number": "+62 271 000000", "quality_rating": "GREEN"})
        return refusal(400, 100, 33)

    def _file(self, asked: Asked) -> Answer:
        kept = self.media.get(asked.path.removeprefix("/cdn/"))
        if kept is None or self.now > float(asked.query.get("until", "0")):
            return Answer(404)
        if "token" not in asked.query and asked.headers.get("authorization") != f"Bearer {self.access_token}":
            return Answer(401)
        return Answer(200, kept.data, {"Content-Type": kept.mime_type})

    def _media_address(self, media_id: str) -> Answer:
        kept = self.media[media_id]
        if self.now > kept.since + MEDIA_ID_S:
            return refusal(400, 100, 33)
        return Answer(
            200,
            {
                "messaging_product": "whatsapp",
                "url": self.address_of(media_id),
                "mime_type": kept.mime_type,
                "file_size": len(kept.data),
                "id": media_id,
            },
        )

    def _send_whatsapp(self, asked: Asked) -> Answer:
        body = asked.json
        to = body.get("to") or body.get("recipient")
        if not to or body.get("messaging_product") != "whatsapp" or not _is_whole(body):
            return refusal(400, 100)
        self.this_second[int(self.now)] += 1
        if self.this_second[int(self.now)] > PER_SECOND:
            return refusal(429, 130429)
        if self.now - self.last_send.get(to, -PAIR_S) < PAIR_S:
            return refusal(400, 131056)
        if body["type"] == "template":
            if body["template"]["name"] not in TEMPLATES:
                return refusal(404, 132001)
        elif self.now - self.last_word.get(to, 0) > DAY_S:
            return refusal(400, 131047)
        self.last_send[to] = self.now
        self.sent.append(body)
        return Answer(
            200,
            {
                "messaging_product": "whatsapp",
                "contacts": [{"input": to, "wa_id": to}],
                "messages": [{"id": f"wamid.out{len(self.sent)}", "message_status": "accepted"}],
            },
        )

    def _send_page(self, asked: Asked) -> Answer:
        body = asked.json
        recipient = body.get("recipient", {})
        to = recipient.get("id") or recipient.get("comment_id")
        if not to or not body.get("message", {}).get("text"):
            return refusal(400, 100)
        since = self.now - self.last_word.get(to, 0)
        human = body.get("messaging_type") == "MESSAGE_TAG" and body.get("tag") == "HUMAN_AGENT"
        if since > (7 * DAY_S if human else DAY_S):
            return refusal(400, 10, 2018278)
        self.sent.append(body)
        return Answer(200, {"recipient_id": to, "message_id": f"m_out{len(self.sent)}"})


def _is_whole(body: dict[str, Any]) -> bool:
    content = body.get(body.get("type", ""), {})
    if body.get("type") == "interactive":
        asked = content.get("type") == "location_request_message"
        return bool(asked and content["body"]["text"] and content["action"] == {"name": "send_location"})
    return bool(content.get("body") or content.get("name"))


def _writers(event: dict[str, Any]) -> list[str]:
    """Return everybody whose words an event carries, by each of their ids."""
    found: list[str] = []
    for entry in event.get("entry", []):
        for change in entry.get("changes", []):
            for message in change["value"].get("messages", []):
                found += [message[name] for name in ("from", "from_user_id") if name in message]
            if change.get("field") in ("feed", "comments"):
                found += [change["value"].get("comment_id") or change["value"].get("id", "")]
        found += [one["sender"]["id"] for one in entry.get("messaging", []) if "sender" in one]
    return found
