"""What is reported already where somebody is about to report: shown, never forced."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.installation import Installation
from fieldops.operations.linking_rules import Rules, city_crs, suggestion_rules
from fieldops.operations.locate_request import locate
from fieldops.operations.look_around import Near, distances_m
from fieldops.queries.public import PublicRequest, public_requests, street_at
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import box_around
from geo.clustering.duplicates import NewReport, suggest_nearby
from geo.clustering.reports import Reports
from geo.crs import to_metres

MOST: Final = 5

Place = tuple[float, float]


@dataclass(frozen=True)
class Similar(Near):
    """A public request near a new one; `was_repaired` says "repaired here before"."""

    was_repaired: bool


def suggest_duplicates(
    session: Session, installation: Installation, lon: float, lat: float, service_code: str = ""
) -> list[Similar]:
    """Return public requests within the service's own radius, nearest first, at most five.

    Without a service every family is looked at, each with its widest radius. Private requests are never among
    them: what is searched comes from the public query, at the points on the street that everybody may see.
    Since those lie up to 25 m along the street, what is near the new place's own such point counts as well.
    """
    rules = suggestion_rules(services_by_id(session), service_code)
    widest_m = max((rule.suggest_m for rule in rules.values()), default=0.0)
    if widest_m == 0.0:
        return []
    here, city = (lon, lat), installation.city
    found: dict[int, tuple[PublicRequest, bool]] = {}
    for place in (here, locate(session, city, lon, lat, installation.roads).public):
        shown = public_requests(session, clock.now(), box_around(*place, widest_m))
        found |= {one.id: (one, repaired) for one, repaired in _near(city, place, shown, rules)}
    away = distances_m(city, lon, lat, [(one.lon, one.lat) for one, _repaired in found.values()])
    similar = [
        Similar(one, metres, street_at(session, one.lon, one.lat), was_repaired=repaired)
        for metres, (one, repaired) in zip(away.tolist(), found.values(), strict=True)
    ]
    return sorted(similar, key=lambda one: (one.distance_m, one.request.id))[:MOST]


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
