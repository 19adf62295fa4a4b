"""Errors as people see them: one clear sentence in their language, with the right status."""

from datetime import date

from flask import Flask, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from fieldops.errors import FieldOpsError
from fieldops.i18n import _, date_words, number
from fieldops.transaction import as_known

Answer = tuple[Response | str, int]


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
        return answer(
            400, _("This form has expired. Go back, reload the page and send it again; your entry is kept.")
        )

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Answer | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        return answer(status, _sentence_for(status))

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Answer:
        app.logger.error("unexpected error", exc_info=error)
        return answer(500, _sentence_for(500))


def answer(status: int, words: str) -> Answer:
    """Return an error as JSON or as a page."""
    wants_json = request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"
    if wants_json:
        return jsonify(error=words), status
    return render_template("errors/error.html", status=status, words=words), status


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
