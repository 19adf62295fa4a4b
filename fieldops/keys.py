"""Keys kept beside the data, never in it: made once, readable by their owner alone."""

import base64
import os
import re
import secrets
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec

from fieldops.errors import SetupError

NEXT: Final = "next:"
"""Before a key that opens already and seals not yet: every process must know it before one seals with it."""


@dataclass(frozen=True)
class ContactKeys:
    """The contact keys there are: `sealing` is the newest, `accepted` all that open, in the order in which a
    digest is looked for; `announced` is one that will seal next.
    """

    sealing: str
    accepted: tuple[str, ...]
    announced: str | None = None

    def words(self) -> str:
        """Return the keys as their file holds them, one a line."""
        lines = [key for key in self.accepted if key != self.announced]
        if self.announced:
            lines.append(NEXT + self.announced)
        return "\n".join(lines)


def contact_keys(words: str) -> ContactKeys:
    """Read contact keys: the newest first, separated by commas, spaces or lines.

    Raises
    ------
    SetupError
        There is none, or one of them is no Fernet key; the key itself is not repeated.
    """
    told = [word for word in re.split(r"[\s,]+", words) if word]
    plain = [word for word in told if not word.startswith(NEXT)]
    announced = [word.removeprefix(NEXT) for word in told if word.startswith(NEXT)]
    for key in (*plain, *announced):
        try:
            Fernet(key)
        except ValueError:
            raise SetupError(
                "FIELDOPS_CONTACT_KEY is not a Fernet key: 32 bytes in URL-safe base64 are needed."
            ) from None
    if not plain or len(announced) > 1:
        raise SetupError(
            "Of contact keys one must seal, and at most one may be announced (next:); there are %(plain)s "
            "and %(announced)s.",
            plain=len(plain),
            announced=len(announced),
        )
    return ContactKeys(plain[0], tuple(dict.fromkeys([*plain, *announced])), (announced or [None])[0])


class ContactKeyFile:
    """The contact keys in the instance folder, read anew when the file has changed.

    A look costs one `stat`, about two microseconds, so it is taken every time.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "contact_key"
        self._seen: tuple[int, int, int] | None = None
        self._keys = contact_keys(instance_key(folder, "contact_key"))

    def __call__(self) -> ContactKeys:
        """Return the keys as they are now; a file that was taken away changes nothing for who runs."""
        try:
            told = self.path.stat()
        except FileNotFoundError:
            return self._keys
        seen = (told.st_mtime_ns, told.st_ino, told.st_size)
        if seen != self._seen:
            self._keys = contact_keys(self.path.read_text(encoding="utf-8"))
            self._seen = seen
        return self._keys

    def write(self, keys: ContactKeys) -> None:
        """Replace the keys in one step: a crash leaves the old file or the new one.

        Owner, group and mode stay, so that root may do this for a service that runs as somebody else.

        Raises
        ------
        SetupError
            The file is another user's and cannot be given back to them; it stays as it was.
        """
        old = self.path.stat() if self.path.exists() else None
        handle, draft = tempfile.mkstemp(dir=self.path.parent, prefix=".contact_key-")  # mode 0600
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                if old is not None:
                    self._give_back(file.fileno(), old)
                file.write(keys.words() + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(draft).replace(self.path)
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _give_back(self, draft: int, old: os.stat_result) -> None:
        try:
            os.fchown(draft, old.st_uid, old.st_gid)
        except PermissionError:
            raise SetupError(
                "%(path)s belongs to user %(owner)s, who could not read it once it is replaced here. Run "
                "this as that user, or as root.",
                path=self.path,
                owner=old.st_uid,
            ) from None
        os.fchmod(draft, stat.S_IMODE(old.st_mode))  # after the owner: changing that may clear bits


def fresh_contact_key() -> str:
    """Return a new contact key."""
    return Fernet.generate_key().decode()


def instance_key(folder: Path, name: str) -> str:
    """Return the key of this name, making it on the first call.

    Two processes that start together agree on one key, and a crash leaves none or a whole one: the file is
    written under another name and linked into its place, which fails where a key is already.

    Raises
    ------
    SetupError
        The file is there and empty; a new key would make all that the old one sealed unreadable.
    """
    path = folder / name
    if not path.exists():
        _link_into_place(path, _fresh(name))
    words = path.read_text(encoding="utf-8").strip()
    if not words:
        raise SetupError("The key file %(path)s is empty. Restore it from a backup.", path=path)
    return words


def _fresh(name: str) -> str:
    if name == "contact_key":
        return fresh_contact_key()
    if name == "push_key":  # the private number of a P-256 key
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return base64.urlsafe_b64encode(number.to_bytes(32, "big")).decode()
    return secrets.token_urlsafe(48)


def _link_into_place(path: Path, words: str) -> None:
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(words)
            file.flush()
            os.fsync(file.fileno())
        Path(path).hardlink_to(draft)
    except FileExistsError:
        pass  # the other process was first
    finally:
        Path(draft).unlink()
