"""An analysis to take along: its tables as CSV, its method as text, and a report."""

import csv
import io
from typing import Any, Final

from flask import Response, render_template

from fieldops import i18n
from fieldops.domain.roles import Right
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.maps.typeset import typeset
from fieldops.models import HotspotRun
from fieldops.queries.hotspots import get_analysis
from fieldops.web.engineer import analysis_words, hotspot_words
from fieldops.web.engineer.analysis_sheets import Cell, Column, Sheet, Table, cell_words
from fieldops.web.engineer.day_series import day_series
from fieldops.web.engineer.downloads import safe_cell
from fieldops.web.engineer.room import blueprint
from fieldops.web.engineer.runs import ordered_languages, sent
from fieldops.web.page import installation
from fieldops.web.protection import requires

DECIMALS: Final = 4
"""Of a figure in a file: pages round more."""


@blueprint.get("/analisis/<int:run_id>/tabel.csv")
@requires(Right.SEE_MAPS)
def analysis_table(run_id: int) -> Response:
    """Send all tables of an analysis, one below the other, each under its title."""
    run = _done(run_id)
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    for number, table in enumerate(analysis_words.sheet_of(run).tables):
        if number:
            writer.writerow([])
        writer.writerow([safe_cell(table.title)])
        writer.writerow([safe_cell(column.head) for column in table.columns])
        for row in table.rows:
            writer.writerow([_plain(value, column) for value, column in zip(row, table.columns, strict=True)])
    return sent(run, _name(run), held.getvalue().encode("utf-8-sig"), "csv", "text/csv")


@blueprint.get("/analisis/<int:run_id>/metode.txt")
@requires(Right.SEE_MAPS)
def analysis_method(run_id: int) -> Response:
    """Send what came out and how, as text in both languages."""
    run = _done(run_id)
    text = "\n\n".join(analysis_words.analysis_text(run, code) for code in ordered_languages())
    return sent(run, _name(run), f"{text}\n".encode(), "txt", "text/plain")


@blueprint.get("/analisis/<int:run_id>/laporan.pdf")
@requires(Right.SEE_MAPS)
def analysis_report(run_id: int) -> Response:
    """Send findings, charts, tables and method as a report."""
    run = _done(run_id)
    sheet = analysis_words.sheet_of(run)
    drawings = {
        f"chart{number}": render_template("engineer/interval_chart.svg", chart=chart)
        for number, chart in enumerate(sheet.charts)
    }
    series = day_series(run.figures.get("days", []))
    if series is not None:
        drawings["days"] = render_template("engineer/day_series.svg", series=series)
    return sent(
        run, _name(run), typeset("analysis", "pdf", _report(run, sheet), **drawings), "pdf", "application/pdf"
    )


def _report(run: HotspotRun, sheet: Sheet) -> dict[str, Any]:
    question = hotspot_words.question_of(run)
    demo = _(" (example data)") if installation().settings.demo else ""
    filters = hotspot_words.filter_words(question)
    return {
        "title": analysis_words.title_words(question),
        "subtitle": ", ".join(
            part
            for part in (
                hotspot_words.period_words(question.first, question.last),
                f"n = {analysis_words.counted_words(run)}",
                filters,
            )
            if part
        ),
        "author": installation().city.organisation + demo,
        "language": i18n.language(),
        "findings": sheet.findings,
        "missing": sheet.missing,
        "cautions": sheet.cautions,
        "charts": [{"title": one.title, "caption": f"{one.below}. {one.caption}"} for one in sheet.charts],
        "has_days": bool(run.figures.get("days")),
        "tables": [_set(table) for table in sheet.tables],
        "facts": [[name, words] for name, words in analysis_words.analysis_facts(run, sheet) if words],
        "words": {"method": _("Method"), "limits": _("What this does not show"),
                  "days": _("Rain and reports by day")},
    }  # fmt: skip


def _set(table: Table) -> dict[str, Any]:
    return {
        "title": table.title,
        "note": table.note,
        "heads": [column.head for column in table.columns],
        "aligned": ["left" if column.decimals is None else "right" for column in table.columns],
        "rows": [
            [cell_words(value, column, table.blank) for value, column in zip(row, table.columns, strict=True)]
            for row in table.rows
        ],
    }


def _plain(value: Cell, column: Column) -> str:
    """Return a cell for a spreadsheet: figures without marks of thousands, no formulas."""
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}".replace(".", "," if i18n.language() == "id" else ".")
    if isinstance(value, int):
        return str(value)
    return safe_cell(cell_words(value, column, ""))


def _done(run_id: int) -> HotspotRun:
    run = get_analysis(db.session(), run_id)
    if run.state != "done":
        raise Conflict("This analysis is not computed yet.")
    return run


def _name(run: HotspotRun) -> str:
    return run.method.replace("_", "-")
