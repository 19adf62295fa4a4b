"""Rain and reports in words, charts and tables."""

from typing import Any

from fieldops import i18n
from fieldops.i18n import _, ngettext
from fieldops.web.engineer.analysis_sheets import Column, Figures, Sheet, Table, interval_words
from fieldops.web.engineer.interval_chart import IntervalChart, Point, interval_chart
from fieldops.web.engineer.refusal_words import refusal_words


def rain_sheet(figures: Figures) -> Sheet:
    """Return what the figures of `operations.analyse_rain` say."""
    profile, response = figures["profile"], figures["response"]
    wet_dry, antecedent = figures["wet_dry"], figures["antecedent"]
    sheet = Sheet(
        findings=[_strongest(profile)],
        tables=[_lag_table(profile, response)],
        charts=[_lag_chart(profile)],
        cautions=[
            str(
                _(
                    "This shows which days go together, not a cause: on rainy days people also look, pass "
                    "and report differently, and whatever else keeps step with the rainy season counts too."
                )
            ),
            _check(profile),
        ],
        facts=_facts(figures),
        can_split_weather="refusal" not in wet_dry,
    )
    if "refusal" in response:
        sheet.missing.append(_lacks(_("Ratio of reports by rain"), response))
    else:
        sheet.findings.append(_response_words(response))
        sheet.charts.append(_response_chart(response))
    if "refusal" in wet_dry:
        sheet.missing.append(_lacks(_("Wet and dry days"), wet_dry))
    else:
        sheet.findings.append(_wet_words(wet_dry))
        sheet.tables.append(_wet_table(wet_dry))
    if "refusal" in antecedent:
        sheet.missing.append(_lacks(_("Older rain"), antecedent))
    else:
        sheet.findings.append(_antecedent_words(antecedent))
        sheet.tables.append(_antecedent_table(antecedent))
    return sheet


def lag_label(days: int) -> str:
    """Return when the rain fell, seen from the reports."""
    if days == 0:
        return str(_("same day"))
    if days > 0:
        return ngettext("%(num)d day before", "%(num)d days before", days)
    return ngettext("%(num)d day after", "%(num)d days after", -days)


def _lacks(name: str, part: Figures) -> str:
    return f"{name}: {refusal_words(part['refusal'])}"


def _strongest(profile: Figures) -> str:
    at = max(
        (place for place, lag in enumerate(profile["lag"]) if lag >= 0), key=lambda one: profile["r"][one]
    )
    r, low, high = profile["r"][at], profile["low"][at], profile["high"][at]
    if low <= 0.0:
        return str(
            _(
                "No link of reports with rain of the last seven days can be told from chance: at most r = "
                "%(r)s, n = %(n)s days.",
                r=interval_words(r, low, high),
                n=i18n.number(profile["days"]),
            )
        )
    return str(
        _(
            "Reports go most with rain of the %(when)s: r = %(r)s, n = %(n)s days.",
            when=lag_label(profile["lag"][at]),
            r=interval_words(r, low, high),
            n=i18n.number(profile["days"]),
        )
    )


def _check(profile: Figures) -> str:
    """Say whether rain of the day after, which cannot have acted, looks as if it had."""
    after, same = profile["lag"].index(-1), profile["lag"].index(0)
    r = interval_words(profile["r"][after], profile["low"][after], profile["high"][after])
    if profile["low"][after] <= 0.0:
        return str(
            _("Check: rain of the day after cannot act; its r = %(r)s is near nothing, as it must be.", r=r)
        )
    if profile["r"][after] >= profile["r"][same]:
        return str(
            _(
                "Check failed: rain of the day after seems to act (r = %(r)s) as much as that of the same "
                "day. One of the two calendars may be a day off: ask how the gauge is read.",
                r=r,
            )
        )
    return str(
        _(
            "Check: rain of the day after cannot act, yet r = %(r)s: wet days follow each other, so part of "
            "every figure here is the rainy spell and not the day.",
            r=r,
        )
    )


def _lag_chart(profile: Figures) -> IntervalChart:
    return interval_chart(
        [
            Point(str(lag), r, low, high, is_hollow=lag < 0)
            for lag, r, low, high in zip(
                profile["lag"], profile["r"], profile["low"], profile["high"], strict=True
            )
        ],
        title=str(_("Correlation of reports with rain, by lag")),
        unit="r",
        below=str(_("days from rain to report; hollow: rain after the report, a check")),
        caption=str(_("Bars: %(share)s %% interval.", share=95)),
    )


def _response_chart(response: Figures) -> IntervalChart:
    return interval_chart(
        [
            Point(str(lag), ratio, low, high)
            for lag, ratio, low, high in zip(
                response["lag"], response["ratio"], response["low"], response["high"], strict=True
            )
        ],
        title=str(_("Reports with %(mm)s mm of rain, as a multiple of a day without", mm=_mm(response))),
        unit=str(_("times")),
        below=str(_("days from rain to report")),
        caption=str(_("Bars: %(share)s %% interval. At 1 rain changes nothing.", share=95)),
        reference=1.0,
    )


def _mm(response: Figures) -> str:
    return i18n.number(response["depth_mm"])


