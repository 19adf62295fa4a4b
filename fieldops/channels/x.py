"""X, only where an installation switches it on: it is paid by the message.

Not run against the live service.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from fieldops import clock
from fieldops.channels import x_events
from fieldops.channels.contract import (
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
from fieldops.channels.loose_json import Record, key, number, record, words
from fieldops.channels.secrets_in_turn import is_one_of, values_of
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import answer, call, download, require_id, require_ok, wait_s

API_URL: Final = "https://api.x.com"
HEADER: Final = "x-twitter-webhooks-signature"
FILE_HOSTS: Final = ("twimg.com", "twitter.com", "x.com")


class XChannel:
    """One account."""

    traits: ClassVar[Traits] = Traits(
        name="x",
        label="X",
        fields=(
            SetupField("user_id"),
            SetupField("consumer_secret", secret=True),
            SetupField("access_token", secret=True),
            SetupField("api_url", required=False),
        ),
        per_second=0.2,
        most_characters=280,
        opt_in=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._own_id = setup.options.get("user_id", "")
        self._api_url = (setup.options.get("api_url") or API_URL).rstrip("/") + "/"

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return the token signed, which X asks for again every hour."""
        secret = self._setup.secrets.get("consumer_secret", "")
        token = query.get("crc_token", "")[:1000]
        if not secret or not token:
            return None
        return json.dumps({"response_token": sign(secret, token.encode("utf-8", "replace"))})

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless X signed these bytes."""
        told = headers.get(HEADER, "")
        if not told:
            raise BadSignature("no signature", missing=True)
        secrets = values_of(self._setup.secrets, "consumer_secret")
        if not is_one_of(told, [sign(secret, raw) for secret in secrets]):
            raise BadSignature("the signature is not of these bytes")

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the name made of the parts' ids."""
        del headers
        try:
            return event_id(x_events.ids(raw), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return direct messages and mentions."""
        return x_events.read(raw, self._own_id)

    def poll(self, cursor: str) -> Polled:
        """Return nothing: X calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Send a direct message, or an answer to a post that everybody reads where that is asked for.

        Who wrote a post is only known by `user_id`; the private answer goes there.
        """
        post = message.thread.removeprefix(x_events.POST)
        if message.is_public and post != message.thread:
            body: Record = {"text": message.text, "reply": {"in_reply_to_tweet_id": post}}
            return require_id(key(self._ask("POST", "2/tweets", json=body).get("id")))
        person = message.user_id if post != message.thread else message.thread
        if not person.isdecimal():
            raise Permanent("not a person's id")
        path = f"2/dm_conversations/with/{person}/messages"
        return require_id(key(self._ask("POST", path, json={"text": message.text}).get("dm_event_id")))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Fetch a file of a direct message, with our token, from X's own hosts only."""
        parts = urlsplit(attachment.reference)
        host = parts.hostname or ""
        is_x = any(host == one or host.endswith(f".{one}") for one in FILE_HOSTS) and parts.scheme == "https"
        if not is_x and parts.netloc != urlsplit(self._api_url).netloc:
            raise MediaGone("not an address of X")
        with self._setup.doorman.client(f"{parts.scheme}://{parts.netloc}", self._bearer()) as client:
            return download(client, parts._replace(scheme="", netloc="").geturl(), gone=(403, 404, 410))

    def check(self) -> Health:
        """Ask whose token this is."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        return {"username": words(self._ask("GET", "2/users/me").get("username"), 100)}

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._setup.secrets.get('access_token', '')}"}

    def _ask(self, method: str, path: str, **request: Any) -> Record:
        with self._setup.doorman.client(self._api_url, self._bearer()) as client:
            response = call(client, method, path, repeatable=method == "GET", **request)
        if response.status_code == 429:
            reset = number(response.headers.get("x-rate-limit-reset"))
            raise RateLimited("refused with 429", wait_s(reset and reset - clock.now().timestamp()))
        return record(answer(require_ok(response)).get("data"))


def sign(consumer_secret: str, raw: bytes) -> str:
    """Return the header that goes with these bytes."""
    digest = hmac.new(consumer_secret.encode(), raw, hashlib.sha256).digest()
    return "sha256=" + base64.b64encode(digest).decode()
