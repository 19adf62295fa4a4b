"""Cut-out files on the disk, so that every process of a machine serves what another one drew."""

import re
import secrets
from pathlib import Path
from typing import Final

from fieldops.maps.documents import Document

NAME: Final = re.compile(r"[0-9a-f]{32}\.(?:js|css)")


def keep(document: Document, folder: Path) -> None:
    """Write a document's files that are not there yet, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in document.files.items():
        path = folder / name
        if path.exists():
            continue
        part = folder / f".{secrets.token_hex(8)}.part"
        part.write_text(content, encoding="utf-8")
        part.replace(path)


def read(name: str, folder: Path) -> str | None:
    """Return a kept file's text, None when there is none of this name."""
    if not NAME.fullmatch(name):
        return None
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
