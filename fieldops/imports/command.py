"""`python -m fieldops import-requests`: survey the file, judge it row by row, write it chunk by chunk."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import click
from flask import Flask
from sqlalchemy.exc import IntegrityError

from fieldops.errors import Conflict, InvalidInput
from fieldops.extensions import db
from fieldops.imports.chunks import Reader, Refusal
from fieldops.imports.codes import Codes, KnownService
from fieldops.imports.files import Survey, open_file, survey
from fieldops.imports.judging import Judge, Judged
from fieldops.imports.mapping import Mapping, load_mapping
from fieldops.imports.progress import progress_of
from fieldops.imports.report import refusals_in_words, write_report
from fieldops.installation import Installation
from fieldops.operations.import_requests import RunState, begin_import, finish_import, import_chunk
from fieldops.queries.services import active_services
from fieldops.transaction import transaction

CHUNK_ROWS: Final = 2000
ALL_IN, UNUSABLE, SOME_REFUSED = 0, 2, 3
"""Exit codes; 1 is left to errors that have nothing to do with the file, such as a full disk."""


@dataclass
class Outcome:
    """What an import did, in rows of the file."""

    rows: int
    added: int = 0
    known: int = 0
    refused: list[Refusal] = field(default_factory=list)
    nothing_to_do: bool = False


def run_import(app: Flask, file: Path, mapping: Path, *, dry_run: bool, report: Path | None) -> int:
    """Import a file inside the application's context and say what came of it.

    Returns
    -------
    The exit code: 0 when every row is in (now or before), 3 when some were refused, 2 when the file or the
    mapping cannot be used and nothing was written.
    """
    installation: Installation = app.extensions["fieldops"]
    try:
        rules, mapping_digest = load_mapping(mapping)
        reader = open_file(file, rules)
        surveyed = survey(file, reader, rules, CHUNK_ROWS)
        judge = Judge(rules, installation, _codes(rules), reader.crs)
    except InvalidInput as error:
        click.echo(f"fieldops: {error} Nothing was written.", err=True)
        return UNUSABLE
    if dry_run:
        outcome = _judge_only(reader, judge, surveyed)
    else:
        outcome = _import(installation, reader, judge, surveyed, (mapping_digest, rules.source))
    if report is not None:
        write_report(report, outcome.refused)
    for line in _in_words(outcome, reader.unit, dry_run=dry_run):
        click.echo(line)
    return SOME_REFUSED if outcome.refused else ALL_IN


def _codes(rules: Mapping) -> Codes:
    services = active_services(db.session())
    return Codes(rules, [KnownService(found.code, tuple(found.external_names)) for found in services])


def _judge_only(reader: Reader, judge: Judge, surveyed: Survey) -> Outcome:
    outcome = Outcome(surveyed.rows)
    with progress_of(surveyed.rows, reader.unit) as say:
        done = 0
        for chunk in reader.chunks(CHUNK_ROWS):
            judged = judge.judge(chunk)
            outcome.added += len(judged.taken)
            outcome.known += judged.repeated
            outcome.refused += judged.refused
            done += judged.rows
            say(done)
    return outcome


def _import(
    installation: Installation, reader: Reader, judge: Judge, surveyed: Survey, named: tuple[str, str]
) -> Outcome:
    mapping_digest, source = named
    with transaction() as session:
        run = begin_import(session, surveyed.digest, mapping_digest, source)
    if run.finished:
        return Outcome(surveyed.rows, known=run.added + run.known, nothing_to_do=True)
    refused: list[Refusal] = []
    with progress_of(surveyed.rows, reader.unit) as say:
        run = _write(installation, reader, judge, run, refused, say)
    with transaction() as session:
        finish_import(session, run)
    return Outcome(surveyed.rows, run.added, run.known, refused)


def _write(
    installation: Installation,
    reader: Reader,
    judge: Judge,
    run: RunState,
    refused: list[Refusal],
    say: Callable[[int], None],
) -> RunState:
    """Write the chunks that are not done yet; those that are, are judged again for the report only."""
    before, done = run.done, 0
    for chunk in reader.chunks(CHUNK_ROWS):
        judged = judge.judge(chunk)
        refused += judged.refused
        done += judged.rows
        if done > before:
            run = _write_chunk(installation, judged, run, rows=done - max(before, done - judged.rows))
        say(done)
    return run


def _write_chunk(installation: Installation, judged: Judged, run: RunState, *, rows: int) -> RunState:
    try:
        with transaction() as session:
            return import_chunk(
                session,
                installation,
                run,
                judged.taken,
                rows=rows,
                repeated=judged.repeated,
                refused=len(judged.refused),
            )
    except IntegrityError:
        raise Conflict(
            "Somebody else added the same reports at the same moment. Start the import again; what is here "
            "already is left as it is."
        ) from None


def _in_words(outcome: Outcome, unit: str, *, dry_run: bool) -> list[str]:
    if outcome.nothing_to_do:
        return [f"All {outcome.rows:,} {unit}s were imported before; there is nothing to do."]
    would = "would be " if dry_run else ""
    added, known, refused = outcome.added, outcome.known, len(outcome.refused)
    lines = [
        f"{outcome.rows:,} {unit}s: {added:,} {would}added, {known:,} known already, {refused:,} refused"
    ]
    if outcome.refused:
        lines += refusals_in_words(outcome.refused, unit)
    if outcome.added and not dry_run:
        lines.append("Next: python -m fieldops group-requests")
    return lines
