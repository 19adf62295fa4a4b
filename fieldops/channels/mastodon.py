"""Mastodon's API: mentions are fetched, answers are direct posts. Direct is not encrypted.

Written on the doorman's HTTP client and not on Mastodon.py, which opens connections of its own that follow
redirects and that a rehearsal could not keep inside.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import httpx

from fieldops import clock
from fieldops.channels import mastodon_mentions
from fieldops.channels.contract import (
    BadSignature,
    Health,
    Media,
    MediaGone,
    Outbound,
    Permanent,
    Polled,
    RateLimited,
    Retryable,
    Setup,
    SetupField,
    Traits,
)
from fieldops.channels.doorman import OwnNetwork
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import Attachment, Inbound, RawEvent
from fieldops.channels.loose_json import Record, key, records, words
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import answer, call, download, require_id, require_ok, wait_s

AT_ONCE: Final = 40


class MastodonChannel:
    """One account on a server that speaks Mastodon's API."""

    traits: ClassVar[Traits] = Traits(
        name="mastodon",
        label="Mastodon",
        fields=(SetupField("server_url"), SetupField("access_token", secret=True)),
        per_second=1.0,
        most_characters=440,  # 500 with the address in front
        polled=True,
        repeats_safely=True,
        tested_live=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._server = setup.options.get("server_url", "").rstrip("/") + "/"

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return nothing: mentions are fetched."""
        del query
        return None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Refuse: mentions are fetched, nobody posts them."""
        del headers, raw
        raise BadSignature("mentions are fetched", missing=True)

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the post's id."""
        del headers
        try:
            return event_id((mastodon_mentions.status_id(raw),), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return a mention."""
        return mastodon_mentions.read(raw)

    def poll(self, cursor: str) -> Polled:
        """Fetch the mentions that follow the last one read, oldest first."""
        params: dict[str, str | int] = {"types[]": "mention", "limit": AT_ONCE if cursor else 1}
        if cursor:
            params["min_id"] = cursor
        found = self._ask("GET", "api/v1/notifications", repeatable=True, params=params)
        notifications = records(_list(found))
        newest = key(notifications[0].get("id")) if notifications else ""
        if not cursor:
            return Polled((), newest or "0")
        raws = [json.dumps(one).encode() for one in reversed(notifications)]
        return Polled(tuple(RawEvent(self.event_id({}, raw), raw) for raw in raws), newest or cursor)

    def send(self, message: Outbound) -> str:
        """Post an answer that only the person sees; the server posts once what comes twice under one key."""
        body = {
            "status": f"@{message.thread} {message.text}",
            "visibility": "direct",
            "language": message.language,
        }
        if message.reply_to:
            body["in_reply_to_id"] = message.reply_to
        sent = self._ask(
            "POST", "api/v1/statuses", repeatable=True, json=body, headers={"Idempotency-Key": message.key}
        )
        return require_id(key(answer(sent).get("id")))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Fetch from the public address: our own server's, or one that a stranger chose."""
        parts = urlsplit(attachment.reference)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MediaGone("not an address")
        doorman = self._setup.doorman
        is_ours = parts.netloc == urlsplit(self._server).netloc
        base = f"{parts.scheme}://{parts.netloc}"
        try:
            client = doorman.client(base) if is_ours else doorman.strangers_client(base)
        except OwnNetwork:
            raise Permanent("the address is not on the public internet") from None
        with client:
            media = download(client, parts._replace(scheme="", netloc="").geturl())
        return Media(media.data, attachment.mime_type or media.mime_type)

    def check(self) -> Health:
        """Ask whose account this is and whether its notifications may be read."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        # In this order: some servers answer the second with 422 where the token is wrong.
        self._ask("GET", "api/v1/notifications", repeatable=True, params={"limit": 1})
        account = answer(self._ask("GET", "api/v1/accounts/verify_credentials", repeatable=True))
        return {"account": words(account.get("acct"), 200)}

    def _ask(self, method: str, path: str, *, repeatable: bool, **request: Any) -> httpx.Response:
        token = self._setup.secrets.get("access_token", "")
        with self._setup.doorman.client(self._server, {"Authorization": f"Bearer {token}"}) as client:
            response = call(client, method, path, repeatable=repeatable, **request)
        if response.status_code == 429:
            raise RateLimited("refused with 429", _until_reset(response))
        return require_ok(response)


def _until_reset(response: httpx.Response) -> float:
    """Mastodon tells when the count starts anew, others how long to wait."""
    try:
        reset = datetime.fromisoformat(response.headers.get("x-ratelimit-reset", ""))
        asked = (reset.replace(tzinfo=reset.tzinfo or UTC) - clock.now()).total_seconds()
    except (ValueError, OverflowError):
        return wait_s(response.headers.get("retry-after"))
    return wait_s(asked)


def _list(response: httpx.Response) -> list[Record]:
    try:
        found = response.json()
    except (ValueError, RecursionError):
        raise Retryable("the answer is no list") from None
    return found if isinstance(found, list) else []
