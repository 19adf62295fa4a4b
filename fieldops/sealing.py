"""Keeping contacts unreadable without the key, and secrets of links that need no storage.

The contact key lies outside the database, so a stolen database tells nobody's address.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from fieldops.errors import NotFound, SetupError

LINK_BYTES = 18


class Sealer:
    """Seals and opens with one installation's keys.

    Parameters
    ----------
    secret_key
        Signs links.
    contact_key
        A Fernet key (AES-128-CBC with HMAC-SHA256); encrypts contacts and keys their digests.
    """

    def __init__(self, secret_key: str, contact_key: str) -> None:
        try:
            self._fernet = Fernet(contact_key)
        except ValueError:
            raise SetupError(
                "FIELDOPS_CONTACT_KEY is not a Fernet key: 32 bytes in URL-safe base64 are needed."
            ) from None
        self._secret = secret_key.encode()
        self._contact_key = contact_key.encode()

    def seal(self, words: str) -> bytes:
        """Return the words encrypted."""
        return self._fernet.encrypt(words.encode())

    def open(self, sealed: bytes) -> str:
        """Return sealed words.

        Raises
        ------
        SetupError
            They were sealed with another key.
        """
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError("A contact cannot be read: it was sealed with another contact key.") from None

    def contact_digest(self, contact: str) -> str:
        """Return a keyed hash that finds the same contact again without showing it."""
        return hmac.new(self._contact_key, contact.strip().lower().encode(), hashlib.sha256).hexdigest()

    def link_secret(self, purpose: str, key: str) -> str:
        """Return the secret part of a link: the same for the same key, so that a repeated submit gets
        the same link; unguessable without the installation's secret key.
        """
        mac = hmac.new(self._secret, f"{purpose}\0{key}".encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(mac[:LINK_BYTES]).decode()

    def require_link(self, purpose: str, key: str, secret: str) -> None:
        """Raise NotFound unless `secret` is this key's."""
        if not hmac.compare_digest(self.link_secret(purpose, key), secret):
            raise NotFound("This link is not valid. Check that it was copied whole.")
