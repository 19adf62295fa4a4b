"""For whoever watches the installation: is it alive, is it ready."""

import shutil

from flask import Blueprint, current_app, jsonify
from sqlalchemy import text
from werkzeug.wrappers import Response

from fieldops.database import assert_spatial_indexes, head_revision, present_revision
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.queries.tasks import oldest_overdue_lease_s
from fieldops.web.page import installation

blueprint = Blueprint("health", __name__)

LEAST_FREE_BYTES = 50 * 1024 * 1024


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer as long as the process lives."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Answer 200 when the database is whole, at the newest revision, and there is room to write."""
    settings = installation().settings
    troubles: list[str] = []
    try:
        connection = db.session.connection()
        connection.execute(text("SELECT 1"))
        if present_revision(connection) != head_revision():
            troubles.append("the database is not at the newest migration")
        else:
            assert_spatial_indexes(connection, by_reading=True)
    except FieldOpsError as error:
        troubles.append(str(error))
    except Exception:
        current_app.logger.exception("the readiness check failed")
        troubles.append("the database does not answer")
    if shutil.disk_usage(settings.instance_dir).free < LEAST_FREE_BYTES:
        troubles.append("less than 50 MB of disk are free")
    late_s = oldest_overdue_lease_s(db.session()) if not troubles else 0
    return jsonify(
        ready=not troubles, troubles=troubles, oldest_overdue_lease_s=late_s
    ), 503 if troubles else 200
