"""A second person looks at finished work: approves it, takes that back, or sends it back."""

from typing import Any, Final

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.domain.approvals import MOST_AT_ONCE, UNDO_FOR
from fieldops.domain.roles import By, Right
from fieldops.errors import FieldOpsError, InvalidInput, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.models import Cluster
from fieldops.operations.approve_repair import approve_repair, read_stopped, withdraw_approval
from fieldops.operations.send_back_repair import MOST_WORDS, send_back_repair
from fieldops.queries.approvals import (
    PAGE,
    count_finished_places,
    finished_place,
    finished_places,
    stopped_approvals,
    waiting_approvals,
)
from fieldops.queries.users import departments_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.room import offer_undo
from fieldops.web.form_fields import ids_of
from fieldops.web.inbox import approval_words
from fieldops.web.inbox.room import Answer, blueprint
from fieldops.web.page import installation
from fieldops.web.protection import requires

ON_SUMMARY: Final = 3
BACK: Final = {"summary": "inbox.summary", "list": "inbox.approvals"}
UNDO_MINUTES: Final = int(UNDO_FOR.total_seconds()) // 60


def approval_context(most: int, page: int = 1) -> dict[str, Any]:
    """Return what waits to be approved in the signed-in official's departments, what they can still take
    back, and what of theirs was not closed.
    """
    session = db.session()
    mine = departments_of(session, current_user.id, Right.CONFIRM)
    total = count_finished_places(session, mine)
    pages = max(1, -(-total // most))
    page = min(max(1, page), pages)
    return {
        "places": finished_places(session, mine, most, (page - 1) * most) if total else [],
        "total": total,
        "page": page,
        "pages": pages,
        "approved": waiting_approvals(session, mine),
        "stopped": stopped_approvals(session, current_user.id),
        "said": approval_words,
        "minutes": UNDO_MINUTES,
    }


@blueprint.get("/persetujuan")
@requires(Right.CONFIRM)
def approvals() -> str:
    """Show every place that waits to be approved."""
    return _page()


def _page() -> str:
    return render_template(
        "inbox/approvals.html", **approval_context(PAGE, request.args.get("page", 1, type=int))
    )


@blueprint.post("/persetujuan")
@requires(Right.CONFIRM)
def approvals_made() -> Answer:
    """Approve one place, or those that are ticked; each for itself."""
    by = acting(Right.CONFIRM)
    made: list[int] = []
    refused: list[FieldOpsError] = []
    try:
        chosen = _chosen()
    except InvalidInput as error:
        chosen, refused = [], [error]
    for cluster_id, mark in chosen:
        try:
            with transaction() as session:
                made.append(approve_repair(session, cluster_id, mark, by).id)
        except FieldOpsError as error:
            refused.append(error)
            _say_refused(cluster_id, error, several=len(chosen) > 1)
    if not made:
        if not chosen:
            flash(sentence(refused[0]), "warning")
        return _page(), refused[0].status
    offer_undo(
        ngettext("%(num)d place approved.", "%(num)d places approved.", len(made)),
        url_for("inbox.approvals_withdrawn"),
        {"approvals": ",".join(map(str, made)), "back": request.form.get("back", "")},
    )
    return _back()


def _chosen() -> list[tuple[int, str]]:
    """Return (cluster, mark) of what was pressed, or else of what was ticked."""
    form = request.form
    words = [form["only"]] if form.get("only") else form.getlist("place")
    if not words:
        raise InvalidInput("Tick at least one place.", field="place")
    pairs = [word.partition(".")[::2] for word in dict.fromkeys(words)]
    if len(pairs) > MOST_AT_ONCE or not all(number.isdigit() and len(number) < 10 for number, _mark in pairs):
        raise InvalidInput("The page sent something we could not read. Go back and try again.", field="place")
    return [(int(number), mark) for number, mark in pairs]


def _say_refused(cluster_id: int, error: FieldOpsError, *, several: bool) -> None:
    words = sentence(error)
    cluster = db.session.get(Cluster, cluster_id) if several else None
    flash(f"{cluster.address}: {words}" if cluster is not None and cluster.address else words, "warning")


@blueprint.post("/persetujuan/urungkan")
@requires(Right.CONFIRM)
def approvals_withdrawn() -> Answer:
    """Take approvals back that have not taken effect."""
    by = acting(Right.CONFIRM)
    withdrawn, refused = 0, 200
    for number in ids_of(request.form, "approvals")[:MOST_AT_ONCE]:
        try:
            with transaction() as session:
                withdraw_approval(session, number, by)
            withdrawn += 1
        except FieldOpsError as error:
            refused = error.status
            flash(sentence(error), "warning")
    if not withdrawn:
        return _page(), refused
    flash(_("Taken back. Nobody was told of anything."), "success")
    return _back()


@blueprint.post("/persetujuan/<int:approval_id>/dibaca")
@requires(Right.CONFIRM)
def approval_read(approval_id: int) -> Answer:
    """Write down that the one who approved read why nothing was closed."""
    by = acting(Right.CONFIRM)
    with transaction() as session:
        read_stopped(session, approval_id, by)
    return _back()


@blueprint.get("/persetujuan/<int:cluster_id>/belum-beres")
@requires(Right.CONFIRM)
def approval_refusing(cluster_id: int) -> str:
    """Ask what is not good enough, and say what happens then."""
    return _refusing(cluster_id)


def _refusing(cluster_id: int, error: FieldOpsError | None = None) -> str:
    session = db.session()
    mine = departments_of(session, current_user.id, Right.CONFIRM)
    return render_template(
        "inbox/send_back.html",
        place=finished_place(session, cluster_id, mine),
        said=approval_words,
        words=request.form.get("words", ""),
        back=_back_url(request.values.get("back", "")),
        back_to=request.values.get("back", ""),
        most=MOST_WORDS,
        errors={error.field or "errors": sentence(error)} if error else {},
    )


@blueprint.post("/persetujuan/<int:cluster_id>/belum-beres")
@requires(Right.CONFIRM)
def approval_refused(cluster_id: int) -> Answer:
    """Order the work anew."""
    by = acting(Right.CONFIRM)
    try:
        number = _send_back(cluster_id, by)
    except (InvalidInput, NotFound) as error:
        return _refusing(cluster_id, error), error.status
    except FieldOpsError as error:
        flash(sentence(error), "warning")
        return _page(), error.status
    flash(_("Sent back. Draft order %(number)s is on the dispatcher’s board.", number=number), "success")
    return _back()


def _send_back(cluster_id: int, by: By) -> str:
    with transaction() as session:
        words = request.form.get("words", "")
        return send_back_repair(session, installation(), cluster_id, words, by).number


def _back() -> Response:
    return redirect(_back_url(request.form.get("back", "")), 303)


def _back_url(where: str) -> str:
    anchor = "approve" if where == "summary" else None
    return url_for(BACK.get(where, BACK["list"]), _anchor=anchor)
