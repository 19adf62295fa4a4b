"""What speaks for two reports being one place: gathered for staff, who may see all of it."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy.orm import Session

from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.hash_photos import scene_of
from fieldops.operations.linking_rules import city_crs, link_rules, rains_of, ways_of
from fieldops.operations.weigh_reasons import weighing_in_use
from fieldops.queries.photos import photos_of_requests
from fieldops.queries.public import street_at
from fieldops.queries.services import services_by_id
from geo.clustering.duplicates import NewReport
from geo.clustering.evidence import Explanation, Sight, explain
from geo.clustering.rain_events import NO_EVENT, RainEvent
from geo.clustering.ways import WAY_FACTOR
from geo.clustering.weighing import Weighing
from geo.crs import to_metres


class Evidence:
    """What is known of reports, gathered once, and how much each reason counts in this city."""

    def __init__(
        self,
        session: Session,
        installation: Installation,
        requests: Sequence[ServiceRequest],
        *,
        weighing: Weighing | None = None,
    ) -> None:
        services = services_by_id(session)
        self._rules = link_rules(services)
        self._rains = rains_of(session, installation.city, self._rules)
        self._weighing = weighing if weighing is not None else weighing_in_use(session)
        self._linked_as = {one.id: services[one.service_id].linked_as for one in requests}
        placed = [one for one in requests if one.place is not None]
        places = [lon_lat(one.place) for one in placed if one.place is not None]
        x, y = to_metres(
            [place[0] for place in places],
            [place[1] for place in places],
            city_crs(installation.city),
        )
        self._at = {one.id: (x_m, y_m) for one, x_m, y_m in zip(placed, x.tolist(), y.tolist(), strict=True)}
        self._way = ways_of(installation)
        scenes: dict[int, list[int]] = {}
        for photo in photos_of_requests(session, [one.id for one in requests]):
            scenes.setdefault(photo.request_id or 0, []).append(scene_of(photo))
        self._sights = {
            one.id: _sight(
                one, services[one.service_id].code, self._street(session, one), tuple(scenes.get(one.id, ()))
            )
            for one in placed
        }

    def _street(self, session: Session, request: ServiceRequest) -> str:
        if self._way is not None:
            return self._way.streets(np.array([self._at[request.id]]))[0]
        return street_at(session, *lon_lat(request.public_place)) if request.public_place is not None else ""

    def of(self, one: ServiceRequest, other: ServiceRequest) -> Explanation | None:
        """Explain a pair; None where one of them has no place."""
        if one.id not in self._at or other.id not in self._at:
            return None
        rule = self._rules[self._linked_as[one.id]]
        why = explain(
            self._report(one),
            self._report(other),
            rule,
            sights=(self._sights[one.id], self._sights[other.id]),
            way_m=self._way_m(one, other, WAY_FACTOR * max(rule.suggest_m, rule.auto_link_m)),
        )
        return replace(why, weights=self._weighing.of(why.weights))

    def rain_of(self, request: ServiceRequest) -> RainEvent | None:
        """Return the rain that brought a report, None where that is not known or its kind goes by days."""
        if self._rains is None or not self._rules[self._linked_as[request.id]].same_event:
            return None
        return self._rains.of(request.reported_at)

    def _way_m(self, one: ServiceRequest, other: ServiceRequest, most_m: float) -> float | None:
        if self._way is None:
            return None
        return float(self._way(np.array([self._at[one.id]]), np.array([self._at[other.id]]), most_m)[0])

    def _report(self, one: ServiceRequest) -> NewReport:
        x_m, y_m = self._at[one.id]
        return NewReport(
            x_m=x_m,
            y_m=y_m,
            reported_at_s=one.reported_at.timestamp(),
            family=self._linked_as[one.id],
            event=NO_EVENT if (rain := self.rain_of(one)) is None else rain.number,
            accuracy_m=float("nan") if one.accuracy_m is None else one.accuracy_m,
        )


def _sight(request: ServiceRequest, kind: str, street: str, photos: tuple[int, ...]) -> Sight:
    """Return what may support a link. The street counts on its own, so its name is no word shared."""
    named = set(re.findall(r"\w+", f"{street} {request.address}".casefold()))
    words = " ".join(
        word for word in request.words.split() if not named & set(re.findall(r"\w+", word.casefold()))
    )
    return Sight(words, street, photos, kind)
