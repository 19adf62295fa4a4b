"""Tokens for programs in a real browser: made, copied, used and revoked; readable for everybody."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Site
from tests.browser.test_citizen import AXE


def check_page(page: Page) -> None:
    """Nothing that axe finds, and no wider than the phone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    if AXE.is_file():
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})")
        bad = [(one["id"], node["html"][:120]) for one in found["violations"] for node in one["nodes"]]
        assert not bad, json.dumps(bad)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_token_is_made_copied_used_and_revoked(site: Site, open_page: OpenPage, theme: str) -> None:
    page = open_page("/akun", login="insinyur", language="en", phone=True, theme=theme)
    page.get_by_role("link", name="To the tokens").click()
    check_page(page)
    page.get_by_label("What for").fill("QGIS, office")
    page.get_by_role("button", name="Make token").click()
    address = page.get_by_label("Address for QGIS, with the token in it").input_value()
    assert address.startswith(f"{site.url}/ogc/")
    check_page(page)
    page.get_by_role("button", name="Copy address").first.click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    told = page.request.get(f"{address}collections/requests/items?limit=1").json()
    assert told["numberReturned"] == 1
    page.goto(f"{address}?f=html")
    expect(page.get_by_role("heading", name="Collections")).to_be_visible()
    expect(page.get_by_text("Work orders", exact=True)).to_be_visible()
    check_page(page)
    page.goto("/akun/akses")
    expect(page.get_by_text("last used")).to_be_visible()
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("button", name="Revoke it?").click()
    expect(page.get_by_text("None yet.")).to_be_visible()
    assert page.request.get(address).status == 404
