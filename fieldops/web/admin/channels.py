"""Accounts on channels: connecting, trying, renewing and pausing them."""

from typing import Final

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.channels.contract import Announcing, Health
from fieldops.channels.registry import CHANNELS
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import ChannelAccount
from fieldops.operations.connect_account import (
    announce_account,
    change_account_values,
    connect_account,
    forget_old_secrets,
    hook_url,
    is_offered,
    set_account_state,
    traits_of,
    try_account,
)
from fieldops.operations.open_channel import open_channel
from fieldops.operations.refresh_templates import refresh_templates
from fieldops.queries.channels import EventCounts, all_accounts, event_counts, get_account, parked_events
from fieldops.queries.staff import active_departments
from fieldops.queries.templates import templates_of
from fieldops.queries.users import users_with
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.admin.channel_words import (
    field_words,
    guide,
    health_words,
    template_rows,
    templates_trouble,
)
from fieldops.web.admin.room import Answer, blueprint, errors_of
from fieldops.web.form_fields import text_of, whole_of
from fieldops.web.inbox.room import ICONS
from fieldops.web.page import installation
from fieldops.web.protection import requires

NOTHING: Final = EventCounts(0, 0)


@blueprint.get("/kanal")
@requires(Right.ADMINISTER)
def channels() -> str:
    """Show every account with its health, and the kinds that can be connected."""
    session = db.session()
    counts = event_counts(session)
    return render_template(
        "admin/channels.html",
        accounts=[
            (one, CHANNELS[one.kind].traits, counts.get(one.id, NOTHING)) for one in all_accounts(session)
        ],
        kinds=[one.traits for one in CHANNELS.values() if is_offered(installation(), one.traits)],
        departments={one.id: one.name for one in active_departments(session)},
        channel_icons=ICONS,
        is_live=installation().settings.live,
    )


@blueprint.get("/kanal/baru/<kind>")
@requires(Right.ADMINISTER)
def channel_new(kind: str) -> str:
    """Show the guided form of a kind."""
    return _form(kind)


@blueprint.post("/kanal/baru/<kind>")
@requires(Right.ADMINISTER)
def channel_connect(kind: str) -> Answer:
    """Connect an account and try it."""
    form = request.form
    by = acting(Right.ADMINISTER)
    try:
        with transaction() as session:
            account = connect_account(
                session,
                installation(),
                kind,
                text_of(form, "name"),
                whole_of(form, "department", 0, 2**31 - 1, otherwise=0),
                whole_of(form, "owner", 1, 2**31 - 1, otherwise=0) or None,
                form,
                by,
            )
    except FieldOpsError as error:
        return _form(kind, error), error.status
    flash(_("Connected. Now tell the service our address, then test it."), "success")
    return redirect(url_for("admin.channel", account_id=account.id), 303)


@blueprint.get("/kanal/<int:account_id>")
@requires(Right.ADMINISTER)
def channel(account_id: int) -> str:
    """Show one account: what to paste where, its health, its values without secrets."""
    return _account(get_account(db.session(), account_id))


@blueprint.post("/kanal/<int:account_id>")
@requires(Right.ADMINISTER)
def channel_change(account_id: int) -> Answer:
    """Take new values; a secret left empty stays."""
    try:
        with transaction() as session:
            account = get_account(session, account_id)
            change_account_values(session, installation(), account, request.form, acting(Right.ADMINISTER))
    except FieldOpsError as error:
        return _account(get_account(db.session(), account_id), error), error.status
    flash(_("Saved."), "success")
    return _back(account_id)


@blueprint.post("/kanal/<int:account_id>/uji")
@requires(Right.ADMINISTER)
def channel_try(account_id: int) -> str:
    """Try the connection now; nobody is written to."""
    account = get_account(db.session(), account_id)
    return _account(account, health=try_account(installation(), account))


@blueprint.post("/kanal/<int:account_id>/alamat")
@requires(Right.ADMINISTER)
def channel_announce(account_id: int) -> str:
    """Tell the service our address by a call of its own."""
    account = get_account(db.session(), account_id)
    return _account(account, health=announce_account(installation(), account))


@blueprint.post("/kanal/<int:account_id>/templat")
@requires(Right.ADMINISTER)
def channel_templates(account_id: int) -> Answer:
    """Ask the service for its templates now; what goes wrong stands on the page."""
    number = get_account(db.session(), account_id).id
    if not refresh_templates(db.session(), installation(), number, transaction):
        flash(_("Fetched."), "success")
    return redirect(url_for("admin.channel", account_id=account_id, _anchor="templates"), 303)


@blueprint.post("/kanal/<int:account_id>/keadaan")
@requires(Right.ADMINISTER)
def channel_state(account_id: int) -> Answer:
    """Pause the account, or let it work again."""
    state = request.form.get("state", "")
    try:
        with transaction() as session:
            set_account_state(session, get_account(session, account_id), state, acting(Right.ADMINISTER))
    except FieldOpsError as error:
        return _account(get_account(db.session(), account_id), error), error.status
    flash(
        _("Paused. What comes in is kept; nothing leaves.") if state == "paused" else _("Works again."),
        "success",
    )
    return _back(account_id)


@blueprint.post("/kanal/<int:account_id>/rahasia-lama")
@requires(Right.ADMINISTER)
def channel_forget(account_id: int) -> Answer:
    """Take the secrets of before no longer."""
    with transaction() as session:
        forget_old_secrets(
            session, installation(), get_account(session, account_id), acting(Right.ADMINISTER)
        )
    flash(_("Only the new secrets are taken now."), "success")
    return _back(account_id)


def _back(account_id: int) -> Response:
    return redirect(url_for("admin.channel", account_id=account_id), 303)


def _form(kind: str, error: FieldOpsError | None = None) -> str:
    session = db.session()
    return render_template(
        "admin/channel_new.html",
        traits=traits_of(kind),
        guide=guide(kind),
        field_words=field_words,
        departments=[(one.id, one.name) for one in active_departments(session)],
        officials=[(one.id, one.name) for one in users_with(session, Right.CONVERSE)],
        form=request.form,
        errors=errors_of(error),
        channel_icons=ICONS,
    )


def _account(
    account: ChannelAccount, error: FieldOpsError | None = None, health: Health | None = None
) -> str:
    traits = traits_of(account.kind)
    session = db.session()
    return render_template(
        "admin/channel.html",
        account=account,
        traits=traits,
        guide=guide(account.kind),
        field_words=field_words,
        hook_url=hook_url(installation(), account),
        can_announce=isinstance(open_channel(installation(), account), Announcing),
        counts=event_counts(session).get(account.id, NOTHING),
        parked=parked_events(session, account.id),
        templates=template_rows(templates_of(session, account.id)),
        templates_trouble=templates_trouble(account.templates_error),
        form=request.form,
        errors=errors_of(error),
        health=health,
        health_words=health_words(health) if health else "",
        channel_icons=ICONS,
        is_live=installation().settings.live,
    )
