"""Places that crews corrected: both points on a map, taken or left by the office."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, distance_words
from fieldops.models.base import lon_lat
from fieldops.operations.correct_pin import decide_pin
from fieldops.queries.clusters import open_members_of
from fieldops.queries.crew_day import straight_m
from fieldops.queries.pin_proposals import ProposalShown, get_proposal, waiting_proposals
from fieldops.queries.staff import names_of
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/koreksi/<int:proposal_id>")
@requires(Right.SEE_BOARD)
def pin(proposal_id: int) -> str:
    """Show a corrected place beside the one before."""
    return pin_page(proposal_id)


@blueprint.get("/koreksi/<int:proposal_id>/titik.geojson")
@requires(Right.SEE_BOARD)
def pin_points(proposal_id: int) -> Response:
    """Return both places as GeoJSON points."""
    shown = get_proposal(db.session(), proposal_id)
    proposal = shown.proposal
    features = [
        _feature(shown, lon_lat(proposal.was), "planned", _("The place before")),
        _feature(shown, lon_lat(proposal.place), "open", _("Where the crew stands")),
    ]
    return jsonify(type="FeatureCollection", features=features)


@blueprint.post("/koreksi/<int:proposal_id>/<any(ambil, biarkan):what>")
@requires(Right.TRIAGE)
def pin_decide(proposal_id: int, what: str) -> Response | tuple[str, int]:
    """Take the corrected place, or leave the one before."""
    by, take = acting(Right.TRIAGE), what == "ambil"
    get_proposal(db.session(), proposal_id)
    try:
        with transaction() as session:
            order_id = decide_pin(session, installation(), proposal_id, by, take=take).work_order_id
    except FieldOpsError as error:
        return pin_page(proposal_id, error), error.status
    words = _("The order and its reports have moved there.") if take else _("The place stays as it was.")
    flash(words, "success")
    return redirect(url_for("dispatch.order", order_id=order_id), 303)


def pin_page(proposal_id: int, error: FieldOpsError | None = None) -> str:
    """Return the page."""
    session = db.session()
    shown = get_proposal(session, proposal_id)
    proposal = shown.proposal
    was, place = lon_lat(proposal.was), lon_lat(proposal.place)
    return render_template(
        "dispatch/pin.html",
        shown=shown,
        proposal=proposal,
        was=was,
        place=place,
        away=distance_words(straight_m(was, place)),
        reports=len(open_members_of(session, shown.cluster.id)),
        names=names_of(session, {proposal.user_id, proposal.decided_by_id}),
        base_url=base_map_url(),
        points_url=url_for("dispatch.pin_points", proposal_id=proposal_id),
        errors={error.field or "errors": sentence(error)} if error else {},
    )


def pins_waiting() -> list[tuple[ProposalShown, str]]:
    """Return the corrections that wait for the office, each with how far the place moves."""
    return [
        (shown, distance_words(straight_m(lon_lat(shown.proposal.was), lon_lat(shown.proposal.place))))
        for shown in waiting_proposals(db.session())
    ]


def _feature(shown: ProposalShown, place: tuple[float, float], state: str, title: str) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": list(place)},
        "properties": {
            "family": shown.service.family,
            "icon": shown.service.icon,
            "severity": shown.order.severity,
            "state": state,
            "title": title,
            "text": f"{place[1]:.6f}, {place[0]:.6f}",
        },
    }
