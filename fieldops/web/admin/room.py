"""The administrators' room: its blueprint and its ways around."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops.domain.roles import By, Right, may
from fieldops.errors import FieldOpsError
from fieldops.i18n import _
from fieldops.transaction import transaction
from fieldops.web.acting import acting, my_roles
from fieldops.web.answers import sentence

# The rail is the dispatcher's, whose board administrators see too.
from fieldops.web.dispatch.room import desk_context

blueprint = Blueprint("admin", __name__, url_prefix="/admin")

Answer = Response | tuple[str, int]


@blueprint.context_processor
def _around() -> dict[str, Any]:
    """What the desk layout and the row of pages ask for."""
    context = desk_context()
    if context and may(my_roles(), Right.ADMINISTER):
        context["admin_pages"] = [
            (endpoint, words, (request.endpoint or "").startswith(under))
            for endpoint, words, under in (
                ("admin.users", _("Accounts"), "admin.user"),
                ("admin.departments", _("Departments"), "admin.department"),
                ("admin.services", _("Kinds of report"), "admin.service"),
                ("admin.levels", _("Promises"), "admin.level"),
                ("admin.channels", _("Channels"), "admin.channel"),
                ("admin.replies", _("Replies"), "admin.repl"),
                ("admin.hazards", _("Danger words"), "admin.hazard"),
                ("admin.crews", _("Crews"), "admin.crew"),
                ("admin.shifts", _("Shifts"), "admin.shift"),
                ("admin.depots", _("Depots"), "admin.depot"),
                ("admin.roads", _("Roads"), "admin.roads"),
                ("admin.triage", _("Suggestions"), "admin.triage"),
                ("admin.audit", _("Log"), "admin.audit"),
            )
        ]
    return context


def save(
    write: Callable[[Session, By], object], refused: Callable[[FieldOpsError], str], words: str, endpoint: str
) -> Answer:
    """Carry out a form's write in a unit of work, then go on, or show the form again with what was wrong.

    Parameters
    ----------
    write
        Reads the form and calls the operation.
    refused
        Returns the page with the error.
    words
        The toast after success.
    endpoint
        Where to go then.
    """
    by = acting(Right.ADMINISTER)
    try:
        with transaction() as session:
            write(session, by)
    except FieldOpsError as error:
        return refused(error), error.status
    flash(words, "success")
    return redirect(url_for(endpoint), 303)


def errors_of(error: FieldOpsError | None) -> dict[str, str]:
    """Return an error as the field it is about and its sentence."""
    return {error.field or "errors": sentence(error)} if error else {}
