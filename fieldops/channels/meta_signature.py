"""How Meta proves an event, the same for WhatsApp, Messenger and Instagram."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from fieldops.channels.contract import BadSignature, SetupField
from fieldops.channels.secrets_in_turn import is_one_of, values_of

HEADER: Final = "x-hub-signature-256"
FIELDS: Final = (SetupField("app_secret", secret=True), SetupField("verify_token", secret=True))


def sign(app_secret: str, raw: bytes) -> str:
    """Return the header that goes with these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), raw, hashlib.sha256).hexdigest()


def verify(secrets: Mapping[str, str], headers: Mapping[str, str], raw: bytes) -> None:
    """Raise BadSignature unless the header signs exactly these bytes."""
    told = headers.get(HEADER, "")
    if not told:
        raise BadSignature("no signature", missing=True)
    if not is_one_of(told, [sign(secret, raw) for secret in values_of(secrets, "app_secret")]):
        raise BadSignature("the signature is not of these bytes")


def challenge(secrets: Mapping[str, str], query: Mapping[str, str]) -> str | None:
    """Return what Meta asked to have back when it tries a new webhook address."""
    if query.get("hub.mode") != "subscribe":
        return None
    if not is_one_of(query.get("hub.verify_token", ""), values_of(secrets, "verify_token")):
        return None
    return query.get("hub.challenge", "")[:1000]
