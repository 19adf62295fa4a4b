"""Kinds of report and what is promised for them."""

from typing import Any

from flask import render_template, request

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import Service
from fieldops.operations.change_service import (
    MATERIALS,
    MOST_RADIUS_M,
    PROMISES,
    SKILLS,
    ServiceChanges,
    add_service_level,
    change_service,
)
from fieldops.queries.promises import all_levels
from fieldops.queries.services import services_by_id
from fieldops.queries.staff import departments
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import choice_of, choices_of, day_of, text_of, whole_of
from fieldops.web.protection import requires


@blueprint.get("/jenis")
@requires(Right.ADMINISTER)
def services() -> str:
    """Show the kinds of report."""
    session = db.session()
    found = sorted(services_by_id(session).values(), key=lambda service: (service.position, service.id))
    return render_template(
        "admin/services.html",
        services=found,
        departments={department.id: department for department in departments(session)},
    )


def _get(service_id: int) -> Service:
    found = services_by_id(db.session()).get(service_id)
    if found is None:
        raise NotFound("There is no such kind of report.")
    return found


@blueprint.get("/jenis/<int:service_id>")
@requires(Right.ADMINISTER)
def service(service_id: int) -> str:
    """Show one kind of report."""
    return _service(service_id)


def _service(service_id: int, error: FieldOpsError | None = None) -> str:
    shown = _get(service_id)
    held: dict[str, Any] = {
        field: getattr(shown, field) for field in ServiceChanges.__dataclass_fields__ if field != "skills"
    } | {"minutes": shown.duration_s // 60}
    for field in ("active", "dry_weather", "while_open", "same_rain", "links_alone"):
        held[field] = "1" if getattr(shown, field) else ""
    return render_template(
        "admin/service.html",
        service=shown,
        departments=departments(db.session()),
        skills=SKILLS,
        materials=MATERIALS,
        form=request.form if error else held,
        chosen=request.form.getlist("skills") if error else shown.skills,
        errors=errors_of(error),
    )


@blueprint.post("/jenis/<int:service_id>")
@requires(Right.ADMINISTER)
def service_change(service_id: int) -> Answer:
    """Set what a kind of report takes."""
    _get(service_id)
    return save(
        lambda session, by: change_service(session, service_id, _changes(), by),
        lambda error: _service(service_id, error),
        _("Saved. Open work orders keep what they have."),
        "admin.services",
    )


def _changes() -> ServiceChanges:
    form = request.form
    return ServiceChanges(
        name_id=text_of(form, "name_id", needed=True),
        name_en=text_of(form, "name_en", needed=True),
        department_id=whole_of(form, "department_id", 1, 2**31 - 1),
        suggest_radius_m=whole_of(form, "suggest_radius_m", 0, MOST_RADIUS_M),
        link_radius_m=whole_of(form, "link_radius_m", 0, MOST_RADIUS_M),
        window_days=whole_of(form, "window_days", 1, 365),
        while_open=form.get("while_open") == "1",
        same_rain=form.get("same_rain") == "1",
        links_alone=form.get("links_alone") == "1",
        duration_s=60 * whole_of(form, "minutes", 1, 480),
        material=choice_of(form, "material", MATERIALS),
        material_amount=whole_of(form, "material_amount", 0, 20_000, otherwise=0),
        skills=tuple(choices_of(form, "skills", SKILLS)),
        dry_weather=form.get("dry_weather") == "1",
        active=form.get("active") == "1",
    )


# ---------------------------------------------------------------- promises


def promise_words() -> dict[str, str]:
    """Return the kinds of promise in words."""
    return {
        "first_response": _("First response"),
        "follow_up": _("Follow-up"),
        "repair": _("Repair"),
        "make_safe": _("Making safe"),
        "reporter_answer": _("Waiting for the reporter"),
        "authority_answer": _("Waiting for another authority"),
        "fixed_answer": _("Waiting for “is it fixed?”"),
        "secured_repair": _("Waiting for the repair of what was made safe"),
    }


@blueprint.get("/janji")
@requires(Right.ADMINISTER)
def levels() -> str:
    """Show every promise with its source, those that ended too, and the form for a new one."""
    return _levels()


def _levels(error: FieldOpsError | None = None) -> str:
    session = db.session()
    return render_template(
        "admin/levels.html",
        levels=all_levels(session),
        services=services_by_id(session),
        kinds=promise_words(),
        today=i18n.local(clock.now()).date(),
        form=request.form,
        errors=errors_of(error),
    )


@blueprint.post("/janji")
@requires(Right.ADMINISTER)
def level_add() -> Answer:
    """Add a promise; the one before it stays on record."""
    form = request.form
    return save(
        lambda session, by: add_service_level(
            session,
            service_id=whole_of(form, "service_id", 1, 2**31 - 1, otherwise=0) or None,
            kind=choice_of(form, "kind", PROMISES),
            hours=whole_of(form, "hours", 1, 24 * 365),
            source=text_of(form, "source", most=500),
            valid_from=day_of(form, "valid_from"),
            by=by,
        ),
        _levels,
        _("The promise holds from that day on."),
        "admin.levels",
    )
