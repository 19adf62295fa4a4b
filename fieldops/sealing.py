"""Keeping contacts unreadable without the key, and secrets of links that need no storage.

The contact key lies outside the database, so a stolen database tells nobody's address. While it is being
changed there are several keys: the newest seals, all of them open, and a digest is looked for by each.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from fieldops.errors import NotFound, SetupError
from fieldops.keys import ContactKeyFile, ContactKeys, contact_keys

LINK_BYTES = 18


class Sealer:
    """Seals and opens with one installation's keys.

    Parameters
    ----------
    secret_key
        Signs links, and seals what passes through a browser and comes back.
    keys
        The contact keys (Fernet: AES-128-CBC with HMAC-SHA256) as words, or what returns them as they are
        now: a process that runs takes a new key up by itself. `file` is the one they come from, if any.
    """

    def __init__(self, secret_key: str, keys: str | Callable[[], ContactKeys]) -> None:
        if isinstance(keys, str):
            constant = contact_keys(keys)
            self._keys: Callable[[], ContactKeys] = lambda: constant
        else:
            self._keys = keys
        self._secret = secret_key.encode()
        passing = hmac.new(self._secret, b"what passes through a browser", hashlib.sha256).digest()
        self._passing = Fernet(base64.urlsafe_b64encode(passing))
        self.file = keys if isinstance(keys, ContactKeyFile) else None
        self._opening: tuple[tuple[str, ...], MultiFernet] | None = None
        self.keys()

    def keys(self) -> ContactKeys:
        """Return the contact keys as they are now.

        Raises
        ------
        SetupError
            There is none, or one of them is no Fernet key.
        """
        return self._keys()

    def seal(self, words: str) -> bytes:
        """Return the words encrypted with the newest key; kept in a column whose name ends in `_sealed`."""
        return Fernet(self.keys().sealing).encrypt(words.encode())

    def open(self, sealed: bytes) -> str:
        """Return sealed words.

        Raises
        ------
        SetupError
            They were sealed with a key that is not there.
        """
        try:
            return self._opener().decrypt(sealed).decode()
        except InvalidToken:
            raise SetupError(
                "A contact cannot be read: it was sealed with a contact key that is not here (there are "
                "%(count)s). Put back the key that belongs to this database; it lies in keys/ of a backup.",
                count=len(self.keys().accepted),
            ) from None

    def _opener(self) -> MultiFernet:
        accepted = self.keys().accepted
        if self._opening is None or self._opening[0] != accepted:
            self._opening = (accepted, MultiFernet([Fernet(key) for key in accepted]))
        return self._opening[1]

    def contact_digest(self, contact: str) -> str:
        """Return a keyed hash that finds the same contact again without showing it, by the newest key."""
        return digest_by(self.keys().sealing, contact)

    def contact_digests(self, contact: str) -> list[str]:
        """Return a contact's hashes by each key, the newest first: any of them is the same contact."""
        return [digest_by(key, contact) for key in self.keys().accepted]

    def seal_passing(self, words: str) -> str:
        """Return words as a sign for a hidden field or a link, which comes back soon and is kept nowhere.

        It has nothing to do with the contact key, so that changing that one spoils no open form.
        """
        return self._passing.encrypt(words.encode()).decode()

    def open_passing(self, sign: str) -> str | None:
        """Return the words of `seal_passing`; None where the sign is not ours."""
        try:
            return self._passing.decrypt(sign.encode("ascii")).decode()
        except (InvalidToken, UnicodeEncodeError):
            return None

    def stamp(self, words: str) -> str:
        """Return a keyed hash by the secret key, in small letters and digits, of what is no contact."""
        return hmac.new(self._secret, f"stamp\0{words}".encode(), hashlib.sha256).hexdigest()

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


def digest_by(key: str, contact: str) -> str:
    """Return a contact's hash by one contact key."""
    return hmac.new(key.encode(), contact.strip().lower().encode(), hashlib.sha256).hexdigest()


def opens_with(key: str, sealed: bytes) -> bool:
    """Return whether something was sealed with this very key."""
    try:
        Fernet(key).decrypt(sealed)
    except InvalidToken:
        return False
    return True
