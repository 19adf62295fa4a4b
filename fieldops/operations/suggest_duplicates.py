"""What is reported already where somebody is about to report: shown, never forced."""

from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.city import City
from fieldops.operations.group_requests import link_rules
from fieldops.operations.look_around import Near
from fieldops.queries.public import PublicRequest, public_requests, street_at
from fieldops.queries.services import services_by_id
from fieldops.queries.spatial import box_around
from geo.clustering.duplicates import NewReport, suggest_nearby
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.crs import projected_crs, to_metres

MOST: Final = 5
REPAIRED_DAYS: Final = 30.0


@dataclass(frozen=True)
class Similar(Near):
    """A public request near a new one; `was_repaired` says "repaired here before"."""

    was_repaired: bool


def suggest_duplicates(
    session: Session, city: City, lon: float, lat: float, service_code: str = ""
) -> list[Similar]:
    """Return public requests within the service's own radius, nearest first, at most five.

    Without a service every family is looked at, each with its radius. Private requests are never among
    them: what is searched comes from the public query.
    """
    services = services_by_id(session)
    families = {
        service.family for service in services.values() if not service_code or service.code == service_code
    }
    rules = {
        family: replace(rule, repaired_days=REPAIRED_DAYS) for family, rule in link_rules(services).items()
    }
    widest_m = max((rules[family].suggest_m for family in families), default=0.0)
    if widest_m == 0.0:
        return []
    shown = public_requests(session, clock.now(), box_around(lon, lat, widest_m))
    found = [
        similar
        for family in families
        for similar in _of_family(session, city, lon, lat, family, shown, rules)
    ]
    return sorted(found, key=lambda one: (one.distance_m, one.request.id))[:MOST]


def _of_family(
    session: Session,
    city: City,
    lon: float,
    lat: float,
    family: str,
    shown: list[PublicRequest],
    rules: dict[Any, LinkRule],
) -> list[Similar]:
    mine = [one for one in shown if one.family == family]
    if not mine:
        return []
    crs = projected_crs([lon], [lat], epsg=city.epsg)
    x, y = to_metres([one.lon for one in mine], [one.lat for one in mine], crs)
    (new_x,), (new_y,) = to_metres([lon], [lat], crs)
    reports = Reports.of(
        x,
        y,
        [one.reported_at.timestamp() for one in mine],
        [family] * len(mine),
        closed_at_s=[one.ended_at.timestamp() if one.ended_at else float("nan") for one in mine],
    )
    new = NewReport(x_m=float(new_x), y_m=float(new_y), reported_at_s=clock.now().timestamp(), family=family)
    return [
        Similar(
            mine[near.row],
            near.distance_m,
            street_at(session, mine[near.row].lon, mine[near.row].lat),
            near.was_repaired,
        )
        for near in suggest_nearby(new, reports, rules, limit=MOST)
    ]
