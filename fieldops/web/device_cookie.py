"""Which browser it is: a secret of its own, given when notices are switched on, gone at the sign-out."""

import re
import secrets
from typing import Final

from flask import request
from werkzeug.wrappers import Response

from fieldops.operations.keep_device import secret_digest
from fieldops.web.page import installation

DEVICE_COOKIE: Final = "device"
SECRET_BYTES: Final = 24
KEPT_S: Final = 365 * 24 * 3600
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)
# The first that fits: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)


def device_secret() -> str:
    """Return this browser's secret, empty where it has none."""
    held = request.cookies.get(DEVICE_COOKIE, "")
    return held if re.fullmatch(r"[A-Za-z0-9_-]{32}", held) else ""


def this_device() -> str:
    """Return the digest of this browser's secret, empty where it has none."""
    held = device_secret()
    return secret_digest(held) if held else ""


def fresh_secret() -> str:
    """Return a new secret."""
    return secrets.token_urlsafe(SECRET_BYTES)


def remember(answer: Response, secret: str) -> Response:
    """Let the browser keep its secret."""
    answer.set_cookie(
        DEVICE_COOKIE, secret, max_age=KEPT_S, samesite="Lax",
        secure=installation().settings.secure_cookies, httponly=True,
    )  # fmt: skip
    return answer


def device_label() -> str:
    """Return browser and system as their makers call them, so that a list of devices can be told apart."""
    said = request.headers.get("User-Agent", "")
    browser = next((name for sign, name in BROWSERS if sign in said), "")
    system = next((name for sign, name in SYSTEMS if sign in said), "")
    return " · ".join(name for name in (browser, system) if name)
