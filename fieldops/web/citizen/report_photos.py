"""The photos of a report form: read, stored at once and carried along, so that no fault loses them."""

from dataclasses import replace
from datetime import UTC, datetime

from flask import request
from werkzeug.datastructures import FileStorage

from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.i18n import zone
from fieldops.media.photos import read_photo
from fieldops.operations.attach_photo import MOST_PHOTOS
from fieldops.operations.carry_photo import CarriedPhoto, carry_photo, seal_photo, unseal_photo
from fieldops.web.citizen.place import read_degrees
from fieldops.web.citizen.report_form import ReportForm
from fieldops.web.page import installation


def take_photos(form: ReportForm) -> list[CarriedPhoto]:
    """Return the form's photos, old and new; `form.kept` and `form.errors` are brought up to date."""
    house = installation()
    photos: list[CarriedPhoto] = []
    for word in form.kept:
        try:
            photos.append(unseal_photo(house, word))
        except InvalidInput as error:
            form.fault(error)
    uploads = [upload for upload in request.files.getlist("photos") if upload.filename]
    for number, upload in enumerate(uploads):
        if len(photos) >= MOST_PHOTOS:
            form.fault(
                InvalidInput("A report may have at most %(most)s photos.", field="photos", most=MOST_PHOTOS)
            )
            break
        try:
            photos.append(_with_notes(_take(upload), number))
        except FieldOpsError as error:
            error.field = "photos"
            form.fault(error)
    form.kept = [seal_photo(house, photo) for photo in photos]
    return photos


def _take(upload: FileStorage) -> CarriedPhoto:
    house = installation()
    most_bytes = house.settings.max_photo_mb * 1_000_000
    data = upload.stream.read(most_bytes + 1)
    photo = read_photo(data, file_name=upload.filename or "", zone=zone(), max_bytes=most_bytes)
    return carry_photo(house, photo)


def _with_notes(photo: CarriedPhoto, number: int) -> CarriedPhoto:
    """Add what the sender's phone read before it shrank the photo, where the photo itself says nothing."""
    position, taken_at = photo.position, photo.taken_at
    if position is None:
        position = _noted_position(_note("photos_lon", number), _note("photos_lat", number))
    if taken_at is None:
        taken_at = _noted_time(_note("photos_taken_at", number))
    return replace(photo, position=position, taken_at=taken_at)


def _note(name: str, number: int) -> str:
    notes = request.form.getlist(name)
    return notes[number] if number < len(notes) else ""


def _noted_position(lon_words: str, lat_words: str) -> tuple[float, float] | None:
    try:
        lon, lat = read_degrees(lon_words, "lon"), read_degrees(lat_words, "lat")
    except InvalidInput:
        return None
    if lon is None or lat is None or abs(lon) > 180 or abs(lat) > 90:
        return None
    return lon, lat


def _noted_time(words: str) -> datetime | None:
    try:
        return datetime.strptime(words, "%Y:%m:%d %H:%M:%S").replace(tzinfo=zone()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
