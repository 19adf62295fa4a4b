"""What a map of hotspots says of itself: title, period, method, and text to paste into a report."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from fieldops import clock, i18n
from fieldops.domain.hotspot_questions import Exposure, Method, Question, Shape, Unit, as_question
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import HotspotRun
from fieldops.queries.services import services_by_id
from fieldops.web.engineer.method_words import (
    CLASSES,
    FINDINGS,
    METHOD_LABEL,
    OTHER_STATISTICS,
    method_threshold,
)
from fieldops.web.page import installation
from fieldops.web.words import CHANNEL, SEVERITY, Said

UNIT: Final[Mapping[Any, Said]] = {
    "incidents": lambda: _("Incidents, each once"),
    "requests": lambda: _("Every report"),
}
EXPOSURE: Final[Mapping[Any, Said]] = {
    "none": lambda: _("Not divided"),
    "road_km": lambda: _("Per km of road"),
    "residents": lambda: _("Per 1,000 residents"),
}
SHAPE: Final[Mapping[Any, Said]] = {
    "hexagon": lambda: _("Hexagons"),
    "square": lambda: _("Squares"),
    "kelurahan": lambda: _("Kelurahan"),
    "segment": lambda: _("Streets by the 100 m"),
}
STATUS: Final[Mapping[Any, Said]] = {
    "": lambda: _("Any state"),
    "unfinished": lambda: _("Unfinished"),
    "repaired": lambda: _("Repaired"),
}
JURISDICTION: Final[Mapping[Any, Said]] = {
    "": lambda: _("All roads"),
    "city": lambda: _("City roads"),
    "province": lambda: _("Province's roads"),
    "national": lambda: _("National roads"),
    "private": lambda: _("Private roads"),
}
STANDING: Final[Mapping[Any, Said]] = {
    "by_road": lambda: _("All kinds, 90 days, per km of road"),
    "emerging": lambda: _("Week by week: new, lasting, fading"),
    "month_against_month": lambda: _("The last 30 days against the 30 before"),
}
LABEL: Final[Mapping[Any, Said]] = {
    "new_hot": lambda: _("New hotspot"),
    "consecutive_hot": lambda: _("Consecutive hotspot"),
    "intensifying_hot": lambda: _("Intensifying hotspot"),
    "persistent_hot": lambda: _("Persistent hotspot"),
    "diminishing_hot": lambda: _("Diminishing hotspot"),
    "sporadic_hot": lambda: _("Sporadic hotspot"),
    "oscillating_hot": lambda: _("Oscillating hotspot"),
    "historical_hot": lambda: _("Historical hotspot"),
    "new_cold": lambda: _("New coldspot"),
    "consecutive_cold": lambda: _("Consecutive coldspot"),
    "intensifying_cold": lambda: _("Intensifying coldspot"),
    "persistent_cold": lambda: _("Persistent coldspot"),
    "diminishing_cold": lambda: _("Diminishing coldspot"),
    "sporadic_cold": lambda: _("Sporadic coldspot"),
    "oscillating_cold": lambda: _("Oscillating coldspot"),
    "historical_cold": lambda: _("Historical coldspot"),
    "none": lambda: _("No pattern"),
    "more": lambda: _("More than before"),
    "fewer": lambda: _("Fewer than before"),
    **METHOD_LABEL,
}
LEVELS: Final = {1: 90, 2: 95, 3: 99}
BAND_Z: Final = (1.65, 1.96, 2.58)


def question_of(run: HotspotRun) -> Question:
    """Return what a run answers."""
    return as_question(run.question)


def kinds_words(question: Question) -> str:
    """Return the kinds of report that are counted, in words."""
    names = {one.code: one.name(i18n.language()) for one in services_by_id(db.session()).values()}
    if not question.services:
        return str(_("All kinds of report"))
    return " + ".join(names.get(code, code) for code in question.services)


def title_words(question: Question) -> str:
    """Return what a map shows, in one line: kinds, and what they are divided by."""
    kinds = kinds_words(question)
    if question.exposure is Exposure.NONE:
        return kinds
    return f"{kinds}, {EXPOSURE[question.exposure.value]().lower()}"


def period_words(first: date, last: date) -> str:
    """Return a period: 9–22 Nov 2026, 9 Oct–22 Nov 2026, 9 Oct 2025–22 Nov 2026."""
    end = i18n.date_words(last, weekday=False, year=True)
    if first == last:
        return end
    if first.year != last.year:
        return f"{i18n.date_words(first, weekday=False, year=True)} – {end}"
    if first.month != last.month:
        return f"{i18n.date_words(first, weekday=False)} – {end}"
    return f"{first.day}–{end}"


def counted_words(question: Question, figures: Mapping[str, Any]) -> str:
    """Return n: how many count, and of how many reports."""
    units, reports = figures.get("units", 0), figures.get("reports", 0)
    if question.unit is Unit.REQUESTS:
        return ngettext("%(n)s report", "%(n)s reports", reports, n=i18n.number(reports))
    return str(
        _(
            "%(units)s incidents (of %(reports)s reports)",
            units=i18n.number(units),
            reports=i18n.number(reports),
        )
    )


def cell_words(question: Question) -> str:
    """Return what a cell is and who its neighbours are."""
    if question.shape is Shape.KELURAHAN:
        return str(_("kelurahan; neighbours touch"))
    if question.shape is Shape.SEGMENT:
        return str(_("streets by the 100 m; neighbours meet or cross; reports within 40 m of a street"))
    kind = SHAPE[question.shape.value]().lower()
    return str(
        _(
            "%(kind)s %(size)s wide; neighbours' middles within %(reach)s; less than a tenth in the city: "
            "not tested",
            kind=kind,
            size=f"{question.size_m} m",
            reach=f"{i18n.number(question.reach_m)} m",
        )
    )


def statistic_words(question: Question, figures: Mapping[str, Any]) -> str:
    """Return the statistic and its correction."""
    q = i18n.number(figures.get("q", 0.05), 2)
    if question.method is Method.COMPARISON:
        return str(_("Conditional binomial test in each cell, two-sided; Benjamini–Hochberg, q = %(q)s", q=q))
    if question.method in OTHER_STATISTICS:
        return OTHER_STATISTICS[question.method](figures)
    if question.method is Method.EMERGING:
        return str(
            _(
                "Getis-Ord Gi* in each cell and step, with the step before; Benjamini–Hochberg, q = %(q)s; "
                "Mann-Kendall on each cell’s z",
                q=q,
            )
        )
    return str(_("Getis-Ord Gi*, two-sided; Benjamini–Hochberg, q = %(q)s", q=q))


def divisor_words(question: Question, figures: Mapping[str, Any]) -> str:
    """Return what counts are divided by, and which cells have too little of it."""
    total = figures.get("exposure_total")
    if question.exposure is Exposure.ROAD_KM:
        roads = JURISDICTION.get(question.jurisdiction, JURISDICTION[""])().lower()
        return str(
            _(
                "%(total)s km of road (%(roads)s); cells below %(least)s km are not tested",
                total=i18n.number(total or 0),
                roads=roads,
                least=i18n.number(figures.get("exposure_least", 0), 1),
            )
        )
    if question.exposure is Exposure.RESIDENTS:
        words = _(
            "%(total)s residents, spread evenly over each kelurahan’s ground; cells below %(least)s are not "
            "tested",
            total=i18n.number((total or 0) * 1000),
            least=i18n.number(figures.get("exposure_least", 0) * 1000),
        )
        source = figures.get("exposure_source")
        return f"{words} ({source})" if source else str(words)
    return str(_("nothing: busy streets show more"))


WEATHER: Final[Mapping[Any, Said]] = {
    "": lambda: _("Any weather"),
    "wet": lambda: _("Wet days only"),
    "dry": lambda: _("Dry days only"),
}


def weather_words(question: Question, figures: Mapping[str, Any]) -> str:
    """Return which days count where wet or dry ones alone do, and how many days are left out."""
    days = figures.get("weather")
    if not question.weather or not days:
        return ""
    said = {
        "of": i18n.number(question.days),
        "mm": i18n.number(days["wet_mm"] if question.weather == "wet" else days["dry_mm"]),
        "days": i18n.number(days[question.weather.value]),
        "unknown": i18n.number(days["unknown"]),
    }
    if question.weather == "wet":
        return str(
            _(
                "%(days)s of %(of)s days with %(mm)s mm or more on the day or the day before; %(unknown)s "
                "days without rain data left out",
                **said,
            )
        )
    return str(
        _(
            "%(days)s of %(of)s days with less than %(mm)s mm on the day and the day before; "
            "%(unknown)s days "
            "without rain data, left out with the day after each",
            **said,
        )
    )


def filter_words(question: Question) -> str:
    """Return the filters that are on, in words; empty when none is."""
    parts = []
    if question.kelurahan:
        parts.append(question.kelurahan)
    if question.weather:
        parts.append(WEATHER[question.weather.value]())
    if question.channel:
        parts.append(CHANNEL[question.channel]() if question.channel in CHANNEL else question.channel)
    if question.department:
        parts.append(question.department)
    if question.status:
        parts.append(STATUS[question.status]())
    if question.least_severity > 1:
        parts.append(
            str(_("severity at least %(severity)s", severity=SEVERITY[question.least_severity]().lower()))
        )
    return ", ".join(str(part) for part in parts)


def crs_words(figures: Mapping[str, Any]) -> str:
    """Return the projected system that was measured in."""
    return f"EPSG:{figures['epsg']}" if figures.get("epsg") else ""


def threshold_words(figures: Mapping[str, Any]) -> str:
    """Return where the classes begin."""
    said = method_threshold(figures)
    if said:
        return said
    cuts = " · ".join(i18n.number(cut, 2) for cut in BAND_Z)
    return str(
        _("90, 95, 99 %% after correction (without it |z| ≥ %(cuts)s); %(tested)s cells tested", cuts=cuts,
          tested=i18n.number(figures.get("tested", 0)))
    )  # fmt: skip


def left_out_words(figures: Mapping[str, Any]) -> str:
    """Return what is not on the map."""
    parts = []
    if figures.get("placeless"):
        many = figures["placeless"]
        parts.append(
            ngettext(
                "%(n)s report without a place", "%(n)s reports without a place", many, n=i18n.number(many)
            )
        )
    if figures.get("outside"):
        many = figures["outside"]
        parts.append(ngettext("%(n)s outside the city", "%(n)s outside the city", many, n=i18n.number(many)))
    if figures.get("left_out"):
        many = figures["left_out"]
        parts.append(
            ngettext("%(n)s in cells not tested", "%(n)s in cells not tested", many, n=i18n.number(many))
        )
    return "; ".join(parts)


def source_words(figures: Mapping[str, Any]) -> str:
    """Return where reports and rain are from."""
    own = (
        _("FieldOps; example data")
        if installation().settings.demo
        else "FieldOps, " + installation().city.organisation
    )
    rain = figures.get("rain_source")
    if not rain:
        return str(own)
    return str(_("%(reports)s; rain: %(gauges)s", reports=own, gauges=rain))


def method_facts(run: HotspotRun) -> list[tuple[str, str]]:
    """Return everything a map states, as (name, words)."""
    question, figures = question_of(run), run.figures
    earlier = (
        period_words(question.earlier_first, question.earlier_last)
        if question.earlier_first and question.earlier_last
        else ""
    )
    return [
        (_("Statistic"), statistic_words(question, figures)),
        ("n", counted_words(question, figures)),
        (_("Not on the map"), left_out_words(figures)),
        (_("Period"), period_words(question.first, question.last)),
        (_("Earlier period"), earlier),
        (_("Steps"), steps_words(question, figures)),
        (_("Kinds"), kinds_words(question)),
        (_("Filter"), filter_words(question)),
        (_("Weather"), weather_words(question, figures)),
        (_("Unit"), UNIT[question.unit.value]()),
        (_("Cell"), cell_words(question)),
        (_("CRS"), crs_words(figures)),
        (_("Threshold"), threshold_words(figures)),
        (_("Divided by"), divisor_words(question, figures)),
        (_("Thin"), thin_words(figures)),
        (_("Whole city"), city_words(figures)),
        (_("Channels"), channel_words(figures)),
        (_("Made"), made_words(run.computed_at or clock.now())),
        (_("Change, seed"), f"{run.change_seq}, {run.seed}"),
        (_("Source"), source_words(figures)),
    ]


def step_days(step: Sequence[Any]) -> tuple[date, date]:
    """Return the first and last day of a step as figures hold it: [first, last, millimetres, …]."""
    return date.fromisoformat(step[0]), date.fromisoformat(step[1])


def city_words(figures: Mapping[str, Any]) -> str:
    """Return how the whole city changed between two periods; empty for other methods."""
    if "city_ratio" not in figures:
        return ""
    return str(
        _(
            "%(ratio)s times the earlier period’s %(before)s, p = %(p)s",
            ratio=i18n.number(figures["city_ratio"], 2),
            before=i18n.number(figures.get("units_before", 0)),
            p=f"{figures['city_p']:.2g}",
        )
    )


def channel_words(figures: Mapping[str, Any]) -> str:
    """Warn of a changed mix of channels between two periods; empty where it hardly changed."""
    shift = figures.get("channel_shift")
    if not shift or not shift["needs_warning"]:
        return ""
    name = CHANNEL[shift["channel"]]() if shift["channel"] in CHANNEL else shift["channel"]
    return str(
        _(
            "%(moved)s %% of reports moved to other channels (%(channel)s: %(before)s → %(after)s %%); a "
            "rise may be a campaign’s, not the road’s",
            moved=i18n.number(100 * shift["moved"]),
            channel=name,
            before=i18n.number(100 * shift["share_before"]),
            after=i18n.number(100 * shift["share_after"]),
        )
    )


def made_words(moment: datetime) -> str:
    """Return a day with its year, and a time."""
    return f"{i18n.date_words(moment, weekday=False, year=True)}, {i18n.time_words(moment)}"


def steps_words(question: Question, figures: Mapping[str, Any]) -> str:
    """Return the steps of a space-time cube."""
    if question.method is not Method.EMERGING:
        return ""
    many = len(figures.get("steps", []))
    return ngettext(
        "%(n)s step of %(days)s days", "%(n)s steps of %(days)s days", many, n=many, days=question.step_days
    )


def thin_words(figures: Mapping[str, Any]) -> str:
    """Warn where neighbourhoods expect too few for the normal distribution."""
    many = figures.get("thin", 0)
    if not many:
        return ""
    return ngettext(
        "%(n)s cell’s neighbourhood expects fewer than 20: one false hotspot is likelier than the level says",
        "%(n)s cells’ neighbourhoods expect fewer than 20: false hotspots are likelier than the level says",
        many,
        n=i18n.number(many),
    )


BIAS: Final[Said] = lambda: _(  # noqa: E731  a sentence, said in the reader's language
    "Reports are not defects: smartphones, campaigns, busy streets and keen reporters show more of them, "
    "and a quiet place is not proven sound. The index is one of reports, not a surveyed condition (no SDI, "
    "IRI or PCI)."
)


def methods_text(run: HotspotRun, language: str) -> str:
    """Return the method as prose for a report, in a language."""
    with i18n.in_language(language):
        question = question_of(run)
        facts = {name: words for name, words in method_facts(run) if words}
        body = " ".join(f"{name}: {words}." for name, words in facts.items())
        return f"{title_words(question)}. {body} {BIAS()}"


def band_words(band: int, *, tested: bool = True, method: str = "") -> str:
    """Return a cell's class: 99 % hot, 90 % cold, not significant; what a method calls it."""
    if not tested:
        return str(_("not tested"))
    if method in CLASSES:
        return CLASSES[method](band)
    if band == 0:
        return str(_("may be chance"))
    level = LEVELS[abs(band)]
    return str(_("%(level)s %% hot", level=level) if band > 0 else _("%(level)s %% cold", level=level))


