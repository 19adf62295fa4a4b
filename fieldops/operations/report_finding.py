"""Another problem that a crew sees while it is out: a report like any other, through the one door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.places import Channel, LocationSource, LocationState
from fieldops.domain.roles import By
from fieldops.domain.waitings import WaitingKind
from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import Conflict, InvalidInput, NotAllowed
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto
from fieldops.models import ServiceRequest, Stop
from fieldops.models.base import lon_lat
from fieldops.operations.append_stop_event import EventSaid, append_stop_event, known_event, phone_time
from fieldops.operations.attach_photo import attach_photo
from fieldops.operations.run_waitings import start_waiting
from fieldops.operations.submit_once import body_digest, take_key
from fieldops.operations.submit_request import Submission, submit_request
from fieldops.queries.crew_day import own_stop
from fieldops.queries.findings import found_by
from fieldops.queries.plans import crews_led_by
from fieldops.queries.work_orders import get_order

SCOPE: Final = "finding"
SOURCE: Final = "crew"
MOST_WORDS: Final = 1000
NEAR_STOP_M: Final = 50.0
"""How good the place of the stop is taken to be for what was found beside it (ours)."""
SURE_M: Final = 50.0
"""A phone that knows its position less well makes no sure place (product reference §8)."""
LONGEST_WAIT: Final = timedelta(days=7)
"""How long what was found may wait on a phone and still count from when it was seen (ours)."""
DANGEROUS: Final = 3
USUAL: Final = 2


@dataclass(frozen=True)
class Finding:
    """What a crew found.

    `lon`, `lat` are degrees: what was typed, or where the phone stood, which `location_source` tells apart.
    Without them the finding lies at the stop that it was found at. `at` is the phone's time.
    """

    client_key: str
    service_code: str
    words: str = ""
    landmark: str = ""
    dangerous: bool = False
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    location_source: LocationSource = LocationSource.GPS
    at: datetime | None = None
    photos: Sequence[PreparedPhoto] = ()


def report_finding(
    session: Session, installation: Installation, finding: Finding, by: By, stop_id: int | None = None
) -> ServiceRequest:
    """Take what a crew found and return its report; the same key again returns the report that it made.

    It begins private, like what comes by a channel, and has no reporter: nobody is written to. A list that
    was recalled or has ended does not keep it out: what was seen was seen.

    Raises
    ------
    NotAllowed
        Whoever reports leads no crew, or the stop belongs to another one.
    Conflict
        The key made another report already.
    InvalidInput, OutOfArea
        The photo, the kind or the place is missing or cannot be; `field` names it.
    """
    if by.user_id is None or not crews_led_by(session, by.user_id):
        raise NotAllowed("Only who leads a crew reports what a crew found.")
    stop = own_stop(session, stop_id, by.user_id)[0] if stop_id is not None else None
    if len(finding.words) > MOST_WORDS:
        raise InvalidInput("The note may have at most %(most)s characters.", field="words", most=MOST_WORDS)
    if not finding.photos:
        raise InvalidInput("Choose or take a photo first.", field="photo")
    submission = _submission(session, finding, stop)
    body = body_digest(installation, submission, [])
    take_key(session, SCOPE, submission.client_key, body, {"user": by.user_id})
    submitted = submit_request(session, installation, submission, by)
    request = submitted.request
    if submitted.was_known:
        if not found_by(session, request.id, by.user_id):
            raise Conflict("This report's key was used for another one. Reload your list.")
        return request
    if (submission.accuracy_m or 0) > SURE_M:  # the phone stood somewhere here: staff find the place
        request.location_state = LocationState.ESTIMATED.value
        start_waiting(session, request, WaitingKind.PLACE, by)
    for photo in finding.photos:
        attach_photo(session, installation, photo, kind="report", request=request)
    if stop is not None:
        _note_at_stop(session, stop, request, finding, by)
    session.flush()
    return request


def _submission(session: Session, finding: Finding, stop: Stop | None) -> Submission:
    lon, lat, accuracy_m, source = finding.lon, finding.lat, finding.accuracy_m, finding.location_source
    if lon is None and lat is None:
        if stop is None:
            raise InvalidInput(
                "Where is it? The phone does not know its position: write the coordinates.",
                field="coordinates",
            )
        lon, lat = lon_lat(get_order(session, stop.work_order_id).place)
        accuracy_m, source = NEAR_STOP_M, LocationSource.STAFF
    return Submission(
        service_code=finding.service_code,
        words=finding.words,
        client_key=finding.client_key,
        lon=lon,
        lat=lat,
        accuracy_m=accuracy_m,
        location_source=source,
        landmark=finding.landmark,
        severity=DANGEROUS if finding.dangerous else USUAL,
        channel=Channel.CREW,
        anonymous=True,
        confidential=True,
        source=SOURCE,
        reported_at=_reported_at(finding.at),
    )


def _reported_at(at: datetime | None) -> datetime:
    """Return when it was seen: promises count from then, so a phone that lost its clock is not believed."""
    seen, now = phone_time(at), clock.now()
    return seen if seen > now - LONGEST_WAIT else now


def _note_at_stop(session: Session, stop: Stop, request: ServiceRequest, finding: Finding, by: By) -> None:
    is_here = finding.location_source is LocationSource.GPS
    place = (finding.lon, finding.lat) if finding.lon is not None and finding.lat is not None else None
    said = EventSaid(
        StopEventKind.FOUND_NEW,
        finding.client_key,
        finding.at,
        place if is_here else None,  # the board shows where a crew was, not what it pointed at
        finding.words,
        {"request_id": request.id, "code": request.code, "dangerous": finding.dangerous},
    )
    if append_stop_event(session, stop, said, by) is None:
        known_event(session, stop, StopEventKind.FOUND_NEW, finding.client_key)
