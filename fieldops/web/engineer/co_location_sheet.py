"""Road damage and standing water at one place, in words, charts and tables."""

from typing import Final

from fieldops import i18n
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.queries.services import services_by_id
from fieldops.web.engineer.analysis_sheets import Column, Figures, Sheet, Table, interval_words, p_words
from fieldops.web.engineer.interval_chart import Point, interval_chart

SURE: Final = 0.05


def co_location_sheet(figures: Figures) -> Sheet:
    """Return what the figures of `operations.analyse_co_location` say."""
    profile = figures["profile"]
    return Sheet(
        findings=[
            _direction(_("Water after road damage"), figures, "after"),
            _direction(_("Water before road damage"), figures, "before"),
            _which_first(figures),
        ],
        charts=[
            interval_chart(
                [
                    Point(
                        i18n.number(lag, 1),
                        pairs,
                        low,
                        high,
                        is_hollow=low <= pairs <= high,
                    )
                    for lag, pairs, low, high in zip(
                        profile["lag"], profile["pairs"], profile["low"], profile["high"], strict=True
                    )
                ],
                title=str(_("Pairs by days from road damage to water")),
                unit=str(_("pairs")),
                below=str(_("days; below 0: the water was reported first")),
                caption=str(
                    _(
                        "Bars: where %(share)s %% of worlds of chance lie. Dots: found; hollow where chance "
                        "explains it.",
                        share=95,
                    )
                ),
            )
        ],
        tables=[_directions_table(figures), _profile_table(figures)],
        cautions=[
            str(
                _(
                    "Order is no cause: a report is made when somebody looks, not when the damage "
                    "began. What "
                    "both kinds share, such as a rainy season or a busy street, cannot make the two "
                    "directions differ."
                )
            )
        ],
        facts=_facts(figures),
        facts_name_kinds=True,
    )


def _direction(name: str, figures: Figures, way: str) -> str:
    one = figures[way]
    return str(
        _(
            "%(name)s, within %(metres)s m and %(days)s days: %(pairs)s pairs at %(places)s places; chance "
            "lets expect %(expected)s, %(p)s.",
            name=name,
            metres=i18n.number(figures["radius_m"]),
            days=i18n.number(figures["window_days"]),
            pairs=i18n.number(one["pairs"]),
            places=i18n.number(one["places"]),
            expected=interval_words(one["expected"], one["low"], one["high"], 0),
            p=p_words(one["p"]),
        )
    )


def _which_first(figures: Figures) -> str:
    ratio, low, high = figures["ratio"]
    said = {"ratio": interval_words(ratio, low, high), "p": p_words(figures["p_asymmetry"])}
    if figures["p_asymmetry"] > SURE:
        return str(_("Neither direction clearly leads: after ÷ before = %(ratio)s, %(p)s.", **said))
    if ratio > 1.0:
        return str(
            _("Water comes after road damage more than before it: after ÷ before = %(ratio)s, %(p)s.", **said)
        )
    return str(
        _(
            "Water comes before road damage more than after it: after ÷ before = %(ratio)s, %(p)s.",
            **said,
        )
    )


def _directions_table(figures: Figures) -> Table:
    ways = (("after", _("Water after road damage")), ("before", _("Water before road damage")))
    return Table(
        title=str(_("Both directions")),
        columns=(
            Column(str(_("Direction"))),
            Column(str(_("Pairs")), 0),
            Column(str(_("By chance")), 1),
            Column(str(_("from")), 0),
            Column(str(_("to")), 0),
            Column(str(_("Times")), 2),
            Column("p", 3),
        ),
        rows=[
            (str(name), one["pairs"], one["expected"], one["low"], one["high"], one["ratio"], one["p"])
            for name, one in ((name, figures[way]) for way, name in ways)
        ],
        note=str(_("%(n)s pairs at the very same moment are in neither.", n=i18n.number(figures["at_once"])))
        if figures["at_once"]
        else "",
    )


def _profile_table(figures: Figures) -> Table:
    profile, half = figures["profile"], figures["step_days"] / 2
    return Table(
        title=str(_("By days from road damage to water")),
        columns=(
            Column(str(_("Days"))),
            Column(str(_("Pairs")), 0),
            Column(str(_("By chance")), 1),
            Column(str(_("from")), 0),
            Column(str(_("to")), 0),
        ),
        rows=[
            (
                str(_("%(low)s to %(high)s", low=i18n.number(lag - half), high=i18n.number(lag + half))),
                pairs,
                expected,
                low,
                high,
            )
            for lag, pairs, expected, low, high in zip(
                profile["lag"],
                profile["pairs"],
                profile["expected"],
                profile["low"],
                profile["high"],
                strict=True,
            )
        ],
    )


def _facts(figures: Figures) -> list[tuple[str, str]]:
    names = {one.code: one.name(i18n.language()) for one in services_by_id(db.session()).values()}
    road, water = (
        " + ".join(names.get(code, code) for code in figures[which]) for which in ("road", "water")
    )
    return [
        (str(_("Road damage")), f"{road}, n = {i18n.number(figures['first'])}"),
        (str(_("Water")), f"{water}, n = {i18n.number(figures['second'])}"),
        (
            str(_("Statistic")),
            str(
                _(
                    "pairs within %(metres)s m; null: water’s times shifted round the period, %(many)s "
                    "shifts, places kept; interval of the ratio from squares of %(block)s m drawn anew",
                    metres=i18n.number(figures["radius_m"]),
                    many=i18n.number(figures["shifts"]),
                    block=i18n.number(figures["block_m"]),
                )
            ),
        ),
        (
            str(_("Window")),
            str(
                _(
                    "%(days)s days; 30 where the period is four times as long, else 20 or 10",
                    days=i18n.number(figures["window_days"]),
                )
            ),
        ),
    ]
