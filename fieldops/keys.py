"""Keys kept beside the data, never in it: made once, readable by their owner alone."""

import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def instance_key(folder: Path, name: str) -> str:
    """Return the key of this name, making it on the first call.

    Two processes that start together agree on one key: the file is created exclusively.
    """
    path = folder / name
    fresh = Fernet.generate_key().decode() if name == "contact_key" else secrets.token_urlsafe(48)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(fresh)
    return fresh


def _read(path: Path) -> str:
    # The other process may have created the file and not yet written it.
    for _attempt in range(100):
        words = path.read_text(encoding="utf-8").strip()
        if words:
            return words
        os.sched_yield()
    return path.read_text(encoding="utf-8").strip()
