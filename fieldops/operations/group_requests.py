"""Which requests are one place of work: whatever one of them touches is grouped anew, and nothing else."""

from collections import Counter
from collections.abc import Collection, Iterable

from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.linking_rules import city_crs, is_grouped, link_rules, rains_of, ways_of
from fieldops.operations.refresh_cluster import lock_grouping
from fieldops.operations.write_groups import Freed, Situation, as_report, write_groups
from fieldops.queries.groupable import Groupable, decisions_naming, groupable
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import Box, box_around
from fieldops.queries.work_orders import clusters_at_work
from geo.clustering.decisions import Pair
from geo.clustering.live_pairs import LivePairs
from geo.clustering.positions import COORDINATE_DECIMALS, LEAST_ADDRESSES, default_positions
from geo.crs import to_metres

SPARE_M = 1.0
"""How far a fetched box reaches beyond what is compared, so that no coordinate is cut in two."""

Place = tuple[float, float]


def group_request(session: Session, installation: Installation, request_id: int) -> Cluster | None:
    """Let a request join its cluster, or begin one; or group it anew after it moved, ended or was opened
    again. Doing it twice changes nothing.

    Returns
    -------
    The cluster; None when the request has no sure place, ended before it was grouped, no longer exists, or is
    of a family that is not grouped.
    """
    group_around(session, installation, [request_id])
    request = session.get(ServiceRequest, request_id)
    if request is None or request.cluster_id is None:
        return None
    return session.get(Cluster, request.cluster_id)


def group_around(
    session: Session,
    installation: Installation,
    request_ids: Collection[int],
    *,
    left: Iterable[Place] = (),
    freed: Freed | None = None,
) -> None:
    """Group anew what these requests touch: the components of links, decisions and clusters that hold them.
    The outcome is that of grouping everything.

    Parameters
    ----------
    left
        Places (lon, lat) where requests were until now.
    freed
        Who leaves a cluster although it is at work.
    """
    lock_grouping(session)
    session.flush()
    around = _Surroundings(session, installation)
    around.spread(around.begin(request_ids, left))
    situation = around.situation
    write_groups(
        session,
        installation.city,
        [around.fetched[number] for number in sorted(around.component)],
        around.decisions,
        situation,
        pairs=around.pairs_within(),
        freed=freed,
    )


class _Surroundings:
    """Requests around some, fetched box by box as links lead on."""

    def __init__(self, session: Session, installation: Installation) -> None:
        rules = link_rules(services_by_id(session))
        self.component: set[int] = set()
        self.decisions: dict[Pair, bool] = {}
        self.fetched: dict[int, Groupable] = {}
        self.situation = Situation(
            rules=rules,
            at_work=frozenset(clusters_at_work(session)),
            way=ways_of(installation),
            rains=rains_of(session, installation.city, rules),
        )
        self._session = session
        self._crs = city_crs(installation.city)
        self._pairs = LivePairs(rules, self.situation.way)
        self._widest_m = max((rule.auto_link_m for rule in rules.values()), default=0.0)
        self._seen: list[Box] = []

    def begin(self, request_ids: Collection[int], left: Iterable[Place]) -> list[int]:
        """Return the requests to begin with: these, and those on a coordinate that began or ceased to stand
        for many addresses.
        """
        asked = groupable(self._session, ids=request_ids)
        places = [*left, *((one.lon, one.lat) for one in asked)]
        begin = {one.id for one in asked}
        for place in places:
            self._look_around(place)
            begin |= self._unsettled_at(place)
        return sorted(number for number in begin if number in self.fetched)

    def _unsettled_at(self, place: Place) -> set[int]:
        """Return the requests on a coordinate whose cluster may not fit what it stands for now: all where it
        is a place, those that share a cluster where it is none.
        """
        at = [one for one in self.fetched.values() if _rounded((one.lon, one.lat)) == _rounded(place)]
        if len(at) < LEAST_ADDRESSES - 1:
            return set()
        of_cluster = Counter(one.cluster_id for one in at)
        return {
            one.id for one in at if one.id not in self.situation.stand_ins or of_cluster[one.cluster_id] > 1
        }

    def spread(self, begin: Iterable[int]) -> None:
        """Find whatever links, must-links and clusters connect with these."""
        front = set(begin)
        while front:
            self.component |= front
            for number in sorted(front):
                one = self.fetched[number]
                self._look_around((one.lon, one.lat))
            found = {other for number in front for other in self._pairs.links[number]}
            found |= self._of_their_clusters(front) | self._decided_with(front)
            front = found - self.component

    def pairs_within(self) -> list[tuple[int, int]]:
        """Return the pairs of the component that are one place by the rule."""
        return [(a, b) for a in sorted(self.component) for b in self._pairs.links[a] if a < b]

    def _look_around(self, place: Place) -> None:
        """Fetch whatever may link to a request at a place, unless it is here already."""
        needed = box_around(*place, self._widest_m + SPARE_M)
        if any(_holds(seen, needed) for seen in self._seen):
            return
        self._seen.append(box_around(*place, 2 * self._widest_m + SPARE_M))
        rows = groupable(self._session, box=box_around(*place, 2 * self._widest_m + 3 * SPARE_M))
        stand_in = default_positions(
            [one.lon for one in rows], [one.lat for one in rows], [one.address for one in rows]
        )
        self.situation.stand_ins.update(
            one.id for one, is_one in zip(rows, stand_in.tolist(), strict=True) if is_one
        )
        self._take_in([one for one in rows if _holds(self._seen[-1], (one.lon, one.lat, one.lon, one.lat))])

    def _take_in(self, rows: Iterable[Groupable]) -> None:
        fresh = [
            one
            for one in rows
            if one.id not in self.fetched and is_grouped(self.situation.rules, one.linked_as)
        ]
        x, y = to_metres([one.lon for one in fresh], [one.lat for one in fresh], self._crs)
        for one, x_m, y_m in zip(fresh, x.tolist(), y.tolist(), strict=True):
            self.fetched[one.id] = one
            self._pairs.put_in(one.id, as_report(one, x_m, y_m, self.situation))

    def _fetch(self, rows: Collection[Groupable]) -> set[int]:
        """Take in requests with what is around them, and return those that are grouped."""
        for one in rows:
            self._look_around((one.lon, one.lat))
        return {one.id for one in rows if one.id in self.fetched}

    def _of_their_clusters(self, front: Collection[int]) -> set[int]:
        clusters = {self.fetched[number].cluster_id for number in front} - {None}
        return self._fetch(groupable(self._session, cluster_ids=[one for one in clusters if one is not None]))

    def _decided_with(self, front: Collection[int]) -> set[int]:
        """Collect what was decided on these, through requests that are no longer grouped, and return those
        that are to be together with them.
        """
        together: set[int] = set()
        waiting, asked = set(front), set(front)
        while waiting:
            named = decisions_naming(self._session, waiting)
            self.decisions |= named
            others = {number for pair in named for number in pair} - asked
            asked |= others
            present = self._fetch(groupable(self._session, ids=others))
            together |= present & {
                number for pair, joined in named.items() if joined for number in pair if number in others
            }
            waiting = others - present
        return together


def _rounded(place: Place) -> Place:
    return round(place[0], COORDINATE_DECIMALS), round(place[1], COORDINATE_DECIMALS)


def _holds(outer: Box, inner: Box) -> bool:
    return outer[0] <= inner[0] and outer[1] <= inner[1] and outer[2] >= inner[2] and outer[3] >= inner[3]
