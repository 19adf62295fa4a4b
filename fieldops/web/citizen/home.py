"""The front page: what is reported around here, first as a list, then on a map, then in figures."""

from datetime import datetime, timedelta

from flask import render_template, request

from fieldops import clock
from fieldops.extensions import db
from fieldops.i18n import local
from fieldops.operations.look_around import look_around
from fieldops.queries.public import (
    kelurahan_choices,
    promised_hours,
    week_figures,
)
from fieldops.web.citizen.me_too import me_too_token
from fieldops.web.citizen.room import FAMILY_ICONS, blueprint, family_words
from fieldops.web.citizen.spot import asked_spot
from fieldops.web.page import installation

MOST_NEAR = 10
MAP_HALF_DEG = 0.009
"""Half the width of the front page's map: about 1 km."""


@blueprint.get("/")
def home() -> str:
    """Show what is near."""
    session, city = db.session(), installation().city
    spot, now = asked_spot(), clock.now()
    family = request.args.get("family", "")
    around = look_around(
        session,
        city,
        spot.lon,
        spot.lat,
        most=MOST_NEAR,
        family=family if family in FAMILY_ICONS else "",
    )
    since, until = _last_week(now)
    hours = promised_hours(session, "first_response", now.date())
    return render_template(
        "citizen/home.html",
        spot=spot,
        around=around,
        families=family_words(),
        family_icons=FAMILY_ICONS,
        family=family,
        areas=kelurahan_choices(session),
        token=me_too_token,
        response_due=timedelta(hours=hours),
        response_hours=hours,
        week=week_figures(session, since, until, hours, now),
        week_from=since,
        week_to=until - timedelta(days=1),
        bbox=[centre + side * MAP_HALF_DEG for side in (-1, 1) for centre in (spot.lon, spot.lat)],
    )


def _last_week(now: datetime) -> tuple[datetime, datetime]:
    """Return the last seven whole days, local midnight to local midnight."""
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=7), midnight
