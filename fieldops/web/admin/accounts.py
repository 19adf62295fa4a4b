"""Staff accounts and departments."""

from typing import Any

from flask import render_template, request

from fieldops.domain.roles import Right, Role
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_account import change_account, reset_password, switch_account
from fieldops.operations.change_department import save_department
from fieldops.operations.change_user import add_user
from fieldops.queries.staff import departments as all_departments
from fieldops.queries.staff import get_user
from fieldops.queries.users import all_users
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import choices_of, text_of, version_of, whole_of
from fieldops.web.protection import requires

ROLES = [role.value for role in Role]


@blueprint.get("")
@requires(Right.ADMINISTER)
def users() -> str:
    """Show all accounts, and the form for a new one."""
    return _users()


def _users(error: FieldOpsError | None = None) -> str:
    session = db.session()
    return render_template(
        "admin/users.html",
        users=all_users(session),
        departments=all_departments(session),
        roles=ROLES,
        form=request.form,
        chosen=request.form.getlist("roles"),
        errors=errors_of(error),
    )


def _department_id() -> int | None:
    return whole_of(request.form, "department_id", 0, 2**31 - 1, otherwise=0) or None


@blueprint.post("")
@requires(Right.ADMINISTER)
def user_add() -> Answer:
    """Make an account."""
    return save(
        lambda session, by: add_user(
            session,
            login=text_of(request.form, "login", most=80),
            name=text_of(request.form, "name"),
            password=request.form.get("password", ""),
            roles=choices_of(request.form, "roles", ROLES),
            department_id=_department_id(),
            by=by,
        ),
        _users,
        _("Account made."),
        "admin.users",
    )


@blueprint.get("/akun/<int:user_id>")
@requires(Right.ADMINISTER)
def user(user_id: int) -> str:
    """Show one account."""
    return _user(user_id)


def _user(user_id: int, error: FieldOpsError | None = None) -> str:
    session = db.session()
    shown = get_user(session, user_id)
    held: list[Role] = next(roles for account, roles in all_users(session) if account.id == user_id)
    typed: Any = (
        request.form if error is not None and error.status == 422 and "name" in request.form else None
    )
    return render_template(
        "admin/user.html",
        account=shown,
        departments=all_departments(session),
        roles=ROLES,
        form=typed or {"name": shown.name, "department_id": shown.department_id or ""},
        chosen=request.form.getlist("roles") if typed else [role.value for role in held],
        errors=errors_of(error),
    )


@blueprint.post("/akun/<int:user_id>")
@requires(Right.ADMINISTER)
def user_change(user_id: int) -> Answer:
    """Set an account's name, department and roles."""
    get_user(db.session(), user_id)
    return save(
        lambda session, by: change_account(
            session,
            user_id,
            version_of(request.form),
            name=text_of(request.form, "name"),
            roles=choices_of(request.form, "roles", ROLES),
            department_id=_department_id(),
            by=by,
        ),
        lambda error: _user(user_id, error),
        _("Saved."),
        "admin.users",
    )


@blueprint.post("/akun/<int:user_id>/aktif")
@requires(Right.ADMINISTER)
def user_switch(user_id: int) -> Answer:
    """Let an account in or keep it out."""
    get_user(db.session(), user_id)
    active = request.form.get("active") == "1"
    return save(
        lambda session, by: switch_account(session, user_id, version_of(request.form), active, by),
        lambda error: _user(user_id, error),
        _("The account may sign in again.")
        if active
        else _("The account is switched off; its sessions ended."),
        "admin.users",
    )


@blueprint.post("/akun/<int:user_id>/sandi")
@requires(Right.ADMINISTER)
def user_password(user_id: int) -> Answer:
    """Give an account a new password."""
    get_user(db.session(), user_id)
    return save(
        lambda session, by: reset_password(
            session, user_id, version_of(request.form), request.form.get("password", ""), by
        ),
        lambda error: _user(user_id, error),
        _("New password set; the account's sessions ended."),
        "admin.users",
    )


# ---------------------------------------------------------------- departments


@blueprint.get("/dinas")
@requires(Right.ADMINISTER)
def departments() -> str:
    """Show the departments, each with its form, and one for a new department."""
    return _departments()


def _departments(error: FieldOpsError | None = None) -> str:
    return render_template(
        "admin/departments.html",
        departments=all_departments(db.session()),
        form=request.form,
        errors=errors_of(error),
    )


@blueprint.post("/dinas")
@requires(Right.ADMINISTER)
def department_save() -> Answer:
    """Add or change a department."""
    form = request.form
    return save(
        lambda session, by: save_department(
            session,
            whole_of(form, "id", 1, 2**31 - 1, otherwise=0) or None,
            code=text_of(form, "code", most=40),
            name=text_of(form, "name"),
            active=form.get("active") == "1",
            by=by,
        ),
        _departments,
        _("Saved."),
        "admin.departments",
    )
