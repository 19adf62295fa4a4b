"""Keeping a photo somebody sent in a conversation: read, made smaller, without its camera's notes."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.errors import FieldOpsError
from fieldops.installation import Installation
from fieldops.media.photos import PreparedPhoto, read_photo
from fieldops.models import ConversationFile, Photo
from fieldops.models.base import as_point
from fieldops.operations.attach_photo import store_photo


def keep_inline_photo(
    session: Session, installation: Installation, file: ConversationFile, data: bytes
) -> bool:
    """Keep a photo that came along with its message; return whether it could be read.

    What is no photo, or too large, is refused: the officer sees that something was attached, and asks again.
    """
    prepared = prepared_photo(installation, data)
    if prepared is None:
        file.state = "refused"
        return False
    store_photo(installation, prepared)
    add_photo(session, file, prepared)
    return True


def prepared_photo(installation: Installation, data: bytes) -> PreparedPhoto | None:
    """Return the photo ready to be kept, or None where the bytes are no photo that we take."""
    try:
        return read_photo(data, max_bytes=installation.settings.max_photo_mb * 1_000_000)
    except FieldOpsError:
        return None


def add_photo(session: Session, file: ConversationFile, prepared: PreparedPhoto) -> Photo:
    """Add a stored photo's row and tie it to what was attached."""
    row = Photo(
        kind="conversation",
        sha256=prepared.sha256,
        width_px=prepared.width_px,
        height_px=prepared.height_px,
        taken_at=prepared.taken_at,
        offered_place=as_point(*prepared.position) if prepared.position else None,
        added_at=clock.now(),
    )
    session.add(row)
    session.flush()
    file.photo_id, file.state = row.id, "stored"
    return row
