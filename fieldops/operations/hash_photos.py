"""What photos look like, as 64 bits: computed apart from taking them in, since it is no hurry."""

from typing import Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.installation import Installation
from fieldops.media.rendering import brightness
from fieldops.media.store import photo_name
from fieldops.models import Photo
from fieldops.outbox import enqueue
from geo.clustering.photos import SIDE, photo_hash

AT_ONCE: Final = 20
"""Some tenths of a second of work, while which nobody else writes on SQLite."""
SAYS_NOTHING: Final = "0" * 16
"""The hash of a picture without contrast, and of one that is too small or gone: compared with nothing."""

log = structlog.get_logger("photos")


def ask_for_hashes(session: Session) -> None:
    """Have new photos of reports hashed in a moment."""
    enqueue(session, "hash_photos", {}, dedupe_key="hash_photos")


def hash_photos(session: Session, installation: Installation) -> int:
    """Hash photos of reports that have no hash yet, and ask to be called again when there are more; return
    how many were hashed.
    """
    photos = session.scalars(
        select(Photo)
        .where(Photo.request_id.is_not(None), Photo.scene_hash.is_(None))
        .order_by(Photo.id.desc())
        .limit(AT_ONCE)
    ).all()
    for photo in photos:
        photo.scene_hash = _hash_of(installation, photo)
    if len(photos) == AT_ONCE:
        ask_for_hashes(session)
    return len(photos)


def _hash_of(installation: Installation, photo: Photo) -> str:
    try:
        with installation.media.open(photo_name(photo.sha256, "small")) as file:
            grey = brightness(file)
    except (NotFound, OSError) as error:
        log.warning("photo not hashed", photo=photo.id, reason=type(error).__name__)
        return SAYS_NOTHING
    return f"{photo_hash(grey):016x}" if min(grey.shape) >= SIDE else SAYS_NOTHING


def scene_of(photo: Photo) -> int:
    """Return a photo's hash as `geo.clustering.photos` compares it; 0 says nothing."""
    return int(photo.scene_hash or SAYS_NOTHING, 16)
