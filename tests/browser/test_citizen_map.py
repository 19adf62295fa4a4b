"""The citizens' map in a real browser: drawn from tiles, and the list beside it says the same."""

import math
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from fieldops.extensions import db
from fieldops.models import ServiceRequest
from fieldops.operations.submit_request import Submission, submit_request
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_citizen import FIRST_LOAD_BYTES, Meter

pytestmark = pytest.mark.slow

SYMBOLS = "#map .leaflet-marker-icon"
MAP_REQUESTS = 14
"""Of the page with its map, two of them tiles."""
APART_PX = 39.5
"""Bubbles are 40 px apart; a browser may round half a pixel away."""


def settled(page: Page) -> None:
    """Wait until the map and its list show the same part."""
    expect(page.locator("#map[data-shown]")).to_be_visible(timeout=30_000)


@pytest.fixture
def open_map(open_page: OpenPage) -> OpenPage:
    """Open pages whose maps move at once."""

    def opened(path: str = "/peta", **how: Any) -> Page:
        page = open_page("about:blank", language="en", **how)
        page.emulate_media(reduced_motion="reduce")
        page.goto(path)
        return page

    return opened


def in_view(page: Page) -> list[tuple[float, float, str]]:
    """Middles of the symbols whose middle lies on the map, and what each is called."""
    found: list[list[float | str]] = page.evaluate(
        f"""() => {{
          const view = document.querySelector("#map").getBoundingClientRect();
          return [...document.querySelectorAll("{SYMBOLS}")].map((one) => {{
            const box = one.getBoundingClientRect();
            const [x, y] = [box.x + box.width / 2 - view.x, box.y + box.height / 2 - view.y];
            return [x, y, one.getAttribute("aria-label")];
          }}).filter(([x, y]) => x >= 0 && y >= 0 && x <= view.width && y <= view.height);
        }}"""
    )
    return [(float(x), float(y), str(label)) for x, y, label in found]


def aside(page: Page) -> float:
    """How far, in pixels, a drawing lies from its symbol's middle, at most."""
    far: float = page.evaluate(
        f"""() => Math.max(...[...document.querySelectorAll("{SYMBOLS}")].map((one) => {{
          const [box, drawn] = [one, one.firstElementChild].map((held) => held.getBoundingClientRect());
          const middle = (held) => [held.x + held.width / 2, held.y + held.height / 2];
          const [[x, y], [to_x, to_y]] = [middle(box), middle(drawn)];
          return Math.hypot(x - to_x, y - to_y);
        }}))"""
    )
    return far


def counted(page: Page) -> int:
    """How many reports, or places of work, the symbols in view stand for."""
    total = 0
    for _x, _y, label in in_view(page):
        number = re.match(r"([\d,]+) (?:reports|places)", label)
        total += int(number[1].replace(",", "")) if number else 1
    return total


def listed(page: Page) -> int:
    return int(page.locator("#near [data-total]").get_attribute("data-total") or -1)


def biggest(page: Page) -> Locator:
    """The symbol of the most that lies well inside the map."""
    found = [
        (int(number[1].replace(",", "")), label)
        for x, y, label in in_view(page)
        if 30 < x < page.locator("#map").bounding_box()["width"] - 80
        and 30 < y < page.locator("#map").bounding_box()["height"] - 30
        and (number := re.match(r"([\d,]+) (?:reports|places)", label))
    ]
    return page.locator(f'{SYMBOLS}[aria-label="{max(found)[1]}"]').first


@pytest.mark.parametrize("phone", [True, False])
def test_map_and_list_count_the_same_at_every_step(open_map: OpenPage, phone: bool) -> None:
    page = open_map(phone=phone)
    settled(page)
    seen = []
    for _step in range(3):
        assert counted(page) == listed(page) > 0
        spots = [(x, y) for x, y, _label in in_view(page)]
        nearest = min(math.dist(one, other) for at, one in enumerate(spots) for other in spots[:at])
        assert nearest >= APART_PX, "no two overlap"
        assert aside(page) < 1, "a drawing lies where its place is"
        seen.append(listed(page))
        biggest(page).click()
        settled(page)
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > seen[-1]


