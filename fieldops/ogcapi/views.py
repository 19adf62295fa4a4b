"""The addresses of OGC API – Features: `/ogc/…` for everybody, `/ogc/<token>/…` for who holds a token.

QGIS cannot always send headers, so the token may stand in the address; in a header it does the same.
"""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request

from fieldops.domain.roles import Right, may
from fieldops.errors import NotFound
from fieldops.extensions import db, limiter
from fieldops.i18n import language
from fieldops.ogcapi.crs import Reference, references_of
from fieldops.ogcapi.documents import (
    CONFORMS_TO,
    JSON,
    collection_document,
    collections_document,
    landing_document,
    link,
    service_description,
    service_title,
    tiles_document,
)
from fieldops.ogcapi.errors import register_errors
from fieldops.ogcapi.numbers import HiddenNumbers
from fieldops.ogcapi.openapi import GEOJSON, MEDIA_TYPE, api_document
from fieldops.ogcapi.parse import format_of, items_asked, known_only, reference_of
from fieldops.ogcapi.reader import Reader, installation, who_asks
from fieldops.ogcapi.schemas import queryables as queryables_schema
from fieldops.ogcapi.serialize import compact, features_json, moment_words
from fieldops.queries.features.layer import Layer
from fieldops.queries.features.reading import Found, count_of, one_of, page_of

PUBLIC_CACHING: Final = "public, max-age=60"
STAFF_CACHING: Final = "private, no-cache"
LEAST_PACKED: Final = 1400
GZIP_LEVEL: Final = 3  # of a page of ten thousand: a fifth larger than level 6, in less than half the time

blueprint = Blueprint("ogcapi", __name__)
register_errors(blueprint)
# For each address of the network: pages, and words that were no token or no feature.
limiter.limit("1200/minute")(blueprint)
limiter.limit("120/minute", deduct_when=lambda answer: answer.status_code in (401, 404))(blueprint)

View = Callable[..., Response]


def door(path: str) -> Callable[[View], View]:
    """Open a view at its two addresses, with a token and without."""

    def opened(view: View) -> View:
        name = view.__name__.removesuffix("_shown")
        blueprint.add_url_rule(f"/ogc{path}", name, view, methods=["GET"], defaults={"token": ""})
        blueprint.add_url_rule(f"/ogc/<token>{path}", name, view, methods=["GET"])
        return view

    return opened


@door("/")
def landing_shown(token: str) -> Response:
    """Say what there is: to programs, or to a person who looks in."""
    reader = who_asks(token)
    known_only(request.args, ("f",))
    wanted = format_of(request.args, ("json", "html"))
    likes_html = request.accept_mimetypes.best_match([JSON, "text/html"], JSON) == "text/html"
    if wanted != "html" and (wanted or not likes_html):
        return _document(reader, landing_document(reader))
    page = render_template(
        "ogc/landing.html",
        title=service_title(reader),
        description=service_description(reader),
        layers=list(reader.layers.values()),
        reader=reader,
        epsg=reader.scene.city.epsg,
    )
    answer = Response(page, mimetype="text/html")
    answer.headers["Cache-Control"] = STAFF_CACHING
    answer.headers["Referrer-Policy"] = "no-referrer"  # the address may hold a token
    answer.vary.update(("Accept", "Cookie", "Authorization"))
    return answer


@door("/conformance")
def conformance_shown(token: str) -> Response:
    """Say which parts of the standard hold."""
    reader = _reader_of_document(token)
    return _document(reader, {"conformsTo": list(CONFORMS_TO)})


@door("/api")
def api_shown(token: str) -> Response:
    """Say what can be asked, as an OpenAPI document."""
    reader = _reader_of_document(token)
    document = api_document(
        service_title(reader),
        service_description(reader),
        reader.home.rstrip("/"),
        reader.layers,
        references_of(reader.scene.city),
    )
    return _document(reader, document, MEDIA_TYPE)


@door("/collections")
def collections_shown(token: str) -> Response:
    """List the collections that this reader may know of."""
    reader = _reader_of_document(token)
    return _document(reader, collections_document(reader))


@door("/collections/<layer_id>")
def collection_shown(token: str, layer_id: str) -> Response:
    """Say what one collection is."""
    reader = _reader_of_document(token)
    return _document(reader, collection_document(reader, reader.layer(layer_id)))


@door("/collections/<layer_id>/queryables")
def queryables_shown(token: str, layer_id: str) -> Response:
    """Say what a collection may be narrowed by."""
    reader = _reader_of_document(token)
    layer = reader.layer(layer_id)
    address = reader.address("queryables", layer_id=layer.id)
    return _document(reader, queryables_schema(layer, address), "application/schema+json")


