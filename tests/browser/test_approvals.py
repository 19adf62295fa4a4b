"""The head's finished work on a phone of 360 px: looked at, approved, taken back, and sent back."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.test_access import check_page

SUMMARY = "/petugas/kotak-masuk/ringkasan"
SAID = {
    "id": {
        "approve": "Setujui",
        "chosen": "Setujui tempat terpilih",
        "undo": "Urungkan",
        "undone": "Diurungkan",
        "waiting": "Disetujui, masih dapat diurungkan",
        "not_good": "Belum beres",
        "what": "Apa yang belum beres?",
        "send": "Kembalikan",
        "sent": "Rancangan perintah",
    },
    "en": {
        "approve": "Approve",
        "chosen": "Approve the chosen places",
        "undo": "Undo",
        "undone": "Taken back",
        "waiting": "Approved, can still be taken back",
        "not_good": "Not good enough",
        "what": "What is not good enough?",
        "send": "Send back",
        "sent": "Draft order",
    },
}


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("javascript", [True, False], ids=["js", "plain"])
def test_finished_work_is_approved_taken_back_and_sent_back(
    open_page: OpenPage, language: str, javascript: bool
) -> None:
    said = SAID[language]
    theme = "light" if javascript else "dark"
    page = open_page(
        SUMMARY, login="kepala", phone=True, language=language, javascript=javascript, theme=theme
    )
    places = page.locator("#approve form li")
    expect(places).to_have_count(3)
    first = places.first.locator("h3 a").get_attribute("href")
    if javascript:
        check_page(page)
    places.first.get_by_role("button", name=said["approve"], exact=True).click()
    expect(page.get_by_role("heading", name=said["waiting"])).to_be_visible()
    expect(page.locator("#approve form li h3 a").first).not_to_have_attribute("href", first or "")
    if javascript:
        check_page(page)
    page.locator("#approve").get_by_role("button", name=said["undo"]).click()
    expect(page.locator(".toast").get_by_text(said["undone"])).to_be_visible()
    expect(places.first.locator("h3 a")).to_have_attribute("href", first or "")
    page.locator("#approve p a").click()
    ticks = page.locator("main form li input[type=checkbox]")
    expect(ticks).to_have_count(10)
    ticks.nth(0).check()
    ticks.nth(1).check()
    if javascript:
        check_page(page)
    page.get_by_role("button", name=said["chosen"]).click()
    expect(page.locator("main ul").first.get_by_role("button", name=said["undo"])).to_have_count(2)
    page.locator(".toast").get_by_role("button", name=said["undo"]).click()
    expect(page.locator(".toast").get_by_text(said["undone"])).to_be_visible()
    expect(page.get_by_role("heading", name=said["waiting"])).to_have_count(0)
    page.get_by_role("link", name=said["not_good"]).first.click()
    if javascript:
        check_page(page)
    page.get_by_label(said["what"]).fill("Tepinya retak, air masuk.")
    page.get_by_role("button", name=said["send"]).click()
    expect(page.locator(".toast").get_by_text(said["sent"])).to_be_visible()
    expect(page.locator(f"main form li h3 a[href='{first}']")).to_have_count(0)
