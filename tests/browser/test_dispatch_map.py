"""The dispatchers' map in a real browser: under every filter what the list lists, down to a place's page."""

import re

import pytest
from playwright.sync_api import Page, expect

from fieldops import clock
from fieldops.extensions import db
from fieldops.models import Cluster, ServiceRequest, WorkOrder
from fieldops.queries.board import STATES
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_citizen_map import SYMBOLS, biggest, counted, settled

pytestmark = pytest.mark.slow


def opened(open_page: OpenPage, path: str = "/petugas", **how: object) -> Page:
    page = open_page("/petugas", login="dispatcher", language="en", **how)
    page.emulate_media(reduced_motion="reduce")
    page.goto(path)
    settled(page)
    return page


def total(page: Page) -> int:
    """How many places the list has, on all of its pages."""
    return int(page.locator("[data-total]").get_attribute("data-total") or -1)


def rows_of_all_pages(page: Page) -> int:
    """The same, counted."""
    found = page.locator(".rows a.cover").count()
    while (following := page.get_by_role("link", name="Next page")).count():
        following.click()
        page.wait_for_load_state()
        found += page.locator(".rows a.cover").count()
    return found


def something_everywhere(site: Site) -> None:
    """Give every state of the board something, whatever the demonstration's day left."""
    with site.app.app_context():
        with transaction() as session:
            orders = session.query(WorkOrder).filter(WorkOrder.status == "ready").order_by(WorkOrder.id).all()
            assert len(orders) > 3
            orders[0].status, orders[0].blocked_reason = "blocked", "no_access"
            for order in orders[1:3]:
                order.due_at = clock.now()
            unread = session.query(ServiceRequest).filter(
                ServiceRequest.status == "submitted", ServiceRequest.cluster_id.is_not(None)
            )
            chosen = unread.order_by(ServiceRequest.id).first()
            assert chosen is not None
            for request in unread.filter(ServiceRequest.cluster_id == chosen.cluster_id):
                request.status = "acknowledged"
        db.session.remove()


@pytest.mark.parametrize("phone", [True, False])
def test_under_every_filter_map_and_list_count_the_same(open_page: OpenPage, site: Site, phone: bool) -> None:
    something_everywhere(site)
    page = opened(open_page, phone=phone)
    everything = total(page)
    assert counted(page) == everything > 10
    seen = {}
    filters = (
        *(f"state={state}" for state in STATES),
        "overdue=1",
        "family=drain",
        "q=jl",
        "overdue=1&family=road",
    )
    for query in filters:
        page.goto(f"/petugas?{query}")
        settled(page)
        seen[query] = total(page)
        assert counted(page) == seen[query] > 0, query
        asked = page.evaluate("document.querySelector('#map').dataset.tilesUrl")
        assert asked.startswith("/petugas/tiles/places/")
        assert rows_of_all_pages(page) == seen[query], query
    assert all(number < everything for query, number in seen.items() if query.startswith("state=")), seen
    page.goto("/petugas?q=there+is+none")
    settled(page)
    assert page.locator(SYMBOLS).count() == 0


def test_a_chip_narrows_map_and_list_alike(open_page: OpenPage) -> None:
    page = opened(open_page)
    chip = page.get_by_role("link", name=re.compile("Ready to plan"))
    number = int(re.sub(r"\D", "", chip.inner_text()))
    chip.click()
    page.wait_for_url(re.compile("state=ready"))
    settled(page)
    assert counted(page) == total(page) == number
    page.get_by_role("searchbox").fill("slamet")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=slamet"))
    settled(page)
    assert counted(page) == total(page) < number


def test_a_bubble_leads_to_a_place_of_work(open_page: OpenPage) -> None:
    page = opened(open_page, "/petugas?state=ready")
    single = page.locator(f"{SYMBOLS}:not([aria-label*='places'])")
    for _step in range(6):
        if single.count():
            break
        assert re.search(r"heavy|medium|light", biggest(page).get_attribute("aria-label") or "")
        biggest(page).press("Enter")
        settled(page)
        assert page.evaluate("document.querySelector('#map').contains(document.activeElement)")
    assert "Ready to plan" in (single.first.get_attribute("aria-label") or "")
    single.first.press("Enter")
    card = page.locator(".leaflet-popup-content")
    expect(card).to_contain_text(re.compile(r"Ready to plan"))
    expect(card).to_contain_text(re.compile(r"\d+ days? old"))
    link = card.get_by_role("link", name=re.compile(r"Open cluster \d+"))
    expect(link).to_be_focused()
    link.click()
    page.wait_for_url(re.compile(r"/petugas/kelompok/\d+$"))
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_places_that_no_zoom_takes_apart_are_told_apart(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        with transaction() as session:
            orders = session.query(WorkOrder).filter(WorkOrder.status == "ready").order_by(WorkOrder.id)
            first, second = (session.get_one(Cluster, order.cluster_id) for order in orders.limit(2))
            second.anchor = first.anchor
            first.address = second.address = "Jl. Kembar"
            numbers = {first.id, second.id}
        db.session.remove()
    page = opened(open_page, "/petugas?q=kembar")
    assert counted(page) == total(page) == 2
    card = page.locator(".leaflet-popup-content")
    for _step in range(8):
        page.locator(f"{SYMBOLS}[aria-label^='2 places']").press("Enter")
        page.wait_for_timeout(500)
        if card.count():
            break
        settled(page)
    links = card.get_by_role("link", name=re.compile(r"Open cluster"))
    expect(links).to_have_count(2)
    assert {int(re.sub(r"\D", "", one)) for one in links.all_inner_texts()} == numbers
