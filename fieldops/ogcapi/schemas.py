"""What features look like, as JSON Schema: for the queryables of a collection and for the API document."""

from typing import Any, Final

from fieldops.queries.features.layer import Column, Kind, Layer

TYPES: Final[dict[Kind, dict[str, str]]] = {
    Kind.TEXT: {"type": "string"},
    Kind.WHOLE: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.TRUTH: {"type": "boolean"},
    Kind.DAY: {"type": "string", "format": "date"},
    Kind.MOMENT: {"type": "string", "format": "date-time"},
}


def property_schema(column: Column) -> dict[str, Any]:
    """Return the schema of one property."""
    schema: dict[str, Any] = {"title": str(column.title), **TYPES[column.kind]}
    if column.choices:
        schema["enum"] = list(column.choices)
    return schema


def _or_nothing(column: Column) -> dict[str, Any]:
    """The schema of a property that may be missing: where values are listed, null has to be one of them."""
    schema = property_schema(column) | {"nullable": True}
    return schema | {"enum": [*column.choices, None]} if column.choices else schema


def queryables(layer: Layer, address: str) -> dict[str, Any]:
    """Return what a collection may be narrowed by, as the JSON Schema of the standard's part 3."""
    shape = {"Point": "point", "LineString": "linestring", "MultiPolygon": "multipolygon"}[layer.shape]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address,
        "type": "object",
        "title": str(layer.title),
        "description": str(layer.description),
        "properties": {
            "geometry": {
                "title": "geometry",
                "x-ogc-role": "primary-geometry",
                "format": f"geometry-{shape}",
            },
            **{column.name: property_schema(column) for column in layer.columns if column.asked},
        },
        "additionalProperties": False,
    }


def feature_schema(layer: Layer) -> dict[str, Any]:
    """Return the schema of a feature, in the dialect of OpenAPI 3.0."""
    return {
        "type": "object",
        "required": ["type", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "integer" if layer.is_numbered else "string"},
            "geometry": {
                "type": "object",
                "required": ["type", "coordinates"],
                "properties": {
                    "type": {"type": "string", "enum": [layer.shape]},
                    "coordinates": {"type": "array", "items": {}},
                },
            },
            "properties": {
                "type": "object",
                "properties": {column.name: _or_nothing(column) for column in layer.columns},
            },
            "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
        },
    }
