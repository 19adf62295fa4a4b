"""Saying to a push service who sends (RFC 8292): a short token, signed with this installation's own key."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fieldops.channels.push_encryption import from_base64url, to_base64url
from fieldops.errors import SetupError

GOOD_FOR: Final = timedelta(hours=6)
"""A token is taken for 24 hours at most."""
KEY_BYTES: Final = 32


class PushKey:
    """The key that browsers tie their subscriptions to: with another one every subscription is lost.

    Parameters
    ----------
    words
        The private number of a P-256 key: 32 bytes in base64url.

    Raises
    ------
    SetupError
        It is no such key.
    """

    def __init__(self, words: str) -> None:
        try:
            number = from_base64url(words)
            if len(number) != KEY_BYTES:
                raise ValueError
            self._key = ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1())
        except ValueError:
            raise SetupError(
                "FIELDOPS_PUSH_KEY is not a P-256 key: 32 bytes in URL-safe base64 are needed."
            ) from None
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.public = to_base64url(point)

    def authorization(self, endpoint: str, contact: str, now: datetime) -> str:
        """Return the header that proves us to the endpoint's service.

        Parameters
        ----------
        endpoint
            The subscription's address; the token is good for its origin alone.
        contact
            Where the service's operators find us: `https:` or `mailto:`.
        """
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "exp": int((now + GOOD_FOR).timestamp()),
            "sub": contact,
        }
        signed = ".".join(_part(one) for one in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(self._key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = to_base64url(r.to_bytes(KEY_BYTES, "big") + s.to_bytes(KEY_BYTES, "big"))
        return f"vapid t={signed}.{signature}, k={self.public}"


def _part(value: Mapping[str, object]) -> str:
    return to_base64url(json.dumps(value, separators=(",", ":")).encode())
