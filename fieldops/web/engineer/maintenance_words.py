"""What priorities and evaluations state in words: method, findings, refusals, what biases them."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from fieldops import i18n
from fieldops.domain.maintenance_questions import EvaluationQuestion, PriorityQuestion
from fieldops.i18n import _, ngettext
from fieldops.models import MaintenanceRun
from fieldops.web.engineer.hotspot_words import JURISDICTION, period_words
from fieldops.web.words import Said

Facts = list[tuple[str, str]]

REFUSALS: Final[Mapping[str, Said]] = {
    "candidates": lambda: _("There are %(found)s segments; at least %(needed)s are needed."),
    "complaints": lambda: _(
        "There are %(found)s incidents on these segments; at least %(needed)s are needed. Choose a longer "
        "period or more kinds."
    ),
    "budget": lambda: _("A budget of Rp%(found)s buys nothing: the cheapest segment costs Rp%(needed)s."),
    "treated": lambda: _("There are %(found)s treated streets; at least %(needed)s is needed."),
    "before": lambda: _(
        "The street had %(found)s incidents before the work; at least %(needed)s are needed. Choose longer "
        "periods or more kinds."
    ),
    "comparable": lambda: _(
        "There are %(found)s comparable streets; at least %(needed)s are needed. Let them differ more, or "
        "leave fewer out."
    ),
    "comparable_before": lambda: _(
        "The comparable streets had %(found)s incidents before; at least %(needed)s are needed. Choose "
        "longer periods or more kinds."
    ),
    "stopped": lambda: _("The computation did not end and was stopped twice."),
}
VERDICT: Final[Mapping[str, Said]] = {
    "fell": lambda: _("Reports fell more than on comparable streets."),
    "rose": lambda: _("Reports rose more than on comparable streets."),
    "undecided": lambda: _("Undecided: the interval holds both fewer and more reports."),
}
PRIORITY_BIAS: Final[Said] = lambda: _(  # noqa: E731  a sentence, said in the reader's language
    "Reports are not harm: they follow people, smartphones and keen reporters, and a street without reports "
    "may be worse. Costs are taken as known, and the effect is as good as its source."
)
EVALUATION_BIAS: Final[Said] = lambda: _(  # noqa: E731
    "The comparison does not say why. Detours, drains downstream, and reporters who were told that the work "
    "is done change reports too; leave such streets out."
)


def maintenance_refusal(refusal: Mapping[str, Any]) -> str:
    """Return why there is no result, with what was found and what is needed."""
    said = REFUSALS.get(refusal.get("need", ""))
    if said is None:
        held = refusal.get("words")
        return str(_(held)) if held else ""
    found, needed = refusal.get("found", 0), refusal.get("needed", 0)
    return said() % {"found": i18n.number(found), "needed": i18n.number(needed)}


def rupiah(amount: float) -> str:
    """Return an amount as people write it: Rp150.000."""
    return f"Rp{i18n.number(amount)}"


def percent(share: float, decimals: int = 0) -> str:
    """Return a share of 1 as per cent."""
    return f"{i18n.number(100.0 * share, decimals)} %"


def kinds_words(services: tuple[str, ...], names: Mapping[str, str]) -> str:
    """Return the kinds of report of a question."""
    return ", ".join(names.get(code, code) for code in services) or str(_("All kinds of report"))


def priority_title(question: PriorityQuestion) -> str:
    """Return what was asked, in one line."""
    return str(
        _(
            "%(budget)s, %(cost)s a %(unit)s",
            budget=rupiah(question.budget_rp),
            cost=rupiah(question.cost_rp),
            unit=_("metre") if question.cost_per == "metre" else _("segment"),
        )
    )


def effect_words(question: PriorityQuestion) -> str:
    """Return the effect as it was given, with its source."""
    return str(
        _(
            "%(low)s to %(high)s of reports for %(years)s years (source: %(source)s)",
            low=percent(question.effect_low),
            high=percent(question.effect_high),
            years=i18n.number(question.horizon_years, 0 if question.horizon_years.is_integer() else 2),
            source=question.effect_source,
        )
    )


def priority_facts(run: MaintenanceRun, question: PriorityQuestion, names: Mapping[str, str]) -> Facts:
    """Return everything that a ranking states of itself."""
    held = run.figures
    roads = JURISDICTION.get(question.jurisdiction, JURISDICTION[""])()
    return [
        (
            "n",
            str(
                _(
                    "%(segments)s segments (%(km)s km), %(incidents)s incidents; %(without)s segments had "
                    "none",
                    segments=i18n.number(held["segments"]),
                    km=i18n.number(held["km"], 1),
                    incidents=i18n.number(held["incidents"]),
                    without=i18n.number(held["without_any"]),
                )
            ),
        ),
        (_("Period"), period_words(date.fromisoformat(held["first"]), question.last)),
        (_("Kinds"), kinds_words(question.services, names)),
        (_("Roads"), str(roads)),
        (_("Not counted"), not_counted(held)),
        (_("Effect of a treatment"), effect_words(question)),
        (
            _("Method"),
            str(
                _(
                    "expected reports avoided = yearly rate × years × effect; rates drawn towards what is "
                    "usual (gamma, empirical Bayes; a segment’s own reports weigh %(own)s at the median), "
                    "effect drawn evenly from its interval, %(draws)s worlds",
                    own=percent(held["weight_median"]),
                    draws=i18n.number(held["draws"]),
                )
            ),
        ),
        (_("Intervals"), percent(held["share"])),
        (
            _("Choice"),
            _("the best for the means (proven)")
            if held["is_best"]
            else str(
                _(
                    "good, not proven the best: another could avoid %(most)s more at most",
                    most=i18n.number(held["most_missed"], 1),
                )
            ),
        ),
        (_("CRS"), f"EPSG:{held['epsg']}"),
        (_("Seed"), str(run.seed)),
        (_("Made"), i18n.moment_words(run.computed_at) if run.computed_at else ""),
    ]


def not_counted(held: Mapping[str, Any]) -> str:
    """Return which reports did not count, and why."""
    return str(
        _(
            "%(off)s farther than 40 m from any street, %(guessed)s whose place is only estimated or a "
            "stand-in, %(none)s without a place; further reports of an incident count once",
            guessed=i18n.number(held["estimated"]),
            off=i18n.number(held["unsnapped"]),
            none=i18n.number(held["placeless"]),
        )
    )


def ratio_words(value: float | None, low: float | None, high: float | None) -> str:
    """Return a ratio with its interval: 0,62 (0,41–0,94); no bound is said in words."""
    if value is None:
        return str(_("no bound: the comparable streets had no report left"))
    top = _("no bound") if high is None else i18n.number(high, 2)
    return f"{i18n.number(value, 2)} ({i18n.number(low or 0.0, 2)}–{top})"


def placebo_words(held: Mapping[str, Any]) -> str:
    """Return what the placebo check says."""
    share = held.get("placebo_share")
    if share is None:
        return str(_("not possible: fewer than 19 comparable streets"))
    return str(
        _(
            "%(share)s of the comparable streets, taken for treated, changed as much",
            share=percent(share),
        )
    )


def earlier_words(held: Mapping[str, Any]) -> str:
    """Return whether the streets were comparable before anything was done."""
    if not held.get("has_earlier"):
        return str(
            _("not possible: reports do not go back far enough; streets are matched by the period before")
        )
    ratio = held.get("earlier_ratio")
    if ratio is None:
        return str(_("not possible: no report one period earlier"))
    words = ratio_words(ratio, held["earlier_low"], held["earlier_high"])
    high = held["earlier_high"]
    apart = (held["earlier_low"] or 0.0) > 1.0 or (high is not None and high < 1.0)
    if apart:
        return str(_("%(ratio)s: without 1, so these streets are not comparable", ratio=words))
    return str(_("%(ratio)s: holds 1, as it should before the work", ratio=words))


def evaluation_facts(run: MaintenanceRun, question: EvaluationQuestion, names: Mapping[str, str]) -> Facts:
    """Return everything that an evaluation states of itself."""
    held = run.figures
    return [
        (
            "n",
            str(
                _(
                    "%(before)s incidents before and %(after)s after on the street; %(other_before)s and "
                    "%(other_after)s on %(many)s comparable ones",
                    before=i18n.number(held["treated_before"]),
                    after=i18n.number(held["treated_after"]),
                    other_before=i18n.number(held["other_before"]),
                    other_after=i18n.number(held["other_after"]),
                    many=i18n.number(held["comparable"]),
                )
            ),
        ),
        (_("Before"), period_words(*question.before)),
        (_("Work"), period_words(question.treated_from, question.treated_until)),
        (_("After"), period_words(*question.after)),
        (_("Kinds"), kinds_words(question.services, names)),
        (_("Not counted"), not_counted(held)),
        (
            _("Comparable"),
            str(
                _(
                    "the ten of %(many)s streets nearest in reports per metre and in length, by %(period)s, "
                    "neither off by more than a factor of %(within)s; %(left)s left out by hand",
                    many=i18n.number(held["streets"]),
                    period=_("the period before that") if held["has_earlier"] else _("the period before"),
                    within=i18n.number(question.within, 0 if question.within.is_integer() else 1),
                    left=i18n.number(len(question.left_out)),
                )
            ),
        ),
        (
            _("Interval"),
            str(
                _(
                    "%(share)s, exact for four counts (Fisher), widened by the root of the dispersion "
                    "%(phi)s where it is above 1",
                    share=percent(held["share"]),
                    phi=i18n.number(held["dispersion"] or 0.0, 2),
                )
            ),
        ),
        (_("Placebo: other streets"), placebo_words(held)),
        (_("Placebo: one period earlier"), earlier_words(held)),
        (_("CRS"), f"EPSG:{held['epsg']}"),
        (_("Seed"), str(run.seed)),
        (_("Made"), i18n.moment_words(run.computed_at) if run.computed_at else ""),
    ]


def avoided_words(held: Mapping[str, Any]) -> str:
    """Return what the whole choice avoids, with its interval."""
    return str(
        ngettext(
            "%(chosen)s segment for %(spent)s is expected to avoid %(avoided)s reports (%(low)s–%(high)s).",
            "%(chosen)s segments for %(spent)s are expected to avoid %(avoided)s reports (%(low)s–%(high)s).",
            held["chosen"],
            chosen=i18n.number(held["chosen"]),
            spent=rupiah(held["spent"]),
            avoided=i18n.number(held["avoided"], 1),
            low=i18n.number(held["avoided_low"], 1),
            high=i18n.number(held["avoided_high"], 1),
        )
    )
