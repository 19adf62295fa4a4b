"""Judging rows: each becomes a request by the rules of the one door, or is refused with its reason."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd

from fieldops import clock
from fieldops.domain.places import LocationSource, LocationState
from fieldops.domain.request_states import ENDED, ClosedReason, RequestStatus
from fieldops.domain.scrubbing import scrub
from fieldops.errors import InvalidInput, OutOfArea
from fieldops.imports.chunks import Chunk, Refusal, text_of
from fieldops.imports.codes import Codes
from fieldops.imports.mapping import Mapping
from fieldops.imports.places import Place, PlaceReader, read_number
from fieldops.imports.times import EARLIEST, read_times
from fieldops.installation import Installation
from fieldops.operations.follow_request import channel_of
from fieldops.operations.import_requests import OldRequest
from fieldops.operations.submit_request import Submission, checked

LONGEST_KEY: Final = 100
SHOWN: Final = (
    "external_key",
    "reported_at",
    "closed_at",
    "status",
    "service",
    "severity",
    "x",
    "y",
    "accuracy_m",
)
"""Keys of columns whose values may stand in a report; the others may hold something personal."""


@dataclass
class Judged:
    """What became of a chunk's rows; the four add up to `rows`."""

    rows: int
    taken: list[OldRequest] = field(default_factory=list)
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)


class Refused(Exception):
    """A row that is not taken, inside this module."""

    def __init__(self, code: str, key: str, error: InvalidInput) -> None:
        super().__init__(code)
        self.code, self.key, self.error = code, key, error


@dataclass(frozen=True)
class _Times:
    """When a row was reported and closed; None where there is nothing, `wrong` where it is no time."""

    reported_at: datetime | None
    reported_wrong: bool
    closed_at: datetime | None
    closed_wrong: bool


