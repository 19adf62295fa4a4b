"""Places repaired again within a short time, in words and a table with their orders."""

from typing import Any

from flask import url_for

from fieldops import i18n
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.queries.orders import orders_described
from fieldops.web.engineer.analysis_sheets import Column, Figures, Link, Sheet, Table
from fieldops.web.words import REPAIR_KIND


def repeats_sheet(figures: Figures) -> Sheet:
    """Return what the figures of `operations.analyse_repeats` say."""
    return Sheet(
        findings=[_share(figures), _planned(figures)],
        tables=[_places(figures)],
        cautions=[
            str(
                _(
                    "A repeat is not yet bad work: the second damage may be a new one nearby, and water that "
                    "comes back breaks what was well mended. Repairs before the period are not known "
                    "here, so "
                    "its first weeks show too few."
                )
            )
        ],
        facts=[
            (
                str(_("Rule")),
                str(
                    _(
                        "same family of kinds, within %(metres)s m of the place’s first repair and "
                        "%(days)s days of its last; less than %(same)s day apart is one piece of work",
                        metres=i18n.number(figures["radius_m"]),
                        days=i18n.number(figures["window_days"]),
                        same=i18n.number(figures["same_work_days"]),
                    )
                ),
            ),
            (
                str(_("Interval")),
                str(_("%(share)s %%, Clopper–Pearson, of all works but the first", share=95)),
            ),
        ],
    )


def _share(figures: Figures) -> str:
    return str(
        _(
            "%(repeats)s of %(works)s pieces of work (%(share)s %%; %(low)s to %(high)s) repeated an earlier "
            "one, at %(places)s places.",
            repeats=i18n.number(figures["repeats"]),
            works=i18n.number(figures["works"]),
            share=i18n.number(100 * figures["share"], 1),
            low=i18n.number(100 * figures["low"], 1),
            high=i18n.number(100 * figures["high"], 1),
            places=i18n.number(figures["places_many"]),
        )
    )


def _planned(figures: Figures) -> str:
    many = figures["planned"]
    if not many:
        return str(
            _(
                "Permanent repairs that follow their temporary one are not counted as failures; none was "
                "finished in this period."
            )
        )
    return ngettext(
        "%(n)s permanent repair that followed its temporary one is not counted as a failure.",
        "%(n)s permanent repairs that followed their temporary ones are not counted as failures.",
        many,
        n=i18n.number(many),
    )


def _places(figures: Figures) -> Table:
    orders = orders_described(db.session(), [one for place in figures["places"] for one in place["orders"]])
    language = i18n.language()
    rows: list[Any] = []
    for place in figures["places"]:
        known = [orders[one] for one in place["orders"] if one in orders]
        if not known:
            continue
        order, service, cluster = known[0]
        rows.append(
            (
                Link(
                    ", ".join(part for part in (service.name(language), cluster.address) if part),
                    url_for("dispatch.cluster", cluster_id=order.cluster_id),
                ),
                place["repeats"],
                place["days"],
                [_order(one) for one, _service, _cluster in known],
            )
        )
    shown, many = len(rows), figures["places_many"]
    return Table(
        title=str(_("Places, most repeats first")),
        columns=(
            Column(str(_("Place"))),
            Column(str(_("Repeats")), 0),
            Column(str(_("Days")), 0),
            Column(str(_("Orders"))),
        ),
        rows=rows,
        has_links_below=True,
        note=str(_("The first %(n)s of %(many)s places.", n=i18n.number(shown), many=i18n.number(many)))
        if shown < many
        else "",
    )


def _order(order: Any) -> Link:
    day = i18n.date_words(order.ended_at, weekday=False) if order.ended_at else ""
    kind = REPAIR_KIND[order.repair_kind]().lower() if order.repair_kind == "temporary" else ""
    words = ", ".join(part for part in (order.number, day, kind) if part)
    return Link(words, url_for("dispatch.order", order_id=order.id))
