"""Closing a road in a real browser: drawn with the mouse, with the keyboard, by a form without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

OpenPage = Callable[..., Page]


def test_a_drawn_street_is_closed_and_opened_again(open_page: OpenPage) -> None:
    desk = open_page("/petugas/penutupan", login="dispatcher", language="en")
    desk.get_by_role("button", name="Draw a street").click()
    canvas = desk.locator(".leaflet-container")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for share in (0.45, 0.5, 0.55):
        desk.mouse.click(box["x"] + share * box["width"], box["y"] + 0.5 * box["height"])
        desk.wait_for_timeout(300)  # two clicks in a moment are a double click to the map
    expect(desk.get_by_role("status").filter(has_text="3 points drawn")).to_be_visible()
    desk.get_by_role("button", name="Undo point").click()
    expect(desk.get_by_role("status").filter(has_text="2 points drawn")).to_be_visible()
    desk.get_by_label("Why").fill("Air setinggi lutut")
    desk.get_by_role("button", name="Close road", exact=True).click()

    expect(desk).to_have_url(re.compile(r"/petugas/penutupan/\d+$"))
    expect(desk.get_by_role("heading", name="Air setinggi lutut")).to_be_visible()
    expect(desk.locator(".leaflet-overlay-pane path").first).to_be_attached()
    desk.get_by_role("button", name="Open again").first.click()
    expect(desk.get_by_text("Every road is open")).to_be_visible()


def test_the_keyboard_draws_an_area(open_page: OpenPage) -> None:
    desk = open_page("/petugas/penutupan", login="dispatcher", language="en")
    desk.get_by_role("button", name="Draw an area").click()
    canvas = desk.locator(".leaflet-container")
    canvas.focus()
    for move in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        desk.keyboard.press("Enter")
        desk.keyboard.press(move)
        desk.wait_for_timeout(400)  # the map glides
    expect(desk.get_by_role("status").filter(has_text="3 points drawn")).to_be_visible()
    desk.get_by_role("button", name="Close road", exact=True).click()
    expect(desk).to_have_url(re.compile(r"/petugas/penutupan/\d+$"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_without_scripts_a_place_is_closed_on_a_phone(open_page: OpenPage, theme: str) -> None:
    desk = open_page(
        "/petugas/penutupan", phone=True, login="dispatcher", language="id", javascript=False, theme=theme
    )
    desk.get_by_label("Lintang").fill("-7.566")
    desk.get_by_label("Bujur").fill("110.826")
    desk.get_by_role("button", name="Tutup jalan", exact=True).click()
    expect(desk).to_have_url(re.compile(r"/petugas/penutupan/\d+$"))
    expect(desk.get_by_role("heading", name="Riwayat")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth <= innerWidth")
