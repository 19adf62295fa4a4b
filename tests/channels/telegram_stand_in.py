"""Telegram's Bot API on this machine, as its documents describe it. It is no proof about the live service."""

import json
from typing import Any

import httpx

from tests.channels.http_stand_in import Answer, Asked, HttpStandIn

BOT_TOKEN = "7000000001:AAtoken"
SECRET_TOKEN = "rahasia_kait"
LINK_S = 3600.0
PER_CHAT_S = 1.0


def refused(status: int, description: str, **parameters: Any) -> Answer:
    body = {"ok": False, "error_code": status, "description": description}
    return Answer(status, body | ({"parameters": parameters} if parameters else {}))


class TelegramStandIn(HttpStandIn):
    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.links: dict[str, tuple[str, float]] = {}
        self.sent: list[dict[str, Any]] = []
        self.last_send: dict[str, float] = {}
        self.blocked_by: set[str] = set()
        self.webhook: dict[str, Any] = {}
        self.next_refusal: Answer | None = None

    def post(self, webhook: str, update: dict[str, Any], secret: str = SECRET_TOKEN) -> httpx.Response:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        raw = json.dumps(update).encode()
        return httpx.post(webhook, content=raw, headers=headers, trust_env=False)

    def keep(self, data: bytes) -> str:
        file_id = f"AgACAgUAAx{len(self.files)}"
        self.files[file_id] = data
        return file_id

    def answer(self, asked: Asked) -> Answer:
        if self.next_refusal is not None:
            answer, self.next_refusal = self.next_refusal, None
            return answer
        if asked.path.startswith(f"/file/bot{BOT_TOKEN}/"):
            return self._file(asked.path.rpartition("/bot" + BOT_TOKEN + "/")[2])
        if not asked.path.startswith(f"/bot{BOT_TOKEN}/"):
            return refused(401, "Unauthorized")
        method = asked.path.rpartition("/")[2]
        return {
            "getMe": self._me,
            "getWebhookInfo": self._webhook_info,
            "setWebhook": self._set_webhook,
            "getFile": self._link,
            "sendMessage": self._send,
        }[method](asked.json)

    def _me(self, _body: Any) -> Answer:
        me = {"id": 7000000001, "is_bot": True, "first_name": "DPU", "username": "dpu_bot"}
        return Answer(200, {"ok": True, "result": me})

    def _webhook_info(self, _body: Any) -> Answer:
        result = {"url": "", "pending_update_count": 0, "has_custom_certificate": False}
        return Answer(200, {"ok": True, "result": result})

    def _set_webhook(self, body: Any) -> Answer:
        self.webhook = body
        return Answer(200, {"ok": True, "result": True, "description": "Webhook was set"})

    def _link(self, body: Any) -> Answer:
        if body["file_id"] not in self.files:
            return refused(400, "Bad Request: wrong file_id or the file is temporarily unavailable")
        path = f"photos/file_{len(self.links)}.jpg"
        self.links[path] = (body["file_id"], self.now + LINK_S)
        return Answer(200, {"ok": True, "result": {"file_id": body["file_id"], "file_path": path}})

    def _file(self, path: str) -> Answer:
        file_id, until = self.links.get(path, ("", 0.0))
        if self.now > until or file_id not in self.files:
            return refused(404, "Not Found")
        return Answer(200, self.files[file_id])

    def _send(self, body: Any) -> Answer:
        chat = str(body["chat_id"])
        if not body.get("text"):
            return refused(400, "Bad Request: message text is empty")
        if chat in self.blocked_by:
            return refused(403, "Forbidden: bot was blocked by the user")
        since = self.now - self.last_send.get(chat, 0)
        if since < PER_CHAT_S:
            return refused(429, "Too Many Requests: retry after 1", retry_after=1)
        self.last_send[chat] = self.now
        self.sent.append(body)
        result = {
            "message_id": 900 + len(self.sent),
            "date": int(self.now),
            "chat": {"id": int(chat), "type": "private"},
            "text": body["text"],
        }
        return Answer(200, {"ok": True, "result": result})
