"""Errors as people see them: one clear sentence in their language, with the right status."""

from collections.abc import Callable
from datetime import date
from typing import Final

from flask import Flask, jsonify, render_template, request, url_for
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fieldops.errors import FieldOpsError
from fieldops.i18n import _, date_words, number
from fieldops.transaction import as_known

Answer = tuple[Response | str, int]

STALE, TOO_MANY = 400, 429

SHOWN_AGAIN: Final[dict[str, Callable[[int], str]]] = {}
"""By endpoint, what shows a form again with what was typed, when it was open for longer than its key holds
(400) or too many came from one network (429).
"""


def sentence(error: FieldOpsError) -> str:
    """Return the error's sentence in the reader's language, its days and figures written as people do."""
    return str(_(error.message, **{name: _written(value) for name, value in error.values.items()}))


def _written(value: object) -> object:
    if isinstance(value, date):
        return date_words(value)
    if isinstance(value, float):
        return number(value, 0 if value.is_integer() else 1)
    return value  # a whole number may be the name of a thing: cluster 1963


def register_errors(app: Flask) -> None:
    """Map every known error to a page, or to JSON for whoever asked for JSON."""

    @app.errorhandler(FieldOpsError)
    def known(error: FieldOpsError) -> Answer:
        return answer(error.status, sentence(error))

    @app.errorhandler(DBAPIError)
    def database(error: DBAPIError) -> Answer:
        meaning = as_known(error)
        if meaning is None:
            app.logger.error("the database refused a statement", exc_info=error)
            return answer(
                500, _("Something went wrong on our side. Nothing you sent was lost; please try again.")
            )
        return known(meaning)

    @app.errorhandler(CSRFError)
    def stale_form(_error: CSRFError) -> Answer:
        return _stale()

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Answer | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        again = _again(status) if status == TOO_MANY else None
        return again or answer(status, _sentence_for(status))

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Answer:
        app.logger.error("unexpected error", exc_info=error)
        return answer(500, _sentence_for(500))


def wants_json() -> bool:
    """Return whether the reader is a script that asks for JSON."""
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def answer(status: int, words: str) -> Answer:
    """Return an error as JSON or as a page."""
    if wants_json():
        return jsonify(error=words), status
    return render_template("errors/error.html", status=status, words=words), status


def _stale() -> Answer:
    """Answer a form whose key is of a session that has ended, or too old."""
    try:
        again = _again(STALE)
    except HTTPException as refusal:  # too many tries
        again = _again(refusal.code or 500)
    if again is not None:
        return again
    words = _("This form has expired. Open its page anew and send it again.")
    if not wants_json():
        return answer(STALE, words)
    # A script that keeps what it could not send must not take this for a refusal of what it sent.
    sign_in = {} if current_user.is_authenticated else {"sign_in": url_for("account.sign_in")}
    return jsonify(error=words, stale=True, **sign_in), STALE


def _again(status: int) -> Answer | None:
    """Return the form that was sent, as it was, if it is one that can be shown so."""
    show = SHOWN_AGAIN.get(request.endpoint or "")
    return (show(status), status) if show else None


def _sentence_for(status: int) -> str:
    known = {
        400: _("The page sent something we could not read. Go back and try again."),
        403: _("Your account may not see this page."),
        404: _("There is no such page. It may have moved, or the address is mistyped."),
        405: _("This address does not take that kind of request."),
        413: _("What you sent is too large. A photo may have at most 20 MB."),
        429: _("Too many tries in a short time. Please wait a minute."),
    }
    words: str = known.get(
        status, _("Something went wrong on our side. Nothing you sent was lost; please try again.")
    )
    return words
