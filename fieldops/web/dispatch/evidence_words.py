"""Why reports are one place, in words: "9 m, 2 days, same street, “lubang besar”"."""

from math import isfinite
from typing import Any, Final

from fieldops.i18n import _, date_words, distance_words, ngettext, number
from fieldops.operations.explain_links import Decision
from fieldops.operations.weigh_reasons import WeighingCard

Explanation = Any
"""A `geo.clustering.evidence.Explanation`, as the operations hand it out."""

Rain = Any
"""A `geo.clustering.rain_events.RainEvent`, as the operations hand it out."""

LIKE_SCENE_BITS: Final = 10
"""Photos that differ in more of their 64 bits say nothing."""
ROUNDABOUT: Final = 1.5
"""A way along roads is worth a word when it is this many times the straight line."""


def why_words(why: Explanation, rain: Rain | None = None) -> str:
    """Return the reasons in one line, what counts most first; `rain` is the one that brought both."""
    parts = [distance_words(why.distance_m)]
    if why.way_m is not None and isfinite(why.way_m) and why.way_m > ROUNDABOUT * why.distance_m + 10:
        parts.append(_("%(m)s along roads", m=distance_words(why.way_m)))
    parts.append(_days(why.apart_days))
    if rain is not None:
        parts.append(rain_words(rain))
    elif why.same_event is False:
        parts.append(_("another rain"))
    if why.same_street is not None:
        parts.append(_("same street") if why.same_street else _("another street"))
    if why.words:
        parts.append(", ".join(f"“{word}”" for word in why.words))
    if why.photo_bits is not None and why.photo_bits <= LIKE_SCENE_BITS:
        parts.append(_("photos of the same scene"))
    return ", ".join(parts)


def rain_words(rain: Rain) -> str:
    """Name a rain by its days: "same rain, 3–5 January"."""
    last = date_words(rain.last, weekday=False)
    if rain.first == rain.last:
        return _("same rain, %(day)s", day=last)
    one_month = (rain.first.year, rain.first.month) == (rain.last.year, rain.last.month)
    first = str(rain.first.day) if one_month else date_words(rain.first, weekday=False)
    return _("same rain, %(first)s–%(last)s", first=first, last=last)


def _days(days: float) -> str:
    if days < 1:
        return _("within a day")
    return ngettext("%(num)d day apart", "%(num)d days apart", round(days))


def weights_of(why: Explanation) -> list[tuple[str, str]]:
    """Return what each reason weighs, in order: above 0 it speaks for one place, below for two."""
    names = reason_names()
    shown = [(names[factor], signed(why.weights[factor])) for factor in names if factor in why.weights]
    return [*shown, (_("Together"), signed(why.total))]


def reason_names() -> dict[str, str]:
    """Return what each reason is called, in their order."""
    return {
        "distance": _("Distance"),
        "time": _("Time"),
        "kind": _("Kind"),
        "street": _("Street"),
        "words": _("Words"),
        "photo": _("Photos"),
    }


def factors_of(card: WeighingCard) -> str:
    """Return how many times each reason counts: "Distance 1.2 · Time 0.8"."""
    names = reason_names()
    return " · ".join(f"{names[name]} {number(card.factors.get(name, 1.0), 1)}" for name in names)


def signed(weight: float) -> str:
    """Write a weight with its sign: +1,4."""
    rounded = round(weight, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else ''}{number(abs(rounded), 1)}"


def decision_words(decision: Decision, names: dict[int, str]) -> str:
    """Return who joined or parted two reports."""
    who = names.get(decision.user_id or 0, _("Staff"))
    return _("joined by %(who)s", who=who) if decision.together else _("kept apart by %(who)s", who=who)
