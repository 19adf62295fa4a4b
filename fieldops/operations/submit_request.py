"""The one door for a new request, whatever way it came."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.places import Channel, LocationSource, LocationState
from fieldops.domain.references import digest, new_request_code
from fieldops.domain.request_states import REQUEST_MOVES, RequestStatus
from fieldops.domain.roles import THE_REPORTER, By
from fieldops.domain.waitings import WaitingKind
from fieldops.errors import InvalidInput, OutOfArea
from fieldops.installation import Installation
from fieldops.models import Service, ServiceRequest, StatusChange
from fieldops.operations.follow_request import follow_request
from fieldops.operations.locate_request import Located, locate
from fieldops.operations.map_place import put_on_map
from fieldops.operations.notify_reporter import notify_reporters
from fieldops.operations.run_waitings import start_waiting
from fieldops.outbox import enqueue
from fieldops.queries.services import active_service

MOST_WORDS: Final = 4000
MOST_ADDRESS: Final = 200
MOST_KEY: Final = 100
ASSUMED_ACCURACY_M: Final = {LocationSource.DRAG: 8.0, LocationSource.EXIF: 15.0, LocationSource.GPS: 20.0}
"""What a position is taken to be good for when its source says nothing (ours)."""


@dataclass(frozen=True)
class Submission:
    """What a reporter said.

    `client_key` is a random key of the sending page or the other system's id: the same key twice is one
    request. `lon` and `lat` are degrees; without them an address or a landmark must say where.
    `contact` is told to nobody and stored encrypted.
    """

    service_code: str
    words: str
    client_key: str
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    location_source: LocationSource = LocationSource.DRAG
    address: str = ""
    landmark: str = ""
    severity: int = 2
    channel: Channel = Channel.WEB
    language: str = "id"
    anonymous: bool = False
    confidential: bool = False
    contact: str = ""
    source: str = "fieldops"
    reported_at: datetime | None = None


@dataclass(frozen=True)
class Submitted:
    """The request, the secret of its tracking link, and whether it was here already."""

    request: ServiceRequest
    secret: str
    was_known: bool


def submit_request(
    session: Session, installation: Installation, submission: Submission, by: By = THE_REPORTER
) -> Submitted:
    """Take a new request, start its history and queue what follows.

    Raises
    ------
    InvalidInput
        Unknown service, missing place, impossible coordinates, words too long; `field` names it.
    OutOfArea
        The point lies outside the served city.
    """
    _check_key(submission.client_key)
    secret = tracking_secret(installation, submission.source, submission.client_key)
    known = session.scalar(
        select(ServiceRequest).where(
            ServiceRequest.source == submission.source, ServiceRequest.external_key == submission.client_key
        )
    )
    if known is not None:
        return Submitted(known, secret, was_known=True)
    service = active_service(session, submission.service_code)
    submission = checked(submission, installation)
    request = _new_request(session, installation, submission, service, secret)
    session.add(request)
    session.flush()
    record_submission(session, request, by)
    if submission.contact.strip():
        follow_request(
            session, installation, request, submission.contact, part="author", language=submission.language
        )
    if request.place is not None:
        enqueue(session, "group_request", {"request_id": request.id}, dedupe_key=f"group:{request.id}")
    if request.location_state != LocationState.CONFIRMED.value:
        start_waiting(session, request, WaitingKind.PLACE, by)
    notify_reporters(session, request, "received", {})
    return Submitted(request, secret, was_known=False)


def tracking_secret(installation: Installation, source: str, client_key: str) -> str:
    """Return the secret of a request's tracking link."""
    return installation.sealer.link_secret("track", f"{source}\0{client_key}")


def record_submission(session: Session, request: ServiceRequest, by: By) -> None:
    """Append the first line of a request's history."""
    REQUEST_MOVES.check(None, RequestStatus.SUBMITTED, by.actor, {"channel"})
    session.add(
        StatusChange(
            request_id=request.id,
            source=None,
            target=RequestStatus.SUBMITTED.value,
            actor=by.actor.value,
            user_id=by.user_id,
            at=request.received_at,
            facts={"channel": request.channel},
        )
    )


def _check_key(key: str) -> None:
    if not key.isprintable() or not 0 < len(key) <= MOST_KEY:
        raise InvalidInput(
            "The report's key is missing or too long. Reload the page and send it again.", field="key"
        )


