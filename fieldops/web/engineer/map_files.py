"""The folium page in its frame, and the files cut out of it."""

from pathlib import Path
from typing import Final

from flask import make_response, request, url_for
from werkzeug.wrappers import Response

from fieldops import i18n
from fieldops.domain.map_groups import STAFF_UNFINISHED
from fieldops.domain.roles import Right
from fieldops.errors import NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.maps.documents import Document
from fieldops.maps.open_reports import MapRequest, MapWords, open_reports_document
from fieldops.maps.store import keep, read
from fieldops.queries.base_map import base_map_version
from fieldops.queries.engineer import read_filter
from fieldops.queries.services import active_services
from fieldops.web.engineer.room import blueprint
from fieldops.web.map_words import map_said, tiles_url
from fieldops.web.page import THEMES, installation
from fieldops.web.protection import requires

FOREVER: Final = "private, max-age=31536000, immutable"
KINDS: Final = {"js": "text/javascript", "css": "text/css"}


@blueprint.get("/peta.html")
@requires(Right.SEE_MAPS)
def map_document() -> str:
    """Send the page that the frame shows. It is empty of data; its tiles come with the same filter."""
    read_filter(db.session(), request.args)
    document = drawn(i18n.language(), request.cookies.get("theme", ""))
    keep(document, maps_folder())
    return document.page


@blueprint.get("/peta/<name>")
@requires(Right.SEE_MAPS)
def map_file(name: str) -> Response:
    """Send a file that was cut out of the page, whichever process drew it."""
    content = read(name, maps_folder())
    if content is None:
        content = _drawn_again(name)
    answer = make_response(content)
    answer.mimetype = KINDS[name.rpartition(".")[2]]
    answer.headers["Cache-Control"] = FOREVER
    return answer


def drawn(language: str, theme: str) -> Document:
    """Return the page in the language in force and a theme."""
    session = db.session()
    place = installation()
    return open_reports_document(
        MapRequest(
            bounds=place.city.bounds,
            services=tuple((one.code, one.name(language)) for one in active_services(session)),
            words=_words(),
            tiles_url=tiles_url("tiles.staff_tile"),
            places_url=url_for("dispatch.map_places"),
            report_url=url_for("dispatch.request_shown", request_id=0).removesuffix("0") + "{id}",
            statuses=",".join(STAFF_UNFINISHED),
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
        title=_("Map of open reports"),
        zoom_in=_("Zoom in"),
        zoom_out=_("Zoom out"),
        full_screen=_("Full screen"),
        layers=_("Kinds of report"),
        nothing=_("No open reports in this part of the map."),
        failed=_("The map did not load. The table shows the same."),
        attribution=_("FieldOps; example data") if installation().settings.demo else "FieldOps",
        report=_("Open report"),
    )


def _drawn_again(name: str) -> str:
    # Another machine drew the page; the same page is drawn here and gives the same file.
    for language in i18n.LANGUAGES:
        with i18n.in_language(language):
            document = drawn(language, "")
        keep(document, maps_folder())
        if name in document.files:
            return document.files[name]
    raise NotFound("There is no such page. It may have moved, or the address is mistyped.")


def maps_folder() -> Path:
    """Return where cut-out files are kept."""
    return installation().settings.instance_dir / "maps"
