"""Who reports and from where too few do, in words and tables."""

from typing import Any, Final

from fieldops import i18n
from fieldops.i18n import _
from fieldops.web.engineer.analysis_sheets import Column, Figures, Sheet, Table
from fieldops.web.engineer.hotspot_words import BIAS
from fieldops.web.engineer.refusal_words import refusal_words
from fieldops.web.words import CHANNEL

MOST_NAMED: Final = 8
THOUSAND: Final = 1_000


def bias_sheet(figures: Figures) -> Sheet:
    """Return what the figures of `operations.analyse_bias` say."""
    parts = (
        (_("People"), figures["people"], _people_words),
        (_("Kelurahan by residents"), figures["residents"], _silent_by_residents),
        (_("Kelurahan by km of road"), figures["road_km"], _silent_by_road),
        (_("Channels"), figures["channels"], _channel_words),
    )
    tables = [("channels", _channels_table), ("residents", _residents_table), ("road_km", _road_table)]
    return Sheet(
        findings=[say(part) for _name, part, say in parts if "refusal" not in part],
        missing=[
            f"{name}: {refusal_words(part['refusal'])}" for name, part, _say in parts if "refusal" in part
        ],
        tables=[draw(figures[name], figures) for name, draw in tables if "refusal" not in figures[name]],
        cautions=[
            str(BIAS()),
            str(
                _(
                    "Numbers of 1 to %(few)s reports are not told, so that none points at a person. A silent "
                    "kelurahan may be sound, or may lack the way to say that it is not: ask there.",
                    few=figures["least_people"] - 1,
                )
            ),
        ],
        facts=_facts(figures),
    )


def _people_words(part: Figures) -> str:
    said = [
        str(
            _(
                "%(people)s people are behind %(reports)s reports whose author can be told of them (Gini "
                "%(gini)s).",
                people=i18n.number(part["people"]),
                reports=i18n.number(part["reports"]),
                gini=i18n.number(part["gini"], 2),
            )
        )
    ]
    if part["top_share"] is not None:
        said.append(
            str(
                _(
                    "The busiest %(top)s (one in a hundred) made %(share)s %% of them.",
                    top=i18n.number(part["top_people"]),
                    share=i18n.number(100 * part["top_share"], 1),
                )
            )
        )
    if part["once"] is not None:
        said.append(str(_("%(n)s reported once.", n=i18n.number(part["once"]))))
    return " ".join(said)


def _silent_by_residents(part: Figures) -> str:
    return _silent(part, str(_("residents")))


def _silent_by_road(part: Figures) -> str:
    return _silent(part, str(_("kilometres of road")))


def _silent(part: Figures, what: str) -> str:
    silent = [row["name"] for row in part["rows"] if row["is_silent"]]
    many = i18n.number(len(part["rows"]))
    if not silent:
        return str(
            _(
                "No kelurahan of %(many)s reports less than its %(what)s let expect, as far as kelurahan "
                "differ anyway.",
                many=many,
                what=what,
            )
        )
    return str(
        _(
            "%(n)s of %(many)s kelurahan report less than their %(what)s let expect: %(names)s.",
            n=i18n.number(len(silent)),
            many=many,
            what=what,
            names=", ".join(silent[:MOST_NAMED]) + (" …" if len(silent) > MOST_NAMED else ""),
        )
    )


def _channel_words(part: Figures) -> str:
    moved = [row for row in part["rows"] if "change" in row and not row["low"] <= 0.0 <= row["high"]]
    if not moved:
        return str(_("The mix of channels did not change clearly since the period before."))
    most = max(moved, key=lambda row: abs(row["change"]))
    return str(
        _(
            "The mix of channels changed since the period before: %(channel)s from %(before)s to %(after)s "
            "%%; a rise of reports may be a campaign’s, not the road’s.",
            channel=_name(most["channel"]),
            before=i18n.number(100 * most["share_before"], 1),
            after=i18n.number(100 * most["share_after"], 1),
        )
    )


