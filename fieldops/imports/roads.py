"""`python -m fieldops import-roads`: a map extract in, the installation's road graph out."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.operations.import_road_graph import import_road_graph, note_road_import
from fieldops.routing.drives import RoadState
from fieldops.transaction import transaction

DONE, UNUSABLE = 0, 2

STAGES: Final = {
    "ways": "reading ways",
    "places": "reading places",
    "junctions": "joining streets at junctions",
    "file": "writing the road graph",
}


def run_road_import(app: Flask, file: Path) -> int:
    """Import inside the application's context and say what came of it; return the exit code, 0 or 2."""
    installation: Installation = app.extensions["fieldops"]
    try:
        with _progress() as report:
            state = import_road_graph(installation, file, report)
    except InvalidInput as error:
        click.echo(f"fieldops: {error}", err=True)
        return UNUSABLE
    with transaction() as session:
        without_road = note_road_import(session, installation)
    for line in road_lines(state):
        click.echo(line)
    if without_road:
        click.echo(
            f"No road lies near {', '.join(without_road)}: does this extract cover {installation.city.name}?",
            err=True,
        )
    return DONE


@contextmanager
def _progress() -> Iterator[Callable[[str, float], None]]:
    """Yield what is told the stage and its share: a bar on a terminal, a line a stage elsewhere."""
    if sys.stderr.isatty():
        columns = (
            TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn(),
        )  # fmt: skip
        with Progress(*columns, console=Console(stderr=True)) as bar:
            tasks = {stage: bar.add_task(words, total=1.0, start=False) for stage, words in STAGES.items()}

            def show(stage: str, share: float) -> None:
                bar.start_task(tasks[stage])
                bar.update(tasks[stage], completed=share)

            yield show
        return
    said: set[str] = set()

    def say(stage: str, _share: float) -> None:
        if stage not in said:
            said.add(stage)
            click.echo(STAGES[stage], err=True)

    yield say


def road_lines(state: RoadState) -> list[str]:
    """Return what is known of the road graph, as lines for a terminal."""
    if not state.key:
        return [f"roads: {state.words or 'none; travel times are estimates (import-roads)'}"]
    of_day = f" of {state.as_of[:10]}" if state.as_of else ""
    size = f"{state.road_km:,.1f} km between {state.junctions:,} junctions"
    lines = [f"roads: {size} from {state.extract}{of_day}, {state.size_mb:.1f} MB, key {state.key[:8]}"]
    if state.left_out_km:
        lines.append(f"roads: {state.left_out_km:,.1f} km are not connected both ways and were left out")
    if state.words:
        lines.append(f"roads: {state.words} (the ones before are still in use here)")
    return lines
