"""Language and appearance, kept in cookies so that they work without an account and without JavaScript."""

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from fieldops.i18n import LANGUAGES
from fieldops.web.citizen.room import blueprint
from fieldops.web.page import THEMES, installation
from fieldops.web.returning import safe_next

YEAR_S = 365 * 24 * 3600


@blueprint.get("/bahasa/<code>")
def language_set(code: str) -> Response:
    """Choose a language and go back."""
    if code not in LANGUAGES:
        abort(404)
    return _with_cookie("language", code)


@blueprint.get("/tema/<theme>")
def theme_set(theme: str) -> Response:
    """Choose an appearance and go back."""
    if theme not in THEMES:
        abort(404)
    return _with_cookie("theme", theme)


def _with_cookie(name: str, value: str) -> Response:
    back = redirect(safe_next(url_for("citizen.home")), 303)
    back.set_cookie(
        name,
        value,
        max_age=YEAR_S,
        samesite="Lax",
        secure=installation().settings.secure_cookies,
        httponly=name == "language",
    )
    return back
