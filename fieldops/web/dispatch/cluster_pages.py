"""One place of work: its reports, why they belong together, and what can be decided."""

from typing import Any

from flask import Response, jsonify, redirect, render_template, request, url_for
from geoalchemy2 import WKBElement
from werkzeug.wrappers import Response as AnyResponse

from fieldops import clock
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, language
from fieldops.models import Cluster, Service, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.explain_links import links_of, merge_candidates
from fieldops.operations.link_causes import causes_of, ties_to_choose
from fieldops.operations.linking_rules import link_rules
from fieldops.operations.measure_places import landmarks_beside
from fieldops.operations.reveal_contact import REASONS, Contact
from fieldops.operations.weigh_reasons import weighing_card
from fieldops.queries.board import UNREAD
from fieldops.queries.board import board as board_rows
from fieldops.queries.clusters import OPEN_CODES, get_cluster, joined_into, members_of
from fieldops.queries.orders import orders_of
from fieldops.queries.photos import photos_of_requests
from fieldops.queries.places import area_name
from fieldops.queries.requests import history_of
from fieldops.queries.services import services_by_id
from fieldops.queries.staff import names_of
from fieldops.queries.waitings import waitings_of
from fieldops.web.answers import sentence
from fieldops.web.dispatch import evidence_words, histories, said
from fieldops.web.dispatch.causes import shown_causes, undoers
from fieldops.web.dispatch.room import base_map_url, blueprint
from fieldops.web.dispatch.waiting_words import notes_said
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import CONTACT_REASON


@blueprint.get("/kelompok/<int:cluster_id>")
@requires(Right.SEE_BOARD)
def cluster(cluster_id: int) -> str | AnyResponse:
    """Show a cluster; one that was merged leads to where it went."""
    found = get_cluster(db.session(), cluster_id)
    if found.id != cluster_id:
        return redirect(url_for("dispatch.cluster", cluster_id=found.id), 303)
    return cluster_page(found)


def refused(cluster_id: int, error: FieldOpsError) -> tuple[str, int]:
    """Return the cluster's page in its present state, with what was wrong on top."""
    found = get_cluster(db.session(), cluster_id)
    return cluster_page(found, errors={error.field or "errors": sentence(error)}), error.status


def cluster_page(
    cluster: Cluster,
    *,
    errors: dict[str, str] | None = None,
    contacts: dict[int, list[Contact]] | None = None,
) -> str:
    """Return the page of one cluster."""
    session, now, city = db.session(), clock.now(), installation().city
    members = members_of(session, cluster.id)
    services = services_by_id(session)
    orders = orders_of(session, cluster.id)
    history = history_of(session, [member.id for member in members])
    waitings = waitings_of(session, [member.id for member in members])
    links = links_of(session, installation(), members)
    candidates = merge_candidates(session, installation(), cluster)
    causes = causes_of(session, installation(), cluster)
    decisions = [one.decision for one in links] + [one.decision for one in candidates]
    deciders = {decision.user_id for decision in decisions if decision is not None}
    acted = {line.user_id for line in history} | {row.user_id for row in waitings}
    names = names_of(session, acted | deciders | undoers(causes))
    place = lon_lat(cluster.anchor)
    photos: dict[int, list[Any]] = {}
    for photo in photos_of_requests(session, [member.id for member in members]):
        photos.setdefault(photo.request_id or 0, []).append(photo)
    return render_template(
        "dispatch/cluster.html",
        cluster=cluster,
        service=services[cluster.service_id],
        services=services,
        area=area_name(session, cluster.area_id),
        row=next(iter(board_rows(session, now, [cluster.id])), None),
        beside=landmarks_beside(session, city, [place])[0],
        links=links,
        causes=shown_causes(session, causes),
        ties=ties_to_choose(session, installation(), cluster),
        joined=joined_into(session, cluster.id),
        evidence=evidence_words,
        names=names,
        rule=link_rules(services)[services[cluster.service_id].linked_as],
        photos=photos,
        unread=sum(member.status in UNREAD for member in members),
        open_count=sum(member.status in OPEN_CODES for member in members),
        orders=orders,
        open_order=next((order for order in orders if order.ended_at is None), None),
        candidates=candidates,
        weighing=weighing_card(session),
        timeline=histories.request_timeline(history, names, waitings),
        waits=notes_said(waitings, now),
        referred=sum(member.status == "referred" for member in members),
        contacts=contacts or {},
        contact_reasons=contact_reasons(),
        errors=errors or {},
        typed=request.form,
        said=said,
        place=place,
        base_url=base_map_url(),
        points_url=url_for("dispatch.cluster_points", cluster_id=cluster.id),
    )


def contact_reasons() -> list[tuple[str, str]]:
    """Return (code, words) of the reasons for looking at a contact."""
    return [(code, CONTACT_REASON[code]()) for code in REASONS]


@blueprint.get("/kelompok/<int:cluster_id>/titik.geojson")
@requires(Right.SEE_BOARD)
def cluster_points(cluster_id: int) -> Response:
    """Return a cluster's reports at their exact places, and its neighbours, as GeoJSON points."""
    return jsonify(type="FeatureCollection", features=cluster_features(cluster_id))


def landmark_feature(lon: float, lat: float, icon: str, title: str, text: str) -> dict[str, Any]:
    """Return a landmark as a GeoJSON point."""
    feature = _feature(lon, lat, "cover", icon, 1, title=title, text=text, size=32)
    feature["properties"]["state"] = "planned"
    return feature


def cluster_features(cluster_id: int) -> list[dict[str, Any]]:
    """Return a cluster's reports at their exact places, and its neighbours, as GeoJSON features."""
    session = db.session()
    found = get_cluster(session, cluster_id)
    services = services_by_id(session)
    features = [
        _point(member, services[member.service_id], member.place)
        for member in members_of(session, found.id)
        if member.place is not None
    ]
    for candidate in merge_candidates(session, installation(), found):
        lon, lat = lon_lat(candidate.cluster.anchor)
        features.append(
            _feature(
                lon, lat, candidate.service.family, candidate.service.icon, candidate.cluster.severity,
                title=_("Cluster %(number)s", number=candidate.cluster.id), size=28,
                url=url_for("dispatch.cluster", cluster_id=candidate.cluster.id),
            )
        )  # fmt: skip
    return features


def _point(member: ServiceRequest, service: Service, place: WKBElement) -> dict[str, Any]:
    lon, lat = lon_lat(place)
    return _feature(
        lon,
        lat,
        service.family,
        service.icon,
        member.severity,
        title=member.code,
        text=service.name(language()),
    )


def _feature(
    lon: float, lat: float, family: str, icon: str, severity: int, **properties: Any
) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [round(lon, 6), round(lat, 6)]},
        "properties": {"family": family, "icon": icon, "severity": severity, "state": "open", **properties},
    }
