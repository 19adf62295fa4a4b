"""The office's answer to a crew that asks for help."""

from flask import flash, redirect, request, url_for
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.call_for_help import answer_help_call
from fieldops.queries.help_calls import get_call
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.dispatch.room import blueprint
from fieldops.web.dispatch.today import today_page
from fieldops.web.protection import requires


@blueprint.post("/bantuan/<int:call_id>")
@requires(Right.TRIAGE)
def help_answer(call_id: int) -> Response | tuple[str, int]:
    """Say that the office has seen a call; words go to the crew."""
    by = acting(Right.TRIAGE)
    get_call(db.session(), call_id)
    try:
        with transaction() as session:
            answer_help_call(session, call_id, by, request.form.get("answer", ""))
    except FieldOpsError as error:
        return today_page(error), error.status
    flash(_("The crew sees that you have seen it."), "success")
    return redirect(url_for("dispatch.today"), 303)
