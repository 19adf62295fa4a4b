"""An official's morning in the inbox: answer, turn into a report, by keys and on a phone."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from fieldops import clock
from fieldops.models import ConversationMessage
from fieldops.operations.pin_link import pin_link
from fieldops.transaction import transaction
from tests.browser.conftest import Site

OpenPage = Callable[..., Page]
AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
INBOX = "/petugas/kotak-masuk/"
STAFF_PAGES = (INBOX, f"{INBOX}1", f"{INBOX}5?template=1", f"{INBOX}ringkasan")
ADMIN_PAGES = (
    "/admin/kanal",
    "/admin/kanal/1",
    "/admin/kanal/baru/whatsapp",
    "/admin/balasan",
    "/admin/kata-bahaya",
)


def test_an_answer_begins_from_a_key_and_shows_in_the_thread(open_page: OpenPage) -> None:
    page = open_page(INBOX, login="petugas", language="en")
    page.get_by_role("link", name="··9120").click()
    expect(page.get_by_role("log")).to_contain_text("Jalan amblas dekat jembatan")
    page.wait_for_load_state("networkidle")  # both modules of the form are there
    page.keyboard.press("1")
    expect(page.get_by_label("Answer", exact=True)).to_have_value(re.compile("Terima kasih laporannya"))
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("Terima kasih laporannya")


def test_a_long_answer_is_kept_whole_and_refused_in_words(open_page: OpenPage) -> None:
    page = open_page(f"{INBOX}4", login="petugas", language="en")
    page.get_by_label("Answer", exact=True).fill("panjang " * 600)  # as pasted: WhatsApp takes 4,096
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text(re.compile("This channel takes at most"))).to_have_count(2)
    expect(page.get_by_label("Answer", exact=True)).to_have_value(re.compile("^(panjang ?){600}$"))


def test_what_is_flashed_leaves_no_strip_behind(open_page: OpenPage) -> None:
    page = open_page(f"{INBOX}6", login="petugas", language="en")
    page.wait_for_load_state("networkidle")
    above = page.locator("#main").bounding_box()
    page.locator("form[action$='/bisu']").evaluate("form => form.requestSubmit()")
    expect(page.locator(".toasts.floating .toast")).to_be_visible()
    after = page.locator("#main").bounding_box()
    assert above is not None
    assert after is not None
    assert after["y"] == above["y"]


def test_the_ways_of_the_menu_keep_within_their_buttons(open_page: OpenPage) -> None:
    page = open_page(INBOX, login="petugas", language="id", phone=True)
    page.locator(".drop summary").click()
    expect(page.get_by_role("link", name="Akun saya")).to_be_visible()
    ways = page.locator(".drop .menu .btn")
    assert ways.count() == 3
    assert ways.evaluate_all("all => all.filter(one => one.scrollWidth > one.clientWidth).length") == 0


def test_a_template_is_chosen_and_read_before_it_goes(open_page: OpenPage) -> None:
    page = open_page(f"{INBOX}5", login="petugas", language="en")
    expect(page.locator("form[data-ready]", has=page.get_by_label("Approved template"))).to_be_visible()
    page.get_by_label("Approved template").select_option("kabar_aduan (id)")
    shown = page.get_by_role("group", name="Preview")
    expect(shown).to_contain_text("Aduan Anda tentang … ….")
    page.get_by_label("Heading, blank 1").fill("SKA-2026-00012")
    page.get_by_label("Text, blank 1").fill("tutup saluran di Jl. Gajahan")
    page.get_by_label("Text, blank 2").fill("<b>dipasang</b> besok")
    expect(shown).to_contain_text("Kabar aduan SKA-2026-00012")
    expect(shown).to_contain_text("tentang tutup saluran di Jl. Gajahan <b>dipasang</b> besok.")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("<b>dipasang</b> besok.")


def test_a_conversation_becomes_a_report_by_one_key(open_page: OpenPage) -> None:
    page = open_page(f"{INBOX}1", login="petugas", language="en")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Report made. The person hears of it in this thread.")).to_be_visible()
    expect(page.get_by_text(re.compile(r"Made into report SKA-"))).to_be_visible()


def test_colleagues_see_that_somebody_is_answering(open_page: OpenPage) -> None:
    first = open_page(f"{INBOX}2", login="petugas", language="en")
    first.wait_for_load_state("networkidle")
    with first.expect_response(re.compile("menulis")):
        first.get_by_label("Answer", exact=True).press_sequentially("Ba")
    second = open_page(f"{INBOX}2", login="dispatcher", language="en")
    expect(second.get_by_text("Ratri is answering")).to_be_visible()


def test_new_messages_are_told_in_the_list_and_the_title(open_page: OpenPage, site: Site) -> None:
    page = open_page(INBOX, login="petugas", language="en")
    listed = page.locator("[data-module=unread][data-ready]")
    expect(listed).to_be_attached()
    with site.app.app_context(), transaction() as session:
        first = session.query(ConversationMessage).filter_by(conversation_id=1, direction="in").first()
        assert first is not None
        session.add(
            ConversationMessage(
                conversation_id=1, account_id=first.account_id, direction="in", words="Halo?", at=clock.now()
            )
        )
    listed.dispatch_event("asked")
    expect(page.get_by_role("link", name=re.compile("New messages: 1"))).to_be_visible()
    expect(page).to_have_title(re.compile(r"^\(1\) Inbox"))
    assert "Halo" not in page.locator("[data-said]").inner_text()


def test_without_scripts_everything_still_works(open_page: OpenPage) -> None:
    page = open_page(f"{INBOX}4", login="petugas", language="en", javascript=False)
    page.get_by_label("Answer", exact=True).fill("Kami ke sana hari ini.")
    page.get_by_role("button", name="Send answer").click()
    expect(page.get_by_text("The answer is on its way.")).to_be_visible()


def test_a_citizen_shows_the_place_by_the_link(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        path = urlsplit(pin_link(site.app.extensions["fieldops"], 4)).path
    page = open_page(path, phone=True, language="en", position=(110.8231, -7.5666))
    page.get_by_text("Type the coordinates instead").click()
    page.get_by_label("Latitude").fill("-7.5666")
    page.get_by_label("Longitude").fill("110.8231")
    page.get_by_role("button", name="Send the place").click()
    expect(page.get_by_text(re.compile("Thank you, we have the place"))).to_be_visible()


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: script/vendor --dev")
@pytest.mark.parametrize(("theme", "phone"), [("light", True), ("dark", False), ("sun", True)])
@pytest.mark.parametrize(("login", "pages"), [("kepala", STAFF_PAGES), ("admin", ADMIN_PAGES)])
def test_pages_pass_axe_and_never_scroll_sideways(
    open_page: OpenPage, theme: str, phone: bool, login: str, pages: tuple[str, ...]
) -> None:
    page = open_page(pages[0], login=login, theme=theme, phone=phone)
    for path in pages:
        page.goto(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", TAGS)
        wrong = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
        assert not wrong, (path, wrong)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
