"""Reading a photo somebody sent, which may be anything."""

import hashlib
import warnings
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from io import BytesIO
from pathlib import PurePosixPath
from threading import Lock
from typing import BinaryIO, Final

import pillow_heif
from PIL import Image

from fieldops.media.errors import PhotoDamaged, PhotoNotAnImage, PhotoTooLarge, PhotoTooManyPixels
from fieldops.media.exif import read_camera_notes
from fieldops.media.rendering import decode, fitted, jpeg, upright

MOST_BYTES: Final = 20_000_000
MOST_PIXELS: Final = 50_000_000
LARGE_PX: Final = 1600
SMALL_PX: Final = 480
BIG_PIXELS: Final = 16_000_000

_one_big_photo: Final = Lock()
"""A photo of 49 megapixels takes 40 to 750 MB to decode, by format: in each process one after the other."""

pillow_heif.register_heif_opener(thumbnails=False)
# Pillow itself refuses what is far too large before it reads on; for the whole process, so that no way round.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A photo ready to be stored.

    Parameters
    ----------
    large_jpeg, small_jpeg
        Upright, sRGB, without any metadata, at most 1600 and 480 px long; never enlarged.
    width_px, height_px
        Size of `large_jpeg`.
    taken_at
        When, aware UTC; None when the camera did not say or its zone is not known.
    position
        (lon, lat) in degrees, WGS 84, where the camera says it was; None when it doesn't.
    sha256
        Of the bytes as they were sent, 64 hexadecimal digits: the same file again has the same.
    """

    large_jpeg: bytes = field(repr=False)
    small_jpeg: bytes = field(repr=False)
    width_px: int
    height_px: int
    taken_at: datetime | None
    position: tuple[float, float] | None = field(repr=False)
    sha256: str


def read_photo(
    source: bytes | BinaryIO,
    *,
    file_name: str = "",
    zone: tzinfo | None = None,
    max_bytes: int = MOST_BYTES,
    max_pixels: int = MOST_PIXELS,
) -> PreparedPhoto:
    """Read a JPEG, PNG, WebP or HEIC photo, told by its content.

    Parameters
    ----------
    source
        The bytes, or a binary stream that is read from where it stands to at most `max_bytes` + 1.
    file_name
        What its sender calls it; appears in errors and nowhere else.
    zone
        Time zone of a camera that does not tell its own.
    max_bytes, max_pixels
        The most that is accepted.

    Raises
    ------
    PhotoTooLarge
        More bytes than `max_bytes`.
    PhotoNotAnImage
        Empty, or none of the four formats.
    PhotoTooManyPixels
        More pixels than `max_pixels` by its header, before anything is decoded.
    PhotoDamaged
        The picture cannot be decoded to its end.
    """
    name = shown_name(file_name)
    data = source[: max_bytes + 1] if isinstance(source, bytes) else source.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise PhotoTooLarge(
            "The photo %(file)s is larger than %(most_mb)s MB.", file=name, most_mb=round(max_bytes / 1e6)
        )
    kind = _format(data)
    if kind is None:
        raise PhotoNotAnImage(
            "%(file)s is not a photo. JPEG, PNG, WebP and HEIC photos can be sent.", file=name
        )
    try:
        with Image.open(BytesIO(data), formats=[kind]) as image:
            if image.width * image.height > max_pixels:
                raise Image.DecompressionBombError
            with _one_big_photo if image.width * image.height > BIG_PIXELS else nullcontext():
                decode(image, LARGE_PX)
                notes = read_camera_notes(image, zone)
                large = upright(image, notes.orientation, LARGE_PX)
            small = fitted(large, SMALL_PX)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoTooManyPixels(
            "The photo %(file)s has more than %(most)s megapixels.", file=name, most=round(max_pixels / 1e6)
        ) from error
    except (
        Exception
    ) as error:  # decoders of hostile data fail in many ways; each means the same to the sender
        raise PhotoDamaged(
            "The photo %(file)s is damaged or incomplete. Send it again or choose another one.", file=name
        ) from error
    return PreparedPhoto(
        large_jpeg=jpeg(large),
        small_jpeg=jpeg(small),
        width_px=large.width,
        height_px=large.height,
        taken_at=notes.taken_at,
        position=notes.position,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def shown_name(file_name: str) -> str:
    """Return a file's name as it may stand in a sentence: no folders, nothing unprintable, not long."""
    last = PurePosixPath(file_name.replace("\\", "/")).name
    printable = "".join(letter for letter in last if letter.isprintable()).strip()
    return f"{printable[:40]}…{printable[-12:]}" if len(printable) > 60 else printable or "?"


def _format(data: bytes) -> str | None:
    """Return Pillow's name of the format that the first bytes show."""
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[4:8] == b"ftyp" and data[8:12] in (
        b"heic",
        b"heix",
        b"heim",
        b"heis",
        b"hevc",
        b"hevx",
        b"mif1",
        b"msf1",
    ):
        return "HEIF"
    return None