def checked(submission: Submission, installation: Installation) -> Submission:
    """Return the submission cleaned, or refuse it naming the field."""
    if len(submission.words) > MOST_WORDS:
        raise InvalidInput(
            "The description may have at most %(most)s characters.", field="words", most=MOST_WORDS
        )
    if submission.severity not in (1, 2, 3):
        raise InvalidInput("The severity must be light, medium or heavy.", field="severity")
    address, landmark = _plain(submission.address), _plain(submission.landmark)
    for field, words in (("address", address), ("landmark", landmark)):
        if len(words) > MOST_ADDRESS:
            raise InvalidInput("This may have at most %(most)s characters.", field=field, most=MOST_ADDRESS)
    _check_reported_at(submission.reported_at)
    lon, lat = submission.lon, submission.lat
    if lon is None and lat is None and not address and not landmark:
        raise InvalidInput("No location yet. Move the pin or describe the place.", field="place")
    if lon is not None or lat is not None:
        lon, lat = check_coordinates(lon, lat, installation)
    return replace(
        submission,
        address=address,
        landmark=landmark,
        words=_plain(submission.words),
        lon=lon,
        lat=lat,
        accuracy_m=_known_accuracy(submission.accuracy_m),
    )


def _plain(words: str) -> str:
    """Return words without what no database takes as text: NUL and halves of surrogate pairs."""
    return words.replace("\0", "").encode("utf-8", "ignore").decode("utf-8").strip()


def _known_accuracy(accuracy_m: float | None) -> float | None:
    """Return an accuracy that can be; a browser's nonsense counts as unknown."""
    known = accuracy_m is not None and math.isfinite(accuracy_m) and accuracy_m > 0
    return accuracy_m if known else None


def check_coordinates(
    lon: float | None, lat: float | None, installation: Installation
) -> tuple[float, float]:
    """Return a point in degrees that lies in the served city, or say what is wrong with it."""
    if lon is None or lat is None:
        raise InvalidInput("Both latitude and longitude are needed.", field="lat" if lat is None else "lon")
    city = installation.city
    if city.holds(lat, lon):  # first: where longitudes exceed 90 the swapped latitude is no latitude at all
        raise OutOfArea("Latitude and longitude seem to be swapped.", field="lat")
    if not math.isfinite(lon) or not -180 <= lon <= 180:
        raise InvalidInput("The longitude must be a number from −180 to 180.", field="lon")
    if not math.isfinite(lat) or not -90 <= lat <= 90:
        raise InvalidInput("The latitude must be a number from −90 to 90.", field="lat")
    if not city.holds(lon, lat):
        raise OutOfArea(
            "This place lies outside %(city)s, which is as far as we can send a crew.",
            field="place",
            city=city.name,
        )
    return lon, lat


def _check_reported_at(reported_at: datetime | None) -> None:
    if reported_at is not None and reported_at > clock.now() + timedelta(days=1):
        raise InvalidInput("The time of the report lies in the future.", field="reported_at")


def _new_request(
    session: Session, installation: Installation, submission: Submission, service: Service, secret: str
) -> ServiceRequest:
    now = clock.now()
    located: Located | None = None
    if submission.lon is not None and submission.lat is not None:
        located = locate(session, installation.city, submission.lon, submission.lat, installation.roads)
    request = ServiceRequest(
        code=_free_code(session, installation.city.code),
        link_digest=digest(secret),
        source=submission.source,
        external_key=submission.client_key,
        service_id=service.id,
        department_id=service.department_id,
        status=RequestStatus.SUBMITTED.value,
        severity=submission.severity,
        words=submission.words,
        channel=submission.channel.value,
        language=submission.language,
        location_state=(LocationState.CONFIRMED if located else LocationState.NONE).value,
        location_source=submission.location_source.value if located else LocationSource.TEXT.value,
        accuracy_m=submission.accuracy_m or ASSUMED_ACCURACY_M.get(submission.location_source),
        address=submission.address or (located.street if located else ""),
        landmark=submission.landmark,
        anonymous=submission.anonymous,
        confidential=submission.confidential,
        reported_at=submission.reported_at or now,
        received_at=now,
    )
    if located and submission.lon is not None and submission.lat is not None:
        request.area_id = located.area_id
        put_on_map(request, (submission.lon, submission.lat), located.public)
    return request


def _free_code(session: Session, prefix: str) -> str:
    while True:
        code = new_request_code(prefix)
        if session.scalar(select(ServiceRequest.id).where(ServiceRequest.code == code)) is None:
            return code
