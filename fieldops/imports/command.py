"""`python -m fieldops import-requests`: survey the file, judge it row by row, write it chunk by chunk."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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


def run_import(
    app: Flask,
    file: Path,
    mapping: Path,
    *,
    dry_run: bool = False,
    report: Path | None = None,
    chunk_rows: int = CHUNK_ROWS,
) -> int:
    """Import a file inside the application's context and say what came of it.

    Parameters
    ----------
    dry_run
        Judge every row and write nothing.
    report
        Where to write every refused row, as CSV.
    chunk_rows
        Rows a transaction.

    Returns
    -------
    The exit code: 0 when every row is in (now or before), 3 when some were refused, 2 when the file or the
    mapping cannot be used and nothing was written.
    """
    installation: Installation = app.extensions["fieldops"]
    try:
        rules, mapping_digest = load_mapping(mapping)
        reader = open_file(file, rules)
        surveyed = survey(file, reader, rules, chunk_rows)
        judge = Judge(rules, installation, _codes(rules), reader.crs)
    except InvalidInput as error:
        click.echo(f"fieldops: {error} Nothing was written.", err=True)
        return UNUSABLE
    work = _Import(installation, reader, judge, surveyed)
    if dry_run:
        outcome = work.judge_only()
    else:
        with transaction() as session:
            run = begin_import(session, surveyed.digest, mapping_digest, rules.source)
        outcome = work.write(run)
    if report is not None:
        write_report(report, outcome.refused)
    for line in _in_words(outcome, reader.unit, dry_run=dry_run):
        click.echo(line)
    return SOME_REFUSED if outcome.refused else ALL_IN


def _codes(rules: Mapping) -> Codes:
    services = active_services(db.session())
    return Codes(rules, [KnownService(found.code, tuple(found.external_names)) for found in services])


@dataclass(frozen=True)
class _Import:
    """A file that can be read, and what is needed to go through it."""

    installation: Installation
    reader: Reader
    judge: Judge
    surveyed: Survey

    def judge_only(self) -> Outcome:
        """Judge every row and write nothing."""
        outcome = Outcome(self.surveyed.rows)
        for judged in self._judged():
            outcome.added += len(judged.taken)
            outcome.known += judged.repeated
            outcome.refused += judged.refused
        return outcome

    def write(self, run: RunState) -> Outcome:
        """Write the chunks that are not done yet; those that are, are judged again for the report only."""
        outcome = Outcome(self.surveyed.rows)
        if run.finished:
            return replace(outcome, known=run.added + run.known, nothing_to_do=True)
        before, done = run.done, 0
        for judged in self._judged():
            outcome.refused += judged.refused
            done += judged.rows
            if done > before:
                rows = done - max(before, done - judged.rows)
                run = _write_chunk(self.installation, judged, run, rows=rows)
        with transaction() as session:
            finish_import(session, run)
        return replace(outcome, added=run.added, known=run.known)

    def _judged(self) -> Iterator[Judged]:
        done = 0
        with progress_of(self.surveyed.rows, self.reader.unit) as say:
            for chunk in self.reader.chunks(self.surveyed.chunk_rows):
                judged = self.judge.judge(chunk)
                yield judged
                done += judged.rows
                say(done)


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
    units = unit if outcome.rows == 1 else f"{unit}s"
    if outcome.nothing_to_do:
        return [f"All {outcome.rows:,} {units} were imported before; there is nothing to do."]
    would = "would be " if dry_run else ""
    added, known, refused = outcome.added, outcome.known, len(outcome.refused)
    lines = [
        f"{outcome.rows:,} {units}: {added:,} {would}added, {known:,} known already, {refused:,} refused"
    ]
    if outcome.refused:
        lines += refusals_in_words(outcome.refused, unit)
    if outcome.added and not dry_run:
        lines.append("Next: python -m fieldops group-requests")
    return lines
