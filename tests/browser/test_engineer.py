"""The folium map in a real browser: nothing from elsewhere, nothing refused, and it can be used."""

from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import OpenPage, Site

WAIT_MS = 30_000


def map_in(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe")
    expect(frame.locator(".folium-map[data-ready]")).to_be_visible(timeout=WAIT_MS)
    return frame


def test_the_map_shows_points_ground_and_attribution(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur", login="insinyur")
    frame = map_in(page)
    assert frame.locator(".leaflet-marker-icon").count() > 10
    expect(frame.locator(".leaflet-tile-pane canvas, canvas.leaflet-tile").first).to_be_attached(
        timeout=WAIT_MS
    )
    expect(frame.locator(".leaflet-control-attribution")).to_have_text("FieldOps; contoh data")
    expect(frame.locator(".leaflet-control-scale-line").first).to_be_visible()


def test_a_card_opens_and_leads_to_its_cluster(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur?severity=3", login="insinyur")
    page.emulate_media(reduced_motion="reduce")
    frame = map_in(page)
    card = frame.locator(".leaflet-popup-content").last  # one that closes may still be fading
    symbols = frame.locator(".leaflet-marker-icon[aria-label]")
    for step in range(30):  # bubbles zoom in until one report, or one spot, is left; some are of no cluster
        symbols.nth(step % symbols.count()).press("Enter")
        page.wait_for_load_state("networkidle")  # the next tiles are there, or what a card leads to
        page.wait_for_timeout(300)
        if card.count() and "Buka kelompok" in card.inner_text():
            break
    expect(card).to_be_visible()
    expect(card).to_contain_text("berat")
    card.get_by_role("link", name="Buka kelompok").first.click()
    page.wait_for_url("**/petugas/kelompok/*")


def test_symbols_never_lie_over_each_other(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur", login="insinyur")
    frame = map_in(page)
    boxes = frame.locator(".leaflet-marker-icon").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(({x, y}) => [x, y])"
    )
    assert len(boxes) > 10
    nearest = min(
        ((x - u) ** 2 + (y - v) ** 2) ** 0.5 for at, (x, y) in enumerate(boxes) for u, v in boxes[:at]
    )
    assert nearest >= 39


def test_a_layer_can_be_switched_off(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/peta.html?service=pothole", login="insinyur")
    expect(page.locator(".folium-map[data-ready]")).to_be_visible(timeout=WAIT_MS)
    before = page.locator(".leaflet-marker-icon").count()
    assert before > 0
    layer = page.locator(".leaflet-control-layers label", has_text="Jalan berlubang")
    layer.locator("input").uncheck()
    expect(page.locator(".leaflet-marker-icon")).to_have_count(0)


def test_a_filter_reaches_map_and_table(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur", login="insinyur")
    map_in(page)
    page.get_by_label("Tingkat paling rendah").select_option("3")
    page.wait_for_url("**severity=3*")
    map_in(page)
    assert "severity=3" in (page.locator("iframe").get_attribute("src") or "")
    assert page.locator("aside tbody tr").count() > 0
    assert page.locator("aside tbody tr", has_text="Ringan").count() == 0


def test_the_page_fits_phone_and_desk(site: Site, open_page: OpenPage) -> None:
    for phone in (True, False):
        page = open_page("/insinyur", login="insinyur", phone=phone, theme="dark", language="en")
        map_in(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1280)
