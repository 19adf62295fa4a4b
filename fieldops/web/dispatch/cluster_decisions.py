"""What is decided about a cluster: read, order work, decline, refer, close, merge, split."""

from collections.abc import Callable
from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from fieldops.domain.request_states import DeclinedReason
from fieldops.domain.roles import By, Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import Cluster, ServiceRequest
from fieldops.operations.link_causes import decide_cause, tie_cause
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.operations.open_work_order import open_work_order
from fieldops.operations.refresh_cluster import lock_grouping
from fieldops.operations.reveal_contact import reveal_contact
from fieldops.operations.triage_requests import (
    CLOSABLE,
    acknowledge_requests,
    close_requests,
    cluster_as_shown,
    decline_requests,
    refer_requests,
)
from fieldops.queries.clusters import get_cluster, members_of, open_members_of
from fieldops.queries.requests import get_request
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.cluster_pages import cluster_page, refused
from fieldops.web.dispatch.room import blueprint, offer_undo
from fieldops.web.form_fields import choice_of, ids_of, version_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import CLOSED_REASON, DECLINED_REASON

Answer = Response | tuple[str, int]


def _back(cluster_id: int) -> Response:
    return redirect(url_for("dispatch.cluster", cluster_id=cluster_id), 303)


@blueprint.post("/kelompok/<int:cluster_id>/verifikasi")
@requires(Right.TRIAGE)
def cluster_acknowledge(cluster_id: int) -> Answer:
    """Count a cluster's unread reports as read."""
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            found = cluster_as_shown(session, cluster_id, version_of(request.form))
            count = acknowledge_requests(session, open_members_of(session, found.id), acting(Right.TRIAGE))
    except FieldOpsError as error:
        return refused(cluster_id, error)
    flash(ngettext("%(num)d report verified.", "%(num)d reports verified.", count), "success")
    return _back(cluster_id)


@blueprint.post("/kelompok/<int:cluster_id>/perintah")
@requires(Right.PLAN)
def order_open(cluster_id: int) -> Answer:
    """Open a work order; unread reports count as read."""
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            found = get_cluster(session, cluster_id)
            order = open_work_order(session, installation(), found, acting(Right.PLAN))
    except FieldOpsError as error:
        return refused(cluster_id, error)
    flash(_("Work order %(number)s opened.", number=order.number), "success")
    return redirect(url_for("dispatch.order", order_id=order.id), 303)


# ---------------------------------------------------------------- endings, each on a page of its own

Decide = Callable[[Session, list[ServiceRequest], By], int]


def _decline(session: Session, requests: list[ServiceRequest], by: By) -> int:
    return decline_requests(
        session, requests, request.form.get("reason", ""), request.form.get("words", ""), by
    )


def _refer(session: Session, requests: list[ServiceRequest], by: By) -> int:
    return refer_requests(
        session, requests, request.form.get("authority", ""), request.form.get("words", ""), by
    )


def _close(session: Session, requests: list[ServiceRequest], by: By) -> int:
    return close_requests(
        session, requests, request.form.get("reason", ""), request.form.get("words", ""), by
    )


ENDINGS: Final[dict[str, tuple[Right, Decide]]] = {
    "tolak": (Right.TRIAGE, _decline),
    "teruskan": (Right.TRIAGE, _refer),
    "tutup": (Right.PLAN, _close),
}


def ending_words(ending: str) -> dict[str, Any]:
    """Return the words and choices of an ending's page."""
    if ending == "tolak":
        return {
            "title": _("Decline"),
            "button_text": _("Decline and tell them"),
            "reasons": [(code.value, DECLINED_REASON[code.value]()) for code in DeclinedReason],
            "words_needed": True,
        }
    if ending == "teruskan":
        return {
            "title": _("Refer to another authority"),
            "button_text": _("Refer and tell them"),
            "reasons": [],
            "words_needed": True,
        }
    return {
        "title": _("Close without a repair"),
        "button_text": _("Close and tell them"),
        "reasons": [(code.value, CLOSED_REASON[code.value]()) for code in CLOSABLE],
        "words_needed": False,
    }


def ending_page(
    ending: str,
    requests: list[ServiceRequest],
    *,
    action: str,
    back: str,
    version: int,
    error: FieldOpsError | None = None,
) -> str:
    """Return the page that asks before reports are ended; what was typed is kept."""
    return render_template(
        "dispatch/ending.html",
        ending=ending,
        requests=requests,
        action=action,
        back=back,
        version=version,
        typed=request.form,
        errors={error.field or "errors": sentence(error)} if error else {},
        **ending_words(ending),
    )


def _ending_of(found: Cluster, ending: str, error: FieldOpsError | None = None) -> str:
    return ending_page(
        ending,
        open_members_of(db.session(), found.id),
        action=url_for("dispatch.cluster_end", cluster_id=found.id, ending=ending),
        back=url_for("dispatch.cluster", cluster_id=found.id),
        version=found.version,
        error=error,
    )


@blueprint.get("/kelompok/<int:cluster_id>/<any(tolak, teruskan, tutup):ending>")
@requires(Right.TRIAGE)
def cluster_ending(cluster_id: int, ending: str) -> str:
    """Ask before a cluster's reports are declined, referred or closed."""
    acting(ENDINGS[ending][0])
    return _ending_of(get_cluster(db.session(), cluster_id), ending)


