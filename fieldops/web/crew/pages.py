"""What a crew leader reads: today's list, a stop's card, the way there, the map, the sheet for paper."""

from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import uuid4

from flask import render_template, request, url_for
from flask_login import current_user

from fieldops import clock, i18n
from fieldops.domain.help_calls import SHOWN_ANSWERED
from fieldops.domain.roles import Right
from fieldops.domain.work_order_states import BatchStatus
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.models import Crew
from fieldops.operations.record_stop_event import ARRIVAL_REACH_M
from fieldops.queries.crew_day import CrewDay, StopLine, batch_to_show, crew_day, own_stop
from fieldops.queries.help_calls import CallShown, calls_shown
from fieldops.queries.plans import crews_led_by, events_of
from fieldops.web.closure_features import closure_words
from fieldops.web.crew import words as said
from fieldops.web.crew.list_changes import kept_version, new_list, version_words
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.page import installation
from fieldops.web.protection import requires

Crews = Sequence[Crew]

NOTHING_SENT: Final[dict[str, Any]] = {"errors": {}, "held": {}, "asks_override": False}
"""What a page shows of a form that nobody has sent."""


@blueprint.get("")
@requires(Right.WORK)
def today() -> str:
    """Show the day's list: the next stop large, the others in order, the finished ones folded away."""
    return _page_of_day("today", list_page)


@blueprint.get("/titik/<int:stop_id>")
@requires(Right.WORK)
def stop(stop_id: int) -> str:
    """Show everything a crew needs to know of one stop."""
    return stop_page(stop_id)


@blueprint.get("/titik/<int:stop_id>/arah")
@requires(Right.WORK)
def way(stop_id: int) -> str:
    """Show how to get to a stop on a phone whose map application does not open by itself."""
    day, line = day_with_stop(stop_id)
    return form_page("crew/way.html", DayWays(day), line)


@blueprint.get("/peta")
@requires(Right.WORK)
def map_of_day() -> str:
    """Show the day's stops on the map, with the list as its twin."""
    return _page_of_day("map_of_day", map_page)


@blueprint.get("/lembar")
@requires(Right.WORK)
def sheet() -> str:
    """Show the day's list for paper: A4, black on white."""
    return _page_of_day("sheet", sheet_page)


def _page_of_day(here: str, page: Callable[[DayWays, Crews], str]) -> str:
    crews = crews_led_by(db.session(), current_user.id)
    crew = chosen_crew(crews)
    day = day_of(crew)
    if day is None:
        return render_template("crew/nothing.html", crews=crews, crew=crew, **frame(None, here, crew))
    return page(DayWays(day), crews)


def list_page(ways: DayWays, crews: Crews, **more: Any) -> str:
    """Return the day's list."""
    day = ways.day
    left = day.left
    return render_template(
        "crew/today.html",
        crews=crews,
        day=day,
        next_line=left[0] if left else None,
        later_lines=left[1:],
        is_today=day.shift.day == i18n.local(clock.now()).date(),
        changed=new_list(day.batch),
        help_calls=calls_of(day.crew),
        is_recalled=day.batch.status == BatchStatus.RECALLED.value,
        **frame(ways, "today"),
        **more,
    )


def map_page(ways: DayWays, _crews: Crews, **more: Any) -> str:
    """Return the day's map."""
    return render_template("crew/map.html", day=ways.day, **frame(ways, "map_of_day"), **more)


def sheet_page(ways: DayWays, _crews: Crews, **more: Any) -> str:
    """Return the day's list for paper."""
    return render_template("crew/sheet.html", day=ways.day, **frame(ways, "sheet"), **more)


def stop_page(stop_id: int, **more: Any) -> str:
    """Return a stop's card; `more` holds `errors`, `held` (what was typed) and `asks_override`."""
    day, line = day_with_stop(stop_id)
    return stop_card(DayWays(day), line, **more)


def stop_card(ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return a stop's card of a day that was read."""
    values = NOTHING_SENT | {
        "events": events_of(db.session(), line.stop.id),
        "help_calls": calls_of(ways.day.crew),
    }
    values |= more
    return render_template("crew/stop.html", day=ways.day, line=line, **values, **frame(ways, "today"))


def form_page(template: str, ways: DayWays, line: StopLine, **more: Any) -> str:
    """Return a form about a stop; `more` holds its choices and what stop_page's holds."""
    return render_template(template, day=ways.day, line=line, **(NOTHING_SENT | more), **frame(ways, "today"))


def calls_of(crew: Crew | None) -> list[CallShown]:
    """Return a crew's calls for help that are open or were answered lately."""
    return calls_shown(db.session(), clock.now() - SHOWN_ANSWERED, [crew.id]) if crew else []


def chosen_crew(crews: Crews) -> Crew | None:
    """Return the crew named in the address (`?regu=B`), else the first one that the user leads."""
    letter = request.args.get("regu", "")
    return next((crew for crew in crews if crew.letter == letter), crews[0] if crews else None)


def day_of(crew: Crew | None) -> CrewDay | None:
    """Return what a crew works on now or next, None when nothing was dispatched."""
    if crew is None:
        return None
    session, now = db.session(), clock.now()
    found = batch_to_show(session, crew.id, i18n.local(now).date())
    return crew_day(session, *found, now) if found else None


def day_with_stop(stop_id: int) -> tuple[CrewDay, StopLine]:
    """Return a stop of the reader's own crew with the day it belongs to.

    Raises
    ------
    NotFound, NotAllowed
        There is no such stop, or it belongs to another crew.
    """
    session = db.session()
    found, batch, shift = own_stop(session, stop_id, current_user.id)
    day = crew_day(session, batch, shift, clock.now(), also=found.id)
    return day, next(line for line in day.lines if line.stop.id == found.id)


def frame(ways: DayWays | None, here: str, crew: Crew | None = None) -> dict[str, Any]:
    """Return what the crew layout and the shared drawings of a stop need."""
    day = ways.day if ways else None
    crew = day.crew if day else crew
    args: dict[str, Any] = {"regu": crew.letter} if crew else {}
    tabs = (
        ("today", _("List"), "list"),
        ("map_of_day", _("Map"), "map"),
        ("sheet", _("Sheet"), "printer"),
        ("survey", _("Survey"), "ruler"),
    )
    city = installation().city
    return {
        "ways": ways,
        "route_url": url_for("crew.route", **args, v=ways.version) if ways else "",
        "closures_url": url_for("crew.closures", **args),
        "crew_url": lambda one: url_for(f"crew.{here}", regu=one.letter),
        "kept_day_url": url_for("crew.kept_day", **args) if day else "",
        "kept_version": kept_version(day.batch) if day else "",
        "closure_words": closure_words,
        "list_of": crew.letter if crew else "",
        "list_version": version_words(day.batch) if day else "",
        "nav_items": [
            {"url": url_for(f"crew.{name}", **args), "label": label, "icon": icon, "current": name == here}
            for name, label, icon in tabs
        ],
        "crew_name": crew.name if crew else _("No crew"),
        "shift_words": said.shift_words(day.shift) if day else i18n.date_words(clock.now()),
        "reason_words": said.reason_words,
        "due_words": said.due_words,
        "means_words": said.means_words,
        "coordinates": said.coordinates,
        "reach_m": ARRIVAL_REACH_M,
        "geo_link": said.geo_link,
        "maps_link": said.maps_link,
        "plus_code": lambda place: said.plus_code(place, city),
        "new_key": lambda: str(uuid4()),
        "attribution": _("FieldOps; example data") if installation().settings.demo else "FieldOps",
    }
