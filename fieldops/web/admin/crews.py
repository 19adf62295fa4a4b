"""Crews: who leads them, what they can do and carry."""

from typing import Any

from flask import render_template, request

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_crew import CrewFacts, save_crew
from fieldops.operations.change_service import MATERIALS, SKILLS
from fieldops.queries.places import all_depots
from fieldops.queries.shifts import all_crews, get_crew
from fieldops.queries.staff import crew_leaders, departments
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import choices_of, text_of, whole_of
from fieldops.web.protection import requires

CARRIED = [material for material in MATERIALS if material != "none"]


@blueprint.get("/regu")
@requires(Right.ADMINISTER)
def crews() -> str:
    """Show the crews."""
    session = db.session()
    return render_template(
        "admin/crews.html",
        crews=all_crews(session),
        depots={depot.id: depot for depot, _lon, _lat in all_depots(session)},
        leaders={leader.id: leader for leader in crew_leaders(session)},
    )


@blueprint.get("/regu/baru")
@requires(Right.ADMINISTER)
def crew_new() -> str:
    """Show the form for a new crew."""
    return _crew(None)


@blueprint.get("/regu/<int:crew_id>")
@requires(Right.ADMINISTER)
def crew(crew_id: int) -> str:
    """Show one crew."""
    return _crew(crew_id)


def _crew(crew_id: int | None, error: FieldOpsError | None = None) -> str:
    session = db.session()
    shown = get_crew(session, crew_id) if crew_id is not None else None
    held: dict[str, Any] = {"active": "1"}
    if shown is not None:
        held = {
            "letter": shown.letter,
            "name": shown.name,
            "department_id": shown.department_id,
            "depot_id": shown.depot_id,
            "leader_id": shown.leader_id or "",
            "active": "1" if shown.active else "",
            **{material: shown.capacity.get(material, 0) for material in CARRIED},
        }
    return render_template(
        "admin/crew.html",
        crew=shown,
        departments=departments(session),
        depots=all_depots(session),
        leaders=crew_leaders(session),
        skills=SKILLS,
        carried=CARRIED,
        form=request.form if error else held,
        chosen=request.form.getlist("skills") if error else (shown.skills if shown else []),
        errors=errors_of(error),
    )


@blueprint.post("/regu/baru")
@requires(Right.ADMINISTER)
def crew_add() -> Answer:
    """Add a crew."""
    return _save(None)


@blueprint.post("/regu/<int:crew_id>")
@requires(Right.ADMINISTER)
def crew_change(crew_id: int) -> Answer:
    """Change a crew."""
    get_crew(db.session(), crew_id)
    return _save(crew_id)


def _save(crew_id: int | None) -> Answer:
    return save(
        lambda session, by: save_crew(session, crew_id, _facts(), by),
        lambda error: _crew(crew_id, error),
        _("Saved."),
        "admin.crews",
    )


def _facts() -> CrewFacts:
    form = request.form
    return CrewFacts(
        letter=text_of(form, "letter", most=1, needed=True).upper(),
        name=text_of(form, "name", needed=True),
        department_id=whole_of(form, "department_id", 0, 2**31 - 1, otherwise=0),
        depot_id=whole_of(form, "depot_id", 0, 2**31 - 1, otherwise=0),
        leader_id=whole_of(form, "leader_id", 0, 2**31 - 1, otherwise=0) or None,
        skills=tuple(choices_of(form, "skills", SKILLS)),
        capacity={
            material: amount
            for material in CARRIED
            if (amount := whole_of(form, material, 0, 100_000, otherwise=0))
        },
        active=form.get("active") == "1",
    )
