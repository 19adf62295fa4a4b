"""Who looks at their own data: a cookie of these pages alone, for half an hour."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Final, ParamSpec

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.domain.own_data import VISIT_FOR
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import DataVisit
from fieldops.queries.own_data import visit_by_secret
from fieldops.web.page import installation

P = ParamSpec("P")
Answer = Response | str | tuple[str, int]

COOKIE: Final = "data_saya"
PATH: Final = "/data-saya"


def current_visit() -> DataVisit | None:
    """Return the visit of this browser, also one that is over; None where it has none."""
    secret = request.cookies.get(COOKIE, "")
    return visit_by_secret(db.session(), secret) if secret else None


def visiting(view: Callable[Concatenate[DataVisit, P], Answer]) -> Callable[P, Answer]:
    """Show a page to whoever is on a visit; tell others in a sentence how to begin one."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Answer:
        visit = current_visit()
        if visit is None:
            return _closed(_("This page opens with a link that you ask for. Nobody else can see it."), 403)
        if visit.forgotten_at is not None:
            return render_template("citizen/data_receipt.html", visit=visit, again=True), 410
        if visit.expires_at <= clock.now():
            return _closed(
                _("Half an hour is over, so your data were closed again. Ask for a new link."), 410
            )
        return view(visit, *args, **kwargs)

    return guarded


def remember(answer: Response, secret: str) -> Response:
    """Let the browser keep its visit's secret, for these pages and for as long as the visit lasts."""
    answer.set_cookie(
        COOKIE, secret, max_age=int(VISIT_FOR.total_seconds()), path=PATH, samesite="Lax",
        secure=installation().settings.secure_cookies, httponly=True,
    )  # fmt: skip
    return answer


def forget(answer: Response) -> Response:
    """Let the browser lose it."""
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _closed(words: str, status: int) -> tuple[str, int]:
    return render_template("citizen/data_closed.html", words=words, ask=url_for("citizen.data")), status
