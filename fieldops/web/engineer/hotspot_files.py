"""A map of hotspots to take along: a figure for print, a report, and its cells as data."""

import io
import zipfile
from collections.abc import Callable
from typing import Any, Final

import geopandas as gpd
import numpy as np
from flask import Response, render_template

from fieldops import i18n
from fieldops.domain.hotspot_questions import Method
from fieldops.domain.roles import Right
from fieldops.errors import Conflict, NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.maps.hotspot_drawing import BANDS, Ground, hotspot_drawing
from fieldops.maps.typeset import typeset
from fieldops.models import HotspotRun
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.frames import areas
from fieldops.queries.hotspot_frames import cells_frame, main_lines
from fieldops.queries.hotspots import get_map, top_cells
from fieldops.web.engineer import hotspot_words as words
from fieldops.web.engineer import method_words
from fieldops.web.engineer.day_series import day_series
from fieldops.web.engineer.downloads import safe_cell
from fieldops.web.engineer.pattern_bands import pattern_band
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.runs import sent
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import CHANNEL, HOTSPOT_METHOD

LAYER: Final = "hotspot_cells"
NAME: Final = "titik-rawan"
TOP: Final = 10
FIGURES: Final = {"svg": "image/svg+xml", "png": "image/png"}


@blueprint.get("/titik-rawan/<int:run_id>/gambar.<any(svg, png):kind>")
@requires(Right.SEE_MAPS)
def hotspots_figure(run_id: int, kind: str) -> Response:
    """Send the map as a figure with everything a reader needs to judge it."""
    run = _done(run_id)
    made = typeset("figure", kind, _figure(run), map=_drawing(run))  # type: ignore[arg-type]
    return sent(run, NAME, made, kind, FIGURES[kind])


@blueprint.get("/titik-rawan/<int:run_id>/laporan.pdf")
@requires(Right.SEE_MAPS)
def hotspots_report(run_id: int) -> Response:
    """Send a report: the map, its top ten places, rain and reports, channels, and the method."""
    run = _done(run_id)
    drawings = {"map": _drawing(run), "days": _day_drawing(run)}
    return sent(run, NAME, typeset("report", "pdf", _report(run), **drawings), "pdf", "application/pdf")


@blueprint.get("/titik-rawan/<int:run_id>/sel.<kind>")
@requires(Right.SEE_MAPS)
def hotspots_cells(run_id: int, kind: str) -> Response:
    """Send the cells as a file with their method beside them."""
    run = _done(run_id)
    if kind not in MAKERS:
        raise NotFound("There is no download of the kind “%(kind)s”.", kind=kind[:20])
    make, mimetype, ending = MAKERS[kind]
    cells = cells_frame(db.session(), run.id)
    if run.method in method_words.STATISTIC:
        cells = cells.rename(columns={"z": method_words.STATISTIC[run.method][1]})
    return sent(run, NAME, make(cells, run), ending, mimetype)


def _done(run_id: int) -> HotspotRun:
    run = get_map(db.session(), run_id)
    if run.state != "done":
        raise Conflict("This map is not computed yet.")
    return run


# ── Drawings ─────────────────────────────────────────────────────────────────────────────────────────────


def _drawing(run: HotspotRun) -> str:
    session = db.session()
    cells = cells_frame(session, run.id)
    if run.method == Method.EMERGING.value:
        bands = np.array([pattern_band(label) for label in cells["label"]], dtype=np.int64)
    else:
        bands = cells["band"].to_numpy(dtype=np.int64)
    city, kelurahan = areas(session, "city"), areas(session, "kelurahan")
    streets, water = main_lines(session)
    ground = Ground(
        outlines=list((city if len(city) else kelurahan).geometry),
        streets=streets,
        water=water,
        names=list(zip(_few(kelurahan)["name"], _few(kelurahan).geometry, strict=True)),
    )
    return hotspot_drawing(cells, bands, ground, city_crs(installation().city))


