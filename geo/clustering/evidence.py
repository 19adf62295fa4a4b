"""Why two requests may be one place: every reason as data, with its weight."""

from dataclasses import dataclass, field
from math import exp, inf, isnan, log, nan, sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.clustering.duplicates import NewReport
from geo.clustering.photos import differing_bits
from geo.clustering.rules import DAY_S, LinkRule
from geo.clustering.words import shared_words, similar_words

LEAST_SCATTER_M: Final = 5.0
"""One hole, two perfect fixes: people stand around it."""
UNKNOWN_SCATTER_M: Final = 15.0

SAME_STREET, OTHER_STREET = 0.5, -1.0
SAME_KIND, OTHER_KIND = 0.5, -0.8
"""Measured: 76 % of the pairs that Boston marked on its roads are of one kind, of others near by 46 %."""
WORDS_AT_BEST, WORDS_NEUTRAL = 2.0, 0.25
SAME_SCENE_BITS, LIKE_SCENE_BITS = 6, 10
SAME_SCENE, LIKE_SCENE = 4.0, 2.0
FACTORS: Final = ("distance", "time", "kind", "street", "words", "photo")


@dataclass(frozen=True, slots=True)
class Sight:
    """What may support a link, as far as it is known.

    Parameters
    ----------
    text
        The description, "" for none.
    street
        Name of the street, "" for none.
    photos
        `photo_hash` of each photograph.
    kind
        The service within the family, "" for unknown.
    """

    text: str = ""
    street: str = ""
    photos: tuple[int, ...] = ()
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why two requests may be one place: "9 m, 2 days, same street, 'lubang besar'" in any language.

    Parameters
    ----------
    distance_m
        Straight, in metres.
    radius_m
        The pair's radius for joining without asking, by accuracy; −1 where an accuracy is unknown.
    apart_days
        Time between the two reports.
    way_m
        Along roads; None where it was not measured, infinite where it is too long to matter.
    same_street
        None where a street is unknown.
    same_kind
        None where a service is unknown.
    words
        Words that both use, as the first spells them.
    word_similarity
        0 to 1.
    same_event
        Whether one rain brought both; None where that does not matter to the rule or is not known.
    photo_bits
        Bits of 64 in which the nearest two photographs differ; None without two.
    weights
        Logarithm (natural) of how many times likelier each factor is for one place than for two, by factor:
        those of `FACTORS` that are known. Distance and time decide; the others only support.
    """

    distance_m: float
    radius_m: float
    apart_days: float
    way_m: float | None = None
    same_street: bool | None = None
    same_kind: bool | None = None
    words: tuple[str, ...] = ()
    word_similarity: float = 0.0
    same_event: bool | None = None
    photo_bits: int | None = None
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """The sum of all weights, for ordering; no probability, since what is usual here is not in it."""
        return sum(self.weights.values())


def explain(
    one: NewReport,
    other: NewReport,
    rule: LinkRule,
    *,
    sights: tuple[Sight, Sight] = (Sight(), Sight()),
    way_m: float | None = None,
) -> Explanation:
    """Explain a pair of requests of one family.

    Parameters
    ----------
    one, other
        The two requests.
    rule
        Their family's rule.
    sights
        What else is known of each. Give nothing that the reader of the explanation may not see: the shared
        words come from here.
    way_m
        The way along roads, where it was measured; NaN counts as not measured.

    Notes
    -----
    Weights of distance and time compare a scatter by accuracy, and an exponential delay of a quarter of the
    window, with an even spread over the suggestion radius and the window. That of kind is measured; those
    of street, words and photo are set: docs/methods/clustering.md states them. A photograph that differs says
    nothing, as one scene has many sides. Where the rule goes by rain events and both are known, one event
    weighs as reports at one time, and two as reports a window apart.
    """
    distance_m = sqrt((one.x_m - other.x_m) ** 2 + (one.y_m - other.y_m) ** 2)
    apart_days = abs(one.reported_at_s - other.reported_at_s) / DAY_S
    known = [_accuracy(report, rule) for report in (one, other)]
    scatter_m = sqrt(sum(max(UNKNOWN_SCATTER_M if isnan(m) else m, LEAST_SCATTER_M) ** 2 for m in known))
    similarity = similar_words(sights[0].text, sights[1].text)
    same_street = _alike(sights[0].street, sights[1].street)
    same_kind = _alike(sights[0].kind, sights[1].kind)
    same_event = _one_event(one, other, rule)
    photo_bits = _nearest_bits(sights)
    reach_m = max(rule.suggest_m, rule.auto_link_m, scatter_m)
    weights = {
        "distance": float(nearness_weight(distance_m, scatter_m, reach_m)),
        "time": float(soonness_weight(_counted_days(apart_days, same_event, rule), rule.window_days)),
    }
    if same_kind is not None:
        weights["kind"] = SAME_KIND if same_kind else OTHER_KIND
    if same_street is not None:
        weights["street"] = SAME_STREET if same_street else OTHER_STREET
    if sights[0].text and sights[1].text:
        weights["words"] = WORDS_AT_BEST * (similarity - WORDS_NEUTRAL) / (1.0 - WORDS_NEUTRAL)
    if photo_bits is not None:
        weights["photo"] = _photo_weight(photo_bits)
    return Explanation(
        distance_m=distance_m,
        radius_m=_radius(known, rule),
        apart_days=apart_days,
        way_m=None if way_m is None or isnan(way_m) else way_m,
        same_street=same_street,
        same_kind=same_kind,
        words=shared_words(sights[0].text, sights[1].text),
        word_similarity=similarity,
        same_event=same_event,
        photo_bits=photo_bits,
        weights=weights,
    )


def _accuracy(report: NewReport, rule: LinkRule) -> float:
    if not isnan(report.accuracy_m):
        return report.accuracy_m
    return nan if rule.default_accuracy_m is None else rule.default_accuracy_m


def _radius(known: list[float], rule: LinkRule) -> float:
    both = 2.0 * sqrt(known[0] ** 2 + known[1] ** 2)
    if isnan(both) or rule.auto_link_m == 0.0:
        return -1.0
    return min(max(both, rule.least_link_m), rule.auto_link_m)


def nearness_weight(distance_m: ArrayLike, scatter_m: float, reach_m: float) -> NDArray[np.float64]:
    """Weigh distances: Rayleigh's density over that of an even spread, (d/s²)·exp(−d²/2s²) against 2d/R².

    Parameters
    ----------
    distance_m
        Any shape.
    scatter_m
        s, what both accuracies make together, above 0.
    reach_m
        R, above 0.

    Returns
    -------
    Natural logarithms of the ratio, in the shape of `distance_m`.
    """
    off = np.asarray(distance_m, dtype=np.float64) / scatter_m
    return np.asarray(log(reach_m**2 / (2.0 * scatter_m**2)) - off * off / 2.0, dtype=np.float64)


def soonness_weight(apart_days: ArrayLike, window_days: float) -> NDArray[np.float64]:
    """Weigh times: an exponential delay of a quarter of the window against an even spread over it.

    Parameters
    ----------
    apart_days
        Any shape, 0 or more; what is beyond the window weighs as much as its end.
    window_days
        0: time says nothing.

    Returns
    -------
    Natural logarithms of the ratio, in the shape of `apart_days`.
    """
    apart = np.asarray(apart_days, dtype=np.float64)
    if window_days == 0.0:
        return np.zeros(apart.shape)
    mean_days = window_days / 4.0
    usual = mean_days * (1.0 - exp(-4.0))
    return np.asarray(log(window_days / usual) - np.minimum(apart, window_days) / mean_days, dtype=np.float64)


def _one_event(one: NewReport, other: NewReport, rule: LinkRule) -> bool | None:
    if not rule.same_event or one.event < 0 or other.event < 0:
        return None
    return one.event == other.event


def _counted_days(apart_days: float, same_event: bool | None, rule: LinkRule) -> float:
    if same_event is None:
        return apart_days
    return 0.0 if same_event else rule.window_days


def _alike(one: str, other: str) -> bool | None:
    one, other = one.casefold().strip(), other.casefold().strip()
    return one == other if one and other else None


def _nearest_bits(sights: tuple[Sight, Sight]) -> int | None:
    found = [differing_bits(one, other) for one in sights[0].photos for other in sights[1].photos]
    least = min((bits for bits in found if bits is not None), default=inf)
    return None if least == inf else int(least)


def _photo_weight(bits: int) -> float:
    if bits <= SAME_SCENE_BITS:
        return SAME_SCENE
    return LIKE_SCENE if bits <= LIKE_SCENE_BITS else 0.0
