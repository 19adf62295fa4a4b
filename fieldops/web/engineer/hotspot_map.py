"""The map of a run: its folium page and the tiles of its cells."""

from typing import Any, Final

from flask import request, url_for
from werkzeug.wrappers import Response

from fieldops import i18n
from fieldops.domain.hotspot_questions import Analysis, Method
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.maps.cell_tiles import HeldLayers, tile_body, tile_mark
from fieldops.maps.documents import Document
from fieldops.maps.hotspot_map import HotspotMapRequest, hotspots_document
from fieldops.maps.store import keep
from fieldops.models import HotspotRun
from fieldops.queries.base_map import base_map_version
from fieldops.queries.hotspots import cells_of, get_map
from fieldops.web.engineer import hotspot_words as words
from fieldops.web.engineer import method_words
from fieldops.web.engineer.map_files import maps_folder
from fieldops.web.engineer.room import blueprint
from fieldops.web.map_words import LOCALES, map_said, tiles_url
from fieldops.web.page import THEMES, installation
from fieldops.web.protection import requires
from fieldops.web.words import HOTSPOT_METHOD

MVT: Final = "application/vnd.mapbox-vector-tile"


@blueprint.get("/titik-rawan/<int:run_id>/peta.html")
@requires(Right.SEE_MAPS)
def hotspots_map(run_id: int) -> str:
    """Send the page that the frame shows."""
    document = drawn(get_map(db.session(), run_id), i18n.language(), request.cookies.get("theme", ""))
    keep(document, maps_folder())
    return document.page


@blueprint.get("/titik-rawan/<int:run_id>/sel/<int:zoom>/<int:x>/<int:y>.pbf")
@requires(Right.SEE_MAPS)
def hotspot_tile(run_id: int, zoom: int, x: int, y: int) -> Response:
    """Send a tile of a run's cells. A run never changes once it is computed."""
    run = get_map(db.session(), run_id)
    mark = tile_mark(run.id, run.computed_at.isoformat() if run.computed_at else "")
    answer = Response(mimetype=MVT)
    answer.set_etag(f"{mark}-{zoom}-{x}-{y}")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    if request.if_none_match.contains(f"{mark}-{zoom}-{x}-{y}"):
        answer.status_code = 304
        return answer
    body, is_shrunk = tile_body(_layers.get(mark, lambda: cells_of(db.session(), run_id)), zoom, x, y)
    if not body:
        answer.status_code = 204
        return answer
    answer.set_data(body)
    if is_shrunk:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


_layers = HeldLayers()


def drawn(run: HotspotRun, language: str, theme: str) -> Document:
    """Return the page of a run in the language in force and a theme."""
    place, question = installation(), words.question_of(run)
    steps = run.figures.get("steps", [])
    return hotspots_document(
        HotspotMapRequest(
            bounds=tuple(run.figures.get("bounds", place.city.bounds)),
            layers=_layer_names(question.method),
            classes=tuple((band, words.band_words(band, method=run.method)) for band in range(-3, 4)),
            labels=tuple((code, said()) for code, said in words.LABEL.items()),
            steps=tuple(words.period_words(*words.step_days(one)) for one in steps),
            rain=tuple(one[2] for one in steps),
            words=tuple(sorted(_words(words.title_words(question), question.method.value).items())),
            tiles_url=url_for("engineer.hotspot_tile", run_id=run.id, zoom=0, x=0, y=0).replace(
                "0/0/0", "{z}/{x}/{y}"
            ),
            cell_url=url_for("engineer.hotspot_cell", run_id=run.id, number=0).removesuffix("0") + "{id}",
            ground_url=url_for("citizen.base", v=base_map_version(db.session())),
            requests_url=tiles_url("tiles.staff_tile"),
            said=map_said(),
            files_prefix=url_for("engineer.map_file", name="_").removesuffix("_"),
            language=LOCALES.get(language, language),
            theme=theme if theme in THEMES else "",
            compares=question.method is Method.COMPARISON,
        )
    )


def _layer_names(method: Method | Analysis) -> tuple[tuple[str, str], ...]:
    if method is Method.COMPARISON:
        return (("band", _("Difference")), ("swipe", _("Side by side")))
    if method is Method.EMERGING:
        return (("label", _("Pattern over time")), ("steps", _("Step by step")))
    if method in (Method.SCAN, Method.MORAN, Method.DENSITY):
        return (("band", HOTSPOT_METHOD[method.value]()),)
    return (("band", _("Corrected for many cells")), ("plain", _("Without correction")))


def _words(title: str, method: str) -> dict[str, Any]:
    return {
        "title": title,
        "statistic": method_words.STATISTIC.get(method, ("z",))[0],
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "fullScreen": _("Full screen"),
        "layers": _("What the map shows"),
        "failed": _("The map did not load. The table shows the same."),
        "attribution": _("FieldOps; example data") if installation().settings.demo else "FieldOps",
        "reports": _("Reports"),
        "cell": _("{area}, cell {n}"),
        "counted": _("{n} counted, {m} expected"),
        "open": _("Open the cell"),
        "before": _("Before"),
        "after": _("After"),
        "difference": _("{n} now, {m} before"),
        "play": _("Play"),
        "pause": _("Pause"),
        "step": _("Step"),
        "swipe": _("Move the line between before and after"),
        "rain": _("{mm} mm of rain"),
    }
