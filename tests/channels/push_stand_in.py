"""A push service on this machine, and a device behind it. It proves who sends, and opens what was sent, by
libraries that are not ours (py-vapid, http-ece).
"""

import json
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid
from py_vapid.jwt import decode

from fieldops import clock
from fieldops.channels.push_encryption import to_base64url
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn


@dataclass
class Device:
    """A browser's subscription: its keys, and what reached it."""

    path: str = field(default_factory=lambda: f"/push/{secrets.token_urlsafe(12)}")
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    got: list[dict[str, Any]] = field(default_factory=list)
    """Payloads as the device reads them."""
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def keys(self) -> dict[str, str]:
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"p256dh": to_base64url(point), "auth": to_base64url(self.secret)}


class PushStandIn(HttpStandIn):
    """Takes what a real service takes, and says no as one does."""

    def __init__(self) -> None:
        super().__init__()
        self.devices: dict[str, Device] = {}
        self.refusals: list[Answer] = []
        """Answers given before anything is taken."""
        self.release = threading.Event()
        self.is_hanging = False

    def device(self) -> Device:
        made = Device()
        self.devices[made.path] = made
        return made

    def endpoint(self, device: Device) -> str:
        return f"{self.url}{device.path}"

    def offer(self, device: Device) -> dict[str, str]:
        return {"endpoint": self.endpoint(device), **device.keys}

    def answer(self, asked: Asked) -> Answer | None:
        if self.is_hanging:
            self.release.wait(20)
            return None
        if self.refusals:
            return self.refusals.pop(0)
        device = self.devices.get(asked.path)
        if device is None:
            return Answer(410)
        if not self._is_proven(asked.headers.get("authorization", "")):
            return Answer(403)
        if asked.headers.get("content-encoding") != "aes128gcm" or not asked.headers.get("ttl", "").isdigit():
            return Answer(400)
        if len(asked.body) > 4096:
            return Answer(413)
        words = http_ece.decrypt(
            asked.body, private_key=device.private, auth_secret=device.secret, version="aes128gcm"
        )
        device.got.append(json.loads(words))
        device.headers.append(asked.headers)
        device.bodies.append(asked.body)
        return Answer(201, headers={"Location": f"{self.url}/message/1"})

    def _is_proven(self, said: str) -> bool:
        """Return whether the token is signed by the key beside it, for this origin, and still good."""
        if not said.startswith("vapid ") or not Vapid.verify(said.replace(", ", ",")):
            return False
        parts = dict(part.strip().split("=", 1) for part in said.removeprefix("vapid ").split(","))
        claims = decode(parts["t"], parts["k"])
        now = clock.now().timestamp()
        return (
            claims["aud"] == self.url
            and now < claims["exp"] <= now + 24 * 3600
            and claims["sub"].startswith(("mailto:", "https://"))
        )
