"""Requests in a grid, and the pairs of them that are one place, one request at a time."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from math import floor, inf, isnan, sqrt

import numpy as np

from geo.clustering.duplicates import Nearby, NewReport
from geo.clustering.rules import DAY_S, LinkRule, Rules, rule_of
from geo.clustering.ways import Way, is_short_way
from geo.errors import GeoError

Cell = tuple[Hashable, int, int]


@dataclass(frozen=True, slots=True)
class Held:
    """A request as it is compared: an assumed accuracy filled in, open for ever unless closed."""

    x: float
    y: float
    since: float
    family: Hashable
    accuracy: float
    event: int
    closed: float
    placed: bool


class LivePairs:
    """Requests, and for each those it is one place with: the pairs of `link_pairs`, kept up to date.

    Parameters
    ----------
    rules
        One rule for every family that occurs.
    way
        How far it is along roads; None: the straight line alone counts.

    Attributes
    ----------
    held
        The requests by number.
    links
        The requests that each is one place with.
    """

    def __init__(self, rules: Rules, way: Way | None = None) -> None:
        self.held: dict[int, Held] = {}
        self.links: dict[int, set[int]] = {}
        self._rules = rules
        self._way = way
        self._cells: dict[Cell, list[int]] = {}

    def of(self, number: int) -> Held:
        """Return a request, or say that there is none of this number."""
        try:
            return self.held[number]
        except KeyError:
            raise GeoError(f"There is no request {number} among the sites.") from None

    def put_in(self, number: int, report: NewReport) -> set[int]:
        """Take in a request and return those it is one place with.

        Raises
        ------
        GeoError
            No rule for the family.
        """
        rule = rule_of(self._rules, report.family)
        held = _held(report, rule)
        self.held[number] = held
        near: set[int] = set()
        self.links[number] = near
        if not held.placed:
            return near
        size = _cell_m(rule)
        for other in self._in_box(held, rule.auto_link_m, size):
            if _belong(rule, held, self.held[other]):
                near.add(other)
        if self._way is not None and near:
            near &= self._on_this_side(held, sorted(near), rule, self._way)
        for other in near:
            self.links[other].add(number)
        self._cells.setdefault((held.family, floor(held.x / size), floor(held.y / size)), []).append(number)
        return near

    def take_out(self, number: int) -> None:
        """Forget a request and its pairs."""
        held = self.held.pop(number)
        for other in self.links.pop(number):
            self.links[other].discard(number)
        if held.placed:
            size = _cell_m(rule_of(self._rules, held.family))
            cell = (held.family, floor(held.x / size), floor(held.y / size))
            self._cells[cell].remove(number)
            if not self._cells[cell]:
                del self._cells[cell]

    def lost_by_closing(self, number: int, at_s: float) -> set[int]:
        """Return the requests that one is no longer one place with when it closes: those reported later."""
        held = replace(self.of(number), closed=at_s)
        rule = rule_of(self._rules, held.family)
        return {other for other in self.links[number] if not _belong(rule, held, self.held[other])}

    def close(self, number: int, at_s: float, lost: set[int]) -> None:
        """Close a request and drop the pairs that it loses by that."""
        self.held[number] = replace(self.held[number], closed=at_s)
        self.links[number] -= lost
        for other in lost:
            self.links[other].discard(number)

    def suggest(self, report: NewReport, limit: int) -> list[Nearby]:
        """Find what is reported already near a new request: see `LiveSites.suggest`."""
        rule = rule_of(self._rules, report.family)
        if rule.suggest_m == 0.0:
            return []
        new = _held(report, rule)
        found = []
        for number in self._in_box(new, rule.suggest_m, _cell_m(rule)):
            held = self.held[number]
            distance_m = float(np.hypot(held.x - new.x, held.y - new.y))
            if distance_m <= rule.suggest_m and _is_shown(rule, held, new):
                found.append((distance_m, -held.since, number, held.closed <= new.since))
        first = sorted(found)[: max(limit, 0)]
        return [Nearby(number, distance_m, was_repaired) for distance_m, _, number, was_repaired in first]

    def _on_this_side(self, held: Held, near: list[int], rule: LinkRule, way: Way) -> set[int]:
        them = [self.held[other] for other in near]
        radius_m = rule.pair_radius_m(np.array([one.accuracy for one in them]), np.array(held.accuracy))
        to_m = np.array([(one.x, one.y) for one in them])
        holds = is_short_way(way, np.tile([held.x, held.y], (len(them), 1)), to_m, radius_m)
        return {other for other, does in zip(near, holds.tolist(), strict=True) if does}

    def _in_box(self, held: Held, radius_m: float, size: float) -> Iterator[int]:
        # A hair wider, so that rounding loses nobody at the very radius.
        reach_m = radius_m * (1.0 + 1e-9) + 1e-6
        rows = range(floor((held.y - reach_m) / size), floor((held.y + reach_m) / size) + 1)
        for column in range(floor((held.x - reach_m) / size), floor((held.x + reach_m) / size) + 1):
            for row in rows:
                cell = self._cells.get((held.family, column, row))
                if cell:
                    yield from cell


def _held(report: NewReport, rule: LinkRule) -> Held:
    accuracy_m = report.accuracy_m
    if isnan(accuracy_m) and rule.default_accuracy_m is not None:
        accuracy_m = rule.default_accuracy_m
    return Held(
        x=report.x_m,
        y=report.y_m,
        since=report.reported_at_s,
        family=report.family,
        accuracy=accuracy_m,
        event=report.event,
        closed=inf if isnan(report.closed_at_s) else report.closed_at_s,
        placed=report.has_position,
    )


def _cell_m(rule: LinkRule) -> float:
    return max(rule.auto_link_m, rule.suggest_m / 4.0, 1.0)


def _belong(rule: LinkRule, a: Held, b: Held) -> bool:
    """Say whether two of a family are one place: what `geo.clustering.linkage.belongs` says of columns."""
    off_x, off_y = a.x - b.x, a.y - b.y
    squared = off_x * off_x + off_y * off_y
    most = rule.auto_link_m
    if most == 0.0 or squared > most * most or isnan(a.accuracy) or isnan(b.accuracy):
        return False
    radius = max(2.0 * sqrt(a.accuracy * a.accuracy + b.accuracy * b.accuracy), rule.least_link_m)
    if radius < most and squared > radius * radius:
        return False
    if not (rule.while_open or _is_near(rule, a, b)):
        return False
    if a.since == b.since:
        return min(a.closed, b.closed) > a.since
    return a.closed > b.since if a.since < b.since else b.closed > a.since


def _is_near(rule: LinkRule, a: Held, b: Held) -> bool:
    if rule.same_event and a.event >= 0 and b.event >= 0:
        return a.event == b.event
    return max(a.since - b.since, b.since - a.since) <= rule.window_s


def _is_shown(rule: LinkRule, held: Held, new: Held) -> bool:
    if held.closed <= new.since:
        return new.since - held.closed <= rule.repaired_days * DAY_S
    return rule.while_open or _is_near(rule, held, new)
