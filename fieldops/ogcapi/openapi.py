"""The API's own description (OpenAPI 3.0): made of the collections that its reader may know of."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fieldops.i18n import _
from fieldops.ogcapi.parse import DEFAULT_LIMIT, MOST_FEATURES
from fieldops.ogcapi.schemas import TYPES, feature_schema, property_schema
from fieldops.queries.features.layer import Column, Layer

MEDIA_TYPE: Final = "application/vnd.oai.openapi+json;version=3.0"
GEOJSON: Final = "application/geo+json"
EXCEPTION: Final = {"$ref": "#/components/schemas/exception"}


def api_document(
    title: str, description: str, server: str, layers: Mapping[str, Layer], references: Iterable[str]
) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    server
        The address that all paths begin with, without a slash at its end.
    references
        Names of the coordinate systems on offer, the default first.
    """
    systems = list(references)
    paths: dict[str, Any] = {
        "/": _get("landing", _("What there is, with links"), _json("landingPage"), [_format()]),
        "/conformance": _get(
            "conformance", _("Which parts of the standard hold"), _json("confClasses"), [_format()]
        ),
        "/api": _get("api", _("This document"), {MEDIA_TYPE: {"schema": {"type": "object"}}}, [_format()]),
        "/collections": _get("collections", _("The collections"), _json("collections"), [_format()]),
    }  # fmt: skip
    for layer in layers.values():
        paths |= _paths_of(layer, systems)
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "description": description, "version": "1.0.0"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS | {_schema_name(one): feature_schema(one) for one in layers.values()}
        },
    }


def _paths_of(layer: Layer, systems: list[str]) -> dict[str, Any]:
    here, name = f"/collections/{layer.id}", layer.id.replace("-", "_")
    items = {GEOJSON: {"schema": _collection_schema(layer)}}
    one = {GEOJSON: {"schema": {"$ref": f"#/components/schemas/{_schema_name(layer)}"}}}
    queryables = {"application/schema+json": {"schema": {"type": "object"}}}
    crs = _crs("crs", _("The coordinate system of the answer"), systems)
    feature_id = {
        "name": "featureId", "in": "path", "required": True,
        "schema": {"type": "integer" if layer.is_numbered else "string"},
    }  # fmt: skip
    filters = [
        {"name": column.name, "in": "query", "required": False, "style": "form", "explode": False,
         "description": str(column.title), "schema": _filter_schema(column)}
        for column in layer.columns if column.asked
    ]  # fmt: skip
    title = str(layer.title)
    return {
        here: _get(f"{name}_collection", title, _json("collection"), [_format()]),
        f"{here}/queryables": _get(f"{name}_queryables", title, queryables, [_format()]),
        f"{here}/items": _get(
            f"{name}_items", title, items,
            [*_where_and_when(systems), _limit(), crs, _cursor(), _format(), *filters], has_crs=True,
        ),
        f"{here}/items/{{featureId}}": _get(
            f"{name}_item", title, one, [feature_id, crs, _format()], has_crs=True
        ),
    }  # fmt: skip


def _get(
    name: str,
    summary: str,
    content: dict[str, Any],
    parameters: list[dict[str, Any]],
    *,
    has_crs: bool = False,
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": summary, "content": content}
    if has_crs:
        good["headers"] = {"Content-Crs": {"schema": {"type": "string"}}}
    bad = {
        status: {"description": words, "content": {"application/json": {"schema": EXCEPTION}}}
        for status, words in (
            ("400", _("A parameter is unknown or cannot be read; the sentence names it.")),
            ("404", _("There is no such thing, or its reader may not know of it.")),
        )
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": parameters,
            "responses": {"200": good, "304": {"description": _("As it was")}, **bad},
        }
    }


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _schema_name(layer: Layer) -> str:
    return f"feature_{layer.id.replace('-', '_')}"


def _collection_schema(layer: Layer) -> dict[str, Any]:
    features = {"type": "array", "items": {"$ref": f"#/components/schemas/{_schema_name(layer)}"}}
    base = {"$ref": "#/components/schemas/featureCollection"}
    return {"allOf": [base, {"type": "object", "properties": {"features": features}}]}


def _filter_schema(column: Column) -> dict[str, Any]:
    schema = property_schema(column)
    return {key: schema[key] for key in ("enum", *TYPES[column.kind]) if key in schema}


def _format() -> dict[str, Any]:
    return {
        "name": "f", "in": "query", "required": False, "description": _("The format"),
        "schema": {"type": "string", "enum": ["json"], "default": "json"},
    }  # fmt: skip


def _limit() -> dict[str, Any]:
    return {
        "name": "limit", "in": "query", "required": False, "style": "form", "explode": False,
        "description": _("How many features at most"),
        "schema": {"type": "integer", "minimum": 1, "maximum": MOST_FEATURES, "default": DEFAULT_LIMIT},
    }  # fmt: skip


def _cursor() -> dict[str, Any]:
    return {
        "name": "cursor", "in": "query", "required": False,
        "description": _("Where a page begins; made by the link “next”"), "schema": {"type": "string"},
    }  # fmt: skip


def _crs(name: str, words: str, systems: list[str]) -> dict[str, Any]:
    return {
        "name": name, "in": "query", "required": False, "description": words,
        "schema": {"type": "string", "format": "uri", "enum": systems, "default": systems[0]},
    }  # fmt: skip


def _where_and_when(systems: list[str]) -> list[dict[str, Any]]:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}
    return [
        {
            "name": "bbox", "in": "query", "required": False, "style": "form", "explode": False,
            "description": _("Features that meet this box; one that ends west of its beginning crosses 180°"),
            "schema": numbers,
        },
        _crs("bbox-crs", _("The coordinate system of the box"), systems),
        {
            "name": "datetime", "in": "query", "required": False, "style": "form", "explode": False,
            "description": _("An instant, a day, or two of these with a slash; “..” is an open end"),
            "schema": {"type": "string"},
        },
    ]  # fmt: skip


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _array(of: Any) -> dict[str, Any]:
    return {"type": "array", "items": of}


TEXT: Final = {"type": "string"}
LINK: Final = {"$ref": "#/components/schemas/link"}
COLLECTION: Final = {"$ref": "#/components/schemas/collection"}
SCHEMAS: Final[dict[str, Any]] = {
    "link": _object(["href", "rel"], href=TEXT, rel=TEXT, type=TEXT, title=TEXT, hreflang=TEXT),
    "landingPage": _object(["links"], title=TEXT, description=TEXT, links=_array(LINK)),
    "confClasses": _object(["conformsTo"], conformsTo=_array(TEXT)),
    "collection": _object(
        ["id", "links"], id=TEXT, title=TEXT, description=TEXT, links=_array(LINK),
        extent={"type": "object"}, itemType={"type": "string", "default": "feature"}, crs=_array(TEXT),
        storageCrs=TEXT,
    ),
    "collections": _object(["links", "collections"], links=_array(LINK), collections=_array(COLLECTION)),
    "featureCollection": _object(
        ["type", "features"], type={"type": "string", "enum": ["FeatureCollection"]},
        features=_array({"type": "object"}), links=_array(LINK),
        timeStamp={"type": "string", "format": "date-time"}, numberMatched={"type": "integer", "minimum": 0},
        numberReturned={"type": "integer", "minimum": 0},
    ),
    "exception": _object(["code"], code=TEXT, description=TEXT),
}  # fmt: skip
