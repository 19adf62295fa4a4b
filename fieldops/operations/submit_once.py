"""A report that may be sent twice, by a weak network or an impatient thumb, and is taken once."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

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
    body = body_digest(installation, submission, photos)
    # The key's row comes first: on PostgreSQL a second sender waits here until the first has finished.
    is_new = insert_if_absent(
        session,
        IdempotencyKey,
        scope=SCOPE,
        key=submission.client_key,
        body_digest=body,
        answer={},
        at=clock.now(),
    )
    if not is_new:
        held = session.scalars(
            select(IdempotencyKey).where(
                IdempotencyKey.scope == SCOPE, IdempotencyKey.key == submission.client_key
            )
        ).one()
        if held.body_digest != body:
            raise Conflict(
                "This form was sent already, with other words. Your first report is kept; for another one, "
                "start a new report.",
                field="key",
            )
    submitted = submit_request(session, installation, submission)
    if not submitted.was_known:
        for photo in photos:
            attach_carried_photo(session, submitted.request, photo)
    return submitted


def body_digest(installation: Installation, submission: Submission, photos: Sequence[CarriedPhoto]) -> str:
    """Return a keyed hash of all that was sent; keyed, since a contact alone could be guessed."""
    body = asdict(submission)
    del body["client_key"], body["reported_at"]
    body["photos"] = sorted(photo.sha256 for photo in photos)
    return installation.sealer.stamp(json.dumps(body, sort_keys=True, default=str))
