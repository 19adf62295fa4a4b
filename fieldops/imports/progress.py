"""Showing how far an import is: a bar on a terminal, a line now and then elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

EVERY: Final = 0.1
"""A line for each tenth of the rows, where there is no terminal."""


@contextmanager
def progress_of(rows: int, unit: str) -> Iterator[Callable[[int], None]]:
    """Yield what is told how many rows are done."""
    if sys.stderr.isatty():
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task(f"{unit}s", total=rows)
            yield lambda done: bar.update(task, completed=done)
        return
    said = 0.0

    def say(done: int) -> None:
        nonlocal said
        if done / rows >= said + EVERY or done == rows:
            said = done / rows
            click.echo(f"{done:,} of {rows:,} {unit}s", err=True)

    yield say
