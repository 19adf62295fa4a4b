"""What an analysis says of itself: its sheet, its method, and text to paste into a report."""

from collections.abc import Callable, Mapping
from typing import Final

from fieldops import clock, i18n
from fieldops.domain.hotspot_questions import Analysis, Question
from fieldops.i18n import _
from fieldops.models import HotspotRun
from fieldops.web.engineer import hotspot_words as words
from fieldops.web.engineer.analysis_sheets import Figures, Sheet
from fieldops.web.engineer.bias_sheet import bias_sheet
from fieldops.web.engineer.co_location_sheet import co_location_sheet
from fieldops.web.engineer.rain_sheet import rain_sheet
from fieldops.web.engineer.repeats_sheet import repeats_sheet
from fieldops.web.words import HOTSPOT_METHOD

SHEETS: Final[Mapping[str, Callable[[Figures], Sheet]]] = {
    Analysis.RAIN.value: rain_sheet,
    Analysis.CO_LOCATION.value: co_location_sheet,
    Analysis.REPEATS.value: repeats_sheet,
    Analysis.BIAS.value: bias_sheet,
}


def sheet_of(run: HotspotRun) -> Sheet:
    """Return the sheet of a computed analysis in the reader's language."""
    return SHEETS[run.method](run.figures)


def title_words(question: Question) -> str:
    """Return what an analysis is of, in one line; its kinds where some were chosen."""
    name = HOTSPOT_METHOD[question.method.value]()
    return f"{name}: {words.kinds_words(question)}" if question.services else name


def counted_words(run: HotspotRun) -> str:
    """Return n: reports or incidents, or finished repairs."""
    if run.method == Analysis.REPEATS.value:
        return str(_("%(n)s finished repairs", n=i18n.number(run.figures.get("repairs", 0))))
    return words.counted_words(words.question_of(run), run.figures)


def analysis_facts(run: HotspotRun, sheet: Sheet) -> list[tuple[str, str]]:
    """Return everything an analysis states of its method, as (name, words)."""
    question, figures = words.question_of(run), run.figures
    earlier = (
        words.period_words(question.earlier_first, question.earlier_last)
        if question.earlier_first and question.earlier_last
        else ""
    )
    return [
        *sheet.facts,
        ("n", counted_words(run)),
        (_("Period"), words.period_words(question.first, question.last)),
        (_("Earlier period"), earlier),
        (_("Kinds"), words.kinds_words(question) if question.services or not sheet.facts_name_kinds else ""),
        (_("Filter"), words.filter_words(question)),
        (
            _("Unit"),
            _("Finished repairs by crews")
            if question.method is Analysis.REPEATS
            else words.UNIT[question.unit.value](),
        ),
        (_("Left out"), words.left_out_words(figures)),
        (_("CRS"), _("distances in EPSG:%(code)s", code=figures["epsg"]) if figures.get("epsg") else ""),
        (_("Made"), words.made_words(run.computed_at or clock.now())),
        (_("Change, seed"), f"{run.change_seq}, {run.seed}"),
        (_("Source"), words.source_words(figures)),
    ]


def analysis_text(run: HotspotRun, language: str) -> str:
    """Return findings, limits and method as prose for a report, in a language."""
    with i18n.in_language(language):
        sheet = sheet_of(run)
        facts = " ".join(f"{name}: {said}." for name, said in analysis_facts(run, sheet) if said)
        told = " ".join([*sheet.findings, *sheet.missing])
        return f"{title_words(words.question_of(run))}. {told} {facts} {' '.join(sheet.cautions)}"
