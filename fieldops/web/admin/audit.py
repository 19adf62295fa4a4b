"""The log of what staff did."""

from flask import render_template, request

from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.queries.staff import audit_acts, audit_log
from fieldops.web.admin.room import blueprint
from fieldops.web.protection import requires


def act_words() -> dict[str, str]:
    """Return what the log's acts mean."""
    return {
        "api_token_given": _("Token for a program made"),
        "device_added": _("Notices switched on for a device"),
        "device_removed": _("Notices switched off for a device"),
        "api_token_revoked": _("Token for a program revoked"),
        "approval_withdrawn": _("Approval of a repair taken back"),
        "batch_recalled": _("Batch called back"),
        "cluster_split": _("Cluster split"),
        "clusters_merged": _("Clusters merged"),
        "contact_corrected": _("Contact corrected by the reporter"),
        "contact_shown": _("Contact looked at"),
        "crew_saved": _("Crew changed"),
        "data_deleted": _("Data deleted at the reporter’s word"),
        "data_kept_no_longer": _("Reporter forgotten, a year after the last report ended"),
        "data_deletion_waits": _("A reporter’s deletion waits for the end of a danger"),
        "department_saved": _("Department changed"),
        "depot_saved": _("Depot changed"),
        "name_corrected": _("Name corrected by the reporter"),
        "order_changed": _("Work order changed"),
        "password_set": _("Password set"),
        "person_forgotten": _("Person forgotten"),
        "plan_dispatched": _("Plan sent out"),
        "repair_approved": _("Repair approved"),
        "repair_sent_back": _("Repair sent back"),
        "report_emptied": _("Words and photos of a report deleted at the reporter’s word"),
        "request_placed": _("Report given a place"),
        "road_closed": _("Road closed"),
        "road_reopened": _("Road opened again"),
        "roads_imported": _("Roads imported"),
        "service_changed": _("Kind of report changed"),
        "service_level_added": _("Promise added"),
        "shift_changed": _("Shift changed"),
        "shift_removed": _("Shift removed"),
        "task_retried": _("Task run again"),
        "triage_activated": _("Version of the suggestions chosen"),
        "triage_followed": _("Newest suggestions followed again"),
        "user_activated": _("Account switched on"),
        "user_added": _("Account made"),
        "user_changed": _("Account changed"),
        "user_deactivated": _("Account switched off"),
    }


@blueprint.get("/log")
@requires(Right.ADMINISTER)
def audit() -> str:
    """Show who did what, newest first."""
    session = db.session()
    act = request.args.get("act", "")[:40]
    return render_template(
        "admin/audit.html",
        found=audit_log(session, request.args.get("page", 1, type=int), act),
        act=act,
        acts=audit_acts(session),
        words=act_words(),
    )
