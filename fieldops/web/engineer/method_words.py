"""What maps say that have no levels of confidence: circles of a scan, likeness of neighbours, density."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fieldops import i18n
from fieldops.domain.hotspot_questions import Method
from fieldops.i18n import _, ngettext
from fieldops.web.words import Said

METHOD_LABEL: Final[Mapping[Any, Said]] = {
    "cluster": lambda: _("In a busy circle"),
    "high_high": lambda: _("High among high"),
    "high_low": lambda: _("High among low"),
    "low_high": lambda: _("Low among high"),
    "low_low": lambda: _("Low among low"),
}
STATISTIC: Final[Mapping[str, tuple[str, str]]] = {
    "scan": ("λ", "log_likelihood_ratio"),
    "moran": ("I", "moran_i"),
    "density": ("/km²", "per_km2"),
}
"""What cells are ranked by where it is not z: its sign on the page, and its column in files."""


def _scan_statistic(figures: Mapping[str, Any]) -> str:
    return str(
        _(
            "Kulldorff’s circular scan, Poisson; %(circles)s circles up to %(radius)s m and half of all; "
            "%(replicates)s worlds of chance",
            circles=i18n.number(figures.get("circles", 0)),
            radius=i18n.number(figures.get("most_radius_m", 0)),
            replicates=i18n.number(figures.get("replicates", 0)),
        )
    )


def _moran_statistic(figures: Mapping[str, Any]) -> str:
    return str(
        _(
            "Local Moran’s I, %(permutations)s conditional permutations, two-sided; not corrected for many "
            "cells: no p can fall below %(least)s, too coarse for a false discovery rate",
            permutations=i18n.number(figures.get("permutations", 0)),
            least=i18n.number(2 / (1 + figures.get("permutations", 999)), 3),
        )
    )


def _density_statistic(figures: Mapping[str, Any]) -> str:
    return str(
        _(
            "Gaussian kernel density per km², bandwidth %(metres)s m (half of the normal reference rule), "
            "edges corrected; no test",
            metres=i18n.number(figures.get("bandwidth_m", 0)),
        )
    )


OTHER_STATISTICS: Final[Mapping[Any, Callable[[Mapping[str, Any]], str]]] = {
    Method.SCAN: _scan_statistic,
    Method.MORAN: _moran_statistic,
    Method.DENSITY: _density_statistic,
}


def method_threshold(figures: Mapping[str, Any]) -> str:
    """Return where the classes of such a map begin; empty for other methods."""
    tested = i18n.number(figures.get("tested", 0))
    if "circles" in figures:
        return str(_("p at most 0.10, 0.05, 0.01 anywhere in the city; %(tested)s cells", tested=tested))
    if "quadrants" in figures:
        return str(
            _("p at most %(level)s, each cell on its own; %(tested)s cells tested", tested=tested,
              level=i18n.number(figures["level"], 2))
        )  # fmt: skip
    if "bandwidth_m" in figures:
        return str(_("the densest 25, 10 and 5 in a hundred of %(tested)s cells", tested=tested))
    return ""


def _scan_class(band: int) -> str:
    if band == 0:
        return str(_("in no busy circle"))
    p = i18n.number({1: 0.1, 2: 0.05, 3: 0.01}[abs(band)], 2)
    return str(_("in a busy circle, p ≤ %(p)s", p=p))


def _moran_class(band: int) -> str:
    if band == 0:
        return str(_("may be chance"))
    name = "high_high" if band > 1 else "high_low" if band > 0 else "low_low" if band < -1 else "low_high"
    return METHOD_LABEL[name]().lower()


def _density_class(band: int) -> str:
    if band <= 0:
        return str(_("less dense"))
    share = {1: 25, 2: 10, 3: 5}[band]
    return str(_("densest %(share)s in a hundred", share=share))


CLASSES: Final[Mapping[str, Callable[[int], str]]] = {
    "scan": _scan_class,
    "moran": _moran_class,
    "density": _density_class,
}
"""Classes of methods that have no levels of confidence, −3 to 3."""

SHOWN_BANDS: Final[Mapping[str, tuple[int, ...]]] = {
    "scan": (0, 1, 2, 3),
    "moran": (-3, -1, 0, 1, 3),
    "density": (0, 1, 2, 3),
}
"""Which of them a key names."""


def bands_shown(method: str) -> tuple[int, ...]:
    """Return the classes that a method has, for keys."""
    return SHOWN_BANDS.get(method, (-3, -2, -1, 0, 1, 2, 3))


def _scan_finding(figures: Mapping[str, Any]) -> str:
    clusters = figures.get("clusters", [])
    if not clusters:
        return str(_("No circle holds more than chance explains anywhere in the city (p ≤ 0.10)."))
    first = clusters[0]
    return ngettext(
        "%(n)s busy circle. The first, %(radius)s m around, holds %(observed)s where %(expected)s "
        "were expected "
        "(p = %(p)s).",
        "%(n)s busy circles. The first, %(radius)s m around, holds %(observed)s where %(expected)s "
        "were expected "
        "(p = %(p)s).",
        len(clusters),
        n=len(clusters),
        radius=i18n.number(first["radius_m"]),
        observed=i18n.number(first["observed"]),
        expected=i18n.number(first["expected"], 1),
        p=i18n.number(first["p"], 3),
    )


def _moran_finding(figures: Mapping[str, Any]) -> str:
    held = figures.get("quadrants", {})
    return str(
        _(
            "Of %(tested)s cells, %(hh)s are high among high, %(ll)s low among low, %(hl)s high "
            "among low and "
            "%(lh)s low among high, each on its own: by chance alone about %(chance)s would be.",
            tested=i18n.number(figures.get("tested", 0)),
            hh=i18n.number(held.get("high_high", 0)),
            ll=i18n.number(held.get("low_low", 0)),
            hl=i18n.number(held.get("high_low", 0)),
            lh=i18n.number(held.get("low_high", 0)),
            chance=i18n.number(figures.get("level", 0.05) * figures.get("tested", 0)),
        )
    )


def _density_finding(figures: Mapping[str, Any]) -> str:
    del figures
    return str(
        _(
            "A drawing of where most reports lie. It tests nothing: dense is where people live, pass "
            "and report."
        )
    )


FINDINGS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "scan": _scan_finding,
    "moran": _moran_finding,
    "density": _density_finding,
}
