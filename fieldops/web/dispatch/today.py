"""Today's board: how far each crew is, and what is late or blocked."""

from flask import render_template

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.queries.orders import blocked_orders
from fieldops.queries.today import batches_today
from fieldops.web.dispatch.room import blueprint
from fieldops.web.protection import requires


@blueprint.get("/hari-ini")
@requires(Right.SEE_BOARD)
def today() -> str:
    """Show the batches of the day with their stops."""
    session, now = db.session(), clock.now()
    day = i18n.local(now).date()
    return render_template(
        "dispatch/today.html",
        day=day,
        batches=batches_today(session, day, now),
        blocked=blocked_orders(session),
    )
