"""What went wrong and waits for a person: parked tasks, messages that did not leave, blocked orders."""

from datetime import timedelta
from typing import Final

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.retry_task import retry_task
from fieldops.queries.channels import event_counts, failing_accounts
from fieldops.queries.map_checks import map_differed_on
from fieldops.queries.messages import message_counts, messages_in
from fieldops.queries.orders import blocked_orders, orders_described
from fieldops.queries.running_day import conflicting_reports
from fieldops.queries.tasks import parked_tasks
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.help_said import help_said
from fieldops.web.dispatch.pins import pins_waiting
from fieldops.web.dispatch.room import blueprint
from fieldops.web.protection import requires

MAP_KEPT: Final = timedelta(days=7)
KEPT: Final = timedelta(days=3)
"""How long a report that another crew's work contradicts is shown (ours)."""


@blueprint.get("/pengecualian")
@requires(Right.SEE_BOARD)
def exceptions() -> str:
    """Show what a person must look after."""
    return exceptions_page()


def exceptions_page(error: FieldOpsError | None = None) -> str:
    """Return the page."""
    session = db.session()
    conflicts = conflicting_reports(session, clock.now() - KEPT)
    differed = map_differed_on(session)
    is_late = differed is not None and differed >= (i18n.local(clock.now()) - MAP_KEPT).date()
    return render_template(
        "dispatch/exceptions.html",
        **help_said(session),
        pins=pins_waiting(),
        conflicts=conflicts,
        orders=orders_described(session, [stop.work_order_id for _event, stop, _crew in conflicts]),
        tasks=parked_tasks(session),
        task_words=task_words(),
        template_words=template_words(),
        counts=message_counts(session),
        messages=messages_in(session, "failed", "waiting"),
        blocked=blocked_orders(session),
        failing=failing_accounts(session),
        map_differed=differed if is_late else None,
        unread=sum(counts.parked for counts in event_counts(session).values()),
        errors={"errors": sentence(error)} if error else {},
    )


def task_words() -> dict[str, str]:
    """Return what background tasks do, in words."""
    return {
        "group_request": _("Put a report into its cluster"),
        "regroup_requests": _("Group all reports anew"),
        "hash_photos": _("Compare photos of reports"),
        "ask_if_fixed": _("Ask reporters whether it is fixed"),
        "close_approved": _("Close the reports of an approved repair"),
        "close_silent_requests": _("Close reports after ten quiet days"),
        "send_message": _("Send a message"),
        "compute_plan": _("Compute a plan"),
        "compute_change": _("Compute new lists for the day"),
        "tidy_tasks": _("Clear finished tasks"),
        "read_event": _("Read what a channel sent"),
        "accept_invitations": _("Enter a room that was opened for us"),
        "understand_conversation": _("Understand a conversation"),
        "fetch_attachment": _("Fetch a photo from a channel"),
        "send_reply": _("Send an answer"),
        "poll_account": _("Look into an account"),
        "train_triage": _("Learn suggestions anew"),
        "learn_weighing": _("Learn what speaks for one place"),
        "refresh_all_templates": _("Ask for the templates of every account"),
        "refresh_templates": _("Ask for an account’s templates"),
        "tell_staff": _("Find who is to be told"),
        "send_notice": _("Send a notice to a device"),
        "tidy_devices": _("Forget devices that nobody uses"),
        "end_overdue_shifts": _("End shifts that were left open"),
        "resend_waiting": _("Send again what waits"),
        "remind_of_place": _("Ask again for the place"),
        "poll_accounts": _("Look into every account"),
        "tick_response_clocks": _("Look at the clocks of answers"),
        "tick_waitings": _("Look at what reports wait for"),
        "carry_out_deletions": _("Delete what people asked to be deleted"),
        "tidy_own_data": _("Delete links to people’s data whose time is over"),
        "run_retention": _("Forget reporters a year after their last report ended"),
        "tidy_events": _("Delete what channels sent long ago"),
        "tidy_map_changes": _("Clear old changes of the map"),
        "compute_maintenance": _("Compute priorities or a comparison of streets"),
        "compute_hotspots": _("Compute a map of hotspots"),
        "refresh_hotspots": _("Ask for the maps of every night"),
    }


def template_words() -> dict[str, str]:
    """Return what messages say, in a word or two."""
    return {
        "received": _("Received"),
        "acknowledged": _("Verified"),
        "scheduled": _("Scheduled"),
        "done": _("Work done"),
        "closed": _("Finished"),
        "declined": _("Declined"),
        "referred": _("Referred"),
        "merged": _("Merged"),
        "made_safe": _("Made safe"),
        "postponed": _("Postponed"),
        "unscheduled": _("Day changed"),
        "ask_if_fixed": _("Is it fixed?"),
        "data_link": _("Link to their data"),
        "data_confirm": _("Confirm a new address"),
        "no_answer": _("No answer from the authority"),
        "asked_again": _("The authority was asked again"),
        "came_back": _("Came back to us"),
    }


@blueprint.post("/pengecualian/tugas/<int:task_id>")
@requires(Right.TRIAGE)
def task_retry(task_id: int) -> Response | tuple[str, int]:
    """Let a parked task run again."""
    by = acting(Right.TRIAGE)
    try:
        with transaction() as session:
            retry_task(session, task_id, by)
    except FieldOpsError as error:
        return exceptions_page(error), error.status
    flash(_("The task runs again."), "success")
    return redirect(url_for("dispatch.exceptions"), 303)
