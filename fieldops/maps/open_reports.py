"""The engineers' map of open reports: a folium page whose symbols, ground and words come from this site."""

import html
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

import folium
from branca.element import Element, MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from fieldops.maps.assets import INSTALLED, OWN, Links
from fieldops.maps.documents import Document, cut
from fieldops.maps.tile_answers import AT_LEAST, OLDER_THAN

FURTHEST_ZOOM: Final = 20
Drawn = TypeVar("Drawn", bound=Element)


@dataclass(frozen=True)
class MapWords:
    """What the map says, in the reader's language; the scripts own no words."""

    title: str
    zoom_in: str
    zoom_out: str
    full_screen: str
    layers: str
    nothing: str
    failed: str
    attribution: str
    report: str


@dataclass(frozen=True)
class MapRequest:
    """What a page depends on; equal requests give the same files.

    `services` are (code, name) in their order; `bounds` (west, south, east, north) in degrees. `tiles_url`
    has {z}, {x} and {y} in it, `report_url` {id}; `places_url` tells what a card leads to; `statuses` is what
    tiles are asked for; `said` is what `static/js/lib/tile_layer.js` says, as JSON.
    """

    bounds: tuple[float, float, float, float]
    services: tuple[tuple[str, str], ...]
    words: MapWords
    tiles_url: str
    places_url: str
    report_url: str
    statuses: str
    said: str
    ground_url: str
    icons_url: str
    files_prefix: str
    language: str
    theme: str


class CityMap(folium.Map):
    """folium's map without its tile server and without the parts that nothing of ours uses."""

    default_js: Links = [("leaflet", INSTALLED["leaflet.js"])]  # noqa: RUF012  declared so by folium
    default_css: Links = [  # noqa: RUF012
        ("tokens", f"{OWN}/css/tokens.css"),
        ("components", f"{OWN}/css/components.css"),
        ("leaflet_css", INSTALLED["leaflet.css"]),
    ]


class City(JSCSSMixin, MacroElement):
    """Our own ground, symbols and controls on a folium map; `kinds` are the services' switches."""

    default_js: Links = [("folium_city", f"{OWN}/js/folium_city.js")]  # noqa: RUF012  declared so by folium
    default_css: Links = [("map", f"{OWN}/css/map.css"), ("folium_css", f"{OWN}/css/folium.css")]  # noqa: RUF012

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        fieldops.city({{ this._parent.get_name() }}, {{ this.options|tojson }}, {
        {%- for code, kind in this.kinds.items() %}
            {{ code|tojson }}: {{ kind.get_name() }},
        {%- endfor %}
        });
        {% endmacro %}
        """
    )

    def __init__(self, options: dict[str, Any], kinds: dict[str, folium.FeatureGroup]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "City"
        self.options = options
        self.kinds = kinds


@lru_cache(maxsize=32)
def open_reports_document(asked: MapRequest) -> Document:
    """Return the map's page and files. It holds no data: tiles are fetched with the page's own query, so one
    page serves every filter. A bubble holds reports of all kinds, so that none lies over another; the layer
    control switches kinds, and the tiles are asked for those that are on.
    """
    west, south, east, north = asked.bounds
    drawn = CityMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        tiles=None,
        control_scale=True,
        zoom_control=False,
        max_zoom=FURTHEST_ZOOM,
        zoom_snap=0.5,
    )
    drawn.options["max_zoom"] = FURTHEST_ZOOM  # without tiles folium drops it
    named(drawn, "city")
    kinds = {
        # Leaflet writes a layer's name as markup.
        code: named(folium.FeatureGroup(html.escape(name)), f"{number}_{code}")
        for number, (code, name) in enumerate(asked.services, start=1)
    }
    for kind in kinds.values():
        kind.add_to(drawn)
    named(folium.LayerControl(collapsed=False, position="topright"), "layers").add_to(drawn)
    named(City(_options(asked), kinds), "city").add_to(drawn)
    return cut(
        drawn.get_root().render(),
        asked.files_prefix,
        language=asked.language,
        theme=asked.theme,
        title=asked.words.title,
        icon=f"{OWN}/icons/favicon.svg",
    )


def named(element: Drawn, name: str) -> Drawn:
    """Return an element with a name of our own instead of a random one."""
    # folium names elements at random; a name of our own makes the same page the same bytes everywhere.
    element._id = "".join(sign if sign.isalnum() else "_" for sign in name)  # noqa: SLF001
    return element


def _options(asked: MapRequest) -> dict[str, Any]:
    return {
        "bounds": [[asked.bounds[1], asked.bounds[0]], [asked.bounds[3], asked.bounds[2]]],
        "tiles": asked.tiles_url,
        "places": asked.places_url,
        "report": asked.report_url,
        "statuses": asked.statuses,
        "filters": {"age": OLDER_THAN, "severity": AT_LEAST},
        "said": json.loads(asked.said),
        "ground": asked.ground_url,
        "icons": asked.icons_url,
        "words": {
            "zoomIn": asked.words.zoom_in,
            "zoomOut": asked.words.zoom_out,
            "fullScreen": asked.words.full_screen,
            "layers": asked.words.layers,
            "nothing": asked.words.nothing,
            "failed": asked.words.failed,
            "attribution": asked.words.attribution,
            "title": asked.words.title,
            "report": asked.words.report,
        },
    }
