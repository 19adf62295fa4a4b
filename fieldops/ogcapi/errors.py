"""What a program is told when something cannot be answered: a code, and a sentence that names the culprit."""

import structlog
from flask import Blueprint, Response, json
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.i18n import _
from fieldops.transaction import as_known

CODES = {400: "InvalidParameterValue", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound"}

log = structlog.get_logger("ogcapi")


class WrongToken(FieldOpsError):
    """The header's token is unknown or revoked, or its account is switched off: which, nobody is told."""

    status = 401

    def __init__(self) -> None:
        super().__init__("WrongToken")


def exception(status: int, description: str) -> Response:
    """Return the answer of an error."""
    code = CODES.get(status, "ServerError" if status >= 500 else "BadRequest")
    body = json.dumps({"code": code, "description": description}, ensure_ascii=False)
    answer = Response(body, status, mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="FieldOps"'
    return answer


def register_errors(blueprint: Blueprint) -> None:
    """Map every known error to an exception of the standard."""

    @blueprint.errorhandler(WrongToken)
    def wrong_token(_error: WrongToken) -> Response:
        return exception(401, _("The token is wrong or was revoked."))

    @blueprint.errorhandler(FieldOpsError)
    def known(error: FieldOpsError) -> Response:
        status = 400 if isinstance(error, InvalidInput) else error.status
        return exception(status, _(error.message, **dict(error.values)))

    @blueprint.errorhandler(DBAPIError)
    def database(error: DBAPIError) -> Response:
        meaning = as_known(error)
        if meaning is not None:
            return known(meaning)
        log.error("the database refused a statement", exc_info=error)
        return exception(500, _("Something went wrong on our side. Please try again."))

    @blueprint.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response | HTTPException:
        status = error.code or 500
        if status < 400:
            return error
        if status == 429:
            return exception(429, _("Too many tries in a short time. Please wait a minute."))
        return exception(status, _("This address cannot be answered."))

    @blueprint.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        log.error("unexpected error", exc_info=error)
        return exception(500, _("Something went wrong on our side. Please try again."))
