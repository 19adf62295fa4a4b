"""The dispatchers' map in a real browser: everything that waits, down to one report and its page."""

import re

import pytest
from playwright.sync_api import expect

from fieldops.extensions import db
from fieldops.models import ServiceRequest
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_citizen_map import SYMBOLS, biggest, counted, settled

pytestmark = pytest.mark.slow


def test_a_bubble_leads_to_a_report(open_page: OpenPage, site: Site) -> None:
    page = open_page("/petugas", login="dispatcher", language="en")
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    settled(page)
    with site.app.app_context():
        open_ones = ["submitted", "acknowledged", "scheduled", "in_progress", "reopened"]
        waiting = db.session.query(ServiceRequest).filter(
            ServiceRequest.status.in_(open_ones), ServiceRequest.place.is_not(None)
        )
        total = waiting.count()
    assert 0.9 * total <= counted(page) <= total, (
        "the view holds all places of work, and what lies beside them"
    )
    single = page.locator(f"{SYMBOLS}:not([aria-label*='reports'])")
    for _step in range(5):
        if single.count():
            break
        assert re.search(r"heavy|medium|light", biggest(page).get_attribute("aria-label") or "")
        biggest(page).press("Enter")
        settled(page)
    single.first.press("Enter")
    page.locator(".leaflet-popup-content").get_by_role("link", name="See details").click()
    page.wait_for_url(re.compile(r"/petugas/aduan/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_narrower_filter_shows_places_of_work(open_page: OpenPage) -> None:
    page = open_page("/petugas?state=ready", login="dispatcher", language="en")
    expect(page.locator(SYMBOLS).first).to_be_visible(timeout=30_000)
    expect(page.locator("#map[data-tiles-url]")).to_have_count(0)