def pattern_class_words(band: int) -> str:
    """Return which patterns over time share a colour."""
    said: dict[int, Said] = {
        3: lambda: _("intensifying, persistent"),
        2: lambda: _("new, consecutive"),
        1: lambda: _("diminishing, sporadic, oscillating, historical"),
    }
    if band == 0:
        return LABEL["none"]().lower()
    return said[abs(band)]() if band > 0 else str(_("cold: %(pattern)s", pattern=said[-band]()))


def finding_words(run: HotspotRun) -> str:
    """Return what came out, in one or two sentences."""
    if run.method in FINDINGS:
        return FINDINGS[run.method](run.figures)
    bands = run.figures.get("bands", {})
    hot = sum(bands.get(str(band), 0) for band in (1, 2, 3))
    cold = sum(bands.get(str(band), 0) for band in (-1, -2, -3))
    tested = run.figures.get("tested", 0)
    if hot + cold == 0:
        return str(
            _(
                "None of %(tested)s cells stands out once the number of tests is counted.",
                tested=i18n.number(tested),
            )
        )
    if run.method == Method.COMPARISON.value:
        return str(
            _(
                "Of %(tested)s cells, %(hot)s have significantly more than before and %(cold)s fewer, after "
                "correction for many cells.",
                tested=i18n.number(tested),
                hot=i18n.number(hot),
                cold=i18n.number(cold),
            )
        )
    return str(
        _(
            "Of %(tested)s cells, %(hot)s are hot and %(cold)s are cold at 90 %% or more, after correction "
            "for many cells.",
            tested=i18n.number(tested),
            hot=i18n.number(hot),
            cold=i18n.number(cold),
        )
    )


def lag_words(figures: Mapping[str, Any]) -> str:
    """Return how reports follow rain: the strongest lag with its interval; empty when it was not computed."""
    lag = figures.get("lag")
    if not lag:
        return ""
    if lag["low"] <= 0.0 <= lag["high"]:
        return str(
            _(
                "no clear link of reports with rain of the last %(most)s days (at most r = %(r)s, %(low)s to "
                "%(high)s; n = %(n)s days)",
                most=len(lag["all"]) - 1,
                r=i18n.number(lag["r"], 2),
                low=i18n.number(lag["low"], 2),
                high=i18n.number(lag["high"], 2),
                n=i18n.number(lag["n"]),
            )
        )
    when = (
        _("on the same day")
        if lag["days"] == 0
        else ngettext("%(num)d day later", "%(num)d days later", lag["days"])
    )
    return str(
        _(
            "reports follow rain most %(when)s: r = %(r)s (%(low)s to %(high)s), n = %(n)s days",
            when=when,
            r=i18n.number(lag["r"], 2),
            low=i18n.number(lag["low"], 2),
            high=i18n.number(lag["high"], 2),
            n=i18n.number(lag["n"]),
        )
    )
