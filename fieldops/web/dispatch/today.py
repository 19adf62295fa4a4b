"""Today's board: how far each crew is, what is late or blocked, and what happened."""

from flask import render_template, request

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.queries.changes import undecided_change, versions_of
from fieldops.queries.orders import blocked_orders, orders_described
from fieldops.queries.running_day import events_on
from fieldops.queries.today import batches_today
from fieldops.queries.work_orders import orders_in, priorities_of
from fieldops.web.answers import sentence
from fieldops.web.dispatch.event_words import event_words, version_words
from fieldops.web.dispatch.help_said import help_said
from fieldops.web.dispatch.own_orders import own_orders_said
from fieldops.web.dispatch.pins import pins_waiting
from fieldops.web.dispatch.room import blueprint
from fieldops.web.protection import requires

MOST_OFFERED = 60
"""How many ready orders an emergency can be chosen from here; any other is on its own page."""


@blueprint.get("/hari-ini")
@requires(Right.SEE_BOARD)
def today() -> str:
    """Show the batches of the day with their stops."""
    return today_page()


def today_page(error: FieldOpsError | None = None) -> str:
    """Return the page; after a refusal what was typed is kept."""
    session, now = db.session(), clock.now()
    day = i18n.local(now).date()
    batches = batches_today(session, day, now)
    ready = orders_in(session, "ready")
    worth = priorities_of(session, ready, now)
    pressing = sorted(ready, key=lambda order: -worth[order.id].prize_s)[:MOST_OFFERED]
    return render_template(
        "dispatch/today.html",
        **help_said(session),
        pins=pins_waiting(),
        day=day,
        batches=batches,
        blocked=blocked_orders(session),
        waiting=undecided_change(session, day),
        events=[(event, event_words(session, event)) for event in events_on(session, day)],
        versions=versions_of(session, [one.batch.id for one in batches]),
        version_words=version_words,
        own_orders=own_orders_said([one.batch for one in batches]),
        offered=list(orders_described(session, [order.id for order in pressing]).values()),
        typed=request.form,
        errors={error.field or "errors": sentence(error)} if error else {},
    )
