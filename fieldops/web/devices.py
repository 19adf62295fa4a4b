"""Being told on this device while no page is open: switched on, tried and off again by its owner alone."""

from typing import Final

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_limiter.util import get_remote_address
from flask_login import current_user, login_required
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.domain.roles import Actor, By, Right, may
from fieldops.extensions import db, limiter
from fieldops.i18n import _, language
from fieldops.operations.keep_device import (
    DeviceOffer,
    forget_device,
    keep_device,
    secret_digest,
    try_device,
)
from fieldops.queries.devices import devices_of
from fieldops.queries.users import roles_of
from fieldops.transaction import transaction
from fieldops.web import access
from fieldops.web.account import blueprint, home_of
from fieldops.web.device_cookie import device_label, device_secret, fresh_secret, remember, this_device
from fieldops.web.page import installation

__all__ = ["access", "blueprint"]  # one blueprint: the account's other room comes along

LISTENING: Final = (Right.CONVERSE, Right.WORK)
"""Who is told of anything at all."""


def _person() -> str:
    """Return whom a limit counts: the people of an office have one address together."""
    return f"user:{current_user.get_id()}" if current_user.is_authenticated else get_remote_address()


@blueprint.get("/akun/pemberitahuan")
@login_required
def devices() -> str:
    """Show the devices that are told, and this one's state."""
    roles = roles_of(db.session(), current_user.id)
    return render_template(
        "account/devices.html",
        devices=devices_of(db.session(), current_user.id, clock.now()),
        this_browser=this_device(),
        push_key=installation().push_key.public,
        is_rehearsal=not installation().settings.live,
        answers=may(roles, Right.CONVERSE),
        leads=may(roles, Right.WORK),
        home=home_of(current_user),
    )


@blueprint.post("/akun/pemberitahuan")
@login_required
@limiter.limit("20/hour", key_func=_person)
def device_added() -> Response:
    """Keep what the browser gave after its user had said yes."""
    form = request.form
    offer = DeviceOffer(form.get("endpoint", ""), form.get("p256dh", ""), form.get("auth", ""))
    secret = device_secret() or fresh_secret()
    with transaction() as session:
        keep_device(
            session,
            installation(),
            offer,
            device_digest=secret_digest(secret),
            label=device_label(),
            language=language(),
            by=_me(),
        )
    flash(_("Notices are on for this device."), "success")
    return remember(jsonify(next=url_for("account.devices")), secret)


@blueprint.post("/akun/pemberitahuan/<int:subscription_id>/uji")
@login_required
@limiter.limit("10/hour", key_func=_person)
def device_tried(subscription_id: int) -> Response:
    """Send a test notice to one of one's devices."""
    with transaction() as session:
        try_device(session, current_user.id, subscription_id)
    flash(_("A test notice is on its way. It arrives within seconds if the device is on."), "success")
    return redirect(url_for("account.devices"), 303)


@blueprint.post("/akun/pemberitahuan/<int:subscription_id>/mati")
@login_required
def device_removed(subscription_id: int) -> Response:
    """Tell nothing more on a device."""
    with transaction() as session:
        forget_device(session, current_user.id, subscription_id, _me())
    flash(_("Notices are off for that device."), "success")
    return redirect(url_for("account.devices"), 303)


def _me() -> By:
    roles = roles_of(db.session(), current_user.id)
    return By(Actor(min(roles)) if roles else Actor.SYSTEM, current_user.id)
