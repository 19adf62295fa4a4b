"""A crew's phone and its changed list: that the leader has read it, and whether there is a newer one."""

from flask import Response, jsonify, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from fieldops.domain.roles import Actor, By, Right
from fieldops.extensions import db
from fieldops.models import Batch, Crew
from fieldops.operations.acknowledge_list import acknowledge_list
from fieldops.queries.plans import crews_led_by
from fieldops.transaction import transaction
from fieldops.web.crew.list_changes import version_words
from fieldops.web.crew.pages import chosen_crew, day_of
from fieldops.web.crew.room import blueprint
from fieldops.web.protection import requires


@blueprint.post("/daftar/<int:version_id>/dibaca")
@requires(Right.WORK)
def list_read(version_id: int) -> AnyResponse:
    """Take that the leader has read what changed."""
    with transaction() as session:
        version = acknowledge_list(session, version_id, By(Actor.CREW_LEADER, current_user.id))
        batch = session.get_one(Batch, version.batch_id)
        letter = session.get_one(Crew, batch.crew_id).letter
    return redirect(url_for("crew.today", regu=letter), 303)


@blueprint.get("/daftar/versi.json")
@requires(Right.WORK)
def list_version() -> Response:
    """Return which version of the list is the newest, for a page that stays open."""
    day = day_of(chosen_crew(crews_led_by(db.session(), current_user.id)))
    return jsonify(version=version_words(day.batch) if day else "")
