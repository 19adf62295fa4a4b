"""The choices of the administrators' forms, as (value, words)."""

from collections.abc import Iterable
from typing import Any

from fieldops.i18n import language
from fieldops.models import Department, Depot, Service, User
from fieldops.web.admin.room import blueprint
from fieldops.web.words import MATERIAL, ROLE, SKILL

Options = list[tuple[Any, str]]


def department_options(departments: Iterable[Department]) -> Options:
    """Return the active departments."""
    return [(department.id, department.name) for department in departments if department.active]


def role_options(roles: Iterable[str]) -> Options:
    """Return roles in words."""
    return [(role, ROLE[role]()) for role in roles]


def skill_options(skills: Iterable[str]) -> Options:
    """Return skills in words."""
    return [(skill, SKILL[skill]()) for skill in skills]


def material_options(materials: Iterable[str]) -> Options:
    """Return materials in words."""
    return [(material, MATERIAL[material]()) for material in materials]


def service_options(services: Iterable[Service]) -> Options:
    """Return kinds of report by name."""
    return [(service.id, service.name(language())) for service in services]


def leader_options(leaders: Iterable[User]) -> Options:
    """Return who may lead a crew."""
    return [(leader.id, leader.name) for leader in leaders]


def depot_options(depots: Iterable[tuple[Depot, float, float]]) -> Options:
    """Return the depots by name."""
    return [(depot.id, depot.name) for depot, _lon, _lat in depots]


@blueprint.context_processor
def _options() -> dict[str, Any]:
    return {
        maker.__name__: maker
        for maker in (
            department_options,
            role_options,
            skill_options,
            material_options,
            service_options,
            leader_options,
            depot_options,
        )
    }
