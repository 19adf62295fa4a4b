"""The report form as it was sent: parsed, checked field by field, and kept whole for showing it again."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from fieldops import i18n
from fieldops.domain.places import LocationSource
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.installation import Installation
from fieldops.operations.follow_request import channel_of
from fieldops.operations.submit_request import Submission, checked
from fieldops.queries.public import kelurahan_centre
from fieldops.queries.services import active_service
from fieldops.web.citizen.place import read_degrees, read_metres, read_plus_code

TEXTS = (
    "key", "service", "words", "lat", "lon", "plus_code", "location_source", "address", "kelurahan",
    "landmark", "severity", "contact", "anonymous", "confidential",
)  # fmt: skip
SOURCES = {
    "gps": LocationSource.GPS, "exif": LocationSource.EXIF, "photo": LocationSource.EXIF,
    "drag": LocationSource.DRAG, "tap": LocationSource.DRAG, "typed": LocationSource.TYPED,
}  # fmt: skip
SEVERITIES = {"1": 1, "2": 2, "3": 3}

Errors = dict[str, FieldOpsError]


@dataclass
class ReportForm:
    """What the page's fields hold. `kept` are sealed words of photos that are stored already."""

    values: dict[str, str]
    kept: list[str] = field(default_factory=list)
    errors: Errors = field(default_factory=dict)

    @classmethod
    def empty(cls, given: Mapping[str, str]) -> "ReportForm":
        """Return a fresh form; a link may bring a service and a place."""
        values = dict.fromkeys(TEXTS, "")
        for name in ("service", "lat", "lon", "address"):
            values[name] = given.get(name, "")[:200]
        values |= {"key": str(uuid.uuid4()), "severity": "2"}
        return cls(values)

    @classmethod
    def sent(cls, form: "MultiDict[str, str]") -> "ReportForm":
        """Return the form as it came."""
        values = {name: form.get(name, "") for name in TEXTS}
        values["accuracy_m"] = form.get("accuracy_m") or form.get("location_accuracy_m", "")
        return cls(values, kept=[word for word in form.getlist("kept_photo") if word])

    def submission(self, session: Session, installation: Installation) -> Submission:
        """Return what the operation takes. Faults are in `errors` afterwards, by field."""
        lon, lat, source = self._place(installation)
        submission = Submission(
            service_code=self.values["service"],
            words=self.values["words"],
            client_key=self.values["key"],
            lon=lon,
            lat=lat,
            accuracy_m=read_metres(self.values.get("accuracy_m", "")),
            location_source=source,
            address=self._address(session),
            landmark=self.values["landmark"],
            severity=SEVERITIES.get(self.values["severity"], 0),
            language=i18n.language(),
            anonymous=bool(self.values["anonymous"]),
            confidential=bool(self.values["confidential"]),
            contact=self.values["contact"].strip(),
        )
        self._check(session, installation, submission)
        return submission

    def _place(self, installation: Installation) -> tuple[float | None, float | None, LocationSource]:
        lat = self._try(lambda: read_degrees(self.values["lat"], "lat"))
        lon = self._try(lambda: read_degrees(self.values["lon"], "lon"))
        source = SOURCES.get(self.values["location_source"], LocationSource.TYPED)
        if lon is None and lat is None:
            decoded = self._try(lambda: read_plus_code(self.values["plus_code"], installation.city))
            if decoded is not None:
                return decoded[0], decoded[1], LocationSource.TYPED
        return lon, lat, source

    def _address(self, session: Session) -> str:
        address, number = self.values["address"].strip(), self.values["kelurahan"]
        area = kelurahan_centre(session, int(number)) if number.isdecimal() and len(number) < 10 else None
        if area is None or area[0].lower() in address.lower():
            return address
        return f"{address}, {area[0]}" if address else ""

    def _check(self, session: Session, installation: Installation, submission: Submission) -> None:
        """Ask every rule that can be asked on its own, so that all faults are shown at once."""
        if not self.values["service"]:
            self.fault(InvalidInput("Choose a kind of problem.", field="service"))
        else:
            self._try(lambda: active_service(session, submission.service_code))
        if submission.contact:
            self._try(lambda: channel_of(submission.contact))
        rest = submission
        if {"lat", "lon", "plus_code"} & set(self.errors):  # said already; what else is wrong?
            rest = replace(submission, lon=None, lat=None, address=submission.address or "-")
        self._try(lambda: checked(rest, installation))

    def fault(self, error: FieldOpsError) -> None:
        """Keep the first fault of a field."""
        self.errors.setdefault(error.field or "form", error)

    def _try(self, rule: Callable[[], Any]) -> Any:
        try:
            return rule()
        except FieldOpsError as error:
            self.fault(error)
            return None
