"""The terms of danger: what raises a message at once, and calls a dispatcher."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_hazards import (
    CODES,
    LANGUAGES,
    MOST_TERM,
    add_hazard,
    switch_hazard,
    would_hit,
)
from fieldops.queries.hazard_terms import all_hazard_terms
from fieldops.transaction import transaction
from fieldops.triage.hazards import HazardWord
from fieldops.web.acting import acting
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import text_of
from fieldops.web.protection import requires


@blueprint.get("/kata-bahaya")
@requires(Right.ADMINISTER)
def hazards() -> str:
    """Show every term by its danger, and a form for a new one."""
    return _hazards()


def _hazards(error: FieldOpsError | None = None) -> str:
    rows = all_hazard_terms(db.session())
    names = danger_words()
    return render_template(
        "admin/hazards.html",
        dangers=[(names[code], [row for row in rows if row.code == code]) for code in CODES],
        codes=[(code, names[code]) for code in CODES],
        languages=[(code, language_words()[code]) for code in LANGUAGES],
        form=request.form,
        errors=errors_of(error),
        most=MOST_TERM,
    )


@blueprint.post("/kata-bahaya")
@requires(Right.ADMINISTER)
def hazard_add() -> Answer:
    """Add a term, and say how many of the last messages it would have raised."""
    form = request.form
    by = acting(Right.ADMINISTER)
    try:
        with transaction() as session:
            word = HazardWord(
                form.get("code", ""), form.get("language", ""), text_of(form, "term", most=MOST_TERM)
            )
            newly, of = would_hit(session, word)
            add_hazard(session, word, by)
    except FieldOpsError as error:
        return _hazards(error), error.status
    flash(
        _("Saved. Of the last %(of)s messages it would have raised %(newly)s more.", of=of, newly=newly),
        "success",
    )
    return redirect(url_for("admin.hazards"), 303)


@blueprint.post("/kata-bahaya/<int:term_id>")
@requires(Right.ADMINISTER)
def hazard_switch(term_id: int) -> Response | Answer:
    """Use a term, or use it no longer."""
    is_active = bool(request.form.get("active"))
    return save(
        lambda session, by: switch_hazard(session, term_id, is_active=is_active, by=by),
        _hazards,
        _("Saved."),
        "admin.hazards",
    )


def danger_words() -> dict[str, str]:
    """Return what each danger is called."""
    return {
        "fall": _("Somebody falls"),
        "injury": _("Somebody is hurt"),
        "accident": _("Accident"),
        "water": _("Dangerous water"),
        "electricity": _("Electricity"),
        "collapse": _("Something collapses"),
        "fire": _("Fire"),
        "child": _("Children in danger"),
    }


def language_words() -> dict[str, str]:
    """Return what each language is called."""
    return {"id": _("Indonesian"), "jv": _("Javanese"), "en": _("English")}
