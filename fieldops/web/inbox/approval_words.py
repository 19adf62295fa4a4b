"""What speaks for a repair, and what kept it from being closed, as a head reads it."""

from typing import Final

from fieldops.domain.approvals import StopReason
from fieldops.i18n import _, date_words, distance_words, ngettext, number
from fieldops.operations.record_stop_event import ARRIVAL_REACH_M
from fieldops.queries.approvals import FinishedPlace
from fieldops.web.words import MATERIAL

MOST_QUOTED: Final = 160
"""Letters of a reporter's words that stand beside the photos; the report's page has them all."""


def measured_words(place: FinishedPlace) -> str:
    """Return what the crew measured and used: "1,2 × 0,8 m, asphalt (kg): 40"."""
    order = place.order
    material = MATERIAL[order.material]() if order.material in MATERIAL else order.material
    used = f"{material}: {number(order.material_amount)}" if order.material != "none" else ""
    return ", ".join(part for part in (order.size, used) if part)


def worked_words(place: FinishedPlace) -> str:
    """Return who did the work, and when: "Regu B, 28 Nov"."""
    crew = place.evidence.crew
    return ", ".join([crew.name if crew is not None else _("crew not known"), date_words(place.done_at)])


def evidence_said(place: FinishedPlace) -> tuple[str, str, str]:
    """Return (words, tone, icon) of how far from the place the work was reported."""
    away_m = place.evidence.away_m
    if away_m is None:
        return _("Reported without a position"), "road", "warning"
    words = _("Reported %(away)s from the place", away=distance_words(away_m))
    return (words, "done", "pin") if away_m <= ARRIVAL_REACH_M else (words, "bad", "warning")


def people_words(place: FinishedPlace) -> str:
    """Return how many reports and people the place has: "3 reports, 5 people"."""
    reports = ngettext("%(num)d report", "%(num)d reports", place.reports)
    if place.people == place.reports:
        return reports
    return f"{reports}, " + ngettext("%(num)d person", "%(num)d people", place.people)


def answers_said(place: FinishedPlace) -> str:
    """Return what reporters answered to "is it fixed?", in sentences."""
    answers, said = place.answers, []
    if answers.fixed:
        said.append(ngettext("%(num)d reporter says: fixed.", "%(num)d reporters say: fixed.", answers.fixed))
    if answers.not_fixed:
        said.append(
            ngettext(
                "Before this repair %(num)d reporter said: not fixed.",
                "Before this repair %(num)d reporters said: not fixed.",
                answers.not_fixed,
            )
        )
        if answers.words:
            said.append(f"“{answers.words[:MOST_QUOTED]}”")
    return " ".join(said) or _("No reporter has answered yet.")


def stopped_words(reason: str | None) -> str:
    """Return why an approval closed nothing, and what comes next."""
    return {
        StopReason.NOT_FIXED.value: _("A reporter says that it is not fixed. The report is open again."),
        StopReason.CHANGED.value: _("Reports came to this place or left it meanwhile. Look at it again."),
        StopReason.REPORTED_AGAIN.value: _("The place was reported again meanwhile."),
        StopReason.WORK_ORDERED.value: _("Work was ordered there meanwhile."),
    }.get(reason or "", "")
