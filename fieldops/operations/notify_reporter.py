"""Telling the people behind a request, each by the way they came."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import Message, ServiceRequest
from fieldops.outbox import enqueue, insert_if_absent
from fieldops.queries.reporters import followers_of
from fieldops.queries.requests import duplicates_of

HEARD_BY_DUPLICATES: Final = frozenset(
    {"scheduled", "unscheduled", "postponed", "made_safe", "done", "closed", "referred"}
    | {"no_answer", "asked_again", "came_back"}
)
"""News of a place that the reporters of merged reports hear too, each under their own code."""


def notify_reporters(
    session: Session, request: ServiceRequest, template: str, facts: Mapping[str, Any], *, occasion: str = ""
) -> int:
    """Put one message to each follower of a request, and of its duplicates, into the outbox.

    Parameters
    ----------
    template
        Name of a file in `templates/messages`.
    facts
        What the template needs: codes, dates and figures, never personal data.
    occasion
        Tells one use of a template from the next for the same request, so that nobody is told twice of
        one thing but may be told of the same kind of thing again.

    Returns
    -------
    How many messages were added.
    """
    heard_of = [request]
    if template in HEARD_BY_DUPLICATES:
        heard_of += duplicates_of(session, request.id)
    return sum(_notify(session, one, template, facts, occasion) for one in heard_of)


def _notify(
    session: Session, request: ServiceRequest, template: str, facts: Mapping[str, Any], occasion: str
) -> int:
    added = 0
    for reporter in followers_of(session, request.id):
        if reporter.stopped_at is not None:
            continue
        key = f"{template}:{request.id}:{reporter.id}:{occasion}"
        new = insert_if_absent(
            session,
            Message,
            request_id=request.id,
            reporter_id=reporter.id,
            channel=reporter.channel,
            language=reporter.language,
            template=template,
            facts=dict(facts),
            state="queued",
            dedupe_key=key,
            created_at=clock.now(),
            last_error="",
        )
        if new:
            number = session.scalars(select(Message.id).where(Message.dedupe_key == key)).one()
            enqueue(session, "send_message", {"message_id": number}, dedupe_key=f"send:{number}")
            added += 1
    return added
