"""Meta on this machine, as its documents describe it: it signs what it posts, lets media expire, keeps
windows and limits, and refuses with Meta's own codes. It is no proof about the live service."""

import json
import re
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
BUSINESS_ID = "307000000000004"
TEMPLATES_A_PAGE = 2
"""Small, so that every test pages."""

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


def template(name: str, language: str, body: str, **more: Any) -> dict[str, Any]:
    """Return a template as Meta lists it; `more` are other parts and its state."""
    names = re.findall(r"{{(\w+)}}", body)
    example: dict[str, Any] | None = {"body_text": [[f"contoh {one}" for one in names]]} if names else None
    if names and not names[0].isdecimal():
        named = [{"param_name": one, "example": f"contoh {one}"} for one in names]
        example = {"body_text_named_params": named}
    parts = [{"type": "BODY", "text": body} | ({"example": example} if example else {})]
    return {
        "id": str(abs(hash((name, language))) % 10**15),
        "name": name,
        "language": language,
        "status": "APPROVED",
        "category": "UTILITY",
        "parameter_format": "NAMED" if names and not names[0].isdecimal() else "POSITIONAL",
        "components": more.pop("before", []) + parts + more.pop("after", []),
    } | more


def own_templates() -> list[dict[str, Any]]:
    link = {"type": "URL", "text": "Lacak", "url": "https://lapor.example/lacak/{{1}}", "example": ["abc"]}
    return [
        template("kabar_aduan", "id", "Aduan {{1}} Anda kami tangani {{2}}."),
        template("kabar_aduan", "en_US", "We work on your report {{1}} {{2}}."),
        template(
            "sudah_selesai",
            "id",
            "Halo {{nama}}, perbaikan di {{tempat}} sudah selesai.",
            before=[
                {
                    "type": "HEADER",
                    "format": "TEXT",
                    "text": "Aduan {{1}}",
                    "example": {"header_text": ["JL-1"]},
                }
            ],
            after=[
                {"type": "FOOTER", "text": "Dinas Pekerjaan Umum"},
                {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Terima kasih"}, link]},
            ],
        ),
        template("promosi", "id", "Murah!", status="REJECTED", rejected_reason="PROMOTIONAL"),
        template("terlalu_sering", "id", "Kabar {{1}}.", status="PAUSED"),
        template("foto_selesai", "id", "Ini fotonya.", before=[{"type": "HEADER", "format": "IMAGE"}]),
    ]


class MetaStandIn(HttpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.templates = own_templates()
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
        return self._graph(asked, name, rest)

    def _graph(self, asked: Asked, name: str, rest: str) -> Answer:
        if rest == "message_templates" and name == BUSINESS_ID:
            return self._list_templates(asked)
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
            refused = self._judge_template(body["template"])
            if refused:
                return refusal(404 if refused == 132001 else 400, refused)
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

    # ------------------------------------------------------------------ templates
    def _list_templates(self, asked: Asked) -> Answer:
        begin = int(asked.query.get("after", "c0").removeprefix("c"))
        end = begin + min(TEMPLATES_A_PAGE, int(asked.query.get("limit", "25")))
        paging: dict[str, Any] = {"cursors": {"before": f"c{begin}", "after": f"c{end}"}}
        if end < len(self.templates):
            paging["next"] = f"https://graph.facebook.com/v23.0/{BUSINESS_ID}/message_templates?after=c{end}"
        return Answer(200, {"data": self.templates[begin:end], "paging": paging})

    def _judge_template(self, sent: dict[str, Any]) -> int:
        """Return Meta's code for what is wrong with a template that is sent; 0: nothing."""
        asked_for = (sent["name"], sent["language"]["code"])
        known = next((one for one in self.templates if (one["name"], one["language"]) == asked_for), None)
        if known is None or known["status"] in ("REJECTED", "PENDING"):
            return 132001
        if known["status"] in ("PAUSED", "DISABLED"):
            return 132015 if known["status"] == "PAUSED" else 132016
        wanted = dict(_blanks(known))
        given = {_name_of(one): one["parameters"] for one in sent.get("components", [])}
        if {name: len(names) for name, names in wanted.items()} != {n: len(v) for n, v in given.items()}:
            return 132000
        for name, names in wanted.items():
            told = [one.get("parameter_name", str(number)) for number, one in enumerate(given[name], 1)]
            if name == "body" and told != names:
                return 132012
            if any(not one["text"] or re.search(r"[\n\t]| {5}", one["text"]) for one in given[name]):
                return 132018
        return 0

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


def _blanks(known: dict[str, Any]) -> list[tuple[str, list[str]]]:
    found = []
    for part in known["components"]:
        if part["type"] == "BUTTONS":
            found += [
                (f"button {index}", ["1"])
                for index, one in enumerate(part["buttons"])
                if "{{" in one.get("url", "")
            ]
        elif names := re.findall(r"{{(\w+)}}", part.get("text", "")):
            found.append((part["type"].lower(), names))
    return found


def _name_of(component: dict[str, Any]) -> str:
    return f"button {component['index']}" if component["type"] == "button" else str(component["type"])


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
