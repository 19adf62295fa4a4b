"""Scripts and styles as small as they can be: packed once with the best brotli, and kept.

What everybody loads is worth half a second of work, once in a process; pages are packed as they come.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import brotli  # type: ignore[import-untyped]  # it ships no annotations
from flask import Flask, Response, request

PACKED_SUFFIXES: Final = frozenset({".js", ".css", ".svg", ".webmanifest"})
SMALLEST: Final = 400
"""Bytes below which a packed file is hardly smaller."""
MOST_KEPT: Final = 256


def pack_static_files(app: Flask) -> None:
    """Answer for static files in brotli where the reader takes it."""

    @app.after_request
    def packed(answer: Response) -> Response:
        path = _path(app)
        if path is None or answer.status_code != 200 or not request.accept_encodings["br"]:
            return answer
        found = path.stat()
        if found.st_size < SMALLEST:
            return answer
        etag = answer.get_etag()[0]
        answer.direct_passthrough = False
        answer.set_data(_packed(path, found.st_mtime_ns))
        answer.headers["Content-Encoding"] = "br"
        if etag:
            answer.set_etag(f"{etag}:br")
        answer.make_conditional(request)
        return answer


def _path(app: Flask) -> Path | None:
    if request.endpoint != "static" or request.method != "GET" or "Range" in request.headers:
        return None
    path = Path(app.static_folder or "") / (request.view_args or {}).get("filename", "")
    return path if path.suffix in PACKED_SUFFIXES and path.is_file() else None


@lru_cache(maxsize=MOST_KEPT)
def _packed(path: Path, changed_ns: int) -> bytes:
    del changed_ns  # what the answer depends on
    return bytes(brotli.compress(path.read_bytes(), mode=brotli.MODE_TEXT, quality=11))
