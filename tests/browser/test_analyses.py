"""Analyses in a real browser: asked for, waited for, read as charts and tables, and led on to maps."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, Site

WAIT_MS = 30_000


def test_rain_is_asked_for_read_and_leads_to_the_map_of_wet_days(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/titik-rawan", login="insinyur")
    page.get_by_role("navigation", name="Analisis").get_by_role("link", name="Hujan dan aduan").click()
    page.get_by_role("button", name="Hitung", exact=True).click()
    expect(page.get_by_role("img", name=re.compile("^Korelasi aduan"))).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("[data-findings]")).to_contain_text("Aduan paling seiring dengan hujan")
    lags = page.get_by_role("region", name="Menurut selang waktu")
    assert lags.locator("tbody tr").count() == 10
    page.get_by_role("button", name="Titik rawan hari basah").click()
    expect(page.locator(".strip").first).to_contain_text("Hanya hari basah", timeout=WAIT_MS)


def test_repeat_repairs_lie_on_a_map_and_lead_to_their_orders(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/analisis?jenis=repeats", login="insinyur")
    page.get_by_role("button", name="Hitung", exact=True).click()
    places = page.get_by_role("region", name="Tempat, yang paling sering berulang dulu").first
    expect(places).to_be_visible(timeout=WAIT_MS)
    expect(page.locator("#map .leaflet-marker-icon").first).to_be_visible(timeout=WAIT_MS)
    order = places.locator("tbody tr").first.get_by_role("link", name=re.compile("^PK-")).first
    number = order.inner_text().split(",")[0]
    order.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(number)
