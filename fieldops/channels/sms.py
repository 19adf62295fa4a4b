"""SMS by a gateway's webhook. Not run against a live gateway.

Gateways differ; this one shape is small enough for most of them to be set to it, or for a line of glue:

    message  {"id", "from", "to", "text", "time", "reference", "part", "parts"}
    state    {"id", "status": "sent" | "delivered" | "failed", "code"}

An event is one of these, or {"messages": [...]} of several. Of a long message that comes in parts,
`reference` is the same in all of them.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

import httpx

from fieldops import clock
from fieldops.channels.contract import (
    BadSignature,
    Health,
    Media,
    MediaGone,
    Outbound,
    Polled,
    Setup,
    SetupField,
    Traits,
)
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import (
    Attachment,
    Inbound,
    InboundMessage,
    Receipt,
    ReceiptState,
    Sender,
    Unread,
)
from fieldops.channels.loose_json import (
    MOST_CHARACTERS,
    Record,
    key,
    load,
    moment,
    number,
    records,
    type_name,
    words,
)
from fieldops.channels.secrets_in_turn import is_one_of, values_of
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import answer, call, require_id, require_ok

SIGNATURE: Final = "x-signature-256"
FOUR_PARTS: Final = 4 * 153  # GSM 7-bit; each further part costs like a message
STATES: Final = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "failed": ReceiptState.FAILED,
    "expired": ReceiptState.FAILED,
}

_NUMBER: Final = re.compile(r"[1-9][0-9]{5,14}")


class SmsChannel:
    """One number at a gateway."""

    traits: ClassVar[Traits] = Traits(
        name="sms",
        label="SMS",
        fields=(
            SetupField("gateway_url"),
            SetupField("number"),
            SetupField("country_code", required=False),
            SetupField("webhook_secret", secret=True),
            SetupField("api_token", secret=True),
        ),
        per_second=1.0,
        most_characters=FOUR_PARTS,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._country = setup.options.get("country_code") or "62"

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return nothing: gateways do not ask."""
        del query
        return None

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless the bytes are signed, or the secret itself came as a bearer token.

        Where a signature is there it decides: a token beside it does not mend it.
        """
        secrets = values_of(self._setup.secrets, "webhook_secret")
        told, token = headers.get(SIGNATURE, ""), headers.get("authorization", "")
        if not told and not token:
            raise BadSignature("no signature", missing=True)
        if told and is_one_of(told.removeprefix("sha256="), [sign(secret, raw) for secret in secrets]):
            return
        if not told and is_one_of(token, [f"Bearer {secret}" for secret in secrets]):
            return
        raise BadSignature("the signature is not of these bytes")

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the name made of the messages' ids and states."""
        del headers
        try:
            found = [(key(one.get("id")), type_name(one.get("status", "in"))) for one in _items(raw)]
        except ValueError:
            return event_id((), raw)
        return event_id([f"{own_id}:{state}" for own_id, state in found if own_id], raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return messages, whole where all their parts came together, and states."""
        items = _items(raw)
        states = [_state(one) for one in items if "status" in one]
        return [*self._messages([one for one in items if "status" not in one]), *states]

    def poll(self, cursor: str) -> Polled:
        """Return nothing: the gateway calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Hand one message over; `reference` is ours, for gateways that send once what comes twice."""
        body = {
            "from": self._setup.options.get("number", ""),
            "to": message.thread or message.user_id,
            "text": message.text,
            "reference": message.key,
        }
        with self._client() as client:
            sent = require_ok(call(client, "POST", "messages", repeatable=False, json=body))
        return require_id(key(answer(sent).get("id")))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Refuse: an SMS has no files."""
        del attachment
        raise MediaGone("an SMS has no files")

    def check(self) -> Health:
        """Ask for the account's state."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        with self._client() as client:
            found = answer(require_ok(call(client, "GET", "account", repeatable=True)))
        return {"credit": words(found.get("credit"), 40)} if found.get("credit") is not None else {}

    def _client(self) -> httpx.Client:
        token = self._setup.secrets.get("api_token", "")
        base = self._setup.options.get("gateway_url", "").rstrip("/") + "/"
        return self._setup.doorman.client(base, {"Authorization": f"Bearer {token}"})

    def _messages(self, items: list[Record]) -> Iterator[Inbound]:
        groups: dict[tuple[str, str], list[Record]] = {}
        for place, one in enumerate(items):
            groups.setdefault((key(one.get("from")), key(one.get("reference")) or f"#{place}"), []).append(
                one
            )
        for parts in groups.values():
            yield self._message(sorted(parts, key=lambda one: number(one.get("part")) or 0))

    def _message(self, parts: list[Record]) -> Inbound:
        first = parts[0]
        own_id, reference = key(first.get("id")), key(first.get("reference"))
        sender = self._sender(key(first.get("from")))
        at = moment(first.get("time")) or clock.now()
        text = "".join(words(one.get("text")) for one in parts)[:MOST_CHARACTERS]
        if not own_id or not sender.user_id or not text:
            return Unread("sms without sender, id or words", own_id, at=at)
        is_whole = len(parts) >= (number(first.get("parts")) or 1)
        return InboundMessage(
            external_id=own_id,
            sender=sender,
            thread=sender.user_id,
            sent_at=at,
            text=text,
            # Parts that come one by one are joined like photos that were sent as one.
            album=None if is_whole or not reference else f"{sender.user_id}:{reference}",
        )

    def _sender(self, told: str) -> Sender:
        """A sender may be a word ("Telkomsel") that nobody can answer; a number counts as E.164 writes it."""
        digits = re.sub(r"[ ().-]", "", told)
        digits = digits.removeprefix("+")
        digits = self._country + digits[1:] if digits.startswith("0") else digits
        if _NUMBER.fullmatch(digits):
            return Sender(f"+{digits}", phone=f"+{digits}")
        return Sender(told)


def sign(secret: str, raw: bytes) -> str:
    """Return the hexadecimal signature that goes with these bytes."""
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def _items(raw: bytes) -> list[Record]:
    event = load(raw)
    if isinstance(event.get("messages"), list):
        return records(event["messages"])
    if "id" not in event:
        raise ValueError("not an SMS event")
    return [event]


def _state(item: Record) -> Inbound:
    own_id, state = key(item.get("id")), STATES.get(type_name(item.get("status")))
    at = moment(item.get("time")) or clock.now()
    if state is None or not own_id:
        return Unread(f"sms status {type_name(item.get('status'))}", own_id, at=at)
    code = type_name(key(item.get("code")))
    return Receipt(own_id, state, at, f"code {code}" if code != "?" else "")
