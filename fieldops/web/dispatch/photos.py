"""Photos for staff who are signed in. The original of a photo never travels further."""

from flask import Response, current_app

from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.media.store import photo_name
from fieldops.queries.photos import get_photo
from fieldops.web.dispatch.room import blueprint
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/foto/<int:photo_id>-<any(small, large):size>.jpg")
@requires(Right.SEE_BOARD)
def photo(photo_id: int, size: str) -> Response:
    """Return one size of a photo."""
    found = get_photo(db.session(), photo_id)
    with installation().media.open(photo_name(found.sha256, size)) as file:
        answer = current_app.response_class(file.read(), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer
