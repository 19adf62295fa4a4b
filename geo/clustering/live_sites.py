"""Work sites kept up to date, one request at a time: exactly what grouping everything anew would give."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import floor, inf, isnan, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from geo.clustering.decisions import Pair, decided_rows
from geo.clustering.duplicates import Nearby, NewReport
from geo.clustering.identities import NO_SITE, assign_identities
from geo.clustering.joining import Links, components, joined
from geo.clustering.rules import DAY_S, LinkRule, Rules, rule_of
from geo.clustering.ways import Way, is_short_way
from geo.errors import GeoError

Cell = tuple[Hashable, int, int]


@dataclass(frozen=True, slots=True)
class Change:
    """What one step did to the sites.

    Parameters
    ----------
    moved
        Requests whose site is another one now, with the new id, in rising order; a new request is among them.
    redirects
        Ids that ended in a join, and the id that goes on in their place.
    split_from
        New ids that are parts of an old site, and the old id.
    """

    moved: tuple[tuple[int, int], ...]
    redirects: Mapping[int, int]
    split_from: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Held:
    x: float
    y: float
    since: float
    family: Hashable
    accuracy: float
    event: int
    closed: float
    placed: bool


NOTHING = Change((), {}, {})


class LiveSites:
    """All requests that are grouped, their pairs, and the site of each.

    Parameters
    ----------
    rules
        One rule for every family that occurs.
    next_id
        First site id never used. Keep it with the sites: an id is given once.
    way
        How far it is along roads (`geo.clustering.ways`); None: the straight line alone counts.

    Notes
    -----
    After every step the partition is that of `find_work_sites` over the requests held (closing times known,
    events known where some request has one, chains limited), and ids follow `assign_identities`. A request
    that touches nobody, or only members of one site near its anchor, costs microseconds; another one has the
    component of requests it touches computed anew, and no other. Requests are numbered by the caller.
    """

    def __init__(self, rules: Rules, *, next_id: int = 1, way: Way | None = None) -> None:
        self.next_id = next_id
        self._way = way
        self._rules = rules
        self._held: dict[int, _Held] = {}
        self._cells: dict[Cell, list[int]] = {}
        self._links: dict[int, set[int]] = {}
        self._decided: dict[Pair, bool] = {}
        self._named: dict[int, set[int]] = {}
        self._site: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._anchor: dict[int, int] = {}
        self._is_whole: set[int] = set()
        self._jobs: dict[int, int | None] = {}

    def __len__(self) -> int:
        return len(self._held)

    def site_of(self, number: int) -> int:
        """Return a request's site; `NO_SITE` where the request is not held."""
        return self._site.get(number, NO_SITE)

    def members(self, site_id: int) -> list[int]:
        """Return the requests of a site, in rising order; none for an id that is not in use."""
        return sorted(self._members.get(site_id, ()))

    def set_job(self, site_id: int, at: int | None = None) -> None:
        """Say that a site has a job, at request `at` if that is known: its id then wins joins and splits."""
        self._jobs[site_id] = at

    def end_job(self, site_id: int) -> None:
        """Say that a site's job is over."""
        self._jobs.pop(site_id, None)

    def load(
        self, requests: Mapping[int, NewReport], sites: Mapping[int, int], decisions: Mapping[Pair, bool]
    ) -> Change:
        """Take in many requests at once, with the sites they had and what people decided of them.

        Raises
        ------
        GeoError
            A family without a rule, a site that is not below `next_id`, or a request that is held already.
        """
        for number, report in requests.items():
            if number in self._held:
                raise GeoError(f"The request {number} is held already.")
            rule = rule_of(self._rules, report.family)
            self._put_in(number, _held(report, rule), rule)
        for pair, together in decisions.items():
            self._note(*pair, together)
        self._site.update({number: sites.get(number, NO_SITE) for number in requests})
        return self._regroup(self._touched(requests))

    def put(self, number: int, report: NewReport) -> Change:
        """Take in a request, or let one move, change its family, close or open again.

        Parameters
        ----------
        number
            The request.
        report
            What is known of it now.

        Raises
        ------
        GeoError
            No rule for the family.
        """
        rule = rule_of(self._rules, report.family)
        held = _held(report, rule)
        if number in self._held:
            touched = self._touched([number])
            self._take_out(number)
            self._put_in(number, held, rule)
            return self._regroup(self._touched([*touched, number]))
        near = self._put_in(number, held, rule)
        return self._quickly(number, held, near, rule) or self._regroup(self._touched([number]))

    def suggest(self, report: NewReport, *, limit: int = 5) -> list[Nearby]:
        """Find what is already reported near a new request: `suggest_nearby` over all requests held.

        Returns
        -------
        Nearest first, `row` being the request's number; at one distance the younger, then the lower number.

        Raises
        ------
        GeoError
            No rule for the family.
        """
        rule = rule_of(self._rules, report.family)
        if rule.suggest_m == 0.0:
            return []
        new, size = _held(report, rule), _cell_m(rule)
        found = []
        for number in self._in_box(report.family, new.x, new.y, rule.suggest_m, size):
            held = self._held[number]
            distance_m = float(np.hypot(held.x - new.x, held.y - new.y))
            if distance_m <= rule.suggest_m and _is_shown(rule, held, new):
                found.append((distance_m, -held.since, number, held.closed <= new.since))
        return [
            Nearby(number, distance_m, was) for distance_m, _, number, was in sorted(found)[: max(limit, 0)]
        ]

    def close(self, number: int, at_s: float) -> Change:
        """Close a request: what is reported later no longer links to it.

        Raises
        ------
        GeoError
            The request is not held.
        """
        held = replace(self._of(number), closed=at_s)
        rule = rule_of(self._rules, held.family)
        lost = {other for other in self._links[number] if not _belong(rule, held, self._held[other])}
        self._held[number] = held
        if not lost:
            return NOTHING
        touched = self._touched([number])
        self._links[number] -= lost
        for other in lost:
            self._links[other].discard(number)
        return self._regroup(touched)

    def move(self, number: int, x_m: float, y_m: float, accuracy_m: float = nan) -> Change:
        """Put a request elsewhere: whoever reported it, or a crew, corrected the place.

        Raises
        ------
        GeoError
            The request is not held.
        """
        held = self._of(number)
        closed_at_s = nan if held.closed == inf else held.closed
        return self.put(
            number, NewReport(x_m, y_m, held.since, held.family, accuracy_m, held.event, closed_at_s)
        )

    def remove(self, number: int) -> Change:
        """Take a request out, such as one that was withdrawn. Decisions about it are kept.

        Raises
        ------
        GeoError
            The request is not held.
        """
        self._of(number)
        touched = self._touched([number])
        self._take_out(number)
        self._leave(number)
        return self._regroup([other for other in touched if other != number])

    def decide(self, a: int, b: int, together: bool | None) -> Change:
        """Join two requests for good, keep them apart for good, or (None) take back what was said of them.

        Raises
        ------
        GeoError
            One request twice.
        """
        before = self._touched([a, b])
        self._note(a, b, together)
        return self._regroup(self._touched([*before, a, b]))

    # ------------------------------------------------------------ pairs

    def _of(self, number: int) -> _Held:
        try:
            return self._held[number]
        except KeyError:
            raise GeoError(f"There is no request {number} among the sites.") from None

    def _note(self, a: int, b: int, together: bool | None) -> None:
        if a == b:
            raise GeoError(f"A decision names the request {a} twice.")
        pair = (min(a, b), max(a, b))
        self._decided.pop(pair, None)
        if together is not None:
            self._decided[pair] = together
        for one, other in (pair, pair[::-1]):
            named = self._named.setdefault(one, set())
            (named.discard if together is None else named.add)(other)
            if not named:
                del self._named[one]

    def _put_in(self, number: int, held: _Held, rule: LinkRule) -> set[int]:
        self._held[number] = held
        near: set[int] = set()
        self._links[number] = near
        if not held.placed:
            return near
        size = _cell_m(rule)
        for other in self._in_box(held.family, held.x, held.y, rule.auto_link_m, size):
            if _belong(rule, held, self._held[other]):
                near.add(other)
        if self._way is not None and near:
            near &= self._on_this_side(held, sorted(near), rule, self._way)
            self._links[number] = near
        for other in near:
            self._links[other].add(number)
        self._cells.setdefault((held.family, floor(held.x / size), floor(held.y / size)), []).append(number)
        return near

    def _on_this_side(self, held: _Held, near: list[int], rule: LinkRule, way: Way) -> set[int]:
        them = [self._held[other] for other in near]
        radius_m = rule.pair_radius_m(np.array([one.accuracy for one in them]), np.array(held.accuracy))
        to_m = np.array([(one.x, one.y) for one in them])
        holds = is_short_way(way, np.tile([held.x, held.y], (len(them), 1)), to_m, radius_m)
        return {other for other, does in zip(near, holds.tolist(), strict=True) if does}

    def _take_out(self, number: int) -> None:
        held = self._held.pop(number)
        for other in self._links.pop(number):
            self._links[other].discard(number)
        if held.placed:
            size = _cell_m(rule_of(self._rules, held.family))
            cell = (held.family, floor(held.x / size), floor(held.y / size))
            self._cells[cell].remove(number)
            if not self._cells[cell]:
                del self._cells[cell]

    def _in_box(self, family: Hashable, x: float, y: float, radius_m: float, size: float) -> Iterator[int]:
        # A hair wider, so that rounding loses nobody at the very radius.
        reach_m = radius_m * (1.0 + 1e-9) + 1e-6
        rows = range(floor((y - reach_m) / size), floor((y + reach_m) / size) + 1)
        cells = self._cells
        for column in range(floor((x - reach_m) / size), floor((x + reach_m) / size) + 1):
            for row in rows:
                cell = cells.get((family, column, row))
                if cell:
                    yield from cell

    # ------------------------------------------------------------ sites

    def _quickly(self, number: int, held: _Held, near: set[int], rule: LinkRule) -> Change | None:
        """Begin a site, or join the one site touched, where nothing else can change; None: look closer."""
        if number in self._named:
            return None
        if not near:
            site = self.next_id
            self.next_id += 1
            self._site[number] = site
            self._members[site] = {number}
            self._anchor[site] = number
            self._is_whole.add(site)
            return Change(((number, site),), {}, {})
        sites = {self._site[other] for other in near}
        site = sites.pop()
        if sites or site not in self._is_whole:
            return None
        anchor = self._held[self._anchor[site]]
        off_x, off_y = held.x - anchor.x, held.y - anchor.y
        if anchor.since >= held.since or np.hypot(off_x, off_y) > rule.auto_link_m:
            return None
        self._site[number] = site
        self._members[site].add(number)
        return Change(((number, site),), {}, {})

    def _touched(self, numbers: Iterable[int]) -> list[int]:
        """Find the held requests that pairs and must-links connect with these, through absent ones too."""
        seen, waiting = set(numbers), list(numbers)
        while waiting:
            number = waiting.pop()
            by_decision = [one for one in self._named.get(number, ()) if self._is_together(number, one)]
            for other in (*self._links.get(number, ()), *by_decision):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return sorted(number for number in seen if number in self._held)

    def _is_together(self, a: int, b: int) -> bool:
        return self._decided.get((min(a, b), max(a, b)), False)

    def _regroup(self, numbers: list[int]) -> Change:
        """Group some requests anew: whole components as they were and as they are."""
        if not numbers:
            return NOTHING
        row_of = {number: row for row, number in enumerate(numbers)}
        pairs = [(row, row_of[b]) for a, row in row_of.items() for b in self._links[a] if a < b]
        same_place = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        must, cannot = decided_rows(numbers, self._decided_among(numbers))
        held = [self._held[number] for number in numbers]
        x, y = (np.array([getattr(one, axis) if one.placed else 0.0 for one in held]) for axis in "xy")
        reach = np.array([self._rules[one.family].auto_link_m if one.placed else 0.0 for one in held])
        by_age = np.lexsort((np.array(numbers), y, x, np.array([one.since for one in held])))
        rank = np.empty(len(numbers), dtype=np.int64)
        rank[by_age] = np.arange(len(numbers))
        links = Links(
            component=components(len(numbers), same_place),
            same_place=lambda among: same_place[among[same_place].all(axis=1)],
            must_link=must,
            cannot_link=cannot,
        )
        labels, _ = joined(x, y, rank, reach, links)
        return self._name(numbers, labels, rank)

    def _name(self, numbers: list[int], labels: NDArray[np.int64], rank: NDArray[np.int64]) -> Change:
        old = [self._site.get(number, NO_SITE) for number in numbers]
        row_of = {number: row for row, number in enumerate(numbers)}
        named = assign_identities(
            old,
            labels,
            rank,
            next_id=self.next_id,
            with_job=self._jobs,
            job_rows={site: row_of[at] for site, at in self._jobs.items() if at in row_of},
        )
        self.next_id = named.next_id
        for number in numbers:
            self._leave(number)
        taken_whole = labels < len(numbers)  # as `joined` tells
        for row in np.argsort(-rank).tolist():  # the oldest comes last and is the anchor
            number, site = numbers[row], int(named.site_ids[row])
            self._site[number] = site
            self._members.setdefault(site, set()).add(number)
            self._anchor[site] = number
            (self._is_whole.add if taken_whole[row] else self._is_whole.discard)(site)
        for ended, goes_on in named.redirects.items():
            if ended in self._jobs:
                self._jobs.setdefault(goes_on, self._jobs.pop(ended))
        moved = [
            (number, self._site[number])
            for number, site in zip(numbers, old, strict=True)
            if self._site[number] != site
        ]
        return Change(tuple(moved), named.redirects, named.split_from)

    def _leave(self, number: int) -> None:
        site = self._site.pop(number, NO_SITE)
        members = self._members.get(site)
        if members is not None:
            members.discard(number)
            if not members:
                del self._members[site], self._anchor[site]
                self._is_whole.discard(site)

    def _decided_among(self, numbers: Collection[int]) -> dict[Pair, bool]:
        """Collect the decisions that concern these requests, through absent ones too."""
        found: dict[Pair, bool] = {}
        seen, waiting = set(numbers), list(numbers)
        while waiting:
            number = waiting.pop()
            for other in self._named.get(number, ()):
                pair = (min(number, other), max(number, other))
                found[pair] = self._decided[pair]
                if other not in seen and other not in self._held:
                    seen.add(other)
                    waiting.append(other)
        return found


def _held(report: NewReport, rule: LinkRule) -> _Held:
    accuracy_m = report.accuracy_m
    if isnan(accuracy_m) and rule.default_accuracy_m is not None:
        accuracy_m = rule.default_accuracy_m
    return _Held(
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


def _belong(rule: LinkRule, a: _Held, b: _Held) -> bool:
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


def _is_near(rule: LinkRule, a: _Held, b: _Held) -> bool:
    if rule.same_event and a.event >= 0 and b.event >= 0:
        return a.event == b.event
    return max(a.since - b.since, b.since - a.since) <= rule.window_s


def _is_shown(rule: LinkRule, held: _Held, new: _Held) -> bool:
    if held.closed <= new.since:
        return new.since - held.closed <= rule.repaired_days * DAY_S
    return rule.while_open or _is_near(rule, held, new)