@door("/collections/<layer_id>/items")
def items_shown(token: str, layer_id: str) -> Response:
    """Send a page of features."""
    reader = who_asks(token)
    layer = reader.layer(layer_id)
    marks = _hidden("page")
    asked = items_asked(request.args, layer, reader.scene, marks)
    session = db.session()
    total = asked.total
    if total is None:  # counted once; the pages that follow carry it along
        total = count_of(session, layer, reader.scene, asked.wanted)
    beyond = page_of(session, layer, reader.scene, asked.wanted, after=asked.after, most=asked.limit + 1)
    found = beyond.first(asked.limit)
    features = features_json(found, _names(layer, found), layer, reader.scene, asked.reference)
    links = [link(_this_page(reader, layer, {}), "self", GEOJSON, layer.id)]
    if len(beyond.numbers) > asked.limit:
        cursor = {"cursor": marks.mark(found.numbers[-1], total, asked.question)}
        links.append(link(_this_page(reader, layer, cursor), "next", GEOJSON, layer.id))
    links.append(link(reader.address("collection", layer_id=layer.id), "collection", JSON, layer.id))
    tail = f'"numberMatched":{total},"numberReturned":{len(features)},"links":{compact(links)}'
    body = f'"features":[{",".join(features)}]'
    return _features(reader, f"{tail},{body}", asked.reference)


@door("/collections/<layer_id>/items/<feature_id>")
def item_shown(token: str, layer_id: str, feature_id: str) -> Response:
    """Send one feature."""
    reader = who_asks(token)
    layer = reader.layer(layer_id)
    known_only(request.args, ("f", "crs"))
    format_of(request.args)
    reference = reference_of(request.args, reader.scene)
    number = _number(layer, feature_id)
    found = one_of(db.session(), layer, reader.scene, number) if number is not None else None
    if found is None or not found.numbers:
        raise NotFound("There is no “%(number)s” in this collection.", number=feature_id[:40])
    whole = features_json(found, _names(layer, found), layer, reader.scene, reference)[0]
    here = reader.address("item", layer_id=layer.id, feature_id=feature_id)
    links = [
        link(here, "self", GEOJSON, layer.id),
        link(reader.address("collection", layer_id=layer.id), "collection", JSON, layer.id),
    ]
    return _features(reader, f'{whole[1:-1]},"links":{compact(links)}', reference, is_one=True)


@door("/tiles.json")
def tiles_shown(token: str) -> Response:
    """Say where reports are as vector tiles."""
    reader = _reader_of_document(token)
    is_staff = may(reader.roles, Right.SEE_BOARD)
    home = f"{reader.home}tiles/requests" if is_staff and token else f"{request.url_root}tiles/requests"
    return _document(
        reader, tiles_document(reader, f"{home}/{{z}}/{{x}}/{{y}}.pbf", is_staff=is_staff and bool(token))
    )


# ---------------------------------------------------------------- answering


def _reader_of_document(token: str) -> Reader:
    reader = who_asks(token)
    known_only(request.args, ("f",))
    format_of(request.args)
    return reader


def _document(reader: Reader, document: dict[str, Any], kind: str = JSON) -> Response:
    body = compact(document).encode()
    answer = Response(body, content_type=kind)
    answer.content_language.add(language())
    answer.vary.update(("Accept", "Cookie"))
    return _sent(reader, answer, body, STAFF_CACHING)


def _features(reader: Reader, told: str, reference: Reference, *, is_one: bool = False) -> Response:
    """Send features; the time of the answer is told and does not count as a change."""
    kind = "" if is_one else '"type":"FeatureCollection",'
    stamp = "" if is_one else f'"timeStamp":"{moment_words(reader.scene.now)}",'
    answer = Response(f"{{{kind}{stamp}{told}}}".encode(), mimetype=GEOJSON)
    answer.headers["Content-Crs"] = f"<{reference.uri}>"
    return _sent(reader, answer, told.encode(), STAFF_CACHING if reader.is_staff else PUBLIC_CACHING)


def _sent(reader: Reader, answer: Response, told: bytes, caching: str) -> Response:
    """Finish an answer: who may keep it, who has it already, and how it is packed.

    The ETag is made of what is told. The number of changes of the map would be quicker, and would tell
    everybody of changes that they may not see; nor does it count a changed cluster or a renamed street.
    """
    answer.headers["Cache-Control"] = caching
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    answer.vary.update(("Accept-Encoding", "Authorization"))
    if not reader.is_staff:
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Access-Control-Expose-Headers"] = "Content-Crs, ETag"
    answer.set_etag(hashlib.blake2b(told, digest_size=12).hexdigest(), weak=True)
    answer.make_conditional(request)
    if answer.status_code == 200 and request.accept_encodings["gzip"]:
        body = answer.get_data()
        if len(body) >= LEAST_PACKED:
            answer.set_data(gzip.compress(body, GZIP_LEVEL, mtime=0))
            answer.headers["Content-Encoding"] = "gzip"
    return answer


def _this_page(reader: Reader, layer: Layer, changed: dict[str, str]) -> str:
    """Return the address of this page of features, or of one that differs by a parameter."""
    arguments = urlencode({**request.args.to_dict(), **changed})
    home = reader.address("items", layer_id=layer.id)
    return f"{home}?{arguments}" if arguments else home


# ---------------------------------------------------------------- numbers


def _hidden(purpose: str) -> HiddenNumbers:
    return HiddenNumbers(installation().sealer.link_secret("ogc features", purpose))


def _names(layer: Layer, found: Found) -> list[int] | list[str]:
    return found.numbers if layer.is_numbered else _hidden(layer.id).hide(found.numbers)


def _number(layer: Layer, feature_id: str) -> int | None:
    if not layer.is_numbered:
        return _hidden(layer.id).find(feature_id)
    is_number = feature_id.isascii() and feature_id.isdigit() and len(feature_id) <= 9
    return int(feature_id) if is_number else None
