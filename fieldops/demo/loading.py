"""Filling an empty database with the demonstration city, by the operations that everybody uses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import func, select

from fieldops import clock
from fieldops.demo.city import city
from fieldops.demo.loading_conversations import add_conversations
from fieldops.demo.loading_places import add_places
from fieldops.demo.loading_requests import add_demo_photos, add_demo_requests
from fieldops.demo.loading_statistics import add_statistics, compute_maps
from fieldops.demo.loading_work import dispatch_first_day, open_orders, record_past_work
from fieldops.demo.logins import add_logins
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.establish_city import ensure_shifts, establish_city
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.transaction import transaction

Say = Callable[[str], object]


def load_demo(app: Flask, *, seed: int, photos: bool, say: Say, first_day: bool = True) -> bool:
    """Fill an empty database; one that holds a request already is left as it is.

    Parameters
    ----------
    seed
        The same seed, on the same day, makes the same city.
    photos
        Draw placeholder photos, which takes most of the time.
    say
        Told about each step.
    first_day
        Send the crews out for their first day.

    Returns
    -------
    Whether anything was added.
    """
    installation: Installation = app.extensions["fieldops"]
    if db.session().scalar(select(func.count()).select_from(ServiceRequest)):
        say("The database holds requests already; the demonstration city is not added.")
        return False
    db.session.remove()
    say("Drawing the demonstration city of Surakarta …")
    made = city(seed, _present())
    with transaction() as session:
        establish_city(session, installation.city)
        add_places(session, made.places)
        leaders = add_logins(session)
        add_statistics(session, made)
        ensure_shifts(session, installation.city, clock.now() - timedelta(days=1))
    with transaction() as session:
        ids = add_demo_requests(session, installation, made)
    say(f"{len(ids)} requests of 90 days")
    with transaction() as session:
        counts = regroup_requests(session, installation, ended_too=True)
        record_past_work(session)
    say(f"{counts['clusters']} clusters")
    if photos:
        drawn = add_demo_photos(installation, made, ids)
        say(f"{drawn} drawn photos")
    say(f"{add_conversations(installation)} conversations")
    say(f"{compute_maps(installation)} maps of hotspots")
    orders = open_orders(installation)
    say(f"{orders} work orders")
    if first_day:
        say(dispatch_first_day(installation, made, leaders))
    return True


def _present() -> datetime:
    # To the hour, so that two loads within it are the same city.
    return clock.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
