"""What waits for somebody else, with its deadline; and what became of reports that were passed on."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.domain.roles import Right
from fieldops.domain.waitings import WaitingKind
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.operations.answer_referral import answer_referral
from fieldops.operations.triage_requests import cluster_as_shown, request_as_shown
from fieldops.queries.clusters import get_cluster, members_of
from fieldops.queries.requests import get_request
from fieldops.queries.waitings import count_waitings, counted_together, list_waitings
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.dispatch import waiting_words
from fieldops.web.dispatch.cluster_pages import refused
from fieldops.web.dispatch.request_pages import request_refused
from fieldops.web.dispatch.room import blueprint
from fieldops.web.form_fields import version_of
from fieldops.web.protection import requires

Answer = Response | tuple[str, int]


@blueprint.get("/menunggu")
@requires(Right.SEE_BOARD)
def waitings() -> str:
    """Show every report that waits for somebody else, what is late first."""
    session, now = db.session(), clock.now()
    counts = count_waitings(session, now)
    return render_template(
        "dispatch/waitings.html",
        groups=[(kind, counts[kind], list_waitings(session, kind)) for kind in WaitingKind],
        all=counted_together(counts.values()),
        said=waiting_words,
        now=now,
    )


def _right(answer: str) -> Right:
    """Return what an answer asks for: what was repaired elsewhere is closed, as by whoever plans."""
    return Right.PLAN if answer == "repaired" else Right.TRIAGE


@blueprint.post("/aduan/<int:request_id>/rujukan")
@requires(Right.TRIAGE)
def request_referral(request_id: int) -> Answer:
    """Write down what became of a report that was passed on."""
    form = request.form
    answer = form.get("answer", "")
    by = acting(_right(answer))
    get_request(db.session(), request_id)
    try:
        with transaction() as session:
            shown = request_as_shown(session, request_id, version_of(form))
            count = answer_referral(session, [shown], answer, form.get("words", ""), by)
    except FieldOpsError as error:
        return request_refused(request_id, error)
    flash(_said(answer, count), "success")
    return redirect(url_for("dispatch.request_shown", request_id=request_id), 303)


@blueprint.post("/kelompok/<int:cluster_id>/rujukan")
@requires(Right.TRIAGE)
def cluster_referral(cluster_id: int) -> Answer:
    """Write down what became of all reports of a cluster that were passed on."""
    form = request.form
    answer = form.get("answer", "")
    by = acting(_right(answer))
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            found = cluster_as_shown(session, cluster_id, version_of(form))
            count = answer_referral(session, members_of(session, found.id), answer, form.get("words", ""), by)
    except FieldOpsError as error:
        return refused(cluster_id, error)
    flash(_said(answer, count), "success")
    return redirect(url_for("dispatch.cluster", cluster_id=cluster_id), 303)


def _said(answer: str, count: int) -> str:
    if answer == "again":
        return _("Written down. The deadline runs anew, and the reporters are told.")
    if answer == "ours":
        return ngettext(
            "%(num)d report is open here again; its reporter is told.",
            "%(num)d reports are open here again; their reporters are told.",
            count,
        )
    return ngettext("%(num)d report ended.", "%(num)d reports ended.", count)