@blueprint.post("/kelompok/<int:cluster_id>/<any(tolak, teruskan, tutup):ending>")
@requires(Right.TRIAGE)
def cluster_end(cluster_id: int, ending: str) -> Answer:
    """Decline, refer or close all open reports of a cluster."""
    right, decide = ENDINGS[ending]
    by = acting(right)
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            found = cluster_as_shown(session, cluster_id, version_of(request.form))
            count = decide(session, open_members_of(session, found.id), by)
    except FieldOpsError as error:
        if error.status == 409:
            return refused(cluster_id, error)
        return _ending_of(get_cluster(db.session(), cluster_id), ending, error), error.status
    flash(ngettext("%(num)d report ended.", "%(num)d reports ended.", count), "success")
    return _back(cluster_id)


# ---------------------------------------------------------------- which reports are one place


@blueprint.post("/kelompok/<int:cluster_id>/gabung")
@requires(Right.TRIAGE)
def cluster_merge(cluster_id: int) -> Answer:
    """Join another cluster into this one."""
    by = acting(Right.TRIAGE)
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            other_id = whole_of(request.form, "cluster", 1, 2**31 - 1)
            lock_grouping(session)  # before any cluster is locked: the worker takes them in this order too
            if "version" in request.form:
                cluster_as_shown(session, cluster_id, version_of(request.form))
            moved = [member.id for member in members_of(session, get_cluster(session, other_id).id)]
            stayed = [member.id for member in members_of(session, cluster_id)]
            kept = merge_clusters(session, installation(), cluster_id, other_id, by)
            leaving = moved if kept.id == cluster_id else stayed
    except FieldOpsError as error:
        return refused(cluster_id, error)
    ended = other_id if kept.id == cluster_id else cluster_id
    offer_undo(
        _("Cluster %(other)s merged into %(kept)s.", other=ended, kept=kept.id),
        url_for("dispatch.cluster_split", cluster_id=kept.id),
        {"requests": ",".join(map(str, leaving)), "version": kept.version},
    )
    return _back(kept.id)


@blueprint.post("/kelompok/<int:cluster_id>/pisah")
@requires(Right.TRIAGE)
def cluster_split(cluster_id: int) -> Answer:
    """Take the chosen reports out into a cluster of their own."""
    by = acting(Right.TRIAGE)
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            lock_grouping(session)
            cluster_as_shown(session, cluster_id, version_of(request.form))
            fresh = split_cluster(session, installation(), cluster_id, ids_of(request.form, "requests"), by)
    except FieldOpsError as error:
        return refused(cluster_id, error)
    offer_undo(
        _("Split off as cluster %(number)s.", number=fresh.id),
        url_for("dispatch.cluster_merge", cluster_id=cluster_id),
        {"cluster": fresh.id},
    )
    return _back(cluster_id)


@blueprint.post("/kelompok/<int:cluster_id>/sebab")
@requires(Right.PLAN)
def cause_decide(cluster_id: int) -> Answer:
    """Say that this cluster and another are, or are not, cause and effect."""
    by = acting(Right.PLAN)
    get_cluster(db.session(), cluster_id)
    linked = request.form.get("linked") == "1"
    try:
        with transaction() as session:
            pair = _cause_and_effect(cluster_id)
            if linked:
                tie_cause(session, installation(), pair[0], pair[1], by)
            else:
                decide_cause(session, pair[0], pair[1], linked, by)
    except FieldOpsError as error:
        return refused(cluster_id, error)
    offer_undo(
        _("Linked as cause and effect.") if linked else _("No longer linked as cause and effect."),
        url_for("dispatch.cause_decide", cluster_id=cluster_id),
        {"cause": pair[0], "effect": pair[1], "linked": "0" if linked else "1"},
    )
    return _back(cluster_id)


def _cause_and_effect(cluster_id: int) -> tuple[int, int]:
    """Return which two are meant: the pair that a list names, or this cluster and another one that somebody
    chose or typed, with the part that the other one plays.
    """
    form = request.form
    if "other" not in form:
        return whole_of(form, "cause", 1, 2**31 - 1), whole_of(form, "effect", 1, 2**31 - 1)
    other = whole_of(form, "other", 1, 2**31 - 1)
    role = choice_of(form, "role", ("cause", "effect"))
    return (other, cluster_id) if role == "cause" else (cluster_id, other)


@blueprint.post("/kelompok/<int:cluster_id>/kontak")
@requires(Right.SEE_CONTACT)
def contact_show(cluster_id: int) -> Answer:
    """Show the contact behind one report, and write down who looked and why."""
    by = acting(Right.SEE_CONTACT)
    get_cluster(db.session(), cluster_id)
    try:
        with transaction() as session:
            asked = get_request(session, whole_of(request.form, "request", 1, 2**31 - 1))
            shown = reveal_contact(session, installation(), asked, request.form.get("why", ""), by)
            number = asked.id
    except FieldOpsError as error:
        return refused(cluster_id, error)
    return cluster_page(get_cluster(db.session(), cluster_id), contacts={number: shown}), 200
