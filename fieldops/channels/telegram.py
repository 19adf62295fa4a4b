"""Telegram by its Bot API. Not run against the live service."""

from collections.abc import Mapping
from typing import Any, ClassVar, Final

import httpx

from fieldops.channels import telegram_updates
from fieldops.channels.contract import (
    AccessExpired,
    BadSignature,
    Health,
    Media,
    MediaGone,
    Outbound,
    Permanent,
    Polled,
    RateLimited,
    Setup,
    SetupField,
    Traits,
)
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import Attachment, Inbound
from fieldops.channels.loose_json import Record, key, record, words
from fieldops.channels.secrets_in_turn import is_one_of, values_of
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import answer, call, download, require_id, require_ok, wait_s

API_URL: Final = "https://api.telegram.org"
HEADER: Final = "x-telegram-bot-api-secret-token"
UPDATES: Final = ("message", "edited_message", "my_chat_member")


class TelegramChannel:
    """One bot."""

    traits: ClassVar[Traits] = Traits(
        name="telegram",
        label="Telegram",
        fields=(
            SetupField("bot_token", secret=True),
            SetupField("secret_token", secret=True),
            SetupField("api_url", required=False),
        ),
        per_second=30.0,
        per_person_s=1.0,
        most_characters=4096,
        asks_place=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._token = setup.secrets.get("bot_token", "")
        self._api_url = (setup.options.get("api_url") or API_URL).rstrip("/")

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return nothing: Telegram does not ask."""
        del query
        return None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless the secret that we gave Telegram came along."""
        del raw
        told = headers.get(HEADER, "")
        if not told:
            raise BadSignature("no secret token", missing=True)
        if not is_one_of(told, values_of(self._setup.secrets, "secret_token")):
            raise BadSignature("the secret token is not ours")

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the update's number."""
        del headers
        try:
            return telegram_updates.update_id(raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return a message or its change."""
        return telegram_updates.read(raw, self._token.partition(":")[0])

    def poll(self, cursor: str) -> Polled:
        """Return nothing: Telegram calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Send a text; where a place is asked for, with the button that shares it."""
        sent = self._ask("sendMessage", repeatable=False, json=_body(message))
        return require_id(telegram_updates.message_id(sent))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Ask for the file's path, which lives for an hour, and fetch it."""
        try:
            found = self._ask("getFile", repeatable=True, json={"file_id": attachment.reference})
        except Permanent as refusal:
            if str(refusal) == "code 400":
                raise MediaGone("code 400") from None
            raise
        path = words(found.get("file_path"), 500)
        if not path or ".." in path:
            raise MediaGone("no path")
        with self._setup.doorman.client(self._api_url) as client:
            media = download(client, f"{self._api_url}/file/bot{self._token}/{path}")
        return Media(media.data, attachment.mime_type or media.mime_type)

    def check(self) -> Health:
        """Ask who we are, and how delivering to us goes."""
        return tried(self._look)

    def announce(self, webhook: str) -> Health:
        """Tell Telegram our address and the secret it must send along."""
        told = {
            "url": webhook,
            "secret_token": self._setup.secrets.get("secret_token", ""),
            "allowed_updates": UPDATES,
        }
        return tried(lambda: self._told(told))

    def _told(self, told: Record) -> dict[str, str]:
        self._ask("setWebhook", repeatable=True, json=told)
        return {"webhook": told["url"]}

    def _look(self) -> dict[str, str]:
        bot = self._ask("getMe", repeatable=True)
        hook = self._ask("getWebhookInfo", repeatable=True)
        seen = {
            "username": words(bot.get("username"), 100),
            "pending": key(hook.get("pending_update_count")),
            "last_error": words(hook.get("last_error_message"), 100),
        }
        return {name: value for name, value in seen.items() if value}

    def _ask(self, method: str, *, repeatable: bool, **request: Any) -> Record:
        with self._setup.doorman.client(self._api_url) as client:
            response = call(client, "POST", f"/bot{self._token}/{method}", repeatable=repeatable, **request)
        return _result(response)


def _result(response: httpx.Response) -> Record:
    body = answer(response)
    if body.get("ok") is True:
        return record(body.get("result"))
    if response.status_code == 429:
        raise RateLimited("code 429", wait_s(record(body.get("parameters")).get("retry_after")))
    if response.status_code in (401, 404):  # a token that was revoked, or is none
        raise AccessExpired(f"code {response.status_code}")
    if response.status_code in (400, 403):
        raise Permanent(f"code {response.status_code}")
    require_ok(response)
    raise Permanent("refused without a code")


def _body(message: Outbound) -> Record:
    body: Record = {
        "chat_id": message.thread or message.user_id,
        "text": message.text,
        "link_preview_options": {"is_disabled": True},
        "reply_markup": _keyboard(message) if message.asks_place else {"remove_keyboard": True},
    }
    answered = (message.reply_to or "").rpartition(":")[2]
    if answered.isdecimal():
        body["reply_parameters"] = {"message_id": int(answered), "allow_sending_without_reply": True}
    return body


def _keyboard(message: Outbound) -> Record:
    button = {"text": message.place_label, "request_location": True}
    return {"keyboard": [[button]], "one_time_keyboard": True, "resize_keyboard": True}
