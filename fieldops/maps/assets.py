"""Where folium's pages get their scripts and styles: from this site's own files, never from elsewhere.

folium names 70 addresses outside; each class that is used has them exchanged here, once, for files that
set-up installed from the npm lock. A class whose files are not installed refuses to be drawn.
"""

from collections.abc import Iterator
from typing import Any, Final, NoReturn

import folium
import folium.plugins
from folium.elements import JSCSSMixin

from fieldops.errors import SetupError

VENDOR: Final = "/static/vendor"
OWN: Final = "/static"

INSTALLED: Final = {
    "leaflet.js": f"{VENDOR}/leaflet/dist/leaflet.js",
    "leaflet.css": f"{VENDOR}/leaflet/dist/leaflet.css",
    "leaflet.awesome-markers.js": f"{VENDOR}/leaflet.awesome-markers/dist/leaflet.awesome-markers.js",
    "leaflet.awesome-markers.css": f"{VENDOR}/leaflet.awesome-markers/dist/leaflet.awesome-markers.css",
    "bootstrap.bundle.min.js": f"{VENDOR}/bootstrap/dist/js/bootstrap.bundle.min.js",
    "bootstrap.min.css": f"{VENDOR}/bootstrap/dist/css/bootstrap.min.css",
    "jquery-3.7.1.min.js": f"{VENDOR}/jquery/dist/jquery.min.js",
    "jquery.min.js": f"{VENDOR}/jquery/dist/jquery.min.js",
    "all.min.css": f"{VENDOR}/@fortawesome/fontawesome-free/css/all.min.css",
}
"""Our file for the last part of an outside address."""

DROPPED: Final = frozenset({"bootstrap-glyphicons.css", "leaflet.awesome.rotate.min.css"})
"""Bootstrap 3's icons and a turning icon: nothing of ours uses either."""

Links = list[tuple[str, str]]


def classes_with_files() -> Iterator[type[Any]]:
    """Yield folium's map and every class that brings scripts or styles of its own, each once."""
    seen: set[type[Any]] = set()
    waiting: list[type[Any]] = [folium.Map, JSCSSMixin]
    while waiting:
        found = waiting.pop()
        if found in seen:
            continue
        seen.add(found)
        waiting += found.__subclasses__()
        if found is not JSCSSMixin:
            yield found


def own_links(links: Links) -> Links | None:
    """Return the links with this site's files, None when one of them is not installed."""
    out: Links = []
    for name, url in links:
        last = url.rpartition("/")[2].partition("?")[0]
        if url.startswith(f"{OWN}/"):
            out.append((name, url))
        elif last in INSTALLED:
            out.append((name, INSTALLED[last]))
        elif last not in DROPPED:
            return None
    return out


def serve_from_here() -> None:
    """Exchange the addresses of every class. Doing it twice changes nothing."""
    for drawn in classes_with_files():
        for attribute in ("default_js", "default_css"):
            held = drawn.__dict__.get(attribute)
            if not isinstance(held, list):
                continue
            links = own_links(held)
            setattr(drawn, attribute, _refusal(drawn, held) if links is None else links)


def _refusal(drawn: type[Any], links: Links) -> property:
    missing = sorted({url.rpartition("/")[2] for _name, url in links})

    def refuse(_element: object) -> NoReturn:
        raise SetupError(
            "folium's %(name)s needs files that are not installed here: %(files)s. Add its package to "
            "package.json and to fieldops/maps/assets.py.",
            name=drawn.__name__,
            files=", ".join(missing),
        )

    return property(refuse)


serve_from_here()
