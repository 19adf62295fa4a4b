"""Boston's roads and sidewalks: what keeps a repeat from being suggested, and how sure a merge can be.

Judged by pairs that closing words name by the last six digits of a case number, which the shared 220 do not
hold: they were looked at after everything that is measured on those was written down.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from scipy.stats import beta

from geo.clustering.evidence import (
    FACTORS,
    OTHER_KIND,
    OTHER_STREET,
    SAME_KIND,
    SAME_STREET,
    nearness_weight,
    soonness_weight,
)
from geo.clustering.ranking import LEAST_KNOWN, PairModel, PairSigns
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, LinkRule
from geo.clustering.weighing import Weighing, rightly_ordered
from geo.clustering.work_sites import find_work_sites
from tests.benchmarks import boston
from tests.benchmarks.merging import merges_of
from tests.benchmarks.rows import Row, made_row

MOST: Final = 5
REACH_M: Final = 500.0
"""What the product's page of a cluster looks through, whatever the time."""
STARTING_REACH_M, STARTING_DAYS = 150.0, 60.0
ALL_DAYS: Final = 184.0
SITE_M, SITE_DAYS = 15.0, 1.0
GOOD_FIX_M: Final = 8.0
ONE_IN: Final = 50
CURVE: Final = (0.2, 0.3, 0.5, 0.7, 1.0)

Found = dict[str, np.ndarray]


def road_suggestions(noise_m: float, quick: bool) -> Iterator[Row]:
    """Recall of pairs of road requests within five suggested places, in either direction."""
    asked = road_pairs()
    placed = boston.city().is_placed[asked].all(axis=1)
    found: dict[str, list[np.ndarray]] = {}
    seeds = range(1, 2 if quick or noise_m == 0.0 else 4)
    for seed in seeds:
        for name, hits in _suggested(noise_m, seed, asked).items():
            found.setdefault(name, []).append(hits)
    shares = {name: np.mean(hits, axis=0) for name, hits in found.items()}
    for name, some in (("all", np.ones(len(asked), dtype=bool)), ("placed", placed)):
        recall = float(shares["ranked"][some].mean())
        low, high = interval(shares["ranked"][some])
        yield made_row(
            f"boston/roads_within_5/{noise_m:.0f}m/{name}",
            int(some.sum()),
            recall,
            float(shares["nearest"][some].mean()),
            "≥ 0.95",
            recall >= 0.95,
            low95=low,
            high95=high,
            **{other: float(share[some].mean()) for other, share in shares.items()},
            seeds=len(seeds),
        )


def road_pairs() -> np.ndarray:
    """Pairs that closing words name and the shared file lacks, both of a road kind, (129, 2) rows."""
    here = boston.city()
    named = boston.named_pairs()
    return np.asarray(named[here.is_road[named].all(axis=1) & ~boston.is_marked(named)])


def road_misses() -> Row:
    """How many pairs each reason puts out of reach; `ours` is the share that positions can find at most."""
    missed = missed_for()
    share = missed["in reach"] / missed["pairs"]
    counts = {name.replace(" ", "_"): count for name, count in missed.items()}
    return made_row("boston/roads_missed", missed["pairs"], share, None, None, None, **counts)


def missed_for() -> dict[str, int]:
    """Count what puts the pairs of road requests out of reach of any rule of position and time."""
    here, text, asked = boston.city(), boston.texts(), road_pairs()
    a, b = asked.T
    off_m = np.hypot(here.x_m[a] - here.x_m[b], here.y_m[a] - here.y_m[b])
    days = np.abs(here.time_s[a] - here.time_s[b]) / DAY_S
    placed = here.is_placed[asked].all(axis=1)
    one_address = (text.address[a] == text.address[b]) & (text.address[a] != "")
    return {
        "pairs": len(asked),
        "with a stand-in": int((~placed).sum()),
        "of these at one address": int((~placed & one_address).sum()),
        "beyond 150 m": int((placed & (off_m > STARTING_REACH_M)).sum()),
        "beyond 500 m": int((placed & (off_m > REACH_M)).sum()),
        "beyond 60 days": int((placed & (off_m <= STARTING_REACH_M) & (days > STARTING_DAYS)).sum()),
        "of two kinds": int((here.kind[a] != here.kind[b]).sum()),
        "in starting reach": int((placed & (off_m <= STARTING_REACH_M) & (days <= STARTING_DAYS)).sum()),
        "in reach": int((placed & (off_m <= REACH_M)).sum()),
        "in reach or at one address": int(((placed & (off_m <= REACH_M)) | one_address).sum()),
    }


