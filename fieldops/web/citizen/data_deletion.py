"""Deleting one's own data: what goes, what stays, a button, and a receipt."""

from flask import flash, redirect, render_template, url_for

from fieldops.domain.own_data import DELETION_WAITS
from fieldops.errors import Gone
from fieldops.extensions import db, limiter
from fieldops.i18n import _
from fieldops.models import DataVisit
from fieldops.operations.delete_own_data import delete_own_data, keep_own_data
from fieldops.operations.gather_own_data import gather_own_data
from fieldops.transaction import transaction
from fieldops.web.citizen.data_visit import Answer, current_visit, visiting
from fieldops.web.citizen.room import blueprint
from fieldops.web.page import installation


@blueprint.get("/data-saya/hapus")
@visiting
def data_deletion(visit: DataVisit) -> Answer:
    """Say what a deletion takes and what stays; nothing happens yet."""
    held = gather_own_data(db.session(), installation(), visit)
    hours = int(DELETION_WAITS.total_seconds() // 3600)
    return render_template("citizen/data_deletion.html", held=held, hours=hours)


@blueprint.post("/data-saya/hapus")
@limiter.limit("20/hour")
@visiting
def data_deleted(visit: DataVisit) -> Answer:
    """Delete, or let the deletion wait for the end of a danger."""
    try:
        with transaction() as session:
            deleted = delete_own_data(session, installation(), visit)
    except Gone:  # another tab was faster
        return redirect(url_for("citizen.data_receipt"), 303)
    for name in deleted.files:
        installation().media.delete(name)
    if deleted.waits:
        flash(_("Your wish is noted. Below you see when it is carried out."), "success")
        return redirect(url_for("citizen.data_deletion"), 303)
    return redirect(url_for("citizen.data_receipt"), 303)


@blueprint.post("/data-saya/hapus/batal")
@visiting
def data_kept(visit: DataVisit) -> Answer:
    """Take a deletion that waits back."""
    with transaction() as session:
        keep_own_data(session, installation(), visit)
    flash(_("Taken back. Nothing is deleted."), "success")
    return redirect(url_for("citizen.data_shown"), 303)


@blueprint.get("/data-saya/terhapus")
def data_receipt() -> Answer:
    """Say what was deleted and when; the page knows nobody any more."""
    visit = current_visit()
    if visit is None or visit.forgotten_at is None:
        return redirect(url_for("citizen.data"), 303)
    return render_template("citizen/data_receipt.html", visit=visit, again=False)
