"""What goes with a tile over HTTP: whether the reader has it already, and its smaller form."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import Final

CONTENT_TYPE: Final = "application/vnd.mapbox-vector-tile"
SMALLEST: Final = 1400
"""Bytes above which gzip saves a packet."""
MOST_SHRUNK: Final = 512
"""Bodies whose smaller form is held, some 2 MB: many look at the same tiles, and gzip takes several times as
long as a tile. Found by what is in them: nothing has to be thrown away when complaints change."""


def has_already(etag: str, if_none_match: str | None) -> bool:
    """Say whether a reader's `If-None-Match` names this ETag (RFC 9110, weak comparison): then answer 304."""
    if not if_none_match:
        return False
    if if_none_match.strip() == "*":
        return True
    return _bare(etag) in {_bare(word) for word in if_none_match.split(",")}


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Say whether a reader's `Accept-Encoding` allows gzip (RFC 9110: a quality of 0 forbids)."""
    qualities: dict[str, float] = {}
    for part in (accept_encoding or "").lower().split(","):
        word, _, parameter = part.partition(";")
        quality = parameter.strip().removeprefix("q=")
        try:
            qualities[word.strip()] = float(quality) if quality else 1.0
        except ValueError:
            qualities[word.strip()] = 0.0
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0.0


@lru_cache(maxsize=MOST_SHRUNK)
def _shrunk(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=1, mtime=0)


def packed(body: bytes, accept_encoding: str | None) -> tuple[bytes, str | None]:
    """Return the body to send and its `Content-Encoding`; the same body gives the same bytes on every day."""
    if len(body) <= SMALLEST or not accepts_gzip(accept_encoding):
        return body, None
    smaller = _shrunk(body)
    return (smaller, "gzip") if len(smaller) < len(body) else (body, None)


def _bare(etag: str) -> str:
    return etag.strip().removeprefix("W/")