def _name(code: str) -> str:
    return str(CHANNEL[code]()) if code in CHANNEL else code


def _channels_table(part: Figures, figures: Figures) -> Table:
    del figures
    return Table(
        title=str(_("Channels, against the period before")),
        columns=(
            Column(str(_("Channel"))),
            Column(str(_("Before")), 0),
            Column(str(_("Now")), 0),
            Column(str(_("Share before (%(unit)s)", unit="%")), 1),
            Column(str(_("Share now (%(unit)s)", unit="%")), 1),
            Column(str(_("Change, points")), 1),
            Column(str(_("from")), 1),
            Column(str(_("to")), 1),
        ),
        rows=[
            (
                _name(row["channel"]),
                row["before"],
                row["after"],
                *(
                    None if row.get(key) is None else 100 * row[key]
                    for key in ("share_before", "share_after", "change", "low", "high")
                ),
            )
            for row in part["rows"]
        ],
        note=str(_("–: fewer than 5 reports, not told.")),
    )


def _residents_table(part: Figures, figures: Figures) -> Table:
    source = figures.get("residents_source", "")
    title = str(_("Kelurahan by residents"))
    return _areas_table(
        part, f"{title} ({source})" if source else title, str(_("Residents")), str(_("per 1,000")), THOUSAND
    )


def _road_table(part: Figures, figures: Figures) -> Table:
    del figures
    return _areas_table(
        part, str(_("Kelurahan by km of road")), str(_("km of road")), str(_("per km")), 1, decimals=1
    )


def _areas_table(part: Figures, title: str, size: str, rate: str, factor: int, *, decimals: int = 0) -> Table:
    rows: list[Any] = [
        (
            row["name"],
            row["count"],
            row["size"] * factor,
            row.get("rate"),
            row.get("low"),
            row.get("high"),
            row["expected"],
            row["expected_low"],
            row["expected_high"],
            str(_("silent")) if row["is_silent"] else "",
        )
        for row in part["rows"]
    ]
    return Table(
        title=title,
        columns=(
            Column(str(_("Kelurahan"))),
            Column(str(_("Reports")), 0),
            Column(size, decimals),
            Column(rate, 1),
            Column(str(_("from")), 1),
            Column(str(_("to")), 1),
            Column(str(_("Expected")), 0),
            Column(str(_("from")), 0),
            Column(str(_("to")), 0),
            Column(str(_("Finding"))),
        ),
        rows=rows,
        note=str(
            _(
                "Quietest first, by how seldom chance and the usual differences between kelurahan (spread "
                "%(spread)s) give so few. –: fewer than 5 reports, not told.",
                spread=i18n.number(part["spread"], 2),
            )
        ),
    )


def _facts(figures: Figures) -> list[tuple[str, str]]:
    facts = [
        (
            _("Rates"),
            _("exact %(share)s %% interval of a Poisson number; residents from the uploaded table", share=95),
        ),
        (
            _("Silent"),
            _(
                "negative binomial with the spread of all kelurahan, one-sided; Benjamini–Hochberg, "
                "q = %(q)s",
                q=i18n.number(figures["q"], 1),
            ),
        ),
        (
            _("People"),
            _(
                "authors with a contact or an account of a channel; who uses two channels counts twice; "
                "identity never leaves the count"
            ),
        ),
        (_("Channels"), _("difference of shares with Newcombe’s %(share)s %% interval", share=95)),
    ]
    if "refusal" not in figures["residents"]:
        facts.append((_("Concentration"), _gini(figures["residents"])))
    return [(str(name), str(words)) for name, words in facts]


def _gini(part: Figures) -> str:
    return str(
        _(
            "of reports over residents, kelurahan by kelurahan: Gini %(gini)s (0: all alike)",
            gini=i18n.number(part["gini"], 2),
        )
    )
