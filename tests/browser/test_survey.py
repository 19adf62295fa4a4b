"""A survey of 100 m on a phone in a real browser: by its position, without a signal, without JavaScript."""

from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from fieldops.extensions import db
from fieldops.models import SegmentSurvey
from tests.browser.conftest import OpenPage, Site

HERE = (110.8230, -7.5660)
WAIT_MS = 20_000


def kept(site: Site) -> int:
    with site.app.app_context():
        try:
            return db.session.scalar(select(func.count()).select_from(SegmentSurvey)) or 0
        finally:
            db.session.remove()


def fill_in(page: Page) -> None:
    page.get_by_label("Lubang per 100 m").check()
    page.get_by_label("Luas retak").fill("12,5")
    page.get_by_label("Lebar retak").select_option("above_5")
    page.get_by_label("Lubang di ruas ini").fill("12")
    page.get_by_label("Kedalaman alur").fill("0")


def test_a_leader_surveys_where_they_stand(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu/survei", phone=True, login="regu", position=HERE)
    page.get_by_role("button", name="Tempat saya berdiri").click()
    page.wait_for_url("**lat=*")
    page.locator("main a.btn[href*='dari=']").first.click()
    fill_in(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Simpan survei").click()
    page.wait_for_url("**/survei/hasil/*", timeout=WAIT_MS)
    expect(page.get_by_role("status").filter(has_text="SDI")).to_contain_text("Rusak ringan")  # 40 + 75
    assert kept(site) == 1


def test_without_a_signal_a_survey_waits_on_the_phone_and_goes_by_itself(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page("/regu/survei?q=slamet+riyadi", phone=True, login="regu", position=HERE)
    page.locator("main a.btn[href*='/regu/survei/']").first.click()
    page.locator("main a.btn[href*='dari=']").first.click()
    fill_in(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="Simpan survei").click()
    expect(page.locator("[data-error]")).to_contain_text("Belum terkirim", timeout=WAIT_MS)
    assert kept(site) == 0
    page.context.set_offline(False)
    page.goto("/regu/survei")
    expect(page.get_by_role("heading", name="Survei terakhir Anda")).to_be_visible(timeout=WAIT_MS)
    assert kept(site) == 1


def test_a_survey_needs_no_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu/survei?q=slamet+riyadi", phone=True, login="regu", javascript=False)
    page.locator("main a.btn[href*='/regu/survei/']").first.click()
    page.locator("main a.btn[href*='dari=']").first.click()
    fill_in(page)
    page.get_by_role("button", name="Simpan survei").click()
    page.wait_for_url("**/survei/hasil/*")
    assert kept(site) == 1
