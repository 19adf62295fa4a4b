"""Headers on every answer, who is signed in, and what they may see."""

from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from flask import Flask, Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from fieldops.domain.roles import Right, may
from fieldops.extensions import db, login
from fieldops.i18n import _
from fieldops.models import User
from fieldops.queries.users import roles_of

P = ParamSpec("P")
R = TypeVar("R")

GUARDED: Final[dict[Callable[..., object], Right]] = {}
"""Every guarded view and the right it asks for; a test walks all routes by it."""

CONTENT_SECURITY_POLICY: Final = "; ".join(  # noqa: FLY002  a directive a line
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "frame-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'self'",
    )
)


def register_protection(app: Flask) -> None:
    """Set the headers and the sign-in rules."""
    login.user_loader(_load_user)
    login.unauthorized_handler(_ask_to_sign_in)

    @app.after_request
    def harden(answer: Response) -> Response:
        headers = answer.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if request.is_secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint == "static":
            _harden_file(answer)
            return answer
        headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        if "Cache-Control" not in headers:
            headers["Cache-Control"] = (
                "private, no-store" if current_user.is_authenticated else "private, no-cache"
            )
        return answer


def _harden_file(answer: Response) -> None:
    """Give a script, a style or a drawing the short policy: it is a part of pages, which bring the long one,
    and a map's page asks for twenty.
    """
    answer.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    # Read whole: the compressor would leave a streamed file open until it is collected.
    answer.direct_passthrough = False
    answer.get_data()
    is_named = "v" in request.args
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_named else "no-cache"


def _load_user(held: str) -> User | None:
    number, _dot, session_key = held.partition(".")
    user = db.session.get(User, int(number)) if number.isdigit() else None
    return user if user and user.active and user.session_key == session_key else None


def _ask_to_sign_in() -> AnyResponse:
    flash(_("Please sign in first."))
    return redirect(url_for("account.sign_in", next=request.full_path.rstrip("?")))


def requires(right: Right) -> Callable[[Callable[P, R]], Callable[P, R | AnyResponse]]:
    """Guard a view: the reader must be signed in and carry `right`."""

    def guard(view: Callable[P, R]) -> Callable[P, R | AnyResponse]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | AnyResponse:
            if not current_user.is_authenticated:
                return login.unauthorized()  # type: ignore[no-any-return]
            if not may(roles_of(db.session(), current_user.id), right):
                abort(403)
            return view(*args, **kwargs)

        GUARDED[guarded] = right
        return guarded

    return guard
