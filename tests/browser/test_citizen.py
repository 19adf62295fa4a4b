"""Citizens in a real browser: within their budget, with and without JavaScript, and open to everybody."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from fieldops.extensions import db
from fieldops.models import Photo, ServiceRequest
from fieldops.models.base import lon_lat
from fieldops.operations.submit_request import tracking_secret
from tests.browser.conftest import OpenPage, Site

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
FIRST_LOAD_BYTES = 60_000
FIRST_LOAD_REQUESTS = 8
MAP_BYTES = 60_000
"""What the map may add; Leaflet is 28 kB of it."""

HERE = (110.8243, -7.5755)


def photo_with_place(lon: float, lat: float) -> bytes:
    image = Image.new("RGB", (2400, 1800), (110, 120, 100))
    exif = image.getexif()
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2], gps[3], gps[4] = "S", _sexagesimal(-lat), "E", _sexagesimal(lon)
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def _sexagesimal(angle: float) -> tuple[float, float, float]:
    minutes, degrees = angle % 1 * 60, float(int(angle))
    return degrees, float(int(minutes)), round(minutes % 1 * 60, 4)


class Meter:
    """Counts what a page loads, as it comes over the wire."""

    def __init__(self, page: Page) -> None:
        self.loaded: dict[str, float] = {}
        self._names: dict[str, str] = {}
        wire = page.context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        wire.on(
            "Network.requestWillBeSent",
            lambda sent: self._names.update({sent["requestId"]: sent["request"]["url"]}),
        )
        wire.on("Network.loadingFinished", self._finished)

    def _finished(self, done: dict[str, Any]) -> None:
        url = self._names.get(done["requestId"], "")
        if not url.startswith("data:"):
            self.loaded[url] = done["encodedDataLength"]

    @property
    def total_bytes(self) -> float:
        return sum(self.loaded.values())


@pytest.mark.parametrize("path", ["/", "/lapor", "/lacak"])
def test_the_first_load_keeps_its_budget(open_page: OpenPage, path: str) -> None:
    page = open_page("about:blank", phone=True)
    meter = Meter(page)
    page.goto(path, wait_until="networkidle")
    assert meter.total_bytes <= FIRST_LOAD_BYTES, meter.loaded
    assert len(meter.loaded) <= FIRST_LOAD_REQUESTS, meter.loaded


def test_the_map_comes_when_it_is_looked_at(open_page: OpenPage) -> None:
    page = open_page("about:blank", phone=True)
    meter = Meter(page)
    page.goto("/", wait_until="networkidle")
    assert not [url for url in meter.loaded if "leaflet" in url]
    before = meter.total_bytes
    page.locator("#map").scroll_into_view_if_needed()
    page.locator("#map .sym").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert meter.total_bytes - before <= MAP_BYTES, meter.loaded


def test_words_suggest_kinds_that_one_tap_chooses(open_page: OpenPage) -> None:
    page = open_page("/lapor", phone=True, language="en")
    page.get_by_role("button", name="Next: place").click()
    page.get_by_label("Landmark").fill("Depan pasar")
    page.get_by_role("button", name="Next: kind").click()
    page.get_by_label("In your own words").fill("Jalan bolong besar, tadi ada anak jatuh")
    suggested = page.get_by_role("group", name="Kinds that fit these words").get_by_role("button")
    expect(suggested.first).to_have_text("Pothole")
    expect(page.get_by_role("link", name="Phone 112")).to_be_visible()
    expect(page.locator("[name=service]:checked")).to_have_count(0)
    suggested.first.click()
    expect(page.locator("[name=service]:checked")).to_have_value("pothole")
    expect(suggested.first).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Next: check and send").click()
    expect(page.locator("[data-echo=service]")).to_have_text("Pothole")


def test_a_report_walks_through_four_steps(open_page: OpenPage, site: Site) -> None:
    page = open_page("/lapor", phone=True, language="en", position=HERE)
    expect(page.get_by_role("heading", name="Is there a photo?", level=1)).to_be_visible()
    page.set_input_files(
        "#photos", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_with_place(110.825, -7.5745)}
    )
    page.get_by_role("button", name="Next: place").click()
    expect(page.locator("#lat")).to_have_value("-7.574500")
    expect(page.get_by_text("The photo’s place fits: 0 m from the pin.")).to_be_visible()
    page.locator("#pin-map").get_by_role("button", name="My location").click()
    expect(page.get_by_text("Accurate to ± 12 m")).to_be_visible()
    expect(
        page.get_by_text(re.compile(r"This photo was taken 13\d m from the pin\. Use its place\?"))
    ).to_be_visible()
    expect(page.locator("[data-place-words]")).to_contain_text("Gajahan")
    page.get_by_role("button", name="Next: kind").click()
    page.get_by_role("button", name="Next: check and send").click()
    expect(page.get_by_text("Choose a kind of problem.")).to_be_visible()
    page.get_by_text("Pothole", exact=True).click()
    page.get_by_label("In your own words").fill("Dalam sekali")
    page.get_by_role("button", name="Next: check and send").click()
    expect(page.locator("[data-echo=service]")).to_have_text("Pothole")
    expect(page.locator("[data-echo=photos]")).to_have_text("1")
    page.go_back()
    expect(page.get_by_label("In your own words")).to_have_value("Dalam sekali")
    page.go_forward()
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/lacak/*")
    expect(page.get_by_text("Report received. Your code is")).to_be_visible()
    with site.app.app_context():
        row = db.session.query(ServiceRequest).filter_by(words="Dalam sekali").one()
        assert lon_lat(row.place) == pytest.approx(HERE, abs=1e-5)
        assert (row.location_source, row.accuracy_m) == ("gps", 12.0)
        photo = db.session.query(Photo).filter_by(request_id=row.id).one()
        assert max(photo.width_px, photo.height_px) == 1600
        assert lon_lat(photo.offered_place) == pytest.approx((110.825, -7.5745), abs=1e-5)


def test_without_a_signal_a_report_stays_whole_on_its_page(open_page: OpenPage, site: Site) -> None:
    page = open_page("/lapor?service=pothole&lat=-7.5755&lon=110.8243", phone=True, language="en")
    photo = {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": photo_with_place(110.825, -7.5745)}
    page.set_input_files("#photos", photo)
    for _ in range(3):
        page.locator("[data-forward]").click()
    expect(page.locator("[data-echo=photos]")).to_have_text("1")
    page.wait_for_load_state("networkidle")  # the map behind, which nobody needs any more
    page.context.set_offline(True)
    page.get_by_role("button", name="Send report").click()
    expect(page.locator("[data-no-signal]")).to_be_focused()
    expect(page.locator("[data-no-signal]")).to_contain_text("your photos stay on this page")
    page.context.set_offline(False)
    expect(page.locator("[data-no-signal]")).to_be_hidden()
    page.get_by_role("button", name="Send report").dblclick()
    page.wait_for_url("**/lacak/*")
    with site.app.app_context():
        row = db.session.query(ServiceRequest).order_by(ServiceRequest.id.desc()).first()
        assert lon_lat(row.place) == pytest.approx(HERE, abs=1e-5)
        assert db.session.query(Photo).filter_by(request_id=row.id).count() == 1
        same = db.session.query(ServiceRequest).filter_by(external_key=row.external_key)
        assert same.count() == 1


def test_the_next_buttons_words_stay_inside_it(open_page: OpenPage) -> None:
    for language in ("id", "en"):
        page = open_page("/lapor?service=pothole&lat=-7.5755&lon=110.8243", phone=True, language=language)
        for _ in range(3):
            box = "(one) => one.scrollWidth <= one.clientWidth"
            assert page.locator("[data-forward]").evaluate(box), (language, page.locator("h1").inner_text())
            page.locator("[data-forward]").click()


def test_a_report_needs_no_javascript(open_page: OpenPage, site: Site) -> None:
    page = open_page("/lapor", phone=True, language="en", javascript=False)
    page.get_by_text("Blocked drain", exact=True).click()
    page.get_by_label("Street and house number nearby").fill("Jl. Slamet Riyadi 100")
    page.get_by_label("In your own words").fill("Tanpa skrip")
    page.get_by_role("button", name="Send report").click()
    page.wait_for_url("**/lacak/*")
    expect(page.get_by_role("heading", name="Blocked drain", level=1)).to_be_visible()
    with site.app.app_context():
        row = db.session.query(ServiceRequest).filter_by(words="Tanpa skrip").one()
        assert (row.location_state, row.address) == ("none", "Jl. Slamet Riyadi 100")


def test_a_known_place_is_shown_before_sending(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        known = (
            db.session.query(ServiceRequest)
            .filter_by(status="acknowledged", confidential=False)
            .filter(ServiceRequest.public_place.is_not(None))
            .first()
        )
        lon, lat = lon_lat(known.public_place)
    page = open_page("/lapor", phone=True, language="en")
    page.get_by_role("button", name="Next: place").click()
    page.get_by_text("Type the coordinates instead").click()
    page.get_by_label("Latitude").fill(str(lat))
    page.get_by_label("Longitude").fill(str(lon))
    page.get_by_label("Longitude").blur()
    expect(page.get_by_role("heading", name="Already reported?")).to_be_visible()
    expect(page.get_by_text("Already reported 0 m from here").first).to_be_visible()
    page.get_by_role("button", name="No, mine is different").click()
    expect(page.get_by_role("heading", name="Already reported?")).to_be_hidden()


def test_a_fault_leads_to_its_step(open_page: OpenPage) -> None:
    page = open_page("/lapor?service=pothole&lat=-7.5755&lon=110.8243", phone=True, language="en")
    for _ in range(3):
        page.locator("[data-forward]").click()
    page.get_by_label("E-mail or telephone number").fill("call me")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator("#errors")).to_be_focused()
    expect(page.get_by_label("E-mail or telephone number")).to_have_value("call me")
    expect(page.get_by_role("heading", name="Check and send", level=1)).to_be_visible()


def test_chips_narrow_list_and_map(open_page: OpenPage) -> None:
    page = open_page("/", phone=True, language="en")
    chip = page.locator(".chip", has=page.locator("input[value=road]"))
    chip.click()
    families = page.locator("#near li[data-filter]:visible").evaluate_all(
        "rows => rows.map((row) => row.dataset.filter)"
    )
    assert set(families) == {"road"}


def test_my_location_opens_the_list_around_it(open_page: OpenPage) -> None:
    page = open_page("/", phone=True, language="en", position=HERE)
    page.get_by_role("button", name="My location").first.click()
    page.wait_for_url("**/?lat=-7.575&lon=110.824")
    expect(page.get_by_role("heading", name="Around you")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark", "sun"])
def test_everybody_can_use_the_pages(open_page: OpenPage, theme: str) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; script/bootstrap installs it")
    page = open_page("/", phone=True, theme=theme)
    for path in ("/", "/lapor", "/lacak", "/masuk", "/tidak-ada", "/peta"):
        page.goto(path, wait_until="networkidle")
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": 360, "height": max(740, height)})  # nothing lies under the tabs
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        bad = [(one["id"], node["html"][:120]) for one in found["violations"] for node in one["nodes"]]
        assert not bad, (path, json.dumps(bad))
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_private_page_fits_a_small_phone(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        place = site.app.extensions["fieldops"]
        rows = db.session.query(ServiceRequest).filter(
            ServiceRequest.status.in_(("done", "declined", "closed"))
        )
        links = [f"/lacak/{tracking_secret(place, row.source, row.external_key)}" for row in rows.limit(4)]
    for language in ("id", "en"):
        page = open_page("/lacak", phone=True, language=language)
        for link in links:
            page.goto(link)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (language, link)
