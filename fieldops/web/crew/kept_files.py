"""The scripts, styles and drawings that a crew's pages load, so that a phone can keep them all."""

import posixpath
import re
from functools import lru_cache
from typing import Final

from flask import url_for

from fieldops.config import ROOT
from fieldops.web.service_worker import NAMED

STATIC: Final = ROOT / "static"
MODULES: Final = (
    "confirm", "copy", "crew_queue", "crew_report", "day_kept", "form", "kept_copy", "list_version",
    "next_step", "photo", "print", "routes", "stop_order", "stop_rows", "theme", "toast", "worker",
)  # fmt: skip
"""What the pages' `data-module` names; a test compares it with the pages."""
ON_DEMAND: Final = ("vendor/leaflet/map.js", "vendor/leaflet/shapes.js", "vendor/leaflet/popup.js")
"""What `js/lib/leaflet.js` fetches by a computed address, with `css/leaflet.css`."""
STYLES: Final = ("css/leaflet.css",)
_IMPORT: Final = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}/[^"']+\.js)["']""")


def page_files() -> list[str]:
    """Return the addresses, as pages and scripts ask for them."""
    named = [url_for("static", filename=name) for name in NAMED]
    plain = (*sorted(scripts()), *STYLES)
    return [*named, *(url_for("static", filename=name).partition("?")[0] for name in plain)]


@lru_cache(maxsize=1)
def scripts() -> frozenset[str]:
    """Return every script that the modules import, and what those import, by its path in static/."""
    left = ["js/app.js", *(f"js/modules/{name}.js" for name in MODULES), *ON_DEMAND]
    found: set[str] = set()
    while left:
        name = left.pop()
        if name in found or not (STATIC / name).is_file():
            continue
        found.add(name)
        text = (STATIC / name).read_text(encoding="utf-8")
        folder = posixpath.dirname(name)
        left += [posixpath.normpath(posixpath.join(folder, one)) for one in _IMPORT.findall(text)]
    return frozenset(found - {"js/app.js"})