def _suggested(noise_m: float, seed: int, asked: np.ndarray) -> Found:
    """Which of the pairs each way of ranking finds within five places."""
    here = boston.city()
    roads = here.family == here.family[here.is_road][0]
    x_m, y_m = boston.moved(noise_m, seed)
    near = boston.candidates(x_m, y_m, np.where(roads, 1, -1), REACH_M, ALL_DAYS)
    near = near[roads[near].all(axis=1)]
    site = _sites(x_m, y_m, roads, noise_m)
    said = _same_streets(near)
    bare = PairSigns.of(x_m, y_m, here.time_s, here.family, here.kind, near)
    told = PairSigns.of(x_m, y_m, here.time_s, here.family, here.kind, near, further=said)
    labels = np.concatenate([boston.named_pairs(), here.pairs])
    is_one = boston.is_among(near, labels)
    by_time = here.time_s[near].max(axis=1) > np.median(here.time_s[asked].max(axis=1))
    by_place = here.x_m[near].mean(axis=1) > np.median(here.x_m[asked].mean(axis=1))
    ranked = _held_out(bare, is_one, by_time)
    starting = np.flatnonzero((bare.distance_m <= STARTING_REACH_M) & (bare.apart_days <= STARTING_DAYS))
    table = _reasons(bare, said, noise_m)
    return {
        "ranked": _among_places(near, ranked, site, asked),
        "by_place": _among_places(near, _held_out(bare, is_one, by_place), site, asked),
        "with_address": _among_places(near, _held_out(told, is_one, by_time), site, asked),
        "stated": _among_places(near, table.sum(axis=1), site, asked),
        "stated_learnt": _among_places(near, _weighed(table, is_one, by_time), site, asked),
        "nearest": _among_places(near, -bare.distance_m, site, asked),
        "requests": _among_places(near, ranked, np.arange(len(here)), asked),
        "starting": _among_places(near[starting], ranked[starting], site, asked),
        "in_reach": boston.is_among(asked, near),
    }


def _sites(x_m: np.ndarray, y_m: np.ndarray, roads: np.ndarray, noise_m: float) -> np.ndarray:
    """Places made without asking: one kind, 15 m by accuracy, within a day. Others are each their own."""
    here, rows = boston.city(), np.flatnonzero(roads)
    rule = LinkRule(suggest_m=30.0, auto_link_m=SITE_M, window_days=SITE_DAYS)
    reports = Reports.of(
        x_m[rows],
        y_m[rows],
        here.time_s[rows],
        here.kind[rows],
        accuracy_m=np.full(len(rows), max(noise_m, GOOD_FIX_M)),
        has_position=here.is_placed[rows],
    )
    site = np.arange(len(here))
    labels = find_work_sites(reports, dict.fromkeys(np.unique(here.kind).tolist(), rule)).labels
    site[rows] = len(here) + labels
    return site


def _same_streets(pairs: np.ndarray) -> np.ndarray:
    """Signs from the address: a street in common, and all of it in common, (m, 2)."""
    text = boston.texts()
    a, b = pairs.T
    one_street = [not one.isdisjoint(other) for one, other in zip(*text.streets[pairs.T], strict=True)]
    one_address = (text.address[a] == text.address[b]) & (text.address[a] != "")
    return np.column_stack([one_street, one_address]).astype(np.float64)


def _held_out(signs: PairSigns, is_one: np.ndarray, half: np.ndarray) -> np.ndarray:
    """Score each half of the pairs by a model that learnt from the other."""
    score = np.empty(len(signs))
    for side in (False, True):
        model = PairModel.fit(signs[half != side], is_one[half != side])
        score[half == side] = model.score(signs[half == side])
    return score


