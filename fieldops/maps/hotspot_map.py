"""The map of hotspots: a folium page that draws the cells of a run from vector tiles."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from fieldops.maps.assets import OWN, Links
from fieldops.maps.documents import Document, cut
from fieldops.maps.open_reports import FURTHEST_ZOOM, CityMap, named


@dataclass(frozen=True)
class HotspotMapRequest:
    """What a page depends on; equal requests give the same files.

    `layers` are (code, name) of the ways to colour cells, the first is on; `classes` (number, name) of the
    bands; `labels` (code, name) of what cells may be called. `steps` are the names of a cube's steps, with
    `rain` millimetres for each (None: not measured). `tiles_url` has {z}, {x} and {y} in it, `cell_url` {id};
    `words` are what the scripts say, by name.
    """

    bounds: tuple[float, float, float, float]
    layers: tuple[tuple[str, str], ...]
    classes: tuple[tuple[int, str], ...]
    labels: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    rain: tuple[float | None, ...]
    words: tuple[tuple[str, str], ...]
    tiles_url: str
    cell_url: str
    ground_url: str
    requests_url: str
    said: str
    files_prefix: str
    language: str
    theme: str
    compares: bool = False


class Hotspots(JSCSSMixin, MacroElement):
    """Our ground, cells and controls on a folium map; `layers` are switched by its layer control."""

    default_js: Links = [("folium_hotspots", f"{OWN}/js/folium_hotspots.js")]  # noqa: RUF012  declared so by folium
    default_css: Links = [("map", f"{OWN}/css/map.css"), ("folium_css", f"{OWN}/css/folium.css")]  # noqa: RUF012

    _template = Template(
        """
        {% macro script(this, kwargs) %}
        fieldops.hotspots({{ this._parent.get_name() }}, {{ this.options|tojson }}, {
        {%- for code, layer in this.layers.items() %}
            {{ code|tojson }}: {{ layer.get_name() }},
        {%- endfor %}
        });
        {% endmacro %}
        """
    )

    def __init__(self, options: dict[str, Any], layers: dict[str, folium.FeatureGroup]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Hotspots"
        self.options = options
        self.layers = layers


@lru_cache(maxsize=64)
def hotspots_document(asked: HotspotMapRequest) -> Document:
    """Return the page of a run and its files. It holds no cell: they come as tiles."""
    west, south, east, north = asked.bounds
    drawn = CityMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=13,
        tiles=None,
        control_scale=True,
        zoom_control=False,
        max_zoom=FURTHEST_ZOOM,
        zoom_snap=0.25,
    )
    drawn.options["max_zoom"] = FURTHEST_ZOOM
    named(drawn, "city")
    layers = {
        code: named(folium.FeatureGroup(name, overlay=False, show=number == 0), f"layer_{code}")
        for number, (code, name) in enumerate(asked.layers)
    }
    layers["requests"] = named(
        folium.FeatureGroup(dict(asked.words)["reports"], show=False), "layer_requests"
    )
    for layer in layers.values():
        layer.add_to(drawn)
    named(folium.LayerControl(collapsed=False, position="topright"), "layers").add_to(drawn)
    named(Hotspots(_options(asked), layers), "hotspots").add_to(drawn)
    return cut(
        drawn.get_root().render(),
        asked.files_prefix,
        language=asked.language,
        theme=asked.theme,
        title=dict(asked.words)["title"],
        icon=f"{OWN}/icons/favicon.svg",
    )


def _options(asked: HotspotMapRequest) -> dict[str, Any]:
    west, south, east, north = asked.bounds
    return {
        "bounds": [[south, west], [north, east]],
        "classes": [list(one) for one in asked.classes],
        "labels": [list(one) for one in asked.labels],
        "steps": list(asked.steps),
        "rain": list(asked.rain),
        "words": dict(asked.words),
        "tiles": asked.tiles_url,
        "cell": asked.cell_url,
        "ground": asked.ground_url,
        "requests": asked.requests_url,
        "said": asked.said,
        "compares": asked.compares,
        "language": asked.language,
    }
