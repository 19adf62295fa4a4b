"""The demonstration's requests, their people and their photos as rows."""

from datetime import timedelta

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.demo.city import DemoCity
from fieldops.demo.lifecycle import DemoStep
from fieldops.demo.logins import DEMO_SOURCE
from fieldops.demo.photos import draw
from fieldops.demo.requests import DemoRequest
from fieldops.domain.places import LocationSource
from fieldops.domain.request_states import ENDED, RequestStatus
from fieldops.installation import Installation
from fieldops.media.photos import read_photo
from fieldops.models import Follower, Reporter, ServiceRequest
from fieldops.operations.add_requests import HistoryLine, ReadyRequest, add_requests
from fieldops.operations.attach_photo import attach_photo, store_photo
from fieldops.queries.services import active_services
from fieldops.transaction import transaction

PHOTO_DAYS = 10
"""Photos are drawn for what is open and for what was reported since."""

UNDER_WAY = (RequestStatus.SCHEDULED, RequestStatus.IN_PROGRESS)


def add_demo_requests(session: Session, installation: Installation, made: DemoCity) -> dict[str, int]:
    """Insert all requests with their histories and followers; return ids by external key."""
    services = {service.code: service for service in active_services(session)}
    ready = []
    for told in made.requests:
        service = services[told.service_code]
        steps = known_steps(told)
        last = steps[-1]
        columns = {
            "service_id": service.id,
            "department_id": service.department_id,
            "status": last.status.value,
            "severity": told.severity,
            "words": told.words,
            "channel": told.channel.value,
            "language": "id" if told.language == "jv" else told.language,
            "location_state": told.location_state.value,
            "location_source": (told.location_source or LocationSource.TEXT).value,
            "accuracy_m": told.accuracy_m,
            "address": told.street or told.kelurahan,
            "landmark": told.landmark,
            "anonymous": told.anonymous,
            "confidential": told.confidential,
            "reported_at": told.reported_at,
            "received_at": told.reported_at,
            "ended_at": last.at if last.status in ENDED else None,
            "closed_reason": dict(last.facts).get("closed_reason"),
            "times_reopened": sum(step.status is RequestStatus.REOPENED for step in steps),
        }
        history = [
            HistoryLine(step.status.value, step.at, step.actor.value, step.words, dict(step.facts))
            for step in steps
        ]
        ready.append(ReadyRequest(told.external_key, columns, told.lon, told.lat, history))
    ids = add_requests(session, installation, DEMO_SOURCE, ready)
    _link_duplicates(session, made, ids)
    _add_followers(session, installation, made, ids)
    return ids


def known_steps(told: DemoRequest) -> list[DemoStep]:
    """Return a history without a tail that needs a batch: today's batches are planned when this is loaded."""
    steps = list(told.history)
    while steps[-1].status in UNDER_WAY:
        steps.pop()
    return steps


def _link_duplicates(session: Session, made: DemoCity, ids: dict[str, int]) -> None:
    for told in made.requests:
        original = next(
            (
                dict(step.facts)["duplicate_of"]
                for step in told.history
                if step.status is RequestStatus.DUPLICATE
            ),
            None,
        )
        if original in ids:
            session.get_one(ServiceRequest, ids[told.external_key]).duplicate_of_id = ids[original]
    session.flush()


def _add_followers(session: Session, installation: Installation, made: DemoCity, ids: dict[str, int]) -> None:
    sealer = installation.sealer
    people = {told.contact: told for told in reversed(made.requests) if told.contact}
    digests = {contact: sealer.contact_digest(contact) for contact in people}
    session.execute(
        insert(Reporter),
        [
            {
                "channel": "email",
                "contact_digest": digests[contact],
                "contact_sealed": sealer.seal(contact),
                "name_sealed": None,
                "language": "id" if told.language == "jv" else told.language,
                "created_at": told.reported_at,
            }
            for contact, told in people.items()
        ],
    )
    numbers = {row[0]: row[1] for row in session.execute(select(Reporter.contact_digest, Reporter.id))}
    session.execute(
        insert(Follower),
        [
            {
                "request_id": ids[told.external_key],
                "reporter_id": numbers[digests[told.contact]],
                "part": "author",
                "since": told.reported_at,
            }
            for told in made.requests
            if told.contact
        ],
    )


def add_demo_photos(installation: Installation, made: DemoCity, ids: dict[str, int]) -> int:
    """Draw and attach the photos of open and recent requests; return how many."""
    since = clock.now() - timedelta(days=PHOTO_DAYS)
    chosen = [
        told for told in made.requests if told.photo and (told.state not in ENDED or told.reported_at > since)
    ]
    for start in range(0, len(chosen), 50):
        part = [
            (told, read_photo(draw(told.photo.kind, told.photo.seed)))
            for told in chosen[start : start + 50]
            if told.photo
        ]
        for _told, photo in part:
            store_photo(installation, photo)
        with transaction() as session:
            for told, photo in part:
                request = session.get_one(ServiceRequest, ids[told.external_key])
                attach_photo(session, installation, photo, kind="report", request=request)
    return len(chosen)