def _reasons(signs: PairSigns, said: np.ndarray, noise_m: float) -> np.ndarray:
    """Weigh the reasons as the product's pages state them; words and photographs there are none."""
    scatter_m = np.sqrt(2.0) * max(noise_m, GOOD_FIX_M)
    table = np.zeros((len(signs), len(FACTORS)))
    table[:, FACTORS.index("distance")] = nearness_weight(signs.distance_m, float(scatter_m), REACH_M)
    table[:, FACTORS.index("time")] = soonness_weight(signs.apart_days, STARTING_DAYS)
    alike = signs.kinds[:, 0] == signs.kinds[:, 1]
    table[:, FACTORS.index("kind")] = np.where(alike, SAME_KIND, OTHER_KIND)
    table[:, FACTORS.index("street")] = np.where(said[:, 0] > 0, SAME_STREET, OTHER_STREET)
    return table


def _weighed(table: np.ndarray, is_one: np.ndarray, half: np.ndarray) -> np.ndarray:
    score = np.empty(len(table))
    for side in (False, True):
        score[half == side] = Weighing.fit(table[half != side], is_one[half != side]).score(
            table[half == side]
        )
    return score


def _among_places(pairs: np.ndarray, score: np.ndarray, site: np.ndarray, asked: np.ndarray) -> np.ndarray:
    """Which of the asked pairs are one place already, or have the other's place among the best five."""
    row, value, place = pairs.T.ravel(), np.tile(score, 2), site[pairs[:, ::-1].T.ravel()]
    other = place != site[row]
    row, value, place = row[other], value[other], place[other]
    order = np.lexsort((-value, place, row))
    row, value, place = row[order], value[order], place[order]
    best = (np.diff(row, prepend=-1) != 0) | (np.diff(place, prepend=-1) != 0)
    row, value, place = row[best], value[best], place[best]
    order = np.lexsort((place, -value, row))
    row, place = row[order], place[order]
    begins = np.flatnonzero(np.diff(row, prepend=-1))
    turn = np.arange(len(row)) - np.repeat(begins, np.diff(begins, append=len(row)))
    key = (row * (2 * len(site)) + place)[turn < MOST]
    one, two = asked.T
    shown = [np.isin(a * (2 * len(site)) + site[b], key) for a, b in ((one, two), (two, one))]
    return np.asarray((site[one] == site[two]) | shown[0] | shown[1])


def interval(share: np.ndarray) -> tuple[float, float]:
    """Bootstrap over the pairs, 95 %."""
    dice = np.random.default_rng(1)
    again = dice.choice(share, (2_000, len(share))).mean(axis=1)
    low, high = np.percentile(again, [2.5, 97.5]).tolist()
    return low, high


# ---------------------------------------------------------------- merges without asking, the surest first


@dataclass(frozen=True, eq=False)
class Judged:
    """Pairs of one road kind within 15 m and 60 days, what closing words say of them, and their signs."""

    pairs: np.ndarray
    right: np.ndarray
    wrong: np.ndarray
    apart_days: np.ndarray
    is_open: np.ndarray
    is_late: np.ndarray
    signs: np.ndarray


def sure_merges(noise_m: float) -> Iterator[Row]:
    """Merges in the order of how sure a model is that learnt from the other half's closing words."""
    seen = _judged_pairs(noise_m)
    for name, allowed in (("protocol", np.ones(len(seen.pairs), dtype=bool)), ("open", seen.is_open)):
        if _too_few(seen, allowed):
            continue
        score, chosen = _by_sureness(seen, allowed)
        curve: dict[str, Any] = {}
        rows = np.flatnonzero(allowed)
        rows = rows[np.argsort(-score[rows], kind="stable")]
        for share in CURVE:
            some = rows[: int(share * len(rows))]
            merges, bad = merges_of(seen.pairs[some], seen.right[some], seen.wrong[some])
            curve[f"merges_{share:g}"] = merges
            curve[f"wrong_{share:g}"] = bad
            curve[f"wrong_share_{share:g}"] = [bad / max(merges, 1), *between(bad, merges)]
        some = np.flatnonzero(chosen)
        some = some[np.argsort(-score[some], kind="stable")]
        merges, bad = merges_of(seen.pairs[some], seen.right[some], seen.wrong[some])
        low, high = between(bad, merges)
        yield made_row(
            f"boston/sure/{noise_m:.0f}m/{name}",
            merges,
            bad / max(merges, 1),
            None,
            f"≤ 1/{ONE_IN}",
            bad * ONE_IN <= merges,
            low95=low,
            high95=high,
            wrong_merges=bad,
            links=len(some),
            confirmed_links=int(seen.right[some].sum()),
            told_apart_at_once=_told_apart(seen, allowed, score),
            **curve,
        )


