"""What is held about somebody as one document of plain values, in fixed names: docs/own-data-file.md."""

from datetime import datetime
from typing import Any, Final

from fieldops import clock
from fieldops.domain.city import City
from fieldops.models import ConversationMessage, Photo, StatusChange
from fieldops.models.base import lon_lat
from fieldops.operations.gather_own_data import OwnConversation, OwnData, OwnReport

FORMAT: Final = "fieldops-own-data/1"
KEPT: Final = {"contact_months_after_end": 12, "photo_months": 12, "raw_channel_event_days": 30}


def document_of(held: OwnData, city: City, base: str, language: str) -> dict[str, Any]:
    """Return all of it; `base` is the site's address. Times are ISO 8601 in UTC, places degrees (WGS 84)."""
    return {
        "format": FORMAT,
        "made_at": _at(clock.now()),
        "city": city.name,
        "organisation": city.organisation,
        "limited_to_one_report": held.is_limited,
        "contacts": [
            {
                "channel": one.channel,
                "contact": one.masked if held.is_limited else one.contact,
                "name": "" if held.is_limited else one.name,
                "language": one.language,
                "news": not one.is_stopped,
                "since": _at(one.since),
            }
            for one in held.contacts
        ],
        "identities": [
            {"account": one.account, "channel": one.channel, "id": one.identity, "joined": one.is_joined}
            for one in held.identities
        ],
        "reports": [_report(one, base, language) for one in held.reports],
        "conversations": [_conversation(one) for one in held.conversations],
        "messages": [
            {
                "template": one.template,
                "channel": one.channel,
                "language": one.language,
                "state": one.state,
                "created_at": _at(one.created_at),
                "sent_at": _at(one.sent_at),
            }
            for one in held.messages
        ],
        "contact_views": [
            {"at": _at(one.at), "roles": one.roles, "reason": one.reason} for one in held.views
        ],
        "deletion_due_at": _at(held.deletion.due_at) if held.deletion is not None else None,
        "kept": KEPT,
    }


def photo_file(photo: Photo) -> str:
    """Return a photo's name within the packed file."""
    return f"photos/{photo.sha256[:16]}.jpg"


def _report(one: OwnReport, base: str, language: str) -> dict[str, Any]:
    row = one.request
    public = {
        "code": row.code,
        "part": one.part,
        "service_code": one.service.code,
        "service": one.service.name(language),
        "status": row.status,
        "closed_reason": row.closed_reason,
        "reported_at": _at(row.reported_at),
    }
    if one.part != "author":
        return public
    return public | {
        "received_at": _at(row.received_at),
        "ended_at": _at(row.ended_at),
        "channel": row.channel,
        "language": row.language,
        "severity": row.severity,
        "words": row.words,
        "address": row.address,
        "landmark": row.landmark,
        "place": _place(lon_lat(row.place) if row.place is not None else None),
        "accuracy_m": row.accuracy_m,
        "location_source": row.location_source,
        "anonymous": row.anonymous,
        "confidential": row.confidential,
        "tracking_url": f"{base}/lacak/{one.secret}",
        "history": [_change(change) for change in one.history],
        "photos": [_photo(photo) for photo in one.photos],
    }


def _change(change: StatusChange) -> dict[str, Any]:
    return {"at": _at(change.at), "status": change.target, "by": change.actor, "words": change.words}


def _photo(photo: Photo) -> dict[str, Any]:
    where = lon_lat(photo.offered_place) if photo.offered_place is not None else None
    return {
        "file": photo_file(photo),
        "width_px": photo.width_px,
        "height_px": photo.height_px,
        "taken_at": _at(photo.taken_at),
        "added_at": _at(photo.added_at),
        "place": _place(where),
    }


def _conversation(one: OwnConversation) -> dict[str, Any]:
    return {
        "channel": one.channel,
        "account": one.account,
        "started_at": _at(one.started_at),
        "messages": [_message(row) for row in one.messages],
        "photos": [_photo(photo) for photo in one.photos],
    }


def _message(row: ConversationMessage) -> dict[str, Any]:
    return {
        "at": _at(row.at),
        "from": "you" if row.direction == "in" else "city",
        "automatic": row.is_automatic,
        "words": row.words,
        "place": row.facts.get("place"),
        "earlier": [one["words"] for one in row.facts.get("earlier", [])],
    }


def _place(point: tuple[float, float] | None) -> dict[str, float] | None:
    return None if point is None else {"lon": point[0], "lat": point[1]}


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
