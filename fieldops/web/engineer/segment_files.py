"""Segments as files: CSV for spreadsheets, GeoPackage and GeoJSON for QGIS."""

import csv
import io
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from fieldops import i18n
from fieldops.i18n import _
from fieldops.web.engineer.downloads import safe_cell
from fieldops.web.survey_words import CONDITION

LAYER: Final = "segments"
COLUMNS: Final = (
    "key", "line_id", "street", "jurisdiction", "from_m", "to_m", "reports", "incidents", "indeks_aduan",
    "indeks_aduan_low", "indeks_aduan_high", "repairs", "repeats", "condition", "sdi", "sdi_version",
    "surveyed_at",
)  # fmt: skip
DECIMALS: Final = {"from_m": 0, "to_m": 0}


def file_table(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the columns that leave the building, in EPSG:4326; the key names a segment for good."""
    out = table.rename(
        columns={
            "index": "indeks_aduan",
            "index_low": "indeks_aduan_low",
            "index_high": "indeks_aduan_high",
            "distress": "sdi",
            "version": "sdi_version",
        }
    )
    key = out["line_id"].astype(str) + "-" + out["from_m"].round().astype(int).astype(str)
    told = out["surveyed_at"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").where(out["surveyed_at"].notna(), None)
    return out.assign(key=key, surveyed_at=told)[[*COLUMNS, "geometry"]]


def segments_csv(table: gpd.GeoDataFrame) -> bytes:
    """Return a table for spreadsheets: BOM, semicolons, the reader's decimal mark, no formulas."""
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads())
    mark = "," if i18n.language() == "id" else "."
    for row in file_table(table).drop(columns="geometry").to_dict("records"):
        writer.writerow([_cell(name, row[name], mark) for name in COLUMNS])
    return held.getvalue().encode("utf-8-sig")


def heads() -> list[str]:
    """Return the column heads in the reader's language."""
    return [
        _("Segment"), _("Line"), _("Street"), _("Kept up by"), _("From (m)"), _("To (m)"), _("Reports"),
        _("Incidents"), _("Complaint index"), _("Complaint index, low"), _("Complaint index, high"),
        _("Repairs"), _("Repeat repairs"), _("Class of the survey"), "SDI", _("Guide’s version"),
        _("Surveyed"),
    ]  # fmt: skip


def _cell(name: str, value: Any, mark: str) -> str | int:
    if value is None or (isinstance(value, float) and pd.isna(value)):
        return ""
    if name == "condition":
        return str(CONDITION[value]()) if value in CONDITION else ""
    if isinstance(value, float):
        return f"{value:.{DECIMALS.get(name, 1)}f}".replace(".", mark)
    return value if isinstance(value, int) else safe_cell(str(value))


def segments_geojson(table: gpd.GeoDataFrame) -> bytes:
    """Return GeoJSON (RFC 7946)."""
    return str(file_table(table).to_json(drop_id=True, ensure_ascii=False)).encode()


def segments_geopackage(table: gpd.GeoDataFrame) -> bytes:
    """Return a GeoPackage with one layer of lines."""
    held = io.BytesIO()
    file_table(table).to_file(held, driver="GPKG", layer=LAYER, engine="pyogrio")
    return held.getvalue()
