"""One's own data in a real browser: open to everybody, in both languages, and without JavaScript."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from fieldops.extensions import db
from fieldops.models import DataLink, ServiceRequest
from fieldops.operations.follow_request import follow_request
from fieldops.operations.send_data_link import data_link_address
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
TINY = "(all) => all.filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)"


def known_report(site: Site) -> str:
    """Let somebody follow a report of the demonstration as its author; its code."""
    with site.app.app_context():
        with transaction() as session:
            request = session.scalars(
                select(ServiceRequest)
                .where(ServiceRequest.channel == "web")
                .order_by(ServiceRequest.id.desc())
            ).first()
            assert request is not None
            follow_request(
                session, site.app.extensions["fieldops"], request, "budi.s@example.org",
                part="author", language="id",
            )  # fmt: skip
            code = request.code
        db.session.remove()
    return code


def path_of_link(site: Site) -> str:
    with site.app.app_context():
        link = db.session.scalars(select(DataLink).order_by(DataLink.id.desc())).first()
        assert link is not None
        path = urlsplit(data_link_address(db.session(), site.app.extensions["fieldops"], link.id)).path
        db.session.remove()
    return path


def check(page: Page) -> None:
    """Nobody is shut out: no fault of axe, nothing too small to be hit, nothing beside the screen."""
    if AXE.exists():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("async () => (await axe.run()).violations.map((one) => [one.id, one.help])")
        assert found == [], page.url
    assert page.locator("main :is(a, button, summary)").evaluate_all(TINY) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("language", "theme", "phone"), [("id", "light", True), ("en", "dark", False)], ids=["phone", "desk"]
)
def test_from_asking_to_the_receipt(
    open_page: OpenPage, site: Site, language: str, theme: str, phone: bool
) -> None:
    code = known_report(site)
    words = {
        "id": ("Kirimi saya tautan", "Buka data saya", "Lihat kontak", "Hapus data saya", "Hapus selamanya"),
        "en": ("Send me the link", "Open my data", "Show the contact", "Delete my data", "Delete for good"),
    }[language]
    page = open_page("/data-saya", phone=phone, language=language, theme=theme)
    check(page)
    page.locator("#code").fill(code.lower())
    page.locator("#contact").fill("Budi.S@example.org")
    page.get_by_role("button", name=words[0]).click()
    page.wait_for_url("**/data-saya/terkirim")
    check(page)
    page.goto(path_of_link(site))
    check(page)
    page.get_by_role("button", name=words[1]).click()
    page.wait_for_url("**/data-saya/lihat")
    expect(page.get_by_role("link", name=code)).to_be_visible()
    expect(page.get_by_text("budi.s@example.org", exact=True)).to_be_hidden()
    page.get_by_text(words[2], exact=True).click()
    expect(page.get_by_text("budi.s@example.org", exact=True)).to_be_visible()
    check(page)
    page.get_by_role("link", name=words[3]).click()
    page.wait_for_url("**/data-saya/hapus")
    check(page)
    page.get_by_role("button", name=words[4]).click()
    page.wait_for_url("**/data-saya/terhapus")
    check(page)
    page.goto("/data-saya/lihat")
    check(page)


def test_it_needs_no_javascript(open_page: OpenPage, site: Site) -> None:
    code = known_report(site)
    page = open_page("/data-saya", phone=True, language="en", javascript=False)
    page.get_by_label("Code of one of your reports").fill(code)
    page.get_by_label("E-mail or telephone number").fill("budi.s@example.org")
    page.get_by_role("button", name="Send me the link").click()
    expect(page.get_by_role("heading", name="Look at your messages")).to_be_visible()
    page.goto(path_of_link(site))
    page.get_by_role("button", name="Open my data").click()
    page.get_by_text("Correct the name", exact=True).click()
    page.get_by_label("Name", exact=False).last.fill("Budi Santoso")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_text("Budi Santoso", exact=True)).to_be_visible()
    page.get_by_label("No more news, only answers to what I ask").check()
    page.get_by_role("button", name="Save news").click()
    expect(page.get_by_label("No more news, only answers to what I ask")).to_be_checked()
