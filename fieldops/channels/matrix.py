"""Matrix, as an application service of a homeserver: one user of ours for one account."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import quote

import httpx

from fieldops.channels import matrix_events
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
from fieldops.channels.loose_json import Record, key, type_name
from fieldops.channels.secrets_in_turn import is_one_of, values_of
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import answer, call, download, require_id, require_ok, wait_s

CLIENT: Final = "_matrix/client/v3"
MEDIA: Final = "_matrix/client/v1/media/download"
UNREGISTERED: Final = "M_FORBIDDEN"

_MXC: Final = re.compile(r"mxc://([A-Za-z0-9.:_-]{1,255})/([A-Za-z0-9_-]{1,255})")


class MatrixChannel:
    """One user in the namespace of an application service, whose registration serves this account only."""

    traits: ClassVar[Traits] = Traits(
        name="matrix",
        label="Matrix",
        fields=(
            SetupField("homeserver_url"),
            SetupField("user_id"),
            SetupField("hs_token", secret=True),
            SetupField("as_token", secret=True),
        ),
        most_characters=20_000,
        repeats_safely=True,
        tested_live=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._ghost = setup.options.get("user_id", "").strip()

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return nothing: a homeserver does not ask."""
        del query
        return None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless the homeserver's token came along."""
        del raw
        told = headers.get("authorization", "")
        if not told:
            raise BadSignature("no token", missing=True)
        scheme, _, token = told.partition(" ")
        if scheme.lower() != "bearer" or not is_one_of(token, values_of(self._setup.secrets, "hs_token")):
            raise BadSignature("the token is not the homeserver's")

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the name made of the events' ids: a transaction that is sent again holds the same ones."""
        del headers
        try:
            return event_id(matrix_events.ids(raw), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return messages, their changes, and rooms we are asked into."""
        return matrix_events.read(raw, self._ghost)

    def poll(self, cursor: str) -> Polled:
        """Return nothing: the homeserver calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Send a text into the room; the homeserver sends once what comes twice under one key."""
        content: Record = {
            "msgtype": "m.notice" if message.is_automatic else "m.text",
            "body": message.text,
        }
        if message.reply_to:
            content["m.relates_to"] = {"m.in_reply_to": {"event_id": message.reply_to}}
        path = f"rooms/{quote(message.thread, safe='')}/send/m.room.message/{quote(message.key, safe='')}"
        return require_id(key(self._ask("PUT", path, json=content).get("event_id")))

    def accept(self, thread: str) -> None:
        """Enter a room we were asked into."""
        self._ask("POST", f"join/{quote(thread, safe='')}", json={})

    def fetch_media(self, attachment: Attachment) -> Media:
        """Fetch a file by our homeserver, which fetches it from the sender's where it must."""
        found = _MXC.fullmatch(attachment.reference)
        if found is None:
            raise MediaGone("not a media address")
        with self._client() as client:
            media = download(client, f"{MEDIA}/{found.group(1)}/{found.group(2)}")
        return Media(media.data, attachment.mime_type or media.mime_type)

    def check(self) -> Health:
        """Ask the homeserver who we are; our user is registered where it is not yet."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        try:
            found = self._ask("GET", "account/whoami")
        except Permanent as refusal:
            if isinstance(refusal, AccessExpired) or str(refusal) != UNREGISTERED:
                raise
            localpart = self._ghost.removeprefix("@").partition(":")[0]
            body = {"type": "m.login.application_service", "username": localpart, "inhibit_login": True}
            self._ask("POST", "register", as_ghost=False, json=body)
            found = self._ask("GET", "account/whoami")
        return {"user_id": key(found.get("user_id"))}

    def _ask(self, method: str, path: str, *, as_ghost: bool = True, **request: Any) -> Record:
        params = {"user_id": self._ghost} if as_ghost else None
        with self._client() as client:
            response = call(client, method, f"{CLIENT}/{path}", repeatable=True, params=params, **request)
        return _result(response)

    def _client(self) -> httpx.Client:
        base = self._setup.options.get("homeserver_url", "").rstrip("/") + "/"
        token = self._setup.secrets.get("as_token", "")
        return self._setup.doorman.client(base, {"Authorization": f"Bearer {token}"})


def _result(response: httpx.Response) -> Record:
    body = answer(response)
    if response.is_success:
        return body
    code = type_name(body.get("errcode"))
    if code == "M_LIMIT_EXCEEDED":
        told = response.headers.get("retry-after")
        raise RateLimited(code, wait_s(told) if told else wait_s(body.get("retry_after_ms"), 1000))
    if code in ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN"):
        raise AccessExpired(code)
    if code != "?" and response.status_code < 500 and response.status_code != 429:
        raise Permanent(code)
    require_ok(response)
    raise Permanent("refused without a code")
