"""Telling what happened on the running day: an emergency, a crew that cannot go on, a longer stop."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask import redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.day_events import DayEventKind
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.operations.replan_day import MOST_MINUTES, MOST_WORDS, Happening, replan_day
from fieldops.transaction import transaction
from fieldops.web.acting import acting
from fieldops.web.dispatch.room import blueprint
from fieldops.web.dispatch.today import today_page
from fieldops.web.form_fields import choice_of, text_of, time_of, whole_of
from fieldops.web.page import installation
from fieldops.web.protection import requires

HIGHEST_ID = 2**31 - 1


@blueprint.post("/hari-ini/kejadian")
@requires(Right.PLAN)
def happening_create() -> Response | tuple[str, int]:
    """Write down what happened and go to the change that is computed for it."""
    by = acting(Right.PLAN)
    try:
        what = _read(request.form)
        with transaction() as session:
            plan_id = replan_day(session, installation(), what, by).id
    except FieldOpsError as error:
        return today_page(error), error.status
    return redirect(url_for("dispatch.change", plan_id=plan_id), 303)


def _read(form: MultiDict[str, str]) -> Happening:
    kind = DayEventKind(choice_of(form, "kind", [one.value for one in DayEventKind]))
    return Happening(
        kind,
        order_id=_number(form, "order"),
        crew_id=_number(form, "crew"),
        stop_id=_number(form, "stop"),
        until=_until(form),
        minutes=whole_of(form, "minutes", 1, MOST_MINUTES) if form.get("minutes") else None,
        words=text_of(form, "words", most=MOST_WORDS),
        fill=form.get("fill") == "1",
    )


def _number(form: MultiDict[str, str], name: str) -> int | None:
    return whole_of(form, name, 1, HIGHEST_ID) if form.get(name) else None


def _until(form: MultiDict[str, str]) -> datetime | None:
    if not form.get("until"):
        return None
    at: time = time_of(form, "until")
    day = i18n.local(clock.now()).date()
    return datetime.combine(day, at, ZoneInfo(installation().city.time_zone))
