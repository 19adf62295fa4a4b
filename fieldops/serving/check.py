"""One report carried through the whole path over HTTP, as people would: reported, grouped, ordered,
planned, dispatched, repaired, told.
"""

import io
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import click
import httpx
from PIL import Image, ImageDraw

from fieldops import clock
from fieldops.demo.logins import PASSWORD
from fieldops.errors import SetupError

T = TypeVar("T")

LON, LAT = 110.8228, -7.5712
"""A point in the middle of the demonstration city."""

WAIT_S: Final = 90.0
CREW_LOGINS: Final = ("regu", "regu-b", "regu-c", "regu-d", "regu-e", "regu-f")


class Visitor:
    """A browser without JavaScript: keeps cookies, sends each form with its token."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=30.0, headers={"Accept": "text/html"})

    def see(self, path: str) -> str:
        """Return a page's HTML."""
        answer = self.http.get(path, follow_redirects=True)
        if answer.status_code != 200:
            raise SetupError("%(path)s answered %(status)s.", path=path, status=answer.status_code)
        return answer.text

    def send(self, page: str, path: str, fields: dict[str, Any], files: Any = None) -> str:
        """Send a form found on `page` to `path` and return where it leads."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.see(page))
        if found is None:
            raise SetupError("%(path)s has no form.", path=page)
        answer = self.http.post(path, data=fields | {"csrf_token": found[1]}, files=files)
        if answer.status_code not in {302, 303}:
            said = re.sub(r"<[^>]+>", " ", answer.text)
            raise SetupError(
                "POST %(path)s answered %(status)s: %(said)s",
                path=path,
                status=answer.status_code,
                said=" ".join(said.split())[:300],
            )
        return str(answer.headers["location"])

    def sign_in(self, login: str) -> "Visitor":
        """Sign in with a demonstration login."""
        self.send("/masuk", "/masuk", {"login": login, "password": PASSWORD})
        return self


def check_whole_path(url: str) -> int:
    """Carry one report through; return the exit status and print each step.

    Parameters
    ----------
    url
        Where a demonstration is served, with its worker running.
    """
    started = time.monotonic()
    citizen, dispatcher = Visitor(url), Visitor(url).sign_in("dispatcher")
    tracking, code = _report(citizen)
    click.echo(f"reported: {code}")
    order = _order(dispatcher, code)
    number = _order_number(dispatcher, order)
    click.echo(f"in a cluster, with work order {number}")
    plan = _plan(dispatcher, order, number)
    click.echo(f"planned, accepted by the independent check and dispatched: plan {plan}")
    crew = _repair(url, number)
    click.echo(f"repaired with evidence by {crew}")
    _require_told(citizen, dispatcher, tracking, code)
    click.echo(
        f"the reporter's page and message say so; the whole path took {time.monotonic() - started:.1f} s"
    )
    return 0


def _photo(words: str) -> tuple[str, bytes, str]:
    picture = Image.new("RGB", (960, 720), "#8d8f92")
    ImageDraw.Draw(picture).ellipse((300, 260, 660, 480), fill="#3c3c3f")
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return f"{words}.jpg", file.getvalue(), "image/jpeg"


def _report(citizen: Visitor) -> tuple[str, str]:
    fields = {
        "key": str(uuid4()),
        "service": "pothole",
        "words": "Lubang besar di lajur kiri, tergenang kalau hujan.",
        "lat": str(LAT),
        "lon": str(LON),
        "accuracy_m": "8",
        "location_source": "drag",
        "severity": "3",
        "contact": "pelapor@example.org",
        "confirmed": "1",
    }
    tracking = citizen.send("/lapor", "/lapor", fields, files=[("photos", _photo("lubang"))])
    page = citizen.see(tracking)
    found = re.search(r"SKA-[0-9A-Z]{4}-[0-9A-Z]{3}", page)
    if found is None:
        raise SetupError("The tracking page shows no code.")
    return tracking, found[0]


def _until(what: str, look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.3)
    raise SetupError("Waited %(seconds)s s in vain for %(what)s.", seconds=round(WAIT_S), what=what)


def _order(dispatcher: Visitor, code: str) -> str:
    def look() -> str | None:
        found = re.search(r'href="(/petugas/kelompok/\d+)', dispatcher.see(f"/petugas/aduan?q={code}"))
        return found[1] if found else None

    cluster = _until("the report to join a cluster", look)
    dispatcher.send(cluster, f"{cluster}/perintah", {})
    found = re.search(r'href="(/petugas/perintah/\d+)"', dispatcher.see(cluster))
    if found is None:
        raise SetupError("The cluster shows no work order.")
    return found[1]


def _order_number(dispatcher: Visitor, order: str) -> str:
    found = re.search(r"PK-\d{4}-\d+", dispatcher.see(order))
    if found is None:
        raise SetupError("The work order's page shows no number.")
    return found[0]


def _plan(dispatcher: Visitor, order: str, number: str) -> str:
    _require_today(dispatcher, order)
    plan = _ask_for_plan(dispatcher)

    def look() -> dict[str, Any] | None:
        state: dict[str, Any] = dispatcher.http.get(f"{plan}/kemajuan.json").json()
        return state if state["state"] not in ("queued", "computing") else None

    state = _until("the plan", look)
    if not state.get("accepted"):
        raise SetupError("The plan was refused by the independent check.")
    if number not in dispatcher.see(plan):
        raise SetupError("The plan does not name the work order.")
    dispatcher.send(plan, f"{plan}/kirim", {"version": state["version"]})
    return plan.rsplit("/", 1)[-1]


def _require_today(dispatcher: Visitor, order: str) -> None:
    """Mark the order as one that must be done, so that no older one takes its place."""
    version = re.search(r'name="version" value="(\d+)"', dispatcher.see(order))
    fields = {"version": version[1] if version else "", "size": "", "minutes": "30", "material_amount": "80"}
    dispatcher.send(order, order, fields | {"note": "", "after": "", "must_do": "1", "dry_weather": "1"})


def _ask_for_plan(dispatcher: Visitor) -> str:
    """Ask for a plan of the first coming day on which a crew is free; the sooner days answer 409."""
    today = clock.now().date()
    refusal: SetupError | None = None
    for ahead in range(1, 4):
        fields = {"hari": (today + timedelta(days=ahead)).isoformat(), "seconds": "5", "seed": "1"}
        try:
            return urlsplit(dispatcher.send("/petugas/rencana", "/petugas/rencana", fields)).path
        except SetupError as error:
            refusal = error
    raise refusal or SetupError("No day could be planned.")


def _repair(url: str, number: str) -> str:
    """Find the crew that got the order and do the stop as its leader does."""
    for login in CREW_LOGINS:
        leader = Visitor(url).sign_in(login)
        for stop in sorted(set(re.findall(r'href="(/regu/titik/\d+)"', leader.see("/regu")))):
            if number in leader.see(stop):
                _do_stop(leader, stop)
                return login
    raise SetupError("No crew has the work order on its list.")


def _do_stop(leader: Visitor, stop: str) -> None:
    place = {"lat": str(LAT), "lon": str(LON), "override": "1"}
    for kind in ("left", "arrived"):
        leader.send(stop, f"{stop}/kejadian", {"kind": kind, "client_key": str(uuid4())} | place)
    fields = {
        "client_key": str(uuid4()),
        "repair_kind": "permanent",
        "size": "60 x 80 x 7 cm",
        "material_amount": "80",
    }
    leader.send(f"{stop}/selesai", f"{stop}/selesai", fields, files=[("photo", _photo("sesudah"))])


def _require_told(citizen: Visitor, dispatcher: Visitor, tracking: str, code: str) -> None:
    if f"{urlsplit(tracking).path}/beres" not in citizen.see(tracking):
        raise SetupError("The tracking page does not say that the work is done.")
    if code not in dispatcher.see("/petugas/pengecualian"):
        raise SetupError("The outbox holds no message about %(code)s.", code=code)