def _too_few(seen: Judged, allowed: np.ndarray) -> bool:
    return any((seen.right & allowed & (seen.is_late == side)).sum() < LEAST_KNOWN for side in (False, True))


def _judged_pairs(noise_m: float) -> Judged:
    here = boston.city()
    x_m, y_m = boston.moved(noise_m, 1)
    pairs = boston.candidates(x_m, y_m, np.where(here.is_road, here.kind, -1), SITE_M, STARTING_DAYS)
    pairs = pairs[here.is_road[pairs].all(axis=1)]
    right, wrong, _ = boston.judged(pairs)
    last_s = here.time_s[pairs].max(axis=1)
    earlier = np.where(here.time_s[pairs[:, 0]] <= here.time_s[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    signs = PairSigns.of(x_m, y_m, here.time_s, here.family, here.kind, pairs)
    hours = 24.0 * signs.apart_days
    return Judged(
        pairs=pairs,
        right=right,
        wrong=wrong,
        apart_days=signs.apart_days,
        is_open=~(boston.closings().closed_s[earlier] <= last_s),
        is_late=last_s > np.median(here.time_s),
        signs=np.column_stack(
            [
                np.log1p(hours),
                np.exp(-hours / 0.1),
                np.exp(-hours / 2.4),
                signs.distance_m / SITE_M,
                np.log1p(signs.crowd),
                np.log1p(signs.order),
                _same_streets(pairs),
            ]
        ),
    )


def _by_sureness(seen: Judged, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Score each half by a model that learnt from the other, and choose from where the other held 1 in 100.

    Twice as strict as what is wanted: the end of the longest run that just holds it flatters itself.
    """
    here, score = boston.city(), np.empty(len(seen.pairs))
    signs = _as_signs(seen, here.kind)
    chosen = np.zeros(len(seen.pairs), dtype=bool)
    for side in (False, True):
        learn = allowed & (seen.is_late != side) & (seen.right | seen.wrong)
        model = PairModel.fit(signs[learn], seen.right[learn])
        all_scores = model.score(signs)
        score[seen.is_late == side] = all_scores[seen.is_late == side]
        other = np.flatnonzero(allowed & (seen.is_late != side))
        other = other[np.argsort(-all_scores[other], kind="stable")]
        holds = np.cumsum(seen.wrong[other]) * 2 * ONE_IN <= np.arange(1, len(other) + 1)
        if holds.any():
            least = all_scores[other[np.flatnonzero(holds)[-1]]]
            chosen |= allowed & (seen.is_late == side) & (all_scores >= least)
    return score, chosen


def _as_signs(seen: Judged, kind: np.ndarray) -> PairSigns:
    n = len(seen.pairs)
    nothing = np.zeros(n)
    return PairSigns(
        distance_m=seen.signs[:, 3] * SITE_M,
        apart_days=seen.apart_days,
        order=nothing.astype(np.int64),
        crowd=nothing.astype(np.int64),
        family=nothing,
        kinds=kind[seen.pairs],
        further=seen.signs,
    )


def _told_apart(seen: Judged, allowed: np.ndarray, score: np.ndarray) -> float:
    """How well the model orders pairs of one address told within 2.4 hours; 0.5 is by chance."""
    one_address = seen.signs[:, -1] > 0
    some = allowed & one_address & (seen.apart_days <= 0.1) & (seen.right | seen.wrong)
    if not seen.wrong[some].any() or not seen.right[some].any():
        return float("nan")
    return rightly_ordered(score[some], seen.right[some])


def between(bad: int, merges: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, bad, merges - bad + 1)) if bad else 0.0
    high = float(beta.ppf(0.975, bad + 1, merges - bad)) if bad < merges else 1.0
    return low, high
