"""Encrypting what a push service carries, so that only the device reads it (RFC 8291 over RFC 8188).

The bytes sent are a header (salt, record size, our one-time public key) and one AES-128-GCM record. Its key
comes from a Diffie-Hellman exchange with the device's key and from the secret that device and server share.
Words are filled up to whole steps, so that their length tells the service nothing.
"""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

POINT_BYTES: Final = 65
SECRET_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_SIZE: Final = 4096
MOST_BYTES: Final = RECORD_SIZE - 16 - 1 - SALT_BYTES - 4 - 1 - POINT_BYTES
"""Longest text: a push service takes 4,096 bytes with header, tag and delimiter."""
STEP_BYTES: Final = 512


@dataclass(frozen=True)
class DeviceKeys:
    """What a browser gives away with a subscription: its public point and the shared secret."""

    point: bytes
    secret: bytes

    @classmethod
    def read(cls, p256dh: str, auth: str) -> "DeviceKeys":
        """Read keys as the browser writes them (base64url). Raises ValueError where they are none."""
        keys = cls(from_base64url(p256dh), from_base64url(auth))
        if len(keys.secret) != SECRET_BYTES:
            raise ValueError(f"the shared secret has {len(keys.secret)} bytes, not {SECRET_BYTES}")
        if len(keys.point) != POINT_BYTES:
            raise ValueError(f"the public point has {len(keys.point)} bytes, not {POINT_BYTES}")
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.point)
        return keys


def encrypt(
    words: bytes,
    keys: DeviceKeys,
    *,
    ours: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    step_bytes: int = STEP_BYTES,
) -> bytes:
    """Return the body of a push message (content encoding `aes128gcm`).

    Parameters
    ----------
    words
        At most `MOST_BYTES` bytes.
    ours, salt
        Made anew for each message; given only to work a published example.
    step_bytes
        The plain text is filled up to a multiple of this, as far as it fits; 1: not at all.

    Raises
    ------
    ValueError
        The words are too long.
    """
    if len(words) > MOST_BYTES:
        raise ValueError(f"{len(words)} bytes are too long for a push message; {MOST_BYTES} fit")
    ours = ours or ec.generate_private_key(ec.SECP256R1())
    salt = salt or secrets.token_bytes(SALT_BYTES)
    point = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keys.point)
    mixed = _derive(
        ours.exchange(ec.ECDH(), theirs), keys.secret, b"WebPush: info\0" + keys.point + point, 32
    )
    key = _derive(mixed, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(mixed, salt, b"Content-Encoding: nonce\0", 12)
    filled = min(-(-len(words) // step_bytes) * step_bytes, MOST_BYTES)
    sealed = AESGCM(key).encrypt(nonce, words + b"\x02" + bytes(filled - len(words)), None)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(point)]) + point + sealed


def _derive(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=info).derive(secret)


def to_base64url(data: bytes) -> str:
    """Write bytes in base64url without filling signs."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(words: str) -> bytes:
    """Read base64url with or without filling signs. Raises ValueError for anything else."""
    try:
        standard = words.translate(str.maketrans("-_", "+/")).rstrip("=")
        return base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
