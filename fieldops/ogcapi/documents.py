"""The service's pages about itself: landing page, conformance, collections."""

from typing import Any, Final

from fieldops.i18n import _
from fieldops.ogcapi.crs import CRS84, references_of
from fieldops.ogcapi.openapi import GEOJSON, MEDIA_TYPE
from fieldops.ogcapi.reader import Reader
from fieldops.queries.features.layer import Layer

CONFORMS_TO: Final = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)
QUERYABLES: Final = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
JSON: Final = "application/json"
DEEPEST_TILE: Final = 20


def link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    """Return a link of the standard."""
    return {"href": href, "rel": rel, "type": kind, "title": title}


def service_title(reader: Reader) -> str:
    """Return what the service is called."""
    return _("Roads and drains of %(city)s", city=reader.scene.city.name)


def service_description(reader: Reader) -> str:
    """Return what its reader is given."""
    if reader.is_staff:
        return _("Reports, work and the city's lines and areas, as much as your role may see.")
    return _("What everybody may know of the city's roads and drains.")


def landing_document(reader: Reader) -> dict[str, Any]:
    """Return the landing page."""
    return {
        "title": service_title(reader),
        "description": service_description(reader),
        "links": [
            link(reader.home, "self", JSON, _("This page")),
            link(reader.address("api"), "service-desc", MEDIA_TYPE, _("What can be asked, for programs")),
            link(reader.address("landing", f="html"), "alternate", "text/html", _("The same, for people")),
            link(reader.address("conformance"), "conformance", JSON, _("Which parts of the standard hold")),
            link(reader.address("collections"), "data", JSON, _("The collections")),
            link(reader.address("tiles"), "describedby", JSON, _("Vector tiles of the reports (TileJSON)")),
        ],
    }


def collections_document(reader: Reader) -> dict[str, Any]:
    """Return the list of collections."""
    return {
        "links": [link(reader.address("collections"), "self", JSON, _("The collections"))],
        "crs": list(references_of(reader.scene.city)),
        "collections": [collection_document(reader, layer) for layer in reader.layers.values()],
    }


def collection_document(reader: Reader, layer: Layer) -> dict[str, Any]:
    """Return what is said of one collection. Its extent is the served city's."""
    extent: dict[str, Any] = {"spatial": {"bbox": [list(reader.scene.city.bounds)], "crs": CRS84}}
    if layer.moment is not None:
        extent["temporal"] = {"interval": [[None, None]]}
    title = str(layer.title)
    return {
        "id": layer.id,
        "title": title,
        "description": str(layer.description),
        "itemType": "feature",
        "extent": extent,
        "crs": list(references_of(reader.scene.city)),
        "storageCrs": CRS84,
        "links": [
            link(reader.address("collection", layer_id=layer.id), "self", JSON, title),
            link(reader.address("items", layer_id=layer.id), "items", GEOJSON, title),
            link(
                reader.address("queryables", layer_id=layer.id),
                QUERYABLES, "application/schema+json", _("What it may be narrowed by"),
            ),
        ],
    }  # fmt: skip


def tiles_document(reader: Reader, address: str, *, is_staff: bool) -> dict[str, Any]:
    """Return where reports are as vector tiles, in the form of TileJSON 3.0."""
    west, south, east, north = reader.scene.city.bounds
    lon, lat = reader.scene.city.centre
    fields = {"count": "Number", "service": "String", "status": "String", "day": "Number"}
    return {
        "tilejson": "3.0.0",
        "name": service_title(reader),
        "tiles": [address],
        "minzoom": 0,
        "maxzoom": DEEPEST_TILE,
        "bounds": [west, south, east, north],
        "center": [lon, lat, 13],
        "vector_layers": [
            {"id": "requests", "fields": fields | ({"severity": "Number"} if is_staff else {})}
        ],
    }
