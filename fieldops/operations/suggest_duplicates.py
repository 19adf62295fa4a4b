"""What is reported already where somebody is about to report: shown, never forced."""

from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.installation import Installation
from fieldops.operations.linking_rules import Rules, city_crs, suggestion_rules
from fieldops.operations.locate_request import locate
from fieldops.operations.look_around import Near, distances_m
from fieldops.operations.weigh_reasons import weighing_in_use
from fieldops.queries.public import PublicRequest, public_requests, street_at
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import box_around
from geo.clustering.duplicates import NewReport, suggest_nearby
from geo.clustering.evidence import Explanation, Sight, explain
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.crs import to_metres

MOST: Final = 5
NEW_M: Final = 10.0
"""Scatter of a pin or a phone in a town, before anybody has said how good the position is (ours)."""
PUBLIC_M: Final = 15.0
"""Scatter of a point on the street for a place beside it: stations are 50 m apart."""

Place = tuple[float, float]


@dataclass(frozen=True)
class Similar(Near):
    """A public request near a new one; `was_repaired` says "repaired here before". `same_street` is None
    where a street is unknown. `weight` orders them: so much does what everybody may know speak for one place.
    """

    was_repaired: bool
    same_street: bool | None
    weight: float


def suggest_duplicates(
    session: Session, installation: Installation, lon: float, lat: float, service_code: str = ""
) -> list[Similar]:
    """Return public requests within the service's own radius, the likeliest first, at most five.

    Without a service every family is looked at, each with its widest radius. Private requests are never among
    them: what is searched comes from the public query, at the points on the street that everybody may see.
    Since those lie up to 25 m along the street, what is near the new place's own such point counts as well.
    They are ordered by distance, time, kind and street, as much as each counts in this city; no words and no
    photos are compared, not even public ones. What is open comes before what was repaired.
    """
    services = services_by_id(session)
    rules = suggestion_rules(services, service_code)
    widest_m = max((rule.suggest_m for rule in rules.values()), default=0.0)
    if widest_m == 0.0:
        return []
    here, city = (lon, lat), installation.city
    public = locate(session, city, lon, lat, installation.roads).public
    found: dict[int, tuple[PublicRequest, bool]] = {}
    for place in (here, public):
        shown = public_requests(session, clock.now(), box_around(*place, widest_m))
        found |= {one.id: (one, repaired) for one, repaired in _near(city, place, shown, rules)}
    away = distances_m(city, lon, lat, [(one.lon, one.lat) for one, _repaired in found.values()])
    weighing = weighing_in_use(session)
    new = Sight(street=street_at(session, *public), kind=service_code)
    similar = []
    for metres, (one, repaired) in zip(away.tolist(), found.values(), strict=True):
        sight = Sight(street=street_at(session, one.lon, one.lat), kind=services[one.service_id].code)
        # All against one reach: a family that is looked for farther around is not likelier for that.
        rule = replace(rules[one.family], suggest_m=widest_m)
        why = _explained(metres, one, rule, (new, sight))
        similar.append(
            Similar(
                one,
                metres,
                sight.street,
                was_repaired=repaired,
                same_street=why.same_street,
                weight=weighing.total(why.weights),
            )
        )
    return sorted(similar, key=_likeliest_first)[:MOST]


def _likeliest_first(one: Similar) -> tuple[bool, float, float, int]:
    return one.was_repaired, -one.weight, one.distance_m, one.request.id


def _explained(metres: float, one: PublicRequest, rule: LinkRule, sights: tuple[Sight, Sight]) -> Explanation:
    """Explain a pair by what everybody may see of it; a public point may be some metres along the street."""
    new = NewReport(0.0, 0.0, clock.now().timestamp(), one.family, accuracy_m=NEW_M)
    known = NewReport(metres, 0.0, one.reported_at.timestamp(), one.family, accuracy_m=PUBLIC_M)
    return explain(new, known, rule, sights=sights)


def _near(
    city: City, place: Place, shown: list[PublicRequest], rules: Rules
) -> list[tuple[PublicRequest, bool]]:
    """Return those within their family's radius of a place, and whether they are repaired."""
    if not shown:
        return []
    crs = city_crs(city)
    x, y = to_metres([one.lon for one in shown], [one.lat for one in shown], crs)
    (new_x,), (new_y,) = to_metres([place[0]], [place[1]], crs)
    reports = Reports.of(
        x,
        y,
        [one.reported_at.timestamp() for one in shown],
        [one.family for one in shown],
        closed_at_s=[one.ended_at.timestamp() if one.ended_at else float("nan") for one in shown],
    )
    found = []
    for family in sorted(rules):
        new = NewReport(float(new_x), float(new_y), clock.now().timestamp(), family)
        near = suggest_nearby(new, reports, rules, limit=len(shown))
        found += [(shown[one.row], one.was_repaired) for one in near]
    return found
