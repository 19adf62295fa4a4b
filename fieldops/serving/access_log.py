"""One line a request, without anything that says who asked for what."""

import re
from datetime import timedelta
from typing import Any, Final

from gunicorn.glogging import Logger

_SECRET: Final = re.compile(r"[A-Za-z0-9_~%-]{16,}")
_UNLOGGED: Final = ("/static/", "/healthz", "/readyz")


def public_path(path: str) -> str:
    """Return a request's path without its query, with every segment that could be a secret link masked.

    A segment counts as a secret when it is one unbroken word of 16 characters or more: tracking links and
    signed tokens are, file names and words of the site's own addresses are not.
    """
    segments = path.split("?", 1)[0].split("/")
    return "/".join("…" if _SECRET.fullmatch(segment) else segment for segment in segments)


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn is untyped
    """Gunicorn's log, with method, path, status and duration in place of addresses and agents."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write the line of one request; static files and health checks have none."""
        # The path as it was sent, still escaped: a line break in it cannot forge a second line.
        path = str(req.path)
        if not self.access_log_enabled or path.startswith(_UNLOGGED):
            return
        duration_ms = round(request_time / timedelta(milliseconds=1))
        status = str(resp.status).split(" ", 1)[0]
        self.access_log.info(
            "%s %s %s %d ms", environ["REQUEST_METHOD"], public_path(path), status, duration_ms
        )
