"""Photos that came before their report was complete: kept at once, carried along sealed, attached at last."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto
from fieldops.media.store import photo_name
from fieldops.models import Photo, ServiceRequest
from fieldops.models.base import as_point
from fieldops.operations.attach_photo import store_photo
from fieldops.operations.hash_photos import ask_for_hashes


@dataclass(frozen=True)
class CarriedPhoto:
    """A stored photo without a request yet. `position` is (lon, lat) in degrees, where its camera says."""

    sha256: str
    width_px: int
    height_px: int
    taken_at: datetime | None
    position: tuple[float, float] | None


def carry_photo(installation: Installation, photo: PreparedPhoto) -> CarriedPhoto:
    """Store a photo's sizes before any unit of work is open and return what is carried on.

    Raises
    ------
    StorageFull
        No room is left.
    """
    store_photo(installation, photo)
    return CarriedPhoto(photo.sha256, photo.width_px, photo.height_px, photo.taken_at, photo.position)


def seal_photo(installation: Installation, photo: CarriedPhoto) -> str:
    """Return a carried photo as a word for a hidden field: unreadable and unforgeable outside."""
    facts = [
        photo.sha256,
        photo.width_px,
        photo.height_px,
        photo.taken_at and photo.taken_at.isoformat(),
        photo.position,
    ]
    return installation.sealer.seal_passing(json.dumps(facts, separators=(",", ":")))


def unseal_photo(installation: Installation, word: str) -> CarriedPhoto:
    """Return the photo of a hidden field.

    Raises
    ------
    InvalidInput
        The word is not ours, or its photo is no longer kept.
    """
    try:
        sha256, width_px, height_px, taken_at, position = json.loads(
            installation.sealer.open_passing(word) or ""
        )
    except (ValueError, TypeError):
        raise _lost() from None
    if not installation.media.exists(photo_name(sha256, "small")):
        raise _lost()
    return CarriedPhoto(
        sha256,
        width_px,
        height_px,
        taken_at and datetime.fromisoformat(taken_at),
        position and tuple(position),
    )


def attach_carried_photo(session: Session, request: ServiceRequest, photo: CarriedPhoto) -> None:
    """Add a stored photo's row to a request; the same photo is added once."""
    known = select(Photo.id).where(Photo.request_id == request.id, Photo.sha256 == photo.sha256)
    if session.scalar(known) is not None:
        return
    session.add(
        Photo(
            request_id=request.id,
            kind="report",
            sha256=photo.sha256,
            width_px=photo.width_px,
            height_px=photo.height_px,
            taken_at=photo.taken_at,
            offered_place=as_point(*photo.position) if photo.position else None,
            added_at=clock.now(),
        )
    )
    session.flush()
    ask_for_hashes(session)


def _lost() -> InvalidInput:
    return InvalidInput("One photo could not be kept. Please choose it again.", field="photos")
