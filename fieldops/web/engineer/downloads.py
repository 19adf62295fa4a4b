"""What is shown, as files: CSV for spreadsheets, GeoJSON and GeoPackage for QGIS."""

import csv
import io
from collections.abc import Callable
from typing import Any, Final

import geopandas as gpd
from flask import Response, make_response, request

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.queries.engineer import clusters_shown, read_filter
from fieldops.web.engineer.room import blueprint
from fieldops.web.protection import requires
from fieldops.web.words import SEVERITY

LAYER: Final = "open_clusters"
RISKY: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet read a cell as a formula."""

COLUMNS: Final = (
    "id", "service", "name", "severity", "reports", "age_days", "first_reported", "state", "address",
    "kelurahan",
)  # fmt: skip


@blueprint.get("/unduh.<kind>")
@requires(Right.SEE_MAPS)
def download(kind: str) -> Response:
    """Send the clusters of a filter as a file."""
    if kind not in MAKERS:
        raise NotFound("There is no download of the kind “%(kind)s”.", kind=kind[:20])
    session = db.session()
    now = clock.now()
    frame = clusters_shown(session, read_filter(session, request.args), now)
    make, mimetype = MAKERS[kind]
    answer = make_response(make(table(frame, i18n.language())))
    answer.mimetype = mimetype
    name = f"fieldops-{LAYER.replace('_', '-')}-{i18n.local(now):%Y-%m-%d}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def table(frame: gpd.GeoDataFrame, language: str) -> gpd.GeoDataFrame:
    """Return the columns that leave the building, in EPSG:4326."""
    out = frame.assign(name=frame[f"name_{language}"])
    return out[[*COLUMNS, "geometry"]]


def csv_bytes(frame: gpd.GeoDataFrame) -> bytes:
    """Return a table for spreadsheets: BOM, semicolons, the reader's decimal mark, no formulas."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    writer.writerow([*heads().values(), _("Latitude"), _("Longitude")])
    mark = "," if i18n.language() == "id" else "."
    for row in frame.to_dict("records"):
        cells = [_cell(row, column) for column in COLUMNS]
        place = [f"{value:.6f}".replace(".", mark) for value in (row["geometry"].y, row["geometry"].x)]
        writer.writerow([*cells, *place])
    return held.getvalue().encode("utf-8-sig")


def safe_cell(text: str) -> str:
    """Return a text that no spreadsheet reads as a formula."""
    return f"'{text}" if text.startswith(RISKY) else text


def heads() -> dict[str, str]:
    """Return the column heads in the reader's language."""
    return {
        "id": _("Cluster"),
        "service": _("Code"),
        "name": _("Kind"),
        "severity": _("Severity"),
        "reports": _("Open reports"),
        "age_days": _("Age in days"),
        "first_reported": _("First reported"),
        "state": _("Work"),
        "address": _("Street"),
        "kelurahan": _("Kelurahan"),
    }


def _cell(row: dict[str, Any], column: str) -> str | int:
    value = row[column]
    if column == "first_reported":
        return f"{i18n.local(value.to_pydatetime()):%Y-%m-%d %H:%M}"
    if column == "severity":
        return str(SEVERITY[value]())
    if column == "state":
        return str(_("planned") if value == "planned" else _("not planned"))
    return int(value) if column in ("id", "reports", "age_days") else safe_cell(str(value))


def geojson_bytes(frame: gpd.GeoDataFrame) -> bytes:
    """Return GeoJSON (RFC 7946), times in UTC."""
    plain = frame.assign(first_reported=frame["first_reported"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return str(plain.to_json(drop_id=True, ensure_ascii=False)).encode()


def geopackage_bytes(frame: gpd.GeoDataFrame) -> bytes:
    """Return a GeoPackage with one layer of points."""
    held = io.BytesIO()
    frame.to_file(held, driver="GPKG", layer=LAYER, engine="pyogrio")
    return held.getvalue()


MAKERS: Final[dict[str, tuple[Callable[[gpd.GeoDataFrame], bytes], str]]] = {
    "csv": (csv_bytes, "text/csv"),
    "geojson": (geojson_bytes, "application/geo+json"),
    "gpkg": (geopackage_bytes, "application/geopackage+sqlite3"),
}
