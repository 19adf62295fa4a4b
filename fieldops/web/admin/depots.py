"""Depots: where crews start, end and reload."""

from flask import render_template, request

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_crew import save_depot
from fieldops.queries.places import all_depots
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import number_of, text_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/depo")
@requires(Right.ADMINISTER)
def depots() -> str:
    """Show the depots, each with its form, and one for a new depot."""
    return _depots()


def _depots(error: FieldOpsError | None = None) -> str:
    return render_template(
        "admin/depots.html", depots=all_depots(db.session()), form=request.form, errors=errors_of(error)
    )


@blueprint.post("/depo")
@requires(Right.ADMINISTER)
def depot_save() -> Answer:
    """Add or change a depot."""
    form = request.form
    return save(
        lambda session, by: save_depot(
            session,
            installation(),
            whole_of(form, "id", 1, 2**31 - 1, otherwise=0) or None,
            text_of(form, "name"),
            number_of(form, "lon", -180, 180),
            number_of(form, "lat", -90, 90),
            by,
        ),
        _depots,
        _("Saved."),
        "admin.depots",
    )
