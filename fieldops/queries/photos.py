"""Photos of requests and of stops."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.errors import NotFound
from fieldops.models import Photo


def has_photo(session: Session, stop_id: int, kind: str) -> bool:
    """Return whether a stop has a photo of a kind."""
    return (
        session.scalar(select(Photo.id).where(Photo.stop_id == stop_id, Photo.kind == kind).limit(1))
        is not None
    )


def get_photo(session: Session, photo_id: int) -> Photo:
    """Return a photo's row or raise NotFound."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise NotFound("There is no such photo.")
    return photo


def photos_of_requests(session: Session, request_ids: Collection[int]) -> list[Photo]:
    """Return the photos that reporters sent with these requests, oldest first."""
    return list(
        session.scalars(select(Photo).where(Photo.request_id.in_(list(request_ids))).order_by(Photo.id))
    )


def photos_of_stops(session: Session, stop_ids: Collection[int]) -> list[Photo]:
    """Return the photos that crews took at these stops, oldest first."""
    return list(session.scalars(select(Photo).where(Photo.stop_id.in_(list(stop_ids))).order_by(Photo.id)))