class Judge:
    """Judges a file's chunks in order; remembers their keys, so that a key counts once."""

    def __init__(self, mapping: Mapping, installation: Installation, codes: Codes, crs: str | None) -> None:
        self.mapping = mapping
        self.installation = installation
        self.codes = codes
        self.places = PlaceReader(mapping, crs)
        self.as_of = mapping.time.as_of_moment
        self.tomorrow = clock.now() + timedelta(days=1)
        self.seen: dict[str, tuple[int, bytes]] = {}

    def judge(self, chunk: Chunk) -> Judged:
        """Return what becomes of each row of a chunk."""
        judged = Judged(chunk.rows, refused=list(chunk.refused))
        chunk = replace(chunk, frame=self._without_marks(chunk.frame))
        cells = {str(n): [text_of(value) for value in chunk.frame[n].array] for n in chunk.frame.columns}
        times = self._times(chunk.frame)
        places = self.places.read(chunk)
        for row, (line, place) in enumerate(zip(chunk.lines, places, strict=True)):
            values = {column: texts[row] for column, texts in cells.items()}
            key = ""
            try:
                key = self._key(values)
                if self._is_repeated(key, line, values, place):
                    judged.repeated += 1
                else:
                    judged.taken.append(self._request(key, values, times[row], place))
            except Refused as refused:
                judged.refused.append(self._refusal(line, key, refused, values))
        judged.refused.sort(key=lambda found: found.line)
        return judged

    def _without_marks(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the cells with nothing where one of the mapping's marks for nothing stands."""
        marks = set(self.mapping.file.missing)
        return frame.map(lambda cell: None if text_of(cell) in marks else cell) if marks else frame

    def _times(self, frame: pd.DataFrame) -> list[_Times]:
        columns, form = self.mapping.columns, self.mapping.time
        reported, reported_wrong = read_times(frame[columns.reported_at], form)
        if columns.closed_at:
            closed, closed_wrong = read_times(frame[columns.closed_at], form)
        else:
            closed, closed_wrong = pd.Series([pd.NaT] * len(frame)), np.zeros(len(frame), dtype=bool)
        return [
            _Times(_moment(when), bool(wrong), _moment(end), bool(end_wrong))
            for when, wrong, end, end_wrong in zip(
                reported, reported_wrong, closed, closed_wrong, strict=True
            )
        ]

    def _key(self, values: dict[str, str]) -> str:
        parts = [values[column] for column in self.mapping.columns.key_parts]
        if not all(parts):
            raise Refused(
                "no_key",
                "external_key",
                InvalidInput("The row has no key, so a second import would not know it."),
            )
        key = "|".join(parts)
        if len(key) <= LONGEST_KEY:
            return key
        if len(parts) == 1:
            raise Refused(
                "key_too_long",
                "external_key",
                InvalidInput("The key has more than %(most)s characters.", most=LONGEST_KEY),
            )
        return hashlib.sha256(key.encode()).hexdigest()

    def _is_repeated(self, key: str, line: int, values: dict[str, str], place: Place) -> bool:
        """Return whether the same row came before; refuse another row under a key that is taken."""
        said = "\0".join(values.values()) + f"\0{place.x}\0{place.y}"
        content = hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        first_line, first_content = self.seen.setdefault(key, (line, content))
        if first_line == line:
            return False
        if first_content == content:
            return True
        raise Refused(
            "key_used_twice",
            "external_key",
            InvalidInput("The key was used before, at %(line)s, for something else.", line=first_line),
        )

    def _request(self, key: str, values: dict[str, str], times: _Times, place: Place) -> OldRequest:
        columns = self.mapping.columns
        reported_at = self._reported_at(times)
        status, ended_at, reason = self._end(values, times, reported_at)
        address, landmark = values.get(columns.address, ""), scrub(values.get(columns.landmark, ""))
        if place.error is not None:
            raise Refused(place.code, place.key, place.error)
        lon, lat, state = place.lon, place.lat, LocationState.CONFIRMED
        if place.is_stand_in:
            # With an address staff can find it; with nothing else the stand-in is all there is to show.
            state = LocationState.ESTIMATED
            if address or landmark:
                lon = lat = None
        submission = Submission(
            service_code=self._code("service", self.codes.service_of, values.get(columns.service, "")),
            words=self._words(values),
            client_key=key,
            lon=lon,
            lat=lat,
            accuracy_m=self._accuracy_m(values),
            location_source=LocationSource.IMPORT,
            address=address,
            landmark=landmark,
            severity=self._code("severity", self.codes.severity_of, values.get(columns.severity, "")),
            channel=self.mapping.channel,
            language=self.mapping.language,
            anonymous=self.mapping.privacy.anonymous,
            confidential=self.mapping.privacy.confidential,
            contact=self._contact(values),
            source=self.mapping.source,
            reported_at=reported_at,
        )
        return OldRequest(
            self._checked(submission),
            status,
            ended_at,
            reason,
            values.get(columns.duplicate_of, "") if status is RequestStatus.DUPLICATE else "",
            state,
        )

    def _reported_at(self, times: _Times) -> datetime:
        if times.reported_wrong:
            raise Refused("bad_time", "reported_at", InvalidInput("The time of the report cannot be read."))
        if times.reported_at is None:
            raise Refused("no_time", "reported_at", InvalidInput("The time of the report is missing."))
        if times.reported_at < EARLIEST:
            raise Refused("too_old", "reported_at", InvalidInput("The time of the report lies before 1970."))
        if self.as_of is not None and times.reported_at > self.as_of:
            raise Refused(
                "after_as_of",
                "reported_at",
                InvalidInput("The report came after the moment that the mapping names in time.as_of."),
            )
        return times.reported_at

    def _end(
        self, values: dict[str, str], times: _Times, reported_at: datetime
    ) -> tuple[RequestStatus, datetime | None, ClosedReason | None]:
        columns = self.mapping.columns
        status = self._code("status", self.codes.status_of, values.get(columns.status, ""))
        if status not in ENDED:
            return status, None, None
        if times.closed_wrong:
            raise Refused("bad_time", "closed_at", InvalidInput("The time of closing cannot be read."))
        if times.closed_at is None:
            raise Refused(
                "no_closing_time",
                "closed_at",
                InvalidInput("It is closed, but the time of closing is missing."),
            )
        if times.closed_at < reported_at:
            raise Refused(
                "closed_before_reported",
                "closed_at",
                InvalidInput("It was closed before it was reported, so one of the times is wrong."),
            )
        if times.closed_at > self.tomorrow:
            raise Refused(
                "closed_in_future", "closed_at", InvalidInput("The time of closing lies in the future.")
            )
        if self.as_of is not None and times.closed_at > self.as_of:
            return RequestStatus.SUBMITTED, None, None
        status, reason = self.codes.outcome_of(status, values.get(columns.outcome, ""))
        return status, times.closed_at, reason

    def _code(self, key: str, read: Any, text: str) -> Any:
        try:
            return read(text)
        except InvalidInput as error:
            raise Refused(f"unknown_{key}", key, error) from None

    def _words(self, values: dict[str, str]) -> str:
        pieces = [text + (values[column] if column else "") for text, column in self.mapping.template]
        return scrub(" ".join("".join(pieces).split()).strip(" :;,-"))

    def _accuracy_m(self, values: dict[str, str]) -> float | None:
        text = values.get(self.mapping.columns.accuracy_m, "")
        if not text:
            return self.mapping.place.accuracy_m
        accuracy_m = read_number(text, self.mapping.file.decimal)
        if accuracy_m is None or not 0 < accuracy_m <= 10_000:
            raise Refused(
                "bad_accuracy",
                "accuracy_m",
                InvalidInput("The accuracy is not a number of metres from 0 to 10,000."),
            )
        return accuracy_m

    def _contact(self, values: dict[str, str]) -> str:
        contact = values.get(self.mapping.columns.contact, "")
        if contact:
            try:
                channel_of(contact)
            except InvalidInput as error:
                raise Refused("bad_contact", "contact", error) from None
        return contact

    def _checked(self, submission: Submission) -> Submission:
        try:
            return checked(submission, self.installation)
        except OutOfArea as error:
            raise Refused("out_of_area", "x", error) from None
        except InvalidInput as error:
            key = {"lon": "x", "lat": "y", "place": "x"}.get(error.field or "", error.field or "")
            raise Refused(f"bad_{error.field}", key, error) from None

    def _refusal(self, line: int, key: str, refused: Refused, values: dict[str, str]) -> Refusal:
        named = getattr(self.mapping.columns, refused.key, "")
        column = ", ".join(named) if isinstance(named, list) else named or refused.key
        value = values.get(column, "") if refused.key in SHOWN else ""
        return Refusal(line, key, refused.code, column, refused.error, value[:LONGEST_KEY])


def _moment(when: Any) -> datetime | None:
    return None if when is pd.NaT else when.to_pydatetime()
