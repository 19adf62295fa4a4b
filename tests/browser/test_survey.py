"""A survey of 100 m on a phone in a real browser: by its position, without a signal, without JavaScript."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from fieldops.extensions import db
from fieldops.models import SegmentSurvey
from tests.browser.conftest import WORKER_MS, OpenPage, Site

HERE = (110.8230, -7.5660)
WAIT_MS = 20_000
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
CREW_PAGES = ("/regu/survei?q=slamet", "/regu/survei/1", "/regu/survei/1?dari=100")
ENGINEER_PAGES = (
    "/insinyur/ruas",
    "/insinyur/ruas/1/1900",
    "/insinyur/prioritas",
    "/insinyur/evaluasi?q=slamet",
    "/insinyur/evaluasi/jalan/1?hari=2026-10-20",
)


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
    for _try in range(100):  # it goes by itself, and the page loads anew once it went
        if kept(site):
            break
        page.wait_for_timeout(100)
    page.wait_for_load_state("networkidle")
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


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: script/vendor --dev")
@pytest.mark.parametrize(("theme", "phone"), [("light", False), ("dark", True), ("sun", True)])
@pytest.mark.parametrize(("login", "pages"), [("regu", CREW_PAGES), ("insinyur", ENGINEER_PAGES)])
def test_pages_pass_axe_and_never_scroll_sideways(
    open_page: OpenPage, theme: str, phone: bool, login: str, pages: tuple[str, ...]
) -> None:
    page = open_page(pages[0], login=login, theme=theme, phone=phone)
    for path in pages:
        page.goto(path)
        # So tall that the bar below covers no link halfway, which axe would take for a small one.
        page.set_viewport_size({"width": 360 if phone else 1280, "height": 9_000})
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", TAGS)
        wrong = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
        assert not wrong, (path, wrong)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_a_budget_is_ranked_while_the_page_waits(open_page: OpenPage) -> None:
    page = open_page("/insinyur/prioritas", login="insinyur")
    for label, words in (
        ("Anggaran", "2.000.000.000"),
        ("Biaya penanganan", "350.000"),
        ("Pengaruh, paling sedikit", "20"),
        ("Pengaruh, paling banyak", "60"),
        ("Dari mana pengaruh itu diketahui", "penilaian insinyur"),
    ):
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_role("button", name="Urutkan ruas").click()
    chosen = page.get_by_role("link", name="Dalam anggaran")
    expect(chosen).to_be_visible(timeout=WORKER_MS)
    chosen.click()
    expect(page.get_by_role("row")).not_to_have_count(1)
