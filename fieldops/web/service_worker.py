"""The script that works in the browser while no page is open, and the page it shows without a signal.

Both are the same for everybody: nothing of theirs is private, so a browser may keep them.
"""

import hashlib
import json
from typing import Any, Final

from flask import Blueprint, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.config import ROOT
from fieldops.errors import InvalidInput, NotFound
from fieldops.extensions import csrf, limiter
from fieldops.i18n import LANGUAGES, _, in_language
from fieldops.operations.keep_device import DeviceOffer, renew_device
from fieldops.transaction import transaction
from fieldops.web.device_cookie import device_secret, this_device
from fieldops.web.page import installation

blueprint = Blueprint("worker", __name__)

SCRIPT: Final = ROOT / "static" / "js" / "service_worker.js"
NAMED: Final = ("css/tokens.css", "css/components.css", "icons/icons.svg", "icons/favicon.svg", "js/app.js")
MODULES: Final = ("js/modules/offline.js", "js/lib/outbox.js")
"""What the page without a signal is made of: it asks for files by name and version, and modules ask for their
siblings by plain names.
"""
ROOMS: Final = ("/regu", "/petugas", "/akun", "/admin")
"""Addresses of staff and crews, for which that page stands in."""


@blueprint.get("/sw.js")
def script() -> Response:
    """Serve the service worker from the root, which is how far it reaches."""
    body = f"const HOUSE = {json.dumps(_house(), sort_keys=True)};\n{SCRIPT.read_text(encoding='utf-8')}"
    answer = Response(body, content_type="text/javascript; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


@blueprint.get("/luring")
def offline() -> Response:
    """Serve the page that stands in for one that cannot be fetched, in both languages."""
    with_words = []
    for code in LANGUAGES:
        with in_language(code):
            with_words.append((code, _offline_words()))
    page = render_template("offline.html", with_words=with_words)
    answer = Response(page, content_type="text/html; charset=utf-8")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/perangkat/kunci")
def key() -> Response:
    """Tell a browser the key that its subscriptions are tied to."""
    return jsonify(key=installation().push_key.public)


@blueprint.post("/perangkat/ganti")
@csrf.exempt
@limiter.limit("20/hour")
def renewed() -> Response:
    """Take a browser's new address for notices.

    The service worker has no form and perhaps no session any more. It proves itself by the secret cookie,
    which no other site's request carries, and by JSON, which no other site's form can send.
    """
    said: Any = request.get_json(silent=True) if request.is_json else None
    if not isinstance(said, dict):
        raise InvalidInput("A JSON object is needed.")
    if not device_secret():
        raise NotFound("No notices are switched on for this browser.")
    offer = DeviceOffer(*(str(said.get(name, ""))[:2000] for name in ("endpoint", "p256dh", "auth")))
    with transaction() as session:
        renew_device(session, installation(), this_device(), offer)
    return jsonify(state="renewed")


def _offline_words() -> dict[str, str]:
    return {
        "title": _("No signal"),
        "what": _("This page is not on your device, and the site cannot be reached just now."),
        "then": _("It tries again by itself when the network is back. Nothing that you sent is lost."),
        "waiting": _("Kept on this phone: {n}. They leave by themselves once a page of the site is open."),
        "again": _("Try again"),
        "stop": _("Stop {n}"),
    }


def _house() -> dict[str, Any]:
    """Return what the script needs to know of this installation; another version is another script."""
    named = [url_for("static", filename=name) for name in NAMED]
    modules = [url_for("static", filename=name) for name in MODULES]
    of = "".join([*named, *modules]).encode()
    pages = (ROOT / "templates" / "offline.html").read_bytes()
    return {
        "version": hashlib.sha256(of + pages).hexdigest()[:12],
        "offline": url_for("worker.offline"),
        "files": [*named, *(url.partition("?")[0] for url in modules)],
        "rooms": ROOMS,
        "day": url_for("crew.kept_day"),
        "day_files": ["/static/", f"{url_for('crew.today')}/", url_for("citizen.base")],
        "photos": url_for("crew.photo", photo_id=0, size="small").partition("0/")[0],
        "sign_out": url_for("account.sign_out"),
        "inbox": url_for("inbox.conversations"),
        "icon": url_for("static", filename="icons/icon-192.png"),
        "key_url": url_for("worker.key"),
        "renew_url": url_for("worker.renewed"),
        "name": "FieldOps",
    }
