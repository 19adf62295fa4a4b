"""Work sites kept up to date, one request at a time: exactly what grouping everything anew would give."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import inf, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from geo.clustering.decisions import Pair, decided_rows
from geo.clustering.duplicates import Nearby, NewReport
from geo.clustering.identities import NO_SITE, assign_identities
from geo.clustering.joining import Links, Reach, components, joined
from geo.clustering.live_pairs import LivePairs
from geo.clustering.rules import Rules, rule_of
from geo.clustering.ways import Way
from geo.errors import GeoError


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
        self._rules = rules
        self._pairs = LivePairs(rules, way)
        self._decided: dict[Pair, bool] = {}
        self._named: dict[int, set[int]] = {}
        self._site: dict[int, int] = {}
        self._members: dict[int, set[int]] = {}
        self._anchor: dict[int, int] = {}
        self._is_whole: set[int] = set()
        self._jobs: dict[int, int | None] = {}

    def __len__(self) -> int:
        return len(self._pairs.held)

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
            if number in self._pairs.held:
                raise GeoError(f"The request {number} is held already.")
            self._pairs.put_in(number, report)
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
        rule_of(self._rules, report.family)  # before anything is changed
        if number in self._pairs.held:
            touched = self._touched([number])
            self._pairs.take_out(number)
            self._pairs.put_in(number, report)
            return self._regroup(self._touched([*touched, number]))
        near = self._pairs.put_in(number, report)
        return self._quickly(number, near) or self._regroup(self._touched([number]))

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
        return self._pairs.suggest(report, limit)

    def close(self, number: int, at_s: float) -> Change:
        """Close a request: what is reported later no longer links to it.

        Raises
        ------
        GeoError
            The request is not held.
        """
        lost = self._pairs.lost_by_closing(number, at_s)
        touched = self._touched([number]) if lost else []
        self._pairs.close(number, at_s, lost)
        return self._regroup(touched)

    def move(self, number: int, x_m: float, y_m: float, accuracy_m: float = nan) -> Change:
        """Put a request elsewhere: whoever reported it, or a crew, corrected the place.

        Without an accuracy it links only where its family's rule assumes one.

        Raises
        ------
        GeoError
            The request is not held.
        """
        held = self._pairs.of(number)
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
        self._pairs.of(number)
        touched = self._touched([number])
        self._pairs.take_out(number)
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

    # ------------------------------------------------------------ sites

    def _quickly(self, number: int, near: set[int]) -> Change | None:
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
        held, anchor = self._pairs.held[number], self._pairs.held[self._anchor[site]]
        cap_m = self._rules[held.family].auto_link_m
        both_m = 2.0 * sqrt(held.accuracy * held.accuracy + anchor.accuracy * anchor.accuracy)
        reach_m = min(max(both_m, cap_m), 2.0 * cap_m)
        off_x, off_y = held.x - anchor.x, held.y - anchor.y
        if anchor.since >= held.since or np.hypot(off_x, off_y) > reach_m:
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
            for other in (*self._pairs.links.get(number, ()), *by_decision):
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        return sorted(number for number in seen if number in self._pairs.held)

    def _is_together(self, a: int, b: int) -> bool:
        return self._decided.get((min(a, b), max(a, b)), False)

    def _regroup(self, numbers: list[int]) -> Change:
        """Group some requests anew: whole components as they were and as they are."""
        if not numbers:
            return NOTHING
        row_of = {number: row for row, number in enumerate(numbers)}
        pairs = [(row, row_of[b]) for a, row in row_of.items() for b in self._pairs.links[a] if a < b]
        same_place = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
        must, cannot = decided_rows(numbers, self._decided_among(numbers))
        held = [self._pairs.held[number] for number in numbers]
        x, y = (np.array([getattr(one, axis) if one.placed else 0.0 for one in held]) for axis in "xy")
        reach = Reach(
            cap_m=np.array([self._rules[one.family].auto_link_m if one.placed else 0.0 for one in held]),
            accuracy_m=np.nan_to_num([one.accuracy for one in held], nan=0.0),
        )
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
                if other not in seen and other not in self._pairs.held:
                    seen.add(other)
                    waiting.append(other)
        return found
