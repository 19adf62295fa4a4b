"""Keeping a photo: the bytes in the media store, the row beside its request or stop."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto
from fieldops.models import Photo, ServiceRequest, Stop
from fieldops.models.base import as_point
from fieldops.operations.hash_photos import ask_for_hashes

MOST_PHOTOS = 3


def store_photo(installation: Installation, photo: PreparedPhoto) -> None:
    """Put a photo's two sizes into the store; call it before the unit of work, since it is slow. Doing it
    twice is harmless: names are the bytes' own digest.

    Raises
    ------
    StorageFull
        No room is left.
    """
    installation.media.put(f"{photo.sha256}-large.jpg", photo.large_jpeg)
    installation.media.put(f"{photo.sha256}-small.jpg", photo.small_jpeg)


def attach_photo(
    session: Session,
    installation: Installation,
    photo: PreparedPhoto,
    *,
    kind: str,
    request: ServiceRequest | None = None,
    stop: Stop | None = None,
) -> Photo:
    """Add a photo's row; the same photo of the same thing is added once.

    Raises
    ------
    InvalidInput
        A request has three photos already.
    """
    store_photo(installation, photo)
    owner = Photo.request_id == request.id if request else Photo.stop_id == (stop.id if stop else None)
    known = session.scalar(select(Photo).where(owner, Photo.sha256 == photo.sha256, Photo.kind == kind))
    if known is not None:
        return known
    if request is not None:
        count = session.scalar(select(func.count()).select_from(Photo).where(owner)) or 0
        if count >= MOST_PHOTOS:
            raise InvalidInput("A report may have at most %(most)s photos.", field="photo", most=MOST_PHOTOS)
    row = Photo(
        request_id=request.id if request else None,
        stop_id=stop.id if stop else None,
        kind=kind,
        sha256=photo.sha256,
        width_px=photo.width_px,
        height_px=photo.height_px,
        taken_at=photo.taken_at,
        offered_place=as_point(*photo.position) if photo.position else None,
        added_at=clock.now(),
    )
    session.add(row)
    session.flush()
    if request is not None:
        ask_for_hashes(session)
    return row
