"""Access for a member of staff's own programs: tokens made, listed and revoked."""

from flask import flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.operations.give_api_token import give_api_token, revoke_api_token
from fieldops.queries.api_tokens import living_tokens
from fieldops.transaction import transaction
from fieldops.web.account import blueprint
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.protection import requires


@blueprint.get("/akun/akses")
@requires(Right.SEE_BOARD)
def access() -> str:
    """Show one's tokens."""
    return _page()


@blueprint.post("/akun/akses")
@requires(Right.SEE_BOARD)
@limiter.limit("20/hour")
def access_made() -> str | tuple[str, int]:
    """Make a token and show it, once."""
    name = request.form.get("name", "")
    try:
        with transaction() as session:
            made, secret = give_api_token(session, current_user.id, name, acting(Right.SEE_BOARD))
            made_name = made.name
    except FieldOpsError as error:
        return _page(errors={error.field or "name": sentence(error)}, name=name), error.status
    return _page(secret=secret, made_name=made_name), 201


@blueprint.post("/akun/akses/<int:token_id>/cabut")
@requires(Right.SEE_BOARD)
def access_revoked(token_id: int) -> Response:
    """Take a token back."""
    with transaction() as session:
        revoke_api_token(session, current_user.id, token_id, acting(Right.SEE_BOARD))
    flash(_("The token no longer opens anything."), "success")
    return redirect(url_for("account.access"), 303)


def _page(
    *, errors: dict[str, str] | None = None, name: str = "", secret: str = "", made_name: str = ""
) -> str:
    address = url_for("ogcapi.landing", token=secret, _external=True) if secret else ""
    return render_template(
        "account/access.html",
        errors=errors or {},
        name=name,
        secret=secret,
        made_name=made_name,
        address=address,
        tiles_address=f"{address}tiles/requests/{{z}}/{{x}}/{{y}}.pbf" if secret else "",
        tokens=living_tokens(db.session(), current_user.id),
    )
