"""Keys kept beside the data, never in it: made once, readable by their owner alone."""

import base64
import os
import secrets
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.asymmetric import ec

from fieldops.errors import SetupError


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
        return Fernet.generate_key().decode()
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
