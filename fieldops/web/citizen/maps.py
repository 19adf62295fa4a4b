"""What lies on the citizens' maps: the points around a place, and the base map under everything."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import brotli  # type: ignore[import-untyped]  # it ships no annotations
from flask import make_response, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.extensions import db
from fieldops.i18n import _, date_words
from fieldops.queries.base_map import base_map, base_map_version
from fieldops.queries.public import PublicRequest, public_requests
from fieldops.queries.spatial import Box
from fieldops.web.citizen.room import blueprint
from fieldops.web.words import REQUEST_STATUS

BASE_GRID_DEG = 0.01


@blueprint.get("/peta/titik.geojson")
def points() -> Response:
    """Answer with public points: kind, status, date and a place on the street, nothing else."""
    shown = public_requests(db.session(), clock.now(), asked_box())
    language = i18n.language()
    features = [_point(one, language) for one in shown]
    return _geojson(_compact({"type": "FeatureCollection", "features": features}), "private, max-age=60")


@blueprint.get("/peta/dasar.geojson")
def base() -> Response:
    """Answer with the base map; its address carries its version, so it may be kept for long."""
    version = base_map_version(db.session())
    forever = "public, max-age=31536000, immutable" if request.args.get("v") == version else "no-cache"
    near, far = asked_box(), "far" in request.args
    if near is not None:  # on a grid, so that neighbours share an answer
        west, south, east, north = (round(edge / BASE_GRID_DEG) * BASE_GRID_DEG for edge in near)
        near = (west, south, max(east, west + BASE_GRID_DEG), max(north, south + BASE_GRID_DEG))
    return _geojson(_base_bytes(str(db.engine.url), version, near, far), forever)


def base_map_url(near: Sequence[float] | None = None, *, far: bool = False) -> str:
    """Return the address of the present base map: the whole one, or a light one for a neighbourhood or for
    the city seen from far.
    """
    box = ",".join(f"{edge:.2f}" for edge in near) if near else None
    return url_for("citizen.base", v=base_map_version(db.session()), bbox=box, far=1 if far else None)


@blueprint.app_context_processor
def maps() -> dict[str, Any]:
    """Let every page that shows a map know where its ground is."""
    return {"base_map_url": base_map_url}


@lru_cache(maxsize=64)
def _base_bytes(database: str, version: str, near: Box | None, far: bool) -> bytes:
    del database, version  # what the answer depends on
    return _compact(base_map(db.session(), near, far=far))


def _point(one: PublicRequest, language: str) -> dict[str, Any]:
    if one.repaired:
        state, words = "done", _("Repaired")
        day = one.ended_at or one.reported_at
    else:
        state = "planned" if one.status in ("scheduled", "in_progress") else "open"
        words = REQUEST_STATUS[one.status]()
        day = one.scheduled_for if one.status == "scheduled" and one.scheduled_for else one.reported_at
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(one.lon, 5), round(one.lat, 5)]},
        "properties": {
            "family": one.family,
            "icon": one.icon,
            "state": state,
            "severity": 1 if one.repaired else 2,  # how thick it is drawn; the real one is not public
            "title": one.name(language),
            "text": f"{words}, {date_words(day, weekday=False)}",
        },
    }


def asked_box() -> Box | None:
    """Return the box that `bbox` asks for, None for the whole city or when it cannot be read."""
    parts = request.args.get("bbox", "").split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError:
        return None
    return (west, south, east, north) if -180 <= west <= east <= 180 and -90 <= south <= north <= 90 else None


def _compact(collection: dict[str, Any]) -> bytes:
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _geojson(body: bytes, caching: str) -> Response:
    answer = make_response(body)
    answer.mimetype = "application/geo+json"
    answer.headers["Cache-Control"] = caching
    answer.vary.update(("Accept-Encoding", "Cookie") if "private" in caching else ("Accept-Encoding",))
    answer.set_etag(hashlib.sha256(body).hexdigest()[:20], weak=True)
    for coding in ("br", "gzip"):
        if request.accept_encodings[coding]:
            answer.set_data(_packed(body, coding))
            answer.headers["Content-Encoding"] = coding
            break
    return answer.make_conditional(request)


@lru_cache(maxsize=64)
def _packed(body: bytes, coding: str) -> bytes:
    if coding == "gzip":
        return gzip.compress(body, 9, mtime=0)
    return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=10))
