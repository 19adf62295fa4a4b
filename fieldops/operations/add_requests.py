"""Adding many requests with their histories in few statements; single reports go through submit_request."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.references import digest, new_request_code
from fieldops.installation import Installation
from fieldops.models import ServiceRequest, StatusChange
from fieldops.models.base import SRID, Model
from fieldops.operations.locate_requests import locate_many
from fieldops.operations.submit_request import tracking_secret
from geo.tiles.positions import map_keys

LOOK_UP_AT_ONCE = 500


@dataclass(frozen=True)
class HistoryLine:
    """One line of a history that is already known."""

    target: str
    at: datetime
    actor: str
    words: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ReadyRequest:
    """A checked request: `columns` are those of ServiceRequest that its source knows, `lon` and `lat` its
    place in degrees or None, `history` its lines, oldest first.
    """

    external_key: str
    columns: dict[str, Any]
    lon: float | None
    lat: float | None
    history: Sequence[HistoryLine]


def known_keys(session: Session, source: str, keys: Sequence[str]) -> set[str]:
    """Return which external keys of a source are here already."""
    found: set[str] = set()
    for start in range(0, len(keys), LOOK_UP_AT_ONCE):
        found.update(
            session.scalars(
                select(ServiceRequest.external_key).where(
                    ServiceRequest.source == source,
                    ServiceRequest.external_key.in_(keys[start : start + LOOK_UP_AT_ONCE]),
                )
            )
        )
    return found


def add_requests(
    session: Session, installation: Installation, source: str, requests: Sequence[ReadyRequest]
) -> dict[str, int]:
    """Insert requests that are not here yet, with their histories.

    Returns
    -------
    The new rows' ids by external key.
    """
    known = known_keys(session, source, [request.external_key for request in requests])
    fresh = [request for request in requests if request.external_key not in known]
    if not fresh:
        return {}
    _insert(session, ServiceRequest, _rows(session, installation, source, fresh))
    ids = _ids(session, source, [request.external_key for request in fresh])
    lines = [line for request in fresh for line in _lines(ids[request.external_key], request.history)]
    if lines:
        _insert(session, StatusChange, lines)
    return ids


def _insert(session: Session, model: type[Model], rows: list[dict[str, Any]]) -> None:
    # The table itself, not the mapped class: that one sends rows with a version one by one.
    session.connection().execute(insert(cast("Table", model.__table__)), rows)


def _rows(
    session: Session, installation: Installation, source: str, fresh: Sequence[ReadyRequest]
) -> list[dict[str, Any]]:
    placed = [request for request in fresh if request.lon is not None and request.lat is not None]
    lon = np.array([request.lon for request in placed], dtype=np.float64)
    lat = np.array([request.lat for request in placed], dtype=np.float64)
    located = locate_many(session, installation.city, lon, lat, installation.roads)
    points, public_points = _as_points(lon, lat), _as_points(located.public_lon, located.public_lat)
    keys = map_keys(lon, lat).tolist()
    public_keys = map_keys(located.public_lon, located.public_lat).tolist()
    area_ids = located.area_id.tolist()
    places = {
        request.external_key: {
            "place": points[row],
            "public_place": public_points[row],
            "map_key": keys[row],
            "public_key": public_keys[row],
            "area_id": area_ids[row] or None,
            "street": located.street[row],
        }
        for row, request in enumerate(placed)
    }
    nowhere: dict[str, Any] = dict.fromkeys(("place", "public_place", "map_key", "public_key", "area_id"))
    nowhere["street"] = ""
    now = clock.now()
    rows = []
    for request in fresh:
        place = dict(places.get(request.external_key, nowhere))
        street = place.pop("street")
        secret = tracking_secret(installation, source, request.external_key)
        row = {
            "code": new_request_code(installation.city.code),
            "link_digest": digest(secret),
            "source": source,
            "external_key": request.external_key,
            "received_at": now,
            "version": 1,
            "ended_at": None,
            "closed_reason": None,
            **place,
            **request.columns,
        }
        row["address"] = str(row.get("address") or street)[:200]
        rows.append(row)
    return _with_free_codes(session, installation, rows)


def _as_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> list[str]:
    """Return point columns' values as EWKT, which both databases take; a tenth of the time of `as_point`."""
    return [f"SRID={SRID};POINT({x!r} {y!r})" for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]


def _with_free_codes(
    session: Session, installation: Installation, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Replace codes that collide; with 3e8 codes that is a handful in a hundred thousand."""
    while True:
        codes = [row["code"] for row in rows]
        taken: set[str] = set()
        for start in range(0, len(codes), LOOK_UP_AT_ONCE):
            part = codes[start : start + LOOK_UP_AT_ONCE]
            taken.update(session.scalars(select(ServiceRequest.code).where(ServiceRequest.code.in_(part))))
        seen: set[str] = set()
        clashes = 0
        for row in rows:
            if row["code"] in taken or row["code"] in seen:
                row["code"] = new_request_code(installation.city.code)
                clashes += 1
            seen.add(row["code"])
        if not clashes:
            return rows


def _ids(session: Session, source: str, keys: Sequence[str]) -> dict[str, int]:
    ids: dict[str, int] = {}
    for start in range(0, len(keys), LOOK_UP_AT_ONCE):
        rows = session.execute(
            select(ServiceRequest.external_key, ServiceRequest.id).where(
                ServiceRequest.source == source,
                ServiceRequest.external_key.in_(keys[start : start + LOOK_UP_AT_ONCE]),
            )
        )
        ids.update({row[0]: row[1] for row in rows})
    return ids


def _lines(request_id: int, history: Sequence[HistoryLine]) -> list[dict[str, Any]]:
    sources = [None, *(line.target for line in history)]
    return [
        {
            "request_id": request_id,
            "source": source,
            "target": line.target,
            "actor": line.actor,
            "at": line.at,
            "words": line.words,
            "facts": line.facts,
        }
        for source, line in zip(sources, history, strict=False)
    ]
