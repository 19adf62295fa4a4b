"""The model card of the suggestions: what they are good for, their versions, and going back to one."""

from typing import Any

from flask import render_template, request

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.i18n import _, language
from fieldops.models import TriageModel
from fieldops.operations.activate_triage import activate_triage, follow_newest
from fieldops.queries.services import services_by_id
from fieldops.queries.triage import all_versions
from fieldops.triage.labelled import NOT_A_COMPLAINT
from fieldops.triage.shipped import shipped_card
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.protection import requires


@blueprint.get("/usulan")
@requires(Right.ADMINISTER)
def triage() -> str:
    """Show the card of the version in use, or of the one asked for."""
    return _page()


def _page(error: FieldOpsError | None = None) -> str:
    session = db.session()
    versions = all_versions(session)
    in_use = next((version for version in versions if version.is_active), None)
    shown = _asked(versions) or in_use
    return render_template(
        "admin/triage.html",
        versions=versions,
        in_use=in_use,
        shown=shown,
        model_card=shown.card if shown else shipped_card(),
        shipped=shipped_card(),
        kind_names=_kinds(),
        language_names={"id": _("Indonesian"), "jv": _("Javanese"), "en": _("English")},
        errors=errors_of(error),
    )


def _asked(versions: list[TriageModel]) -> TriageModel | None:
    """Return the version that the address asks for.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    number = request.args.get("version", type=int)
    if number is None:
        return None
    for version in versions:
        if version.id == number:
            return version
    raise NotFound("There is no such version of the suggestions.")


def _kinds() -> dict[str, Any]:
    names = {service.code: service.name(language()) for service in services_by_id(db.session()).values()}
    return names | {NOT_A_COMPLAINT: _("Not a report")}


@blueprint.post("/usulan/versi/<int:version>")
@requires(Right.ADMINISTER)
def triage_use(version: int) -> Answer:
    """Use a version and hold it."""
    return save(
        lambda session, by: activate_triage(session, version, by, hold=True),
        _page,
        _("Version %(number)s is in use and stays.", number=version),
        "admin.triage",
    )


@blueprint.post("/usulan/terbaru")
@requires(Right.ADMINISTER)
def triage_follow() -> Answer:
    """Let better versions replace the one in use again."""
    return save(follow_newest, _page, _("The next better version will be used by itself."), "admin.triage")
