"""Where a reader goes back to: only ever to a page of this site."""

from urllib.parse import urlsplit

from flask import request


def safe_next(otherwise: str) -> str:
    """Return the address in `next` if it is a path of this site, else `otherwise`.

    Browsers read a backslash as a slash and skip control signs, so addresses with either are refused.
    """
    wanted = request.values.get("next", "")
    parts = urlsplit(wanted)
    plain = wanted.startswith("/") and not wanted.startswith("//") and "\\" not in wanted
    if plain and wanted.isprintable() and not parts.scheme and not parts.netloc:
        return wanted
    return otherwise
