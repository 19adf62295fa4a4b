"""Maps of hotspots in a real browser: asked for, waited for, read by pointer, keyboard and table."""

import re

from playwright.sync_api import FrameLocator, Page, expect

from tests.browser.conftest import OpenPage, Site

WAIT_MS = 30_000
PICTURE = """canvas => {
  const {width, height} = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  let sum = 0;
  for (let at = 0; at < data.length; at += 4) sum = (sum * 31 + data[at] * 7 + data[at + 3]) >>> 0;
  return sum;
}"""


def map_in(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe")
    expect(frame.locator(".folium-map[data-ready]")).to_be_visible(timeout=WAIT_MS)
    return frame


def alone(open_page: OpenPage, name: str, layer: str = "") -> Page:
    """The map of a standing run without the page around it."""
    page = open_page(f"/insinyur/titik-rawan?tetap={name}", login="insinyur")
    address = page.url + "/peta.html" + (f"?layer={layer}" if layer else "")
    page.goto(address)
    expect(page.locator(".folium-map[data-ready]")).to_be_visible(timeout=WAIT_MS)
    return page


def pictures(page: Page) -> list[int]:
    found: list[int] = page.locator(".leaflet-cells-pane canvas").evaluate_all(f"all => all.map({PICTURE})")
    return found


def test_last_nights_map_shows_its_cells_and_says_how_it_was_made(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/titik-rawan", login="insinyur")
    frame = map_in(page)
    assert frame.locator(".leaflet-cells-pane canvas").count() > 0
    expect(frame.locator(".leaflet-control-attribution")).to_have_text("FieldOps; contoh data")
    for words in ("Getis-Ord Gi*", "EPSG:32749", "Benjamini–Hochberg"):
        expect(page.locator(".card .facts")).to_contain_text(words)
    expect(page.get_by_role("heading", name="Sel teratas")).to_be_visible()
    assert page.locator("aside tbody tr").count() == 20


def test_a_map_is_asked_for_and_appears_by_itself(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/titik-rawan", login="insinyur")
    page.get_by_label("Bagi dengan").select_option("residents")
    page.get_by_label("Lebar sel").select_option("500")
    page.get_by_role("button", name="Hitung", exact=True).click()
    map_in(page)
    expect(page.locator(".strip").first).to_contain_text("per 1.000 penduduk")


def test_too_little_is_said_in_words_instead_of_an_empty_map(site: Site, open_page: OpenPage) -> None:
    page = open_page("/insinyur/titik-rawan", login="insinyur")
    page.get_by_label("Sel", exact=True).select_option("kelurahan")
    page.get_by_text("Saringan lain").click()
    page.get_by_label("Tingkat paling rendah").select_option("3")
    page.get_by_label("Kanal").select_option("email")
    page.get_by_role("button", name="Hitung", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("perlu sedikitnya", timeout=WAIT_MS)
    assert page.locator("iframe").count() == 0


def test_a_cell_opens_its_card_and_leads_to_its_reports(site: Site, open_page: OpenPage) -> None:
    page = alone(open_page, "by_road")
    box = page.locator(".folium-map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    card = page.locator(".leaflet-popup-content")
    expect(card).to_contain_text("terhitung")
    card.get_by_role("link", name="Buka sel").click()
    page.wait_for_url("**/sel/*")
    expect(page.get_by_role("heading", level=2)).to_contain_text("aduan di sel ini")


def test_steps_of_time_are_played_and_moved_by_the_keyboard(site: Site, open_page: OpenPage) -> None:
    page = alone(open_page, "emerging", "steps")
    range_ = page.get_by_role("slider", name="Langkah")
    expect(range_).to_have_value("11")
    last, words = pictures(page), range_.get_attribute("aria-valuetext")
    range_.press("ArrowLeft")
    expect(range_).to_have_value("10")
    assert range_.get_attribute("aria-valuetext") != words
    assert pictures(page) != last
    range_.press("Home")
    expect(range_).to_have_value("0")
    page.get_by_role("button", name="Putar").click()
    expect(range_).not_to_have_value("0", timeout=WAIT_MS)
    page.get_by_role("button", name="Jeda").click()


def test_two_periods_are_parted_by_a_line_that_the_keyboard_moves(site: Site, open_page: OpenPage) -> None:
    page = alone(open_page, "month_against_month", "swipe")
    range_ = page.get_by_role("slider", name=re.compile("Geser garis"))
    expect(range_).to_have_value("500")
    pane = page.locator(".leaflet-before-pane")
    expect(pane.locator("canvas").first).to_be_attached(timeout=WAIT_MS)
    before = pane.evaluate("pane => pane.style.clip")
    range_.press("End")
    assert pane.evaluate("pane => pane.style.clip") != before
    page.get_by_text("Selisih").click()
    expect(range_).to_have_count(0)


def test_colours_follow_the_theme(site: Site, open_page: OpenPage) -> None:
    light = pictures(alone(open_page, "by_road"))
    dark = open_page("/insinyur/titik-rawan?tetap=by_road", login="insinyur", theme="dark")
    dark.goto(dark.url + "/peta.html")
    expect(dark.locator(".folium-map[data-ready]")).to_be_visible(timeout=WAIT_MS)
    assert pictures(dark) != light


def test_the_page_fits_phone_and_desk(site: Site, open_page: OpenPage) -> None:
    for phone in (True, False):
        page = open_page("/insinyur/titik-rawan", login="insinyur", phone=phone, theme="dark", language="en")
        map_in(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= (360 if phone else 1280)
        if phone:  # the map first, what to ask of it below
            map_top = page.locator("iframe").evaluate("one => one.getBoundingClientRect().top")
            form_top = page.locator(".ask").evaluate("one => one.getBoundingClientRect().top")
            assert map_top < form_top
            continue
        page.set_viewport_size({"width": 1280, "height": 700})  # a low window: the pane scrolls
        drawn = page.locator("iframe").evaluate("one => one.getBoundingClientRect().bottom")
        key = page.locator(".key").evaluate("one => one.getBoundingClientRect().top")
        assert drawn <= key + 1, "the key lies below the map, not on it"
