"""`python -m geo hotspots`: a CSV of requests in, tested cells out, and what the map must say of itself."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
from numpy.typing import NDArray

from geo.crs import WGS84
from geo.errors import GeoError
from geo.statistics.command_cells import Study, make_study
from geo.statistics.command_inputs import Points, read_lines, read_points, zone_of
from geo.statistics.emerging import emerging_hot_spots
from geo.statistics.exposure import Rates, rates_of, road_km
from geo.statistics.hot_spots import LEAST_EXPECTED, hot_spots, weights_among
from geo.statistics.local_moran import local_moran
from geo.statistics.neighbourhoods import Weights
from geo.statistics.space_time_cube import Step, make_cube, step_edges
from geo.statistics.summary import Statement

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it so

FORMATS = {".geojson": "GeoJSON", ".gpkg": "GPKG", ".csv": "CSV", ".parquet": "GeoParquet"}


def add_parser(subparsers: SubParsers) -> argparse.ArgumentParser:
    """Add the `hotspots` command; its arguments' `run` carries it out and returns the exit status."""
    parser = subparsers.add_parser(
        "hotspots",
        help="find significant concentrations of requests",
        description="Test where requests are more, or fewer, than the whole map lets expect. Writes a row "
        "a cell with counts, z, p and bands; prints what the map must say of itself.",
    )
    parser.add_argument("requests", type=Path, help="CSV file of requests (UTF-8, with a header)")
    parser.add_argument("output", type=Path, help="file to write: .geojson, .gpkg, .csv or .parquet")
    _add_columns(parser)
    _add_map(parser)
    _add_method(parser)
    parser.set_defaults(run=run)
    return parser


def _add_columns(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lon-column", default="lon", help="longitude, degrees (default: lon)")
    parser.add_argument("--lat-column", default="lat", help="latitude, degrees (default: lat)")
    parser.add_argument("--time-column", help="time of the report, ISO 8601; needed for periods and steps")
    parser.add_argument(
        "--address-column",
        help="address: a coordinate that carries many of them is a stand-in and is not counted",
    )
    parser.add_argument("--service-column", help="kind of request: work sites are of one kind")
    parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="first day")
    parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="last day")
    parser.add_argument(
        "--time-zone", default="UTC", help="where days begin, such as Asia/Jakarta (default: UTC)"
    )
    parser.add_argument("--dedupe-m", type=float, help="count work sites: reports this near are one, metres")
    parser.add_argument("--dedupe-days", type=float, help="and this near in time")


def _add_map(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shape",
        choices=("hexagon", "square", "area", "segment"),
        default="hexagon",
        help="of the cells: a grid, or the polygons of --area, or the lines of --exposure-roads, which must "
        "be cut at junctions (default: hexagon)",
    )
    parser.add_argument("--size-m", type=float, default=250.0, help="width of a cell, metres (default: 250)")
    parser.add_argument(
        "--reach-m",
        type=float,
        help="neighbours in a grid: greatest distance of centres, metres (default: twice the width); for "
        "segments: how far a request may lie from its road (default: 30)",
    )
    parser.add_argument("--area", type=Path, help="study area: polygons in GeoJSON or GeoPackage")
    parser.add_argument("--epsg", type=int, help="projected CRS to measure in (default: the UTM zone)")
    parser.add_argument("--exposure-roads", type=Path, help="roads: test requests per km instead of counts")
    parser.add_argument(
        "--least-km", type=float, default=0.1, help="cells with less road are not tested (default: 0.1)"
    )
    parser.add_argument("--smooth", action="store_true", help="draw rates over little road to the city's")


