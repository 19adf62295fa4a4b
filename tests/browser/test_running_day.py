"""A running day in a real browser: an emergency comes, is seen as a difference, and reaches a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WORKER_MS

OpenPage = Callable[..., Page]


def settle(desk: Page) -> None:
    """Wait until the better proposal has come, so that what is read is what is approved."""
    expect(desk.get_by_role("button", name="Approve and send")).to_be_visible(timeout=WORKER_MS)
    expect(desk.get_by_text("First proposal; looking for a better one")).to_have_count(0, timeout=WORKER_MS)


def test_an_emergency_reaches_a_crews_phone(open_page: OpenPage) -> None:
    desk = open_page("/petugas/hari-ini", login="dispatcher", language="en")
    desk.get_by_text("Something happened?").click()
    desk.get_by_label("An emergency: which order?").select_option(index=1)
    desk.get_by_role("button", name="Send a crew").click()
    expect(desk.get_by_role("heading", name="What would change")).to_be_visible(timeout=WORKER_MS)
    settle(desk)
    expect(desk.get_by_text("Passes the independent check")).to_be_visible()
    expect(desk.get_by_text("1 order is done in addition")).to_be_visible()
    expect(desk.locator(".leaflet-marker-icon").first).to_be_visible()
    row = desk.get_by_role("row").filter(has_text="New").first
    label = row.locator("td").first.inner_text()
    letter = re.sub(r"\d", "", label)
    number = row.get_by_role("link").inner_text()

    phone = open_page(
        "/regu", phone=True, login=f"regu-{letter.lower()}" if letter != "A" else "regu", language="en"
    )
    expect(phone.get_by_role("heading", name="Your list changed")).to_have_count(0)
    desk.get_by_role("button", name="Approve and send").click()
    expect(desk.get_by_text(re.compile("stops? changed. The crews see it on their phones."))).to_be_visible()
    expect(desk.get_by_text("Sent to the crews")).to_be_visible()

    phone.evaluate("dispatchEvent(new Event('online'))")  # the network is back, and the page asks
    expect(phone.get_by_role("link", name="Show the new list")).to_be_visible()
    phone.get_by_role("link", name="Show the new list").click()
    expect(phone.get_by_role("heading", name="Your list changed")).to_be_visible()
    expect(phone.get_by_text(re.compile("^New: "))).to_be_visible()
    phone.get_by_role("button", name="Understood").click()
    expect(phone.get_by_role("heading", name="Your list changed")).to_have_count(0)

    desk.goto("/petugas/hari-ini")
    expect(desk.get_by_text(re.compile("New list read"))).to_be_visible()
    expect(desk.get_by_role("link", name=number).first).to_be_visible()


def test_a_change_is_taken_back_without_javascript(open_page: OpenPage) -> None:
    desk = open_page("/petugas/hari-ini", login="dispatcher", language="id", javascript=False)
    before = desk.locator("tr td:nth-child(2)").all_inner_texts()
    desk.get_by_text("Ada kejadian?").click()
    desk.get_by_label("Regu tidak bisa jalan: yang mana?").select_option(index=1)
    desk.get_by_role("button", name="Bagikan titiknya ke regu lain").click()
    expect(desk.get_by_role("button", name="Setujui dan kirim")).to_be_visible(timeout=WORKER_MS)
    expect(desk.get_by_text("Usulan pertama; mencari yang lebih baik")).to_have_count(0, timeout=WORKER_MS)
    desk.get_by_role("button", name="Setujui dan kirim").click()
    desk.get_by_role("button", name="Urungkan").first.click()
    expect(desk.get_by_text("Regu kembali memakai daftar sebelumnya")).to_be_visible()
    desk.goto("/petugas/hari-ini")
    assert desk.locator("tr td:nth-child(2)").all_inner_texts() == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_difference_fits_a_phone(open_page: OpenPage, theme: str) -> None:
    desk = open_page("/petugas/hari-ini", login="dispatcher", language="en", phone=True, theme=theme)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    desk.get_by_text("Something happened?").click()
    desk.get_by_label("A crew cannot go on: which?").select_option(index=1)
    desk.get_by_role("button", name="Give its stops to others").click()
    settle(desk)
    assert desk.evaluate("document.documentElement.scrollWidth") <= 360
    for path in ("/petugas/rencana/tidak-masuk", "/petugas/rencana"):
        desk.goto(path)
        assert desk.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_the_board_of_the_day_comes_anew_with_its_folds_open(open_page: OpenPage) -> None:
    page = open_page("/petugas/kotak-masuk/", login="dispatcher", language="en")
    page.clock.install()
    page.goto("/petugas/hari-ini")
    fold = page.locator("main details", has_text="Something happened?").first
    expect(fold).not_to_have_attribute("open", "")
    fold.locator("summary").first.click()
    with page.expect_navigation():
        page.clock.fast_forward(125_000)
    expect(fold).to_have_attribute("open", "")