def test_the_whole_city_is_on_the_first_view(open_map: OpenPage, site: Site) -> None:
    page = open_map()
    settled(page)
    page.get_by_text("Not yet repaired").click()
    settled(page)
    expect(page.locator("#near [data-total]")).not_to_have_attribute("data-total", "0")
    with site.app.app_context():
        waiting = (
            db.session.query(ServiceRequest)
            .filter(
                ServiceRequest.status.in_(
                    ["submitted", "acknowledged", "scheduled", "in_progress", "reopened"]
                ),
                ServiceRequest.public_place.is_not(None),
                ServiceRequest.confidential.is_(False),
            )
            .count()
        )
    assert counted(page) == listed(page) == waiting


def test_a_filter_narrows_both(open_map: OpenPage) -> None:
    page = open_map(phone=True)
    settled(page)
    everything = listed(page)
    page.locator(".chip", has=page.locator("input[value=drain]")).click()
    settled(page)
    assert 0 < counted(page) == listed(page) < everything


def test_by_keyboard_a_bubble_zooms_and_a_point_opens_its_card(open_map: OpenPage) -> None:
    page = open_map("/peta?lat=-7.5755&lon=110.8243&zoom=16")
    settled(page)
    for _step in range(4):
        point = page.locator(f"{SYMBOLS}:not([aria-label*='reports'])")
        if point.count():
            break
        biggest(page).press("Enter")
        settled(page)
        assert page.evaluate("document.querySelector('#map').contains(document.activeElement)")
    point.first.press("Enter")
    card = page.locator(".leaflet-popup-content")
    expect(card).to_be_visible()
    expect(card).to_have_text(re.compile(r".+(Waiting|In hand|Repaired), \d+ \w+ \d{4}"))


def test_a_row_of_the_list_shows_its_place(open_map: OpenPage) -> None:
    page = open_map(phone=True)
    settled(page)
    row = page.locator("#near [data-at]").first
    number = int(row.locator("xpath=ancestor::li").get_attribute("data-count") or 0)
    row.press("Enter")
    settled(page)
    assert 0 < counted(page) == listed(page)
    assert listed(page) < number * 2, "it is about that place"
    assert page.evaluate("document.activeElement.id") == "near", "who reads the list stays in it"


def test_a_new_report_is_on_the_map(open_map: OpenPage, site: Site) -> None:
    page = open_map()
    settled(page)
    before = listed(page)
    with site.app.app_context():
        with transaction() as session:
            made = Submission("pothole", "Baru", "fresh", lon=110.8243, lat=-7.5755)
            submit_request(session, site.app.extensions["fieldops"], made)
        db.session.remove()
    page.reload()
    settled(page)
    assert listed(page) == before + 1
    page.context.clear_cookies()


def test_without_javascript_the_list_leads_on(open_map: OpenPage) -> None:
    page = open_map(phone=True, javascript=False)
    total = listed(page)
    link = page.locator("#near a[data-at]").first
    zoom = parse_qs(urlsplit(link.get_attribute("href") or "").query)["zoom"]
    link.click()
    assert 0 < listed(page) < total
    assert parse_qs(urlsplit(page.url).query)["zoom"] == zoom
    page.get_by_role("link", name="Show the whole city").click()
    assert listed(page) == total
    page.goto("/peta?family=drain")
    assert 0 < listed(page) < total


def test_the_map_keeps_its_weight(open_page: OpenPage) -> None:
    page = open_page("about:blank", phone=True)
    meter = Meter(page)
    page.goto("/peta", wait_until="networkidle")
    settled(page)
    page.wait_for_load_state("networkidle")
    document = meter.loaded[page.url]
    assert meter.total_bytes - document <= FIRST_LOAD_BYTES, meter.loaded
    assert len(meter.loaded) <= MAP_REQUESTS, meter.loaded
    later = ("leaflet/popup.js", "leaflet/shapes.js")
    assert not [url for url in meter.loaded if url.endswith(later)], "what a tap brings comes with the tap"


def test_a_card_that_did_not_come_is_asked_for_again(open_map: OpenPage) -> None:
    """The signal is gone for a moment, just when what opens cards is fetched."""
    page = open_map("/peta?lat=-7.5755&lon=110.8243&zoom=16")
    settled(page)
    page.route("**/vendor/leaflet/popup.js*", lambda route: route.abort())
    point = page.locator(f"{SYMBOLS}:not([aria-label*='reports'])").first
    for _step in range(4):
        if point.count():
            break
        biggest(page).press("Enter")
        settled(page)
    point.press("Enter")
    expect(page.locator("#map [data-trouble]")).to_contain_text("The map did not load")
    page.unroute("**/vendor/leaflet/popup.js*")
    point.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_be_visible()
    expect(page.locator("#map [data-trouble]")).to_have_count(0)
