"""What a crew's forms send, read into a report. Every field's error names its field."""

import math
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from werkzeug.datastructures import FileStorage, MultiDict

from fieldops.domain.work_order_states import StopEventKind
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto, read_photo
from fieldops.operations.record_stop_event import StopReport
from fieldops.web.crew.words import MEANS

KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
PAIR: Final = re.compile(r"([-−]?\d{1,3}(?:[.,]\d+)?)[,;\s]\s*([-−]?\d{1,3}(?:[.,]\d+)?)")
MOST_MATERIAL: Final = 1_000_000
MOST_PHOTOS: Final = 3

Form = MultiDict[str, str]


def read_report(
    form: Form, files: Iterable[FileStorage], installation: Installation, kind: StopEventKind
) -> StopReport:
    """Return the report that a form holds.

    Raises
    ------
    InvalidInput
        A field cannot be read; `field` names it.
    PhotoError
        A photo is none, damaged or too large.
    """
    lon, lat = position(form)
    return StopReport(
        kind=kind,
        client_key=client_key(form),
        at=moment(form.get("at", "")),
        lon=lon,
        lat=lat,
        override=form.get("override") == "1",
        words=form.get("words", ""),
        reason=form.get("reason", "").strip(),
        same_as=_same_as(form),
        means=_means(form, kind),
        repair_kind=form.get("repair_kind", "").strip(),
        size=form.get("size", ""),
        material_amount=_amount(form.get("material_amount", "")),
        photos=tuple(photos_of(files, installation)),
    )


def event_kind(form: Form, allowed: Iterable[StopEventKind]) -> StopEventKind:
    """Return the kind of report that a form names.

    Raises
    ------
    InvalidInput
        None of the allowed kinds.
    """
    named = form.get("kind", "")
    found = next((kind for kind in allowed if kind.value == named), None)
    if found is None:
        raise InvalidInput("“%(kind)s” is not something a crew reports here.", field="kind", kind=named[:40])
    return found


def client_key(form: Form) -> str:
    """Return the key that makes sending a form twice harmless.

    Raises
    ------
    InvalidInput
        There is none.
    """
    key = form.get("client_key", "")
    if not KEY.fullmatch(key):
        raise InvalidInput("This page is out of date. Reload it and send again.", field="client_key")
    return key


def moment(text: str) -> datetime | None:
    """Return the phone's time, None when it is none: the report counts, the server's clock then dates it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def position(form: Form) -> tuple[float | None, float | None]:
    """Return (lon, lat) in degrees as the phone sent them, None where it sent nothing.

    Raises
    ------
    InvalidInput
        They are no position.
    """
    lat_text, lon_text = form.get("lat", "").strip(), form.get("lon", "").strip()
    if not lat_text and not lon_text:
        return None, None
    try:
        lat, lon = float(lat_text.replace(",", ".")), float(lon_text.replace(",", "."))
    except ValueError:
        lat = lon = math.nan
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
        raise InvalidInput(
            "“%(lat)s, %(lon)s” is not a position in degrees.",
            field="lat",
            lat=lat_text[:20],
            lon=lon_text[:20],
        )
    return lon, lat


def accuracy(form: Form) -> float | None:
    """Return how good the phone says its position is, in metres; None when it says nothing of use."""
    try:
        said = float(form.get("accuracy", "").strip().replace(",", "."))
    except ValueError:
        return None
    return said if math.isfinite(said) and said > 0 else None


def typed_position(form: Form) -> tuple[float | None, float | None]:
    """Return (lon, lat) of coordinates that were typed or pasted as one text, latitude first as maps give it.

    Raises
    ------
    InvalidInput
        They are no pair of numbers.
    """
    text = form.get("coordinates", "").strip()
    if not text:
        return None, None
    found = PAIR.fullmatch(text)
    if found is None:
        raise InvalidInput(
            "“%(text)s” is not a position: write latitude and longitude, such as -7.5661, 110.8243.",
            field="coordinates",
            text=text[:40],
        )
    lat, lon = (float(part.replace(",", ".").replace("−", "-")) for part in found.groups())
    return lon, lat


def _means(form: Form, kind: StopEventKind) -> str:
    means = form.get("means", "").strip()
    if means and means not in MEANS:
        raise InvalidInput("Choose how the place was made safe.", field="means")
    return means if kind is StopEventKind.MADE_SAFE else ""


def _same_as(form: Form) -> int | None:
    named = form.get("same_as", "").strip()
    if not named:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", named):
        raise InvalidInput("Choose which place it is the same as.", field="same_as")
    return int(named)


def _amount(text: str) -> int | None:
    text = text.strip().replace(".", "").replace(",", "").replace(" ", "")
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,9}", text) or int(text) > MOST_MATERIAL:
        raise InvalidInput("Write the material used as a whole number, such as 80.", field="material_amount")
    return int(text)


def photos_of(files: Iterable[FileStorage], installation: Installation) -> list[PreparedPhoto]:
    """Return the photos that came with a form.

    Raises
    ------
    InvalidInput
        Too many.
    PhotoError
        One is none, damaged or too large.
    """
    sent = [file for file in files if file.filename]
    if len(sent) > MOST_PHOTOS:
        raise InvalidInput("Send at most %(most)s photos at a time.", field="photo", most=MOST_PHOTOS)
    zone = ZoneInfo(installation.city.time_zone)
    most = installation.settings.max_photo_mb * 1_000_000
    found: list[PreparedPhoto] = []
    for file in sent:
        try:
            found.append(read_photo(file.stream, file_name=file.filename or "", zone=zone, max_bytes=most))  # type: ignore[arg-type]
        except FieldOpsError as error:
            error.field = "photo"
            raise
    return found