def _response_words(response: Figures) -> str:
    return str(
        _(
            "%(mm)s mm of rain goes with %(same)s times as many reports on the same day as no rain, other "
            "days’ rain, weekday and trend held equal; so much on each of %(days)s days in a row with "
            "%(whole)s times.",
            mm=_mm(response),
            same=interval_words(response["ratio"][0], response["low"][0], response["high"][0]),
            days=len(response["lag"]),
            whole=interval_words(*response["whole"]),
        )
    )


def _wet_words(part: Figures) -> str:
    return str(
        _(
            "On %(wet_days)s wet days %(wet)s reports came a day, on %(dry_days)s dry days %(dry)s: "
            "%(ratio)s "
            "times as many.",
            wet_days=i18n.number(part["wet_days"]),
            wet=i18n.number(part["wet_mean"], 1),
            dry_days=i18n.number(part["dry_days"]),
            dry=i18n.number(part["dry_mean"], 1),
            ratio=interval_words(part["ratio"], part["low"], part["high"]),
        )
    )


def _antecedent_words(part: Figures) -> str:
    r = interval_words(part["r"], part["low"], part["high"])
    if part["low"] <= 0.0 <= part["high"]:
        return str(_("Older rain shows no clear link: r = %(r)s with the antecedent index.", r=r))
    return str(
        _(
            "Wetness that older rain left goes with reports: r = %(r)s with the antecedent index, n = %(n)s "
            "days.",
            r=r,
            n=i18n.number(part["days"]),
        )
    )


def _lag_table(profile: Figures, response: Figures) -> Table:
    ratios: dict[int, tuple[Any, ...]] = {}
    if "refusal" not in response:
        rows = zip(response["lag"], response["ratio"], response["low"], response["high"], strict=True)
        ratios = {lag: (ratio, low, high) for lag, ratio, low, high in rows}
    return Table(
        title=str(_("By lag")),
        columns=(
            Column(str(_("Rain"))),
            Column("r", 2),
            Column(str(_("from")), 2),
            Column(str(_("to")), 2),
            Column(str(_("Times as many")), 2),
            Column(str(_("from")), 2),
            Column(str(_("to")), 2),
        ),
        rows=[
            (lag_label(lag), r, low, high, *ratios.get(lag, (None, None, None)))
            for lag, r, low, high in zip(
                profile["lag"], profile["r"], profile["low"], profile["high"], strict=True
            )
        ],
    )


def _wet_table(part: Figures) -> Table:
    return Table(
        title=str(_("Wet and dry days")),
        columns=(Column(str(_("Days"))), Column(str(_("Number")), 0), Column(str(_("Reports a day")), 1)),
        rows=[
            (
                str(_("Wet: %(mm)s mm or more on the day or the day before", mm=i18n.number(part["wet_mm"]))),
                part["wet_days"],
                part["wet_mean"],
            ),
            (
                str(_("Dry: below %(mm)s mm on both", mm=i18n.number(part["dry_mm"]))),
                part["dry_days"],
                part["dry_mean"],
            ),
            (str(_("In between, or not measured")), part["neither"], None),
        ],
    )


def _antecedent_table(part: Figures) -> Table:
    names = (_("Driest third"), _("Middle third"), _("Wettest third"))
    return Table(
        title=str(_("Older rain (antecedent index)")),
        columns=(
            Column(str(_("Days"))),
            Column(str(_("Number")), 0),
            Column(str(_("Mean index, mm")), 1),
            Column(str(_("Reports a day")), 1),
        ),
        rows=[
            (str(name), many, index, rate)
            for name, (many, index, rate) in zip(names, part["thirds"], strict=False)
        ],
    )


def _facts(figures: Figures) -> list[tuple[str, str]]:
    profile, response = figures["profile"], figures["response"]
    facts = [
        (
            _("Statistic"),
            _(
                "Pearson’s r of daily numbers; interval from %(many)s samples of blocks of %(days)s days "
                "(circular block bootstrap)",
                many=i18n.number(profile["replicates"]),
                days=profile["block_days"],
            ),
        ),
        (
            _("Days measured"),
            _(
                "%(days)s; days without rain data, and those at the ends, are left out of the correlation",
                days=i18n.number(figures["measured"]),
            ),
        ),
    ]
    if "refusal" not in response:
        facts.append(
            (
                _("Ratio"),
                _(
                    "log-linear regression on ln(1 + mm) of the same day and three before, weekday "
                    "and trend; "
                    "Newey–West errors over %(days)s days; dispersion %(dispersion)s; n = %(n)s days; no "
                    "season (needs two years)",
                    days=response["hac_days"],
                    dispersion=i18n.number(response["dispersion"], 1),
                    n=i18n.number(response["days"]),
                ),
            )
        )
    if "refusal" not in figures["antecedent"]:
        facts.append(
            (
                _("Antecedent index"),
                _(
                    "%(share)s %% of what was left the day before stays; the day’s own rain is not in it",
                    share=i18n.number(100 * figures["antecedent"]["keep"]),
                ),
            )
        )
    return [(str(name), str(words)) for name, words in facts]
