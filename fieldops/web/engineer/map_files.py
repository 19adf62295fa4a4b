"""The folium page in its frame, the files cut out of it, and the points it shows."""

import json
from pathlib import Path
from typing import Any, Final

from flask import make_response, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import NotFound
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.maps.documents import Document
from fieldops.maps.open_clusters import MapRequest, MapWords, open_clusters_document
from fieldops.maps.store import keep, read
from fieldops.queries.base_map import base_map_version
from fieldops.queries.engineer import clusters_shown, read_filter
from fieldops.queries.services import active_services
from fieldops.web.engineer.room import blueprint
from fieldops.web.map_words import map_said, tiles_url
from fieldops.web.page import THEMES, installation
from fieldops.web.protection import requires
from fieldops.web.words import SEVERITY

FOREVER: Final = "private, max-age=31536000, immutable"
KINDS: Final = {"js": "text/javascript", "css": "text/css"}


@blueprint.get("/peta.html")
@requires(Right.SEE_MAPS)
def map_document() -> str:
    """Send the page that the frame shows. It is empty of data; its points come with the same filter."""
    read_filter(db.session(), request.args)
    document = drawn(i18n.language(), request.cookies.get("theme", ""))
    keep(document, _folder())
    return document.page


@blueprint.get("/peta/<name>")
@requires(Right.SEE_MAPS)
def map_file(name: str) -> Response:
    """Send a file that was cut out of the page, whichever process drew it."""
    content = read(name, _folder())
    if content is None:
        content = _drawn_again(name)
    answer = make_response(content)
    answer.mimetype = KINDS[name.rpartition(".")[2]]
    answer.headers["Cache-Control"] = FOREVER
    return answer


@blueprint.get("/titik.geojson")
@requires(Right.SEE_MAPS)
def points() -> Response:
    """Send the clusters of a filter as GeoJSON: kind, street, figures, never words of reporters."""
    session = db.session()
    frame = clusters_shown(session, read_filter(session, request.args), clock.now())
    language = i18n.language()
    features = [_feature(row, language) for row in frame.to_dict("records")]
    answer = make_response(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    )
    answer.mimetype = "application/geo+json"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.add_etag(weak=True)
    return answer.make_conditional(request)


def drawn(language: str, theme: str) -> Document:
    """Return the page in the language in force and a theme."""
    session = db.session()
    place = installation()
    return open_clusters_document(
        MapRequest(
            bounds=place.city.bounds,
            services=tuple((one.code, one.name(language)) for one in active_services(session)),
            words=_words(),
            points_url=url_for("engineer.points"),
            tiles_url=tiles_url("tiles.staff_tile"),
            report_url=url_for("dispatch.request_shown", request_id=0).removesuffix("0") + "{id}",
            said=map_said(),
            ground_url=url_for("citizen.base", v=base_map_version(session)),
            icons_url=url_for("static", filename="icons/icons.svg"),
            files_prefix=url_for("engineer.map_file", name="_").removesuffix("_"),
            language=language,
            theme=theme if theme in THEMES else "",
        )
    )


def _words() -> MapWords:
    return MapWords(
        title=_("Map of open clusters"),
        open=_("Open cluster"),
        zoom_in=_("Zoom in"),
        zoom_out=_("Zoom out"),
        full_screen=_("Full screen"),
        layers=_("Kinds of report"),
        together=_("{n} places, zoom in"),
        nothing=_("No open clusters with these filters."),
        failed=_("The map did not load. The table shows the same."),
        attribution=_("FieldOps; example data") if installation().settings.demo else "FieldOps",
        everything=_("Every open report"),
        report=_("Open report"),
    )


def _drawn_again(name: str) -> str:
    # Another machine drew the page; the same page is drawn here and gives the same file.
    for language in i18n.LANGUAGES:
        with i18n.in_language(language):
            document = drawn(language, "")
        keep(document, _folder())
        if name in document.files:
            return document.files[name]
    raise NotFound("There is no such page. It may have moved, or the address is mistyped.")


def _folder() -> Path:
    return installation().settings.instance_dir / "maps"


def _feature(row: dict[str, Any], language: str) -> dict[str, Any]:
    place = ", ".join(part for part in dict.fromkeys((row["address"], row["kelurahan"])) if part)
    figures = ngettext("%(num)d open report", "%(num)d open reports", row["reports"])
    age = ngettext("%(num)d day old", "%(num)d days old", row["age_days"])
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": {
            "type": "Point",
            "coordinates": [round(row["geometry"].x, 6), round(row["geometry"].y, 6)],
        },
        "properties": {
            "service": row["service"],
            "family": row["family"],
            "icon": row["icon"],
            "severity": row["severity"],
            "state": row["state"],
            "title": row[f"name_{language}"],
            "lines": [
                line
                for line in (
                    place,
                    f"{figures}, {SEVERITY[row['severity']]().lower()}, {age}",
                    _("Work is planned") if row["state"] == "planned" else "",
                )
                if line
            ],
            "url": url_for("dispatch.cluster", cluster_id=row["id"]),
        },
    }
