"""A day that goes along on the phone: all its pages, and what those load, for hours without a signal.

The service worker (static/js/service_worker.js) keeps what is answered here and shows it where the site
cannot be reached. One answer instead of a hundred: pages of one day are so alike that together they pack
into a quarter of what they take one by one, and they are all of one moment.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from flask import Response, jsonify, url_for
from flask_login import current_user

from fieldops import clock
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.models import Crew
from fieldops.queries.crew_day import CrewDay, StopLine
from fieldops.queries.plans import crews_led_by
from fieldops.web.citizen.maps import base_map_url
from fieldops.web.crew import reports
from fieldops.web.crew.files import KEPT_S
from fieldops.web.crew.findings import finding_form
from fieldops.web.crew.help_pages import help_form
from fieldops.web.crew.kept_files import page_files
from fieldops.web.crew.list_changes import kept_version
from fieldops.web.crew.ordering import ordering_form
from fieldops.web.crew.pages import chosen_crew, day_of, form_page, list_page, map_page, sheet_page, stop_card
from fieldops.web.crew.pins import pin_form
from fieldops.web.crew.room import blueprint
from fieldops.web.crew.ways import DayWays
from fieldops.web.protection import requires

MOST_PHOTOS: Final = 2
"""Photos of a stop that go along: the first two, some 15 kB each."""

Page = Callable[..., str]


def _way(ways: DayWays, line: StopLine, **more: Any) -> str:
    return form_page("crew/way.html", ways, line, **more)


OF_DAY: Final[dict[str, Page]] = {
    "crew.today": list_page,
    "crew.map_of_day": map_page,
    "crew.sheet": sheet_page,
    "crew.ordering": ordering_form,
}
OF_STOP: Final[dict[str, Page]] = {"crew.stop": stop_card, "crew.way": _way}
WITH_STOP: Final[dict[str, Page]] = {"crew.finding": finding_form, "crew.help_asking": help_form}
"""What is reported at a stop, or at none."""
OF_OPEN_STOP: Final[dict[str, Page]] = {
    "crew.completion": reports.completion_form,
    "crew.blocking": reports.blocking_form,
    "crew.made_safe": reports.made_safe_form,
    "crew.before_photo": reports.before_photo_form,
    "crew.pin": pin_form,
}


@blueprint.get("/bekal.json")
@requires(Right.WORK)
def kept_day() -> Response:
    """Send the day's pages by their addresses, the addresses of what they load, and for how many seconds the
    phone may keep it all; `version` is what the pages name as theirs.
    """
    crews = crews_led_by(db.session(), current_user.id)
    day = day_of(chosen_crew(crews))
    if day is None:
        return jsonify(of=str(current_user.id), version="", keep_s=0, pages={}, files=[])
    ways = DayWays(day)
    until = day.shift.ends_at + timedelta(seconds=KEPT_S)
    return jsonify(
        of=str(current_user.id),
        version=kept_version(day.batch),
        stops=len(day.lines),
        keep_s=max(0, round((until - clock.now()).total_seconds())),
        pages=dict(_pages(ways, crews)),
        files=[*page_files(), base_map_url(), *_photos(day), *_maps(ways)],
    )


def _pages(ways: DayWays, crews: Sequence[Crew]) -> Iterator[tuple[str, str]]:
    letter = ways.day.crew.letter
    for endpoint, page in OF_DAY.items():
        address = url_for(endpoint, regu=letter)
        written = page(ways, crews, page_address=address)
        yield address, written
        if ways.day.crew.id == crews[0].id:
            yield url_for(endpoint), written  # whoever names no crew means the first
    for endpoint, page in WITH_STOP.items():
        address = url_for(endpoint, regu=letter)
        yield address, page(ways, None, page_address=address)
    for line in ways.day.lines:
        for endpoint, page in (OF_STOP | ({} if line.is_ended else OF_OPEN_STOP)).items():
            address = url_for(endpoint, stop_id=line.stop.id)
            yield address, page(ways, line, page_address=address)
        for endpoint, page in WITH_STOP.items():
            address = url_for(endpoint, titik=line.stop.id)
            yield address, page(ways, line, page_address=address)


def _photos(day: CrewDay) -> list[str]:
    photos = [photo for line in day.lines for photo in line.photos[:MOST_PHOTOS]]
    return [url_for("crew.photo", photo_id=photo.id, size="small") for photo in photos]


def _maps(ways: DayWays) -> list[str]:
    letter = ways.day.crew.letter
    return [url_for("crew.route", regu=letter, v=ways.version), url_for("crew.closures", regu=letter)]
