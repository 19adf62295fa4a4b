"""The addresses vendors call. An event is proven over its raw bytes, spooled, and answered at once."""

import hashlib
from typing import Final

import structlog
from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import DBAPIError

from fieldops.channels.contract import BadSignature
from fieldops.errors import FieldOpsError
from fieldops.extensions import csrf, db, limiter
from fieldops.installation import Installation
from fieldops.models import ChannelAccount
from fieldops.operations.open_channel import open_channel
from fieldops.operations.store_event import count_refused
from fieldops.queries.channels import account_by_hook
from fieldops.spool.writer import SpoolWriter
from fieldops.transaction import as_known, transaction

MOST_BYTES: Final = 5_000_000
"""Events hold words and references; the vendors' own limits lie far below."""

blueprint = Blueprint("webhooks", __name__, url_prefix="/kanal")
csrf.exempt(blueprint)

log = structlog.get_logger("webhooks")


@blueprint.get("/<hook_key>")
def challenge(hook_key: str) -> Response:
    """Answer a vendor that asks whether the address is ours."""
    account, installation = _account(hook_key)
    answer = open_channel(installation, account).challenge(request.args)
    if answer is None:
        return _say(403, "forbidden")
    kind = "application/json" if answer.startswith("{") else "text/plain"
    return Response(answer, 200, content_type=f"{kind}; charset=utf-8")


@blueprint.route("/<hook_key>", methods=["POST", "PUT"], defaults={"path": ""})
@blueprint.route("/<hook_key>/<path:path>", methods=["POST", "PUT"])
@limiter.limit("120/minute", deduct_when=lambda answer: answer.status_code in (401, 403))
def event(hook_key: str, path: str) -> Response:
    """Take an event: 200 once it is on disk, again for a replay; 401 or 403 without proof, 413 too large."""
    account, installation = _account(hook_key)
    request.max_content_length = MOST_BYTES
    raw = request.get_data(cache=False)
    headers = {name.lower(): value for name, value in request.headers.items()}
    headers["fieldops-path"] = path
    channel = open_channel(installation, account)
    try:
        channel.verify(headers, raw)
    except BadSignature as refusal:
        with transaction() as session:
            count_refused(session, account.id)
        return _say(401 if refusal.missing else 403, "signature")
    try:
        key = channel.event_id(headers, raw)
    except ValueError:
        # Proven to be the vendor's, and no event that we know how to name: it is stored under its own digest.
        key = ""
    account_id = account.id
    db.session.remove()  # the disk may be slow: nothing of the database is held meanwhile
    spool: SpoolWriter = current_app.extensions["spool"]
    spool.append(account_id, key or _digest(raw), raw)
    return _say(200)


def _digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _account(hook_key: str) -> tuple[ChannelAccount, Installation]:
    installation: Installation = current_app.extensions["fieldops"]
    return account_by_hook(db.session(), hook_key), installation


def _say(status: int, error: str = "") -> Response:
    body = f'{{"error": "{error}"}}' if error else "{}"
    return Response(body, status, content_type="application/json")


@blueprint.errorhandler(FieldOpsError)
def known(error: FieldOpsError) -> Response:
    """Answer in the vendor's language: a status and a code. What is 503 they send again, such as an event for
    which the disk has no room.
    """
    return _say(503 if error.status >= 500 else error.status, type(error).__name__)


@blueprint.errorhandler(DBAPIError)
def database(error: DBAPIError) -> Response:
    """A database that is away or busy: the vendor sends the event again."""
    log.warning("an event could not be stored", error=type(error).__name__)
    meaning = as_known(error)
    return _say(meaning.status if meaning else 500, "busy")
