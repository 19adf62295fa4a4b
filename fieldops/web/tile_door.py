"""A shorter way to the public tiles: a map asks for dozens at a time, and a tile takes microseconds where the
way through sessions, languages and hooks takes a millisecond.

Only what is simple goes this way. A filter that has to be worked out first, an address that is none, a
database that does not answer: all that goes on to the view of the same address, with its limits and words.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from flask import Flask
from sqlalchemy.exc import DBAPIError

from fieldops.errors import FieldOpsError
from fieldops.maps.live_map import LiveMap
from fieldops.maps.tile_answers import TileAnswer, is_new, public_answer
from fieldops.web.tiles import public_map

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX: Final = "/tiles/requests/"
ADDRESS: Final = re.compile(r"/tiles/requests/(\d{1,9})/(\d{1,9})/(\d{1,9})\.pbf", re.ASCII)
STATUS: Final = {200: "200 OK", 204: "204 No Content", 304: "304 Not Modified"}
ALWAYS: Final = [("X-Content-Type-Options", "nosniff"), ("Content-Security-Policy", "default-src 'none'")]


class TileDoor:
    """WSGI middleware: answers for the public tiles, and hands on everything else."""

    def __init__(self, app: Flask, inner: "WSGIApplication") -> None:
        self.app, self.inner = app, inner
        self._map: LiveMap | None = None

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer."""
        path = environ.get("PATH_INFO", "")
        found = self._found(path, environ) if path.startswith(PREFIX) else None
        if found is None:
            return self.inner(environ, start_response)
        headers = [*found.headers.items(), *ALWAYS]
        if found.status == 200:
            headers.append(("Content-Length", str(len(found.body))))
        start_response(STATUS[found.status], headers)
        return [found.body] if environ["REQUEST_METHOD"] == "GET" and found.body else []

    def _found(self, path: str, environ: "WSGIEnvironment") -> TileAnswer | None:
        address = ADDRESS.fullmatch(path)
        if address is None or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        zoom, x, y = (int(part) for part in address.groups())
        asked = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        sent = {
            "If-None-Match": environ.get("HTTP_IF_NONE_MATCH", ""),
            "Accept-Encoding": environ.get("HTTP_ACCEPT_ENCODING", ""),
        }
        try:
            if asked and is_new(self._shown().pyramid(), asked):
                return None
            return public_answer(self._shown(), (zoom, x, y), asked, sent)
        except (FieldOpsError, DBAPIError):
            return None

    def _shown(self) -> LiveMap:
        if self._map is None:
            with self.app.app_context():
                self._map = public_map()
        return self._map
