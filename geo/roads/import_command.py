"""`python -m geo roads`: a map extract in, a road graph out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from geo.errors import GeoError
from geo.roads.graph import RoadSummary
from geo.roads.importing import import_roads
from geo.roads.speeds import read_speeds

if TYPE_CHECKING:
    SubParsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it so


def add_parser(subparsers: SubParsers) -> argparse.ArgumentParser:
    """Add the `roads` command; its arguments' `run` carries it out and returns the exit status."""
    parser = subparsers.add_parser(
        "roads",
        help="make a road graph of a map extract",
        description="Read the drivable roads of an OpenStreetMap extract (.osm.pbf, .osm, .osm.gz, .osm.bz2) "
        "or of Overpass JSON (.json, .json.gz) and write them as one file for travel times and directions. "
        "An older file is replaced at the very end, or stays. Exit status: 0 written, 2 bad input.",
    )
    parser.add_argument("source", type=Path, help="map extract")
    parser.add_argument("target", type=Path, help="road graph to write")
    parser.add_argument("--speeds", type=Path, metavar="FILE", help="table of speeds (TOML)")
    parser.set_defaults(run=run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Carry the command out; return 0, or 2 after saying on stderr what is wrong with the input."""
    try:
        speeds = read_speeds(arguments.speeds)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("", total=1.0)
            summary = import_roads(
                arguments.source,
                arguments.target,
                speeds=speeds,
                on_progress=lambda stage, share: bar.update(task, description=stage, completed=share),
            )
    except GeoError as error:
        sys.stderr.write(f"roads: {error}\n")
        return 2
    _tell(summary)
    return 0


def _tell(summary: RoadSummary) -> None:
    sys.stdout.write(
        f"{summary.source}: {summary.road_km:.1f} km of road, {summary.sections} sections between "
        f"{summary.nodes} junctions; {summary.left_out_km:.1f} km not connected both ways, left out\n"
    )
    if summary.missing_nodes:
        sys.stdout.write(f"{summary.missing_nodes} nodes are missing in the extract: roads end there\n")
