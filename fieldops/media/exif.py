"""What a camera wrote beside the picture: which way is up, when, and where.

Anything may be missing, wrong or malformed here without the photo being bad, so nothing raises: what cannot
be read is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from math import isfinite
from typing import Any, Final

from PIL import ExifTags, Image

FIRST_YEAR: Final = 1995
"""Before the first camera that wrote EXIF: a clock that was never set."""


@dataclass(frozen=True, slots=True)
class CameraNotes:
    """What was read.

    Parameters
    ----------
    orientation
        EXIF orientation, 1 to 8; 1 is upright.
    taken_at
        Aware UTC, or None.
    position
        (lon, lat) in degrees, WGS 84, or None.
    """

    orientation: int = 1
    taken_at: datetime | None = None
    position: tuple[float, float] | None = None


def read_camera_notes(image: Image.Image, zone: tzinfo | None) -> CameraNotes:
    """Read an opened image's EXIF.

    Parameters
    ----------
    image
        Opened, not necessarily decoded.
    zone
        Where the camera's clock runs when it does not say so itself; None: such a time is not known.
    """
    try:
        exif = image.getexif()
        main: Mapping[int, Any] = dict(exif)
        camera: Mapping[int, Any] = dict(exif.get_ifd(ExifTags.IFD.Exif))
        gps: Mapping[int, Any] = dict(exif.get_ifd(ExifTags.IFD.GPSInfo))
    except Exception:  # noqa: BLE001 - Pillow's parser fails in many ways on malformed blocks, none of them matters
        return CameraNotes()
    orientation = main.get(ExifTags.Base.Orientation, 1)
    return CameraNotes(
        orientation=orientation if orientation in range(1, 9) else 1,
        taken_at=_camera_time(camera, zone) or _satellite_time(gps),
        position=_position(gps),
    )


def _camera_time(camera: Mapping[int, Any], zone: tzinfo | None) -> datetime | None:
    try:
        text = str(camera[ExifTags.Base.DateTimeOriginal]).strip("\0 ")
        wall = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 - its offset comes in another tag
        offset = _offset(camera.get(ExifTags.Base.OffsetTimeOriginal)) or zone
        return _plausible(wall.replace(tzinfo=offset)) if offset else None
    except (KeyError, ValueError, OverflowError):
        return None


def _offset(text: object) -> tzinfo | None:
    try:
        found = datetime.strptime(str(text).strip("\0 "), "%z").utcoffset()
    except ValueError:
        return None
    return None if found is None else timezone(found)


def _satellite_time(gps: Mapping[int, Any]) -> datetime | None:
    try:
        text = str(gps[ExifTags.GPS.GPSDateStamp]).strip("\0 ").replace("-", ":")
        day = datetime.strptime(text, "%Y:%m:%d").replace(tzinfo=UTC)
        hours, minutes, seconds = (float(part) for part in gps[ExifTags.GPS.GPSTimeStamp])
        return _plausible(day + timedelta(hours=hours, minutes=minutes, seconds=seconds))
    except (KeyError, TypeError, ValueError, OverflowError, ZeroDivisionError):
        return None


def _plausible(moment: datetime) -> datetime | None:
    return moment.astimezone(UTC) if moment.year >= FIRST_YEAR else None


def _position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    try:
        lat = _degrees(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "N", "S")
        lon = _degrees(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "E", "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    if abs(lat) > 90.0 or abs(lon) > 180.0 or (lon, lat) == (0.0, 0.0):
        return None
    return lon, lat


def _degrees(parts: Any, reference: Any, positive: str, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60.0 + seconds / 3600.0
    mark = (reference.decode("ascii", "replace") if isinstance(reference, bytes) else str(reference)).strip(
        "\0 "
    )
    if not isfinite(value) or mark.upper() not in (positive, negative):
        raise ValueError(f"{parts} {reference} is no angle")
    return value if mark.upper() == positive else -value
