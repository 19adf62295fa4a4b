"""A report that may be sent twice, by a weak network or an impatient thumb, and is taken once."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import Conflict
from fieldops.installation import Installation
from fieldops.models import IdempotencyKey
from fieldops.operations.carry_photo import CarriedPhoto, attach_carried_photo
from fieldops.operations.submit_request import Submission, Submitted, submit_request
from fieldops.outbox import insert_if_absent

SCOPE: Final = "report"


def submit_once(
    session: Session, installation: Installation, submission: Submission, photos: Sequence[CarriedPhoto]
) -> Submitted:
    """Submit a request with its photos, or return the one that the same key and body made before.

    Raises
    ------
    Conflict
        The key made a report already, from another body.
    InvalidInput, OutOfArea
        From `submit_request`.
    """
    take_key(session, SCOPE, submission.client_key, body_digest(installation, submission, photos), {})
    submitted = submit_request(session, installation, submission)
    if not submitted.was_known:
        for photo in photos:
            attach_carried_photo(session, submitted.request, photo)
    return submitted


def take_key(session: Session, scope: str, key: str, body: str, answer: dict[str, Any]) -> None:
    """Take a form's key before anything else: on PostgreSQL a second sender waits here until the first has
    finished.

    Raises
    ------
    Conflict
        The key came with another body.
    """
    is_new = insert_if_absent(
        session, IdempotencyKey, scope=scope, key=key, body_digest=body, answer=answer, at=clock.now()
    )
    if is_new:
        return
    held = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    ).one()
    if held.body_digest != body:
        raise Conflict(
            "This form was sent already, with other words. Your first report is kept; for another one, "
            "start a new report.",
            field="key",
        )


def body_digest(installation: Installation, submission: Submission, photos: Sequence[CarriedPhoto]) -> str:
    """Return a keyed hash of all that was sent; keyed, since a contact alone could be guessed."""
    body = asdict(submission)
    del body["client_key"], body["reported_at"]
    body["photos"] = sorted(photo.sha256 for photo in photos)
    return installation.sealer.stamp(json.dumps(body, sort_keys=True, default=str))
