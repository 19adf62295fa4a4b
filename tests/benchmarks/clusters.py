"""Clusters: grouping against a KD-tree with components and DBSCAN; quality on Boston's own duplicate pairs.

Speed rows: CPU seconds of this process, one thread, the median of several rounds with a seed each, ours and
the peer in turn. ``ratio`` is ours over the peer: below 1 is faster; the range over rounds stands beside it.
Every round checks that both give the same partition. Quality rows: ``ours`` and ``peer`` are recalls.
"""

import fnmatch
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.clustering.duplicates import NewReport
from geo.clustering.joining import components
from geo.clustering.live_sites import LiveSites
from geo.clustering.neighbours import connected
from geo.clustering.ranking import PairModel, PairSigns, best_links
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, RULES, LinkRule
from geo.clustering.work_sites import find_work_sites
from tests.benchmarks import boston
from tests.benchmarks.clusters_roads import road_misses, road_suggestions, sure_merges
from tests.benchmarks.merging import merges_of
from tests.benchmarks.rows import Row, made_row

RADIUS_M, WINDOW_DAYS = 15.0, 60.0
FAMILIES = 4
LOAD = 300.0
NOISES_M = (0.0, 5.0, 15.0, 30.0)
REACH_M, REACH_DAYS = 150.0, 60.0
LADDER_DAYS = (0.1, 1.0, 3.0, 7.0, 14.0, 30.0, 60.0)
ONE_IN = 50
GAIN = 0.03


def run(quick: bool, only: str = "*") -> Iterator[Row]:
    """Measure; yields a row each. Quick: 100,000 points, no noise, fewer peers."""
    sizes = [100_000] if quick else [100_000, 1_000_000]
    rounds = 3
    for n in sizes:
        for measure in (_against_kd_tree, _against_dbscan, _whole_sites):
            if _wanted(f"{measure.__name__[1:]}/{n}", only):
                yield measure(n, rounds)
    if _wanted("live/put", only):
        yield from _live(20_000 if quick else 200_000)
    if not boston.FOLDER.is_dir():
        return
    if _wanted("boston/roads_missed", only):
        yield road_misses()
    for noise_m in NOISES_M[:1] if quick else NOISES_M:
        yield from _quality(noise_m, quick, only)


def _quality(noise_m: float, quick: bool, only: str) -> Iterator[Row]:
    noise = f"{noise_m:.0f}m"
    if _wanted(f"boston/load_300/{noise}", only):
        yield _at_load(noise_m, quick)
    if _wanted(f"boston/within_5/{noise}", only):
        yield from _within_five(noise_m, quick)
    if _wanted(f"boston/sites/{noise}", only):
        yield _ready_sites(noise_m, quick)
    if _wanted(f"boston/automatic/{noise}", only):
        yield from _automatic(noise_m)
    if _wanted(f"boston/roads_within_5/{noise}", only):
        yield from road_suggestions(noise_m, quick)
    if _wanted(f"boston/sure/{noise}", only):
        yield from sure_merges(noise_m)


def _wanted(row: str, only: str) -> bool:
    return fnmatch.fnmatch(row, only) or fnmatch.fnmatch(row + "/", only)


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result


# ---------------------------------------------------------------- speed