def _few(kelurahan: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the largest kelurahan: the names of all would cover the cells."""
    order = np.argsort(-kelurahan.to_crs(city_crs(installation().city)).area.to_numpy(), kind="stable")
    return kelurahan.iloc[np.sort(order[:16])]


def _day_drawing(run: HotspotRun) -> str:
    series = day_series(run.figures.get("days", []))
    return render_template("engineer/day_series.svg", series=series)


# ── Words ────────────────────────────────────────────────────────────────────────────────────────────────


def _figure(run: HotspotRun) -> dict[str, Any]:
    question = words.question_of(run)
    return {
        "title": words.title_words(question),
        "subtitle": ", ".join(
            part
            for part in (
                HOTSPOT_METHOD[run.method](),
                words.period_words(question.first, question.last),
                f"n = {words.counted_words(question, run.figures)}",
                words.filter_words(question),
            )
            if part
        ),
        "language": i18n.language(),
        "classes": [
            {"fill": BANDS[band], "strong": abs(band) == 3, "words": _class_words(run, band)}
            for band in method_words.bands_shown(run.method)
        ],
        "facts": [[name, text] for name, text in words.method_facts(run) if text],
        "bias": words.BIAS(),
    }


def _class_words(run: HotspotRun, band: int) -> str:
    if run.method == Method.EMERGING.value:
        return words.pattern_class_words(band)
    return words.band_words(band, method=run.method)


def _report(run: HotspotRun) -> dict[str, Any]:
    comparing = run.method == Method.COMPARISON.value
    statistic = method_words.STATISTIC.get(run.method, ("z",))[0]
    heads = ["", _("Place"), _("Found"), _("Before") if comparing else _("Expected"), statistic, _("Class")]
    cells = top_cells(db.session(), run.id, TOP)
    channels = run.figures.get("channels", {})
    total = sum(channels.values()) or 1
    return _figure(run) | {
        "author": installation().city.organisation
        + (_(" (example data)") if installation().settings.demo else ""),
        "finding": words.finding_words(run),
        "words": {
            "top": _("Ten top places"),
            "heads": heads,
            "days": _("Rain and reports by day"),
            "channels": _("How reports came"),
            "bias": _("A changed mix of channels changes counts without any change in the streets."),
            "method": _("Method"),
        },
        "rows": [
            [
                str(number),
                _("%(area)s, cell %(n)s", area=cell.area_name, n=cell.number),
                i18n.number(cell.count),
                i18n.number(cell.facts["earlier"]) if comparing else _number(cell.expected),
                _number(cell.z, 2),
                words.LABEL[cell.label]()
                if cell.label in words.LABEL
                else words.band_words(cell.band, method=run.method),
            ]
            for number, cell in enumerate(cells, start=1)
        ],
        "channels": [
            [
                CHANNEL[code]() if code in CHANNEL else code,
                i18n.number(many),
                f"{i18n.number(100 * many / total)} %",
            ]
            for code, many in channels.items()
        ],
    }


def _number(value: float | None, decimals: int = 1) -> str:
    return "–" if value is None else i18n.number(value, decimals)


# ── Cells as data ────────────────────────────────────────────────────────────────────────────────────────


def _geopackage(cells: gpd.GeoDataFrame, _run: HotspotRun) -> bytes:
    held = io.BytesIO()
    cells.to_file(held, driver="GPKG", layer=LAYER, engine="pyogrio")
    return held.getvalue()


def _geojson(cells: gpd.GeoDataFrame, _run: HotspotRun) -> bytes:
    return str(cells.to_json(drop_id=True, ensure_ascii=False)).encode()


def _parquet(cells: gpd.GeoDataFrame, _run: HotspotRun) -> bytes:
    held = io.BytesIO()
    cells.to_parquet(held, index=False)
    return held.getvalue()


def _csv(cells: gpd.GeoDataFrame, _run: HotspotRun) -> bytes:
    mark = "," if i18n.language() == "id" else "."
    middle = cells.geometry.representative_point()
    table = cells.drop(columns="geometry").assign(lat=middle.y.round(6), lon=middle.x.round(6))
    table["area_name"] = [safe_cell(name) for name in table["area_name"]]
    return bytes(table.to_csv(index=False, sep=";", decimal=mark, lineterminator="\r\n").encode("utf-8-sig"))


def _all(cells: gpd.GeoDataFrame, run: HotspotRun) -> bytes:
    """Return every kind of file with the method as README, in both languages."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, (make, _mimetype, ending) in MAKERS.items():
            if kind != "zip":
                archive.writestr(f"{LAYER}.{ending}", make(cells, run))
        text = "\n\n".join(words.methods_text(run, code) for code in i18n.LANGUAGES)
        archive.writestr("README.txt", f"{text}\n\n{column_words()}\n")
    return held.getvalue()


def column_words() -> str:
    """Return what the columns of the files hold."""
    return "\n".join(  # noqa: FLY002  one line a column
        (
            "number: the cell's number in this run",
            "area_name: the kelurahan that its middle lies in",
            "count: what was counted; exposure: what it is divided by",
            "expected: the count if the city's mean, or its rate, held in the cell",
            "z, p: of the cell and its neighbours together",
            "log_likelihood_ratio, moran_i, per_km2: instead of z where the method has its own figure",
            "cluster, relative_risk: the circle of a scan that holds the cell, by rank",
            "p_adjusted: the smallest false discovery rate at which the cell stands",
            "band: -3 to 3, cold or hot at 99, 95, 90 % after correction; plain_band: without it",
            "label: a pattern over time, or more/fewer than before",
            "earlier: counted in the earlier period; steps: a class a step, 0 to 6, 3 none",
            "geometry: EPSG:4326",
        )
    )


Maker = Callable[[gpd.GeoDataFrame, HotspotRun], bytes]
MAKERS: Final[dict[str, tuple[Maker, str, str]]] = {
    "gpkg": (_geopackage, "application/geopackage+sqlite3", "gpkg"),
    "geojson": (_geojson, "application/geo+json", "geojson"),
    "csv": (_csv, "text/csv", "csv"),
    "parquet": (_parquet, "application/vnd.apache.parquet", "parquet"),
    "zip": (_all, "application/zip", "zip"),
}
