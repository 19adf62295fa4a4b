"""Kinds that typed words suggest, as a fragment of a form: the citizen's and the one at the counter."""

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from fieldops.extensions import db
from fieldops.operations.suggest_kinds import suggest_kinds
from fieldops.web.page import installation

MOST_WORDS = 4000


def kinds_fragment() -> Response:
    """Return the suggestions for the words of a form.

    They come by POST although nothing is written: addresses are logged, by us and by every proxy, and what
    people say is not.
    """
    words = request.form.get("words", "")[:MOST_WORDS]
    found = suggest_kinds(db.session(), installation(), words)
    answer = make_response(render_template("components/kinds.html", found=found, city=installation().city))
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