def _add_method(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--method", choices=("gi", "moran", "emerging"), default="gi", help="(default: gi)")
    parser.add_argument(
        "--q", type=float, default=0.05, help="false discovery rate, or p for moran (default: 0.05)"
    )
    parser.add_argument("--step-days", type=int, default=7, help="length of a step for emerging (default: 7)")
    parser.add_argument("--permutations", type=int, default=999, help="for moran (default: 999)")
    parser.add_argument("--seed", type=int, default=1, help="for moran (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return 0, or 2 after saying on stderr what is wrong with the input."""
    try:
        _hotspots(arguments)
    except (GeoError, OSError) as error:
        _say(f"hotspots: {error}")
        return 2
    return 0


def _hotspots(arguments: argparse.Namespace) -> None:
    if arguments.output.suffix not in FORMATS:
        raise GeoError(f"{arguments.output}: the name must end in one of {', '.join(FORMATS)}.")
    if arguments.method == "emerging" and arguments.exposure_roads is not None:
        raise GeoError("Emerging hotspots count requests; leave --exposure-roads out.")
    points = read_points(arguments, _say)
    study = make_study(arguments, points)
    cells, located = study.cells, study.located
    _say(f"{len(cells):,} cells; {located.outside:,} of {len(points):,} {points.unit} lie outside")
    # What the methods add or know better: counts of the period's whole steps alone, cells tested, and so on.
    said: dict[str, Any] = {
        "n": int(located.counts.sum()),
        "first": points.first,
        "last": points.last,
        "outside": located.outside,
        "exposure": "none, plain counts",
        "cells_tested": len(cells),
        "correction": "fdr",
    }
    if arguments.method == "emerging":
        columns = _emerging(arguments, points, study, said)
    else:
        columns = _over_space(arguments, points, study, said)
    taken = {"self", "crs", "cell", "covered_share", "geometry", *columns}
    given = {f"{name}_given" if name in taken else name: of for name, of in study.attributes.items()}
    frame = cells.frame(points.crs, **given, **columns)
    _write(frame, arguments.output)
    statement = Statement(
        method=arguments.method,
        unit=points.unit,
        shape=arguments.shape,
        size_m=study.size_m,
        reach_m=study.reach_m,
        crs=f"{points.crs.name} (EPSG:{points.crs.to_epsg()})",
        area=study.area_name,
        level=arguments.q,
        cells=len(cells),
        without_place=points.without_place,
        **said,
    )
    sys.stdout.write("\n".join([*statement.lines(), *_found(columns), ""]))
    _say(f"written to {arguments.output}")


Columns = dict[str, Any]


def _over_space(
    arguments: argparse.Namespace,
    points: Points,
    study: Study,
    said: Columns,
) -> Columns:
    counts, weights = study.located.counts, study.weights
    columns: Columns = {"n": counts}
    rates: Rates | None = None
    if arguments.exposure_roads is not None:
        columns["road_km"] = road_km(study.cells, read_lines(arguments.exposure_roads, points.crs))
        rates = rates_of(counts, columns["road_km"], least=arguments.least_km, smooth=arguments.smooth)
        columns["per_km"] = rates.rate
        smoothed = ", smoothed by empirical Bayes" if rates.is_smoothed else ""
        said |= {
            "exposure": f"km of road in {arguments.exposure_roads.name}, at least "
            f"{arguments.least_km:g} km a cell{smoothed}",
            "cells_tested": int(rates.tested.sum()),
            "without_exposure": rates.left_out,
        }
    if arguments.method == "moran":
        return columns | _moran(arguments, counts, rates, weights, said)
    found = hot_spots(
        counts if rates is None else rates.rate,
        weights,
        arguments.q,
        counts=counts,
        expected=None if rates is None else rates.expected,
        tested=None if rates is None else rates.tested,
    )
    said |= _expectation(found.expected)
    return columns | {
        "z": found.z,
        "p": found.p,
        "p_adjusted": found.p_adjusted,
        "band": found.band,
        "band_corrected": found.band_corrected,
        "is_significant": found.significant,
        "expected_around": found.expected,
        "is_thin": found.is_thin,
        "is_tested": found.tested,
    }


def _moran(
    arguments: argparse.Namespace,
    counts: NDArray[np.int64],
    rates: Rates | None,
    weights: Weights,
    said: Columns,
) -> Columns:
    tested = np.ones(len(counts), dtype=bool) if rates is None else rates.tested
    values = counts.astype(np.float64) if rates is None else rates.rate
    found = local_moran(
        values[tested],
        weights_among(weights, tested),
        permutations=arguments.permutations,
        seed=arguments.seed,
        level=arguments.q,
        counts=counts[tested],
    )
    said |= {"correction": "none", "permutations": arguments.permutations, "seed": arguments.seed}
    names = np.full(len(counts), "none", dtype=object)
    names[tested] = found.names()
    moran, p = np.full(len(counts), np.nan), np.full(len(counts), np.nan)
    moran[tested], p[tested] = found.moran, found.p
    return {"moran": moran, "p": p, "quadrant": names, "is_tested": tested}


def _emerging(arguments: argparse.Namespace, points: Points, study: Study, said: Columns) -> Columns:
    if points.first is None or points.last is None:
        raise GeoError("Emerging hotspots need times: name their column with --time-column.")
    edges = step_edges(points.first, points.last, Step(arguments.step_days), zone_of(arguments.time_zone))
    located = study.located
    cube = make_cube(located, points.reported_at_s, edges)
    found = emerging_hot_spots(cube.counts, study.weights, arguments.q, tested=cube.tested)
    said |= {
        "n": int(cube.counts.sum()),
        "first": edges[0].date(),
        "steps": cube.steps,
        "step": f"{arguments.step_days} days",
        "outside": located.outside + cube.before + cube.after,
        "cells_tested": int(cube.tested.sum()),
    } | _expectation(found.expected)
    return {
        "n": cube.counts.sum(axis=1),
        "class": np.array(found.names(), dtype=object),
        "hot_steps": (found.heat > 0).sum(axis=1),
        "cold_steps": (found.heat < 0).sum(axis=1),
        "z_last": found.z[:, -1],
        "trend_z": found.trend_z,
        "is_tested": found.tested,
    }


def _expectation(around: NDArray[np.float64]) -> Columns:
    tested = around[np.isfinite(around)]
    return {"thin": int((tested < LEAST_EXPECTED).sum()), "expected_around": float(np.median(tested))}


def _found(columns: Columns) -> list[str]:
    if "band" in columns:
        lines = []
        for name, told in (("band_corrected", "with correction"), ("band", "without")):
            hot, cold = (
                "/".join(f"{int((sign * columns[name] >= band).sum()):,}" for band in (1, 2, 3))
                for sign in (1, -1)
            )
            lines.append(f"Found {told}: {hot} cells hot, {cold} cold at 90/95/99 %")
        return lines
    names, number = np.unique(
        columns["class" if "class" in columns else "quadrant"].astype(str), return_counts=True
    )
    return [
        "Found: " + ", ".join(f"{count:,} {name}" for name, count in zip(names, number.tolist(), strict=True))
    ]


def _write(frame: geopandas.GeoDataFrame, path: Path) -> None:
    # A whole file or none; the ending stays, since GDAL reads it.
    part = path.with_name(f".part-{path.name}")
    try:
        if path.suffix == ".parquet":
            frame.to_parquet(part)
        elif path.suffix == ".csv":
            middle = frame.geometry.representative_point().to_crs(WGS84)
            table = frame.drop(columns="geometry").assign(lon=middle.x.round(6), lat=middle.y.round(6))
            table.to_csv(part, index=False)
        else:
            written = frame.to_crs(WGS84) if path.suffix == ".geojson" else frame
            written.to_file(part, driver=FORMATS[path.suffix], engine="pyogrio", layer="hotspots")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201 - a command speaks on stderr