def points(n: int, seed: int) -> tuple[np.ndarray, ...]:
    """A third as many places as requests, 5 m of scatter, one year, 2,500 requests a square kilometre."""
    dice = np.random.default_rng(seed)
    side_m = np.sqrt(n / 2_500.0) * 1_000.0
    place_x, place_y = dice.uniform(0.0, side_m, (2, n // 3))
    family = dice.integers(0, FAMILIES, n // 3)
    at = dice.integers(0, n // 3, n)
    x_m, y_m = place_x[at] + dice.normal(0, 5, n), place_y[at] + dice.normal(0, 5, n)
    return x_m, y_m, dice.uniform(0, 365 * DAY_S, n), family[at]


def _each_family(family: np.ndarray, work: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Labels of all families by the labels within each: the same for both sides."""
    labels = np.empty(len(family), dtype=np.int64)
    by_family = np.argsort(family, kind="stable")
    for rows in np.split(by_family, np.flatnonzero(np.diff(family[by_family])) + 1):
        labels[rows] = rows[work(rows)]
    return labels


def _ours(x_m: np.ndarray, y_m: np.ndarray, time_s: np.ndarray | None, family: np.ndarray) -> np.ndarray:
    def group(rows: np.ndarray) -> np.ndarray:
        when = None if time_s is None else time_s[rows]
        return connected(x_m[rows], y_m[rows], RADIUS_M, time_s=when, window_s=WINDOW_DAYS * DAY_S)

    return _each_family(family, group)


def _kd_tree(x_m: np.ndarray, y_m: np.ndarray, time_s: np.ndarray, family: np.ndarray) -> np.ndarray:
    def group(rows: np.ndarray) -> np.ndarray:
        tree = cKDTree(
            np.column_stack([x_m[rows], y_m[rows]]), balanced_tree=False, compact_nodes=False
        )  # the faster way to build it here
        pairs = tree.query_pairs(RADIUS_M, output_type="ndarray")
        pairs = pairs[np.abs(time_s[rows][pairs[:, 0]] - time_s[rows][pairs[:, 1]]) <= WINDOW_DAYS * DAY_S]
        graph = coo_array((np.ones(len(pairs), bool), pairs.T), shape=(len(rows), len(rows)))
        return _first_of(connected_components(graph, directed=False)[1])

    return _each_family(family, group)


def _dbscan(x_m: np.ndarray, y_m: np.ndarray, family: np.ndarray) -> np.ndarray:
    from sklearn.cluster import DBSCAN  # noqa: PLC0415 - a peer, installed beside the product

    def group(rows: np.ndarray) -> np.ndarray:
        found = DBSCAN(eps=RADIUS_M, min_samples=1).fit(np.column_stack([x_m[rows], y_m[rows]]))
        return _first_of(found.labels_)

    return _each_family(family, group)


def _first_of(labels: np.ndarray) -> np.ndarray:
    """Name each group by its first row."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    return first[group]


def _same(ours: np.ndarray, theirs: np.ndarray) -> None:
    if not np.array_equal(_first_of(ours), _first_of(theirs)):
        raise AssertionError("the partitions differ")


Sides = tuple[Callable[[], Any], Callable[[], Any]]


def _compared(
    name: str,
    n: int,
    rounds: int,
    goal: float,
    sides: Callable[[int], Sides],
) -> Row:
    warm_s, _ = _seconds(lambda: connected(np.zeros(2), np.zeros(2), 1.0))
    ours, peers = [], []
    for seed in range(1, rounds + 1):
        mine, theirs = sides(seed)
        seconds, labels = _seconds(mine)
        peer_seconds, peer_labels = _seconds(theirs)
        _same(labels, peer_labels)
        ours.append(seconds)
        peers.append(peer_seconds)
    ratios = np.array(ours) / np.array(peers)
    return made_row(
        f"{name}/{n}",
        n,
        float(np.median(ours)),
        float(np.median(peers)),
        f"≤ 1/{goal:g}",
        bool(np.median(ratios) <= 1.0 / goal),
        faster_least=float(1.0 / ratios.max()),
        faster_median=float(1.0 / np.median(ratios)),
        faster_most=float(1.0 / ratios.min()),
        rounds=rounds,
        first_call_s=warm_s,
        same_partition=True,
    )


def _against_kd_tree(n: int, rounds: int) -> Row:
    """One family, 15 m and 60 days: pairs of a KD-tree, filtered by time, and connected components."""

    def sides(seed: int) -> Sides:
        x_m, y_m, time_s, family = points(n, seed)
        return lambda: _ours(x_m, y_m, time_s, family), lambda: _kd_tree(x_m, y_m, time_s, family)

    return _compared("against_kd_tree", n, rounds, 3.0, sides)


def _against_dbscan(n: int, rounds: int) -> Row:
    """One family and 15 m, since DBSCAN takes one distance and no window; every point is a core."""

    _dbscan(*(column[:10] for column in points(100, 1)[:2]), np.zeros(10))  # imported before it is measured

    def sides(seed: int) -> Sides:
        x_m, y_m, _, family = points(n, seed)
        return lambda: _ours(x_m, y_m, None, family), lambda: _dbscan(x_m, y_m, family)

    return _compared("against_dbscan", n, rounds, 15.0, sides)


def _whole_sites(n: int, rounds: int) -> Row:
    """Everything: checked columns, radius by accuracy, chains limited, sites numbered."""
    seconds = []
    for seed in range(1, rounds + 1):
        x_m, y_m, time_s, family = points(n, seed)
        accuracy_m = np.random.default_rng(seed).uniform(3.0, 15.0, n)
        rules = {k: LinkRule(suggest_m=30, auto_link_m=RADIUS_M, window_days=60) for k in range(FAMILIES)}
        took, sites = _seconds(
            lambda x=x_m, y=y_m, t=time_s, f=family, a=accuracy_m, r=rules: find_work_sites(
                Reports.of(x, y, t, f, accuracy_m=a), r
            )
        )
        seconds.append(took)
    return made_row(
        f"whole_sites/{n}", n, float(np.median(seconds)), None, None, None, sites=len(sites.anchors)
    )


def _live(n: int) -> Iterator[Row]:
    """One request after the other into growing sites; then suggestions, closings and withdrawals."""
    x_m, y_m, time_s, family = points(n, 1)
    time_s = np.sort(time_s)
    rule = LinkRule(suggest_m=30, auto_link_m=RADIUS_M, window_days=60)
    sites = LiveSites(dict.fromkeys(range(FAMILIES), rule))
    made = [
        NewReport(*row, accuracy_m=8.0)
        for row in zip(x_m.tolist(), y_m.tolist(), time_s.tolist(), family.tolist(), strict=True)
    ]
    put = _each_us(lambda k: sites.put(k, made[k]), range(n))
    last = range(n - n // 10, n)
    yield _live_row("put", n, put[n - n // 10 :], "p50 < 50 µs", 50.0)
    some = np.random.default_rng(2).choice(n, 2_000, replace=False).tolist()
    yield _live_row("suggest", n, _each_us(lambda k: sites.suggest(made[k]), some))
    yield _live_row("close", n, _each_us(lambda k: sites.close(k, time_s[-1] + 1.0), last))
    yield _live_row("remove", n, _each_us(sites.remove, some))


def _each_us(work: Callable[[int], Any], rows: Any) -> np.ndarray:
    took = []
    for k in rows:
        began = time.perf_counter_ns()
        work(k)
        took.append(time.perf_counter_ns() - began)
    return np.array(took) / 1e3


def _live_row(what: str, n: int, us: np.ndarray, target: str | None = None, most: float = 0.0) -> Row:
    p50, p90, p99 = np.percentile(us, [50, 90, 99]).tolist()
    met = None if target is None else p50 < most
    return made_row(f"live/{what}", n, p50, None, target, met, unit="µs", p90_us=p90, p99_us=p99)


# ---------------------------------------------------------------- quality


def _seeds(noise_m: float, quick: bool) -> range:
    return range(1, 2 if quick or noise_m == 0.0 else 4)


def _ranked(x_m: np.ndarray, y_m: np.ndarray, held_out: str) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of one family within 150 m and 60 days, each scored by a model that never saw its half."""
    here = boston.city()
    pairs = boston.candidates(x_m, y_m, here.family, REACH_M, REACH_DAYS)
    signs = PairSigns.of(x_m, y_m, here.time_s, here.family, here.kind, pairs)
    marked, half = boston.is_marked(pairs), _half(pairs, held_out)
    score = np.empty(len(pairs))
    for side in (False, True):
        model = PairModel.fit(signs[half != side], marked[half != side])
        score[half == side] = model.score(signs[half == side])
    return pairs, score


def _half(pairs: np.ndarray, held_out: str) -> np.ndarray:
    """Which half a pair belongs to: by the day of the later report, or by how far east the pair lies."""
    here = boston.city()
    if held_out == "time":
        return here.time_s[pairs].max(axis=1) > np.median(here.time_s[here.pairs].max(axis=1))
    return here.x_m[pairs].mean(axis=1) > np.median(here.x_m[here.pairs].mean(axis=1))


def _chosen(pairs: np.ndarray, score: np.ndarray, load: float) -> np.ndarray:
    n = len(boston.city())
    return components(n, pairs[best_links(n, pairs, score, int(load * n / 1_000.0))])


def _swept(
    label: Callable[[float], np.ndarray], load: float = LOAD, most: float = 250.0, steps: int = 11
) -> tuple[float, np.ndarray]:
    """Find the widest radius whose load is still within bounds, and its labels."""
    low, high, best = 0.0, most, label(0.0)
    for _ in range(steps):
        middle = (low + high) / 2.0
        labels = label(middle)
        if boston.load(labels) <= load:
            low, best = middle, labels
        else:
            high = middle
    return low, best


def _at_load(noise_m: float, quick: bool) -> Row:
    """Recall of the city's pairs at 300 decisions per 1,000 requests, against the plain rules."""
    here = boston.city()
    every = np.ones(len(here), dtype=bool)
    found: dict[str, list[float]] = {}
    hits, largest = [], 0
    for seed in _seeds(noise_m, quick):
        x_m, y_m = boston.moved(noise_m, seed)
        by_time = _chosen(*_ranked(x_m, y_m, "time"), LOAD)
        hits.append(boston.together(by_time))
        largest = max(largest, int(np.bincount(by_time).max()))
        measured = {
            "held_out_by_place": _chosen(*_ranked(x_m, y_m, "place"), LOAD),
            "plain": _swept(lambda r, x=x_m, y=y_m: boston.plain_labels(x, y, r, here.is_placed))[1],
            "plain_with_defaults": _swept(lambda r, x=x_m, y=y_m: boston.plain_labels(x, y, r, every))[1],
        }
        if not quick:
            measured["dbscan_3d"] = _swept(lambda r, x=x_m, y=y_m: _dbscan_labels(x, y, r), steps=8)[1]
        for name, labels in measured.items():
            found.setdefault(name, []).append(float(boston.together(labels).mean()))
        if not quick and seed == 1:
            found |= _hdbscan(x_m, y_m)
    recall = float(np.mean(hits))
    peers = {"plain", "plain_with_defaults", "dbscan_3d"} & found.keys()
    better = max(float(np.mean(found[name])) for name in peers)
    low, high = _interval(np.mean(hits, axis=0))
    return made_row(
        f"boston/load_300/{noise_m:.0f}m",
        len(here),
        recall,
        better,
        f"≥ peer + {GAIN}",
        recall >= better + GAIN,
        **{name: float(np.mean(values)) for name, values in found.items()},
        low95=low,
        high95=high,
        largest=largest,
        seeds=len(hits),
    )


def _interval(share: np.ndarray) -> tuple[float, float]:
    """Bootstrap over the pairs, 95 %."""
    dice = np.random.default_rng(1)
    again = dice.choice(share, (2_000, len(share))).mean(axis=1)
    low, high = np.percentile(again, [2.5, 97.5]).tolist()
    return low, high


def _space_and_time(x_m: np.ndarray, y_m: np.ndarray, radius_m: float, rows: np.ndarray) -> np.ndarray:
    """Time as a third axis, 30 days as long as the radius."""
    here = boston.city()
    return np.column_stack([x_m[rows], y_m[rows], here.time_s[rows] * (radius_m / (30 * DAY_S))])


def _dbscan_labels(x_m: np.ndarray, y_m: np.ndarray, radius_m: float) -> np.ndarray:
    from sklearn.cluster import DBSCAN  # noqa: PLC0415 - a peer, installed beside the product

    here = boston.city()
    labels = np.arange(len(here))
    if radius_m > 0.0:
        for rows in boston.groups(here.kind, here.is_placed):
            found = DBSCAN(eps=radius_m, min_samples=1).fit(_space_and_time(x_m, y_m, radius_m, rows))
            labels[rows] = rows[_first_of(found.labels_)]
    return labels


def _hdbscan(x_m: np.ndarray, y_m: np.ndarray) -> dict[str, list[float]]:
    """HDBSCAN takes no load: its recall at its own, and ours at the same."""
    from sklearn.cluster import HDBSCAN  # noqa: PLC0415 - a peer, installed beside the product

    here = boston.city()
    labels = np.arange(len(here))
    for rows in boston.groups(here.kind, here.is_placed):
        table = _space_and_time(x_m, y_m, 50.0, rows)
        found = HDBSCAN(min_cluster_size=2, min_samples=1, copy=True).fit(table).labels_
        grouped = found >= 0
        if grouped.any():
            labels[rows[grouped]] = rows[grouped][_first_of(found[grouped])]
    own = boston.load(labels)
    ours = _chosen(*_ranked(x_m, y_m, "time"), own)
    return {
        "hdbscan": [float(boston.together(labels).mean())],
        "hdbscan_load": [own],
        "ours_at_hdbscan_load": [float(boston.together(ours).mean())],
    }


def _ready_sites(noise_m: float, quick: bool) -> Row:
    """Recall of sites made without asking: the ready rule, accuracy as the noise but 8 m at least.

    The peer is the plain rule at the same load.
    """
    here = boston.city()
    rules = dict.fromkeys(np.unique(here.kind).tolist(), RULES["other"])
    ours, peers, loads, largest = [], [], [], 0
    for seed in _seeds(noise_m, quick):
        x_m, y_m = boston.moved(noise_m, seed)
        accuracy_m = np.full(len(here), max(noise_m, 8.0))
        reports = Reports.of(
            x_m, y_m, here.time_s, here.kind, accuracy_m=accuracy_m, has_position=here.is_placed
        )
        labels = find_work_sites(reports, rules).labels
        loads.append(boston.load(labels))
        largest = max(largest, int(np.bincount(labels).max()))
        ours.append(float(boston.together(labels).mean()))
        _, plain = _swept(
            lambda r, x=x_m, y=y_m: boston.plain_labels(x, y, r, here.is_placed), load=loads[-1], most=60.0
        )
        peers.append(float(boston.together(plain).mean()))
    return made_row(
        f"boston/sites/{noise_m:.0f}m",
        len(here),
        float(np.mean(ours)),
        float(np.mean(peers)),
        None,
        None,
        decisions_per_1000=float(np.mean(loads)),
        largest=largest,
        seeds=len(ours),
    )


def _within_five(noise_m: float, quick: bool) -> Iterator[Row]:
    """Recall within five suggestions a request: ranked by the model, against the nearest five."""
    here = boston.city()
    is_road = here.is_road[here.pairs].any(axis=1)
    ours, peers, reached = [], [], []
    for seed in _seeds(noise_m, quick):
        x_m, y_m = boston.moved(noise_m, seed)
        pairs, score = _ranked(x_m, y_m, "time")
        distance_m = np.hypot(*(axis[pairs[:, 0]] - axis[pairs[:, 1]] for axis in (x_m, y_m)))
        ours.append(_among_first(pairs, score))
        peers.append(_among_first(pairs, -distance_m))
        reached.append(_in_reach(pairs))
    for name, some in (("roads", is_road), ("all", np.ones(len(is_road), dtype=bool))):
        recall = float(np.mean(ours, axis=0)[some].mean())
        low, high = _interval(np.mean(ours, axis=0)[some])
        yield made_row(
            f"boston/within_5/{noise_m:.0f}m/{name}",
            int(some.sum()),
            recall,
            float(np.mean(peers, axis=0)[some].mean()),
            "≥ 0.95" if name == "roads" else None,
            recall >= 0.95 if name == "roads" else None,
            low95=low,
            high95=high,
            in_reach=float(np.mean(reached, axis=0)[some].mean()),
            seeds=len(ours),
        )


def _in_reach(pairs: np.ndarray) -> np.ndarray:
    """Which of the city's pairs are candidates at all, (220,) bool."""
    here = boston.city()
    key = np.sort(here.pairs, axis=1) @ [len(here), 1]
    return np.isin(key, np.sort(pairs, axis=1) @ [len(here), 1])


def _among_first(pairs: np.ndarray, score: np.ndarray, most: int = 5) -> np.ndarray:
    """Which of the city's pairs are among the best five of either request, (220,) bool."""
    row, value, other = pairs.T.ravel(), np.tile(score, 2), pairs[:, ::-1].T.ravel()
    order = np.lexsort((other, -value, row))
    begins = np.flatnonzero(np.diff(row[order], prepend=-1))
    place = np.arange(len(row)) - np.repeat(begins, np.diff(begins, append=len(row)))
    shown = order[place < most]
    return _in_reach(np.column_stack([row[shown], other[shown]]))


def _automatic(noise_m: float) -> Iterator[Row]:
    """Merges made without asking, road kinds, 15 m: how many the closing words contradict.

    A group of m is made by m - 1 merges, soonest pairs first; one is wrong when a pair across it is
    contradicted and none is confirmed. The window is the longest of the ladder that holds one wrong link in
    fifty in the other half of the months. `open`: with the product's rule that a closed request takes no new
    report, for which closing times are read.
    """
    here = boston.city()
    x_m, y_m = boston.moved(noise_m, 1)
    names = np.where(here.is_road, here.kind, -1)
    pairs = boston.candidates(x_m, y_m, names, RADIUS_M, max(LADDER_DAYS))
    pairs = pairs[here.is_road[pairs].all(axis=1)]
    late = here.time_s[pairs].max(axis=1) > np.median(here.time_s)
    apart_days = np.abs(np.diff(here.time_s[pairs], axis=1)[:, 0]) / DAY_S
    right, wrong, in_words = boston.judged(pairs)
    a_week = boston.judged(pairs, two_repairs_days=7.0)[1]
    earlier = np.where(here.time_s[pairs[:, 0]] <= here.time_s[pairs[:, 1]], pairs[:, 0], pairs[:, 1])
    is_open = ~(boston.closings().closed_s[earlier] <= here.time_s[pairs].max(axis=1))
    for name, allowed in (("protocol", np.ones(len(pairs), dtype=bool)), ("open", is_open)):
        linked, windows = np.zeros(len(pairs), dtype=bool), []
        for side in (False, True):
            days = _longest_window(apart_days, wrong, allowed & (late != side))
            linked |= allowed & (late == side) & (apart_days <= days)
            windows.append(days)
        some = np.flatnonzero(linked)
        some = some[np.argsort(apart_days[some], kind="stable")]
        merges, bad = merges_of(pairs[some], right[some], wrong[some])
        yield made_row(
            f"boston/automatic/{noise_m:.0f}m/{name}",
            merges,
            bad / max(merges, 1),
            None,
            f"≤ 1/{ONE_IN}",
            bad * ONE_IN <= merges,
            wrong_merges=bad,
            wrong_in_words=merges_of(pairs[some], right[some], in_words[some])[1],
            wrong_a_week_apart=merges_of(pairs[some], right[some], a_week[some])[1],
            links=len(some),
            wrong_links=int(wrong[some].sum()),
            wrong_links_in_words=int(in_words[some].sum()),
            confirmed_links=int(right[some].sum()),
            window_days_first_half=windows[0],
            window_days_second_half=windows[1],
            wrong_share_at_60_days=float(wrong[allowed].mean()),
            links_at_60_days=int(allowed.sum()),
        )


def _longest_window(apart_days: np.ndarray, wrong: np.ndarray, among: np.ndarray) -> float:
    good = [
        days
        for days in LADDER_DAYS
        if wrong[among & (apart_days <= days)].sum() * ONE_IN <= (among & (apart_days <= days)).sum()
    ]
    return max(good, default=LADDER_DAYS[0])
