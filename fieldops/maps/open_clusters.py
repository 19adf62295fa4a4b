"""The engineers' map of open clusters: a folium page whose points, ground and words come from this site."""

import html
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeVar

import folium
from branca.element import Element, MacroElement
from folium.elements import JSCSSMixin
from folium.plugins import MarkerCluster
from folium.template import Template

from fieldops.maps.assets import INSTALLED, OWN, Links
from fieldops.maps.documents import Document, cut

FURTHEST_ZOOM: Final = 20
Drawn = TypeVar("Drawn", bound=Element)


@dataclass(frozen=True)
class MapWords:
    """What the map says, in the reader's language; the scripts own no words."""

    title: str
    open: str
    zoom_in: str
    zoom_out: str
    full_screen: str
    layers: str
    together: str
    nothing: str
    failed: str
    attribution: str
    everything: str
    report: str


@dataclass(frozen=True)
class MapRequest:
    """What a page depends on; equal requests give the same files.

    `services` are (code, name) in their order; `bounds` (west, south, east, north) in degrees. `tiles_url`
    has {z}, {x} and {y} in it, `report_url` {id}; `said` is what `static/js/lib/tile_layer.js` says, as JSON.
    """

    bounds: tuple[float, float, float, float]
    services: tuple[tuple[str, str], ...]
    words: MapWords
    points_url: str
    tiles_url: str
    report_url: str
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
    """Our own ground, points and controls on a folium map."""

    default_js: Links = [("folium_city", f"{OWN}/js/folium_city.js")]  # noqa: RUF012  declared so by folium
    default_css: Links = [("map", f"{OWN}/css/map.css"), ("folium_css", f"{OWN}/css/folium.css")]  # noqa: RUF012

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        fieldops.city({{ this._parent.get_name() }}, {{ this.options|tojson }}, {
        {%- for code, group in this.groups.items() %}
            {{ code|tojson }}: {{ group.get_name() }},
        {%- endfor %}
        }, {{ this.everything.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self, options: dict[str, Any], groups: dict[str, MarkerCluster], everything: folium.FeatureGroup
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "City"
        self.options = options
        self.groups = groups
        self.everything = everything


@lru_cache(maxsize=32)
def open_clusters_document(asked: MapRequest) -> Document:
    """Return the map's page and files. It holds no data: points are fetched from `points_url` with the page's
    own query, so one page serves every filter.
    """
    west, south, east, north = asked.bounds
    drawn = CityMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        tiles=None,
        control_scale=True,
        zoom_control=False,
        max_zoom=FURTHEST_ZOOM,
    )
    drawn.options["max_zoom"] = FURTHEST_ZOOM  # without tiles folium drops it, and the clusters need it
    _named(drawn, "city")
    groups = {
        code: _group(f"{number}_{code}", name) for number, (code, name) in enumerate(asked.services, start=1)
    }
    for group in groups.values():
        group.add_to(drawn)
    everything = _named(folium.FeatureGroup(html.escape(asked.words.everything), show=False), "everything")
    everything.add_to(drawn)
    _named(folium.LayerControl(collapsed=False, position="topright"), "layers").add_to(drawn)
    _named(City(_options(asked), groups, everything), "city").add_to(drawn)
    return cut(
        drawn.get_root().render(),
        asked.files_prefix,
        language=asked.language,
        theme=asked.theme,
        title=asked.words.title,
        icon=f"{OWN}/icons/favicon.svg",
    )


def _group(own_name: str, name: str) -> MarkerCluster:
    group = MarkerCluster(  # type: ignore[no-untyped-call]
        name=html.escape(name),  # Leaflet writes a layer's name as markup
        icon_create_function="fieldops.bubble",
        show_coverage_on_hover=False,
        max_cluster_radius=46,
        disable_clustering_at_zoom=18,
        animate=False,
    )
    return _named(group, own_name)


def _named(element: Drawn, name: str) -> Drawn:
    # folium names elements at random; a name of our own makes the same page the same bytes everywhere.
    element._id = "".join(sign if sign.isalnum() else "_" for sign in name)  # noqa: SLF001
    return element


def _options(asked: MapRequest) -> dict[str, Any]:
    return {
        "bounds": [[asked.bounds[1], asked.bounds[0]], [asked.bounds[3], asked.bounds[2]]],
        "points": asked.points_url,
        "tiles": asked.tiles_url,
        "report": asked.report_url,
        "said": json.loads(asked.said),
        "ground": asked.ground_url,
        "icons": asked.icons_url,
        "words": {
            "open": asked.words.open,
            "zoomIn": asked.words.zoom_in,
            "zoomOut": asked.words.zoom_out,
            "fullScreen": asked.words.full_screen,
            "layers": asked.words.layers,
            "together": asked.words.together,
            "nothing": asked.words.nothing,
            "failed": asked.words.failed,
            "attribution": asked.words.attribution,
            "title": asked.words.title,
            "report": asked.words.report,
        },
    }
