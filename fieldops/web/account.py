"""Staff accounts from their owner's side: signing in and out, language, password; and the parts gallery."""

import re
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user, login_required, login_user, logout_user
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from fieldops.config import ROOT
from fieldops.domain.roles import Actor, By, Right, Role
from fieldops.errors import Conflict, FieldOpsError, InvalidInput
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.models import User
from fieldops.operations.change_user import check_password, note_sign_in, set_language, set_password
from fieldops.operations.keep_device import forget_browser, welcome_device
from fieldops.queries.users import roles_of
from fieldops.transaction import transaction
from fieldops.web.answers import sentence
from fieldops.web.device_cookie import DEVICE_COOKIE, this_device
from fieldops.web.map_words import map_said, tiles_url
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.returning import safe_next

blueprint = Blueprint("account", __name__)

HOMES: Final = (
    (Role.CREW_LEADER, "crew.today"),
    (Role.DISPATCHER, "dispatch.board"),
    (Role.OFFICER, "dispatch.board"),
    (Role.HEAD, "inbox.summary"),
    (Role.ENGINEER, "engineer.map"),
    (Role.ADMIN, "admin.users"),
)

Answer = Response | str | tuple[str, int]


@blueprint.get("/masuk")
def sign_in() -> Answer:
    """Ask who it is."""
    if current_user.is_authenticated:
        return redirect(home_of(current_user))
    return _sign_in_page("", {})


@blueprint.post("/masuk")
@limiter.limit("10/minute")
@limiter.limit("10/minute", key_func=lambda: "login:" + request.form.get("login", "").strip().lower()[:80])
def sign_in_sent() -> Answer:
    """Let them in when name and password fit."""
    login, password = request.form.get("login", ""), request.form.get("password", "")
    try:
        known = check_password(db.session(), login, password)
        with transaction() as session:
            user = note_sign_in(session, known.id)
            if here := this_device():
                welcome_device(session, user.id, here)
    except FieldOpsError as error:
        return _sign_in_page(login, {error.field or "login": sentence(error)}), error.status
    wanted = safe_next(home_of(user))
    cookie.clear()  # nothing of the visitor before is carried into the account
    cookie.permanent = True
    login_user(user)
    answer = redirect(wanted, 303)
    return answer if "language" in request.cookies else _in_language(answer, user.language)


@blueprint.post("/keluar")
def sign_out() -> Response:
    """End this session, and tell nothing more on this device."""
    if here := this_device():
        with transaction() as session:
            forget_browser(session, here)
    logout_user()
    cookie.clear()
    answer = redirect(url_for("account.sign_in"), 303)
    answer.delete_cookie(DEVICE_COOKIE)
    return answer


@blueprint.get("/akun")
@login_required
def own() -> str:
    """Show one's own account."""
    return _own_page({})


@blueprint.post("/akun/bahasa")
@login_required
def own_language() -> Answer:
    """Change the account's language."""
    language = request.form.get("language", "")
    try:
        with transaction() as session:
            set_language(_mine(session), language)
    except FieldOpsError as error:
        return _own_page({error.field or "language": sentence(error)}), error.status
    flash(_("Saved."), "success")
    return _in_language(redirect(url_for("account.own"), 303), language)


@blueprint.post("/akun/sandi")
@login_required
@limiter.limit("10/minute")
def own_password() -> Answer:
    """Change the password; all other sessions end."""
    new = request.form.get("new", "")
    try:
        _check_old_password(request.form.get("password", ""))
        if new != request.form.get("again", ""):
            raise InvalidInput("The two new passwords differ.", field="again")
        with transaction() as session:
            user = _mine(session)
            set_password(session, user, new, By(_actor(user), user.id), device_digest=this_device())
    except FieldOpsError as error:
        field = "new" if error.values.get("least") else error.field or "new"
        return _own_page({field: sentence(error)}), error.status
    login_user(user)
    flash(_("The password has been changed. Other devices are signed out."), "success")
    return redirect(url_for("account.own"), 303)


@blueprint.get("/komponen")
@requires(Right.SEE_BOARD)
def gallery() -> str:
    """Show every part of the look, for the people who build pages."""
    return render_template(
        "gallery.html",
        icon_names=_icon_names(),
        person_name=current_user.name,
        sample_base_url=url_for("citizen.base"),
        sample_tiles_url=tiles_url(),
        sample_said=map_said(),
        sample_points_url=url_for("citizen.points"),
        sample_routes_url=url_for("citizen.points"),
    )


def home_of(user: User) -> str:
    """Return the first page of a user's work."""
    roles = roles_of(db.session(), user.id)
    for role, endpoint in HOMES:
        if role in roles:
            try:
                return url_for(endpoint)
            except BuildError:  # an installation may leave a room out
                continue
    return url_for("account.own")


def _sign_in_page(login: str, errors: dict[str, str]) -> str:
    logins: Any = current_app.extensions["demo_logins"]
    return render_template(
        "account/sign_in.html", login=login, errors=errors, logins=logins, next_page=safe_next("")
    )


def _own_page(errors: dict[str, str]) -> str:
    return render_template(
        "account/own.html",
        errors=errors,
        roles=sorted(roles_of(db.session(), current_user.id)),
        home=home_of(current_user),
    )


def _mine(session: Any) -> User:
    """Return one's own row, unless it was changed since the page was shown."""
    user: User = session.get_one(User, current_user.id)
    if request.form.get("version", "") != str(user.version):
        raise Conflict("Your account was changed in the meantime. Look at it as it is now and try again.")
    return user


def _check_old_password(password: str) -> None:
    try:
        check_password(db.session(), current_user.login, password)
    except InvalidInput:
        raise InvalidInput("The present password is wrong.", field="password") from None


def _actor(user: User) -> Actor:
    roles = roles_of(db.session(), user.id)
    return Actor(min(roles)) if roles else Actor.SYSTEM


def _in_language(answer: Response, language: str) -> Response:
    answer.set_cookie(
        "language", language, max_age=365 * 24 * 3600, samesite="Lax",
        secure=installation().settings.secure_cookies, httponly=True,
    )  # fmt: skip
    return answer


@lru_cache(maxsize=1)
def _icon_names() -> list[str]:
    sprite = (ROOT / "static" / "icons" / "icons.svg").read_text(encoding="utf-8")
    return re.findall(r'<symbol id="([a-z]+)"', sprite)
