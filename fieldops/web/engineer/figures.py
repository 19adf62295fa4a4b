"""Figures that maps are made with beside reports: rain by gauge, and residents by kelurahan."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.operations.keep_rain import forget_gauge, keep_rain
from fieldops.operations.keep_residents import keep_residents
from fieldops.queries.figures_kept import gauges_kept, kelurahan_many, residents_years
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.answers import sentence
from fieldops.web.engineer.room import blueprint
from fieldops.web.form_fields import text_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires

Answer = Response | tuple[str, int]


@blueprint.get("/angka")
@requires(Right.SEE_MAPS)
def figures() -> str:
    """Show which rain and residents are known."""
    return _page({})


@blueprint.post("/angka/hujan")
@requires(Right.KEEP_FIGURES)
def rain_create() -> Answer:
    """Take a file of rain readings."""
    by = acting(Right.KEEP_FIGURES)
    try:
        data = _file("rain")
        with transaction() as session:
            kept = keep_rain(
                session,
                data,
                by,
                time_zone=installation().city.time_zone,
                name=text_of(request.form, "gauge"),
                source=text_of(request.form, "source"),
                read_in_morning="morning" in request.form,
            )
    except FieldOpsError as error:
        return _page({error.field or "rain": sentence(error)}), error.status
    flash(
        ngettext("%(n)s day of rain was kept.", "%(n)s days of rain were kept.", kept.days, n=kept.days),
        "success",
    )
    if kept.faults:
        return _page({}, faults=kept.faults, faults_many=kept.faults_many), 200
    return redirect(url_for("engineer.figures"), 303)


@blueprint.post("/angka/penduduk")
@requires(Right.KEEP_FIGURES)
def residents_create() -> Answer:
    """Take a table of residents."""
    by = acting(Right.KEEP_FIGURES)
    try:
        data = _file("residents")
        year = whole_of(request.form, "year", 1961, 2100)
        with transaction() as session:
            kept = keep_residents(session, data, by, year=year, source=text_of(request.form, "people_source"))
    except FieldOpsError as error:
        return _page({error.field or "residents": sentence(error)}), error.status
    flash(
        ngettext(
            "Residents of %(n)s kelurahan were kept.",
            "Residents of %(n)s kelurahan were kept.",
            kept.kept,
            n=kept.kept,
        ),
        "success",
    )
    if kept.unknown:
        return _page({}, unknown=kept.unknown), 200
    return redirect(url_for("engineer.figures"), 303)


@blueprint.post("/angka/hujan/<int:gauge_id>/hapus")
@requires(Right.KEEP_FIGURES)
def rain_delete(gauge_id: int) -> Answer:
    """Forget a gauge."""
    by = acting(Right.KEEP_FIGURES)
    with transaction() as session:
        forget_gauge(session, gauge_id, by)
    flash(_("The gauge is forgotten. Maps keep the rain they were made with."), "success")
    return redirect(url_for("engineer.figures"), 303)


def _file(name: str) -> bytes:
    upload = request.files.get(name)
    if upload is None or not upload.filename:
        raise InvalidInput("Choose a file.", field=name)
    data: bytes = upload.read()
    return data


def _page(errors: dict[str, str], **more: Any) -> str:
    session = db.session()
    return render_template(
        "engineer/figures.html",
        errors=errors,
        form=request.form,
        gauges=gauges_kept(session),
        years=residents_years(session),
        kelurahan=kelurahan_many(session),
        this_year=i18n.local(clock.now()).year,
        **{"faults": [], "faults_many": 0, "unknown": [], **more},
    )
