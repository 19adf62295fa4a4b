"""Scripts and styles as small as they can be: without comments where set-up made such a copy, packed once
with the best brotli, and kept.

What everybody loads is worth half a second of work, once in a process; pages are packed as they come.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import brotli  # type: ignore[import-untyped]  # it ships no annotations
from flask import Flask, Response, request

from fieldops.config import ROOT

PACKED_SUFFIXES: Final = frozenset({".js", ".css", ".svg", ".webmanifest"})
SMALLEST: Final = 400
"""Bytes below which a packed file is hardly smaller."""
MOST_KEPT: Final = 256
MADE: Final = ROOT / "static" / "vendor" / "made"
"""Where script/vendor puts its copies, with a record of the digests of what each was made from."""
IDLE_HEADERS: Final = ("Content-Disposition", "Accept-Ranges", "Last-Modified")
"""What a file that a page asks for by itself need not say: it has an ETag, and a map's page asks for ten."""

Record = dict[str, dict[str, str]]


def pack_static_files(app: Flask) -> None:
    """Answer for static files in brotli where the reader takes it."""

    @app.after_request
    def packed(answer: Response) -> Response:
        path = _path(app)
        if path is None or answer.status_code != 200:
            return answer
        best = made_copy(path)
        in_brotli = bool(request.accept_encodings["br"]) and best.stat().st_size >= SMALLEST
        if not in_brotli and best == path:
            return answer
        body, etag = _bytes(best, best.stat().st_mtime_ns, in_brotli)
        answer.direct_passthrough = False
        answer.set_data(body)
        answer.set_etag(etag)
        for name in IDLE_HEADERS:
            answer.headers.pop(name, None)
        if in_brotli:
            answer.headers["Content-Encoding"] = "br"
        answer.make_conditional(request)
        return answer


def made_copy(path: Path, made: Path = MADE) -> Path:
    """Return set-up's copy of a script or style sheet: without comments, with what it imports where it is so
    listed in package.json. The file itself where there is none, or where anything that went into the copy has
    changed since, so that nobody is ever answered with what is no longer in the tree.
    """
    static = made.parent.parent
    record = made / "record.json"
    if not record.is_file() or not path.is_relative_to(static):
        return path
    name = path.relative_to(static).as_posix()
    inputs = _record(record, record.stat().st_mtime_ns).get(name)
    copy = made / name
    if not inputs or not copy.is_file():
        return path
    fresh = all(_digest_now(static / one) == digest for one, digest in inputs.items())
    return copy if fresh else path


def _path(app: Flask) -> Path | None:
    if request.endpoint != "static" or request.method != "GET" or "Range" in request.headers:
        return None
    path = Path(app.static_folder or "") / (request.view_args or {}).get("filename", "")
    return path if path.suffix in PACKED_SUFFIXES and path.is_file() else None


def _digest_now(path: Path) -> str:
    return _digest(path, path.stat().st_mtime_ns) if path.is_file() else ""


@lru_cache(maxsize=MOST_KEPT)
def _digest(path: Path, changed_ns: int) -> str:
    del changed_ns  # what the answer depends on
    return hashlib.sha256(path.read_bytes()).hexdigest()


@lru_cache(maxsize=1)
def _record(path: Path, changed_ns: int) -> Record:
    del changed_ns  # what the answer depends on
    try:
        held: Any = json.loads(path.read_text(encoding="utf-8"))["made"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return held if isinstance(held, dict) else {}


@lru_cache(maxsize=MOST_KEPT)
def _bytes(path: Path, changed_ns: int, in_brotli: bool) -> tuple[bytes, str]:
    """Return what is sent, and its ETag: by the bytes, since a copy holds more than the file of its name."""
    del changed_ns  # what the answer depends on
    plain = path.read_bytes()
    body = bytes(brotli.compress(plain, mode=brotli.MODE_TEXT, quality=11)) if in_brotli else plain
    return body, hashlib.sha256(body).hexdigest()[:16]
