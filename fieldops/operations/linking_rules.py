"""What counts as the same place in this city: its services' figures as the rules of `geo.clustering`."""

from typing import Any, Final
from zoneinfo import ZoneInfo

from pyproj import CRS
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.installation import Installation
from fieldops.models import Service
from fieldops.operations.read_rains import Rains
from geo.clustering.road_ways import RoadWays
from geo.clustering.rules import LinkRule
from geo.crs import projected_crs

REPAIRED_DAYS: Final = 30.0
"""How long a repaired place is shown as "repaired here before" (ours)."""

Rules = dict[Any, LinkRule]


def link_rules(services: dict[int, Service]) -> Rules:
    """Return the rules by what services are `linked_as`: of a family the widest radii and window among its
    services, since a report of one of them may be of another's hole; of a service that links alone its own.
    """
    rules: Rules = {}
    for key in sorted({service.linked_as for service in services.values()}):
        alike = [service for service in services.values() if service.linked_as == key]
        rules[key] = LinkRule(
            suggest_m=float(max(service.suggest_radius_m for service in alike)),
            auto_link_m=float(max(service.link_radius_m for service in alike)),
            window_days=float(max(service.window_days for service in alike)),
            while_open=any(service.while_open for service in alike),
            same_event=any(service.same_rain for service in alike),
            repaired_days=REPAIRED_DAYS,
        )
    return rules


def suggestion_rules(services: dict[int, Service], service_code: str) -> Rules:
    """Return the rules for suggesting, by family: a service's own radius, or each family's widest where none
    is chosen yet. What is open is suggested however old it is, since a person decides.
    """
    rules: Rules = {}
    for service in services.values():
        if service_code and service.code != service_code:
            continue
        held = rules.get(service.family)
        rules[service.family] = LinkRule(
            suggest_m=max(float(service.suggest_radius_m), held.suggest_m if held else 0.0),
            auto_link_m=0.0,
            window_days=float(service.window_days),
            while_open=True,
            repaired_days=REPAIRED_DAYS,
        )
    return rules


def is_grouped(rules: Rules, linked_as: str) -> bool:
    """Return whether requests become places of work: not where linking is off (0 m) for all services of a
    family, such as those that another authority's crews look after. Where it is off for a service that links
    alone, each report is a place of its own, until staff say otherwise.
    """
    return rules[linked_as].auto_link_m > 0 or "/" in linked_as


def rains_of(session: Session, city: City, rules: Rules) -> Rains | None:
    """Return the rains that the kept readings tell of, None where no kind of report goes by them."""
    if not any(rule.same_event for rule in rules.values()):
        return None
    return Rains(session, ZoneInfo(city.time_zone))


def city_crs(city: City) -> CRS:
    """Return the projected CRS that a city is measured in."""
    return projected_crs([], [], epsg=city.epsg)


def ways_of(installation: Installation) -> RoadWays | None:
    """Return how far it is along the city's roads, None where no road graph is installed."""
    return installation.roads.on_foot(city_crs(installation.city), installation.city.bounds)
