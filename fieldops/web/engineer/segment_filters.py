"""Which segments an engineer wants to see, in which order."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import geopandas as gpd
from werkzeug.datastructures import MultiDict

from fieldops.domain.survey_words import CONDITIONS
from fieldops.errors import InvalidInput
from fieldops.queries.surveys import LINE_KINDS, STREET

LENGTHS_DAYS: Final = (30, 90, 180, 365, 730)
USUAL_DAYS: Final = 365
ORDERS: Final = ("index", "reports", "distress", "repeats", "repairs", "street")
SHOWN: Final = ("", "reported", "surveyed", "repeats")
LONGEST_NAME: Final = 100


@dataclass(frozen=True)
class SegmentFilter:
    """What is shown; empty words stand for all."""

    kind: str = STREET
    days: int = USUAL_DAYS
    service: str = ""
    words: str = ""
    jurisdiction: str = ""
    shown: str = ""
    order: str = ORDERS[0]

    def arguments(self) -> dict[str, Any]:
        """Return the parts of the address that differ from the usual."""
        usual = SegmentFilter()
        named = {
            "jenis": ("kind", self.kind),
            "hari": ("days", self.days),
            "layanan": ("service", self.service),
            "q": ("words", self.words),
            "jalan": ("jurisdiction", self.jurisdiction),
            "hanya": ("shown", self.shown),
            "urut": ("order", self.order),
        }
        return {name: held for name, (field, held) in named.items() if held != getattr(usual, field)}

    def period(self, yesterday: date) -> tuple[date, date]:
        """Return the first and the last day."""
        return yesterday - timedelta(days=self.days - 1), yesterday


def read_segment_filter(
    args: MultiDict[str, str], services: list[str], jurisdictions: tuple[str, ...]
) -> SegmentFilter:
    """Return the filter that an address asks for.

    Raises
    ------
    InvalidInput
        A part is not on offer; `field` names it.
    """
    return SegmentFilter(
        kind=_among(args, "jenis", LINE_KINDS, STREET),
        days=int(_among(args, "hari", tuple(str(one) for one in LENGTHS_DAYS), str(USUAL_DAYS))),
        service=_among(args, "layanan", ("", *services), ""),
        words=args.get("q", "").strip()[:LONGEST_NAME],
        jurisdiction=_among(args, "jalan", ("", *jurisdictions), ""),
        shown=_among(args, "hanya", SHOWN, ""),
        order=_among(args, "urut", ORDERS, ORDERS[0]),
    )


def filtered(table: gpd.GeoDataFrame, wanted: SegmentFilter) -> gpd.GeoDataFrame:
    """Return the rows that are wanted, in their order; the drawing's order parts equal ones."""
    for word in wanted.words.split():
        table = table[table["street"].str.contains(word, case=False, regex=False)]
    if wanted.jurisdiction:
        table = table[table["jurisdiction"] == wanted.jurisdiction]
    if wanted.shown == "reported":
        table = table[table["reports"] > 0]
    elif wanted.shown == "surveyed":
        table = table[table["survey_id"] > 0]
    elif wanted.shown == "repeats":
        table = table[table["repeats"] > 0]
    if wanted.order == "street":
        return table.sort_values(["street", "line_id", "from_m"], kind="stable")
    if wanted.order == "distress":
        # A class first, by the index within it: an index alone would hide which version made it.
        rank = table["condition"].map({code: number for number, code in enumerate(CONDITIONS)}).fillna(-1)
        return table.assign(rank=rank).sort_values(
            ["rank", "distress"], ascending=False, kind="stable", na_position="last"
        )
    return table.sort_values(wanted.order, ascending=False, kind="stable", na_position="last")


def _among(args: MultiDict[str, str], name: str, allowed: tuple[str, ...], otherwise: str) -> str:
    word = args.get(name, "").strip() or otherwise
    if word not in allowed:
        raise InvalidInput(
            "“%(value)s” is not on offer. Choose one of: %(allowed)s.",
            field=name,
            value=word[:40],
            allowed=", ".join(one for one in allowed if one),
        )
    return word
