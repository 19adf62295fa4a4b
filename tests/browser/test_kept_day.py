"""A crew's day goes along on the phone: worked through without a signal, sent once when it is back, gone when
its owner is.
"""

import re
from typing import Any

from playwright.sync_api import Page, expect

from fieldops.demo.logins import PASSWORD
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_crew import (
    WAIT_MS,
    followers,
    kinds,
    next_stop,
    order_shown,
    picture,
    place_of,
    planned,
    told,
    until,
)

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith("fieldops-day-")) continue;
    const held = await (await caches.open(name)).keys();
    found.push(...held.map(({ url }) => url.slice(location.origin.length)));
  }
  return found;
}"""
COPY = "Tanpa sinyal."
OF_DAY = re.compile(r"/regu(/(peta|lembar|urutan|(temuan|bantuan)[?].*|titik/\d+(/[a-z-]+)?))?")


def with_the_day(open_page: OpenPage, **more: Any) -> Page:
    """Open the list and wait until all of it is on the phone."""
    page = open_page("/regu", phone=True, login="regu", worker=True, **more)
    expect(page.get_by_text("Terbuka juga tanpa sinyal")).to_be_visible(timeout=WAIT_MS)
    return page


def kept(page: Page) -> list[str]:
    found: list[str] = page.evaluate(KEPT)
    return found


def sign_in_instead(page: Page, login: str) -> None:
    """Sign somebody else in on the same phone, where nobody signed out."""
    page.goto("about:blank")  # what a page asks on its own would bring a cookie back
    page.context.clear_cookies(name="fieldops")
    page.goto("/masuk")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_load_state()


def test_a_stop_never_opened_before_is_worked_through_without_a_signal(
    site: Site, open_page: OpenPage
) -> None:
    page = with_the_day(open_page, position=(110.8, -7.55))
    stop_id = next_stop(page)
    lon, lat = place_of(site, stop_id)
    page.context.set_offline(True)
    page.goto(f"/regu/titik/{stop_id}")
    expect(page.locator("[data-module=kept_copy]")).to_contain_text(COPY)
    expect(page.locator(".leaflet-container")).to_be_visible()
    page.get_by_role("button", name="Berangkat").click()
    page.get_by_role("button", name="Tiba di sini").click()
    # The site would refuse it hours later: the phone says it now.
    expect(page.get_by_role("alert")).to_contain_text("m dari titik")
    expect(page.get_by_role("button", name="Saya sudah di lokasi")).to_be_visible()
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
    page.get_by_role("button", name="Tiba di sini").click()
    page.get_by_role("link", name="Foto sebelum").click()
    expect(page.locator("[data-module=kept_copy]")).to_contain_text(COPY)
    page.set_input_files("#photo", picture("brown"))
    page.get_by_role("button", name="Simpan foto").click()
    page.wait_for_url(f"**/regu/titik/{stop_id}")
    expect(page.locator("[data-module=crew_queue]")).to_contain_text("3 laporan tersimpan di HP")
    page.locator(".bar").get_by_role("link", name="Selesai").click()
    page.set_input_files("#photo", picture("black"))
    page.locator("[value=permanent]").check()
    page.get_by_role("button", name="Selesaikan titik").click()
    page.wait_for_url(re.compile("/regu([?]|$)"))
    expect(page.locator("section.lead [data-ended]")).to_be_visible()
    assert kinds(site, stop_id) == []

    page.context.set_offline(False)
    until(page, lambda: kinds(site, stop_id) == ["left", "arrived", "before_photo", "completed"])
    expect(page.locator("[data-module=kept_copy]")).to_be_hidden(timeout=WAIT_MS)
    expect(page.locator("[data-module=crew_queue]")).to_be_hidden(timeout=WAIT_MS)
    assert told(site, stop_id) == followers(site, stop_id)
    page.goto("/regu")
    assert next_stop(page) != stop_id


def test_a_copy_that_is_opened_twice_sends_two_reports(site: Site, open_page: OpenPage) -> None:
    page = with_the_day(open_page)
    stop_id = next_stop(page)
    page.context.set_offline(True)
    for colour in ("brown", "black"):
        page.goto(f"/regu/titik/{stop_id}/foto-sebelum")
        page.set_input_files("#photo", picture(colour))
        page.get_by_role("button", name="Simpan foto").click()
        page.wait_for_url(f"**/regu/titik/{stop_id}")
    page.context.set_offline(False)
    until(page, lambda: kinds(site, stop_id) == ["before_photo", "before_photo"])


def test_every_kept_page_opens_whole_without_a_signal(open_page: OpenPage) -> None:
    page = with_the_day(open_page)
    addresses = list(filter(OF_DAY.fullmatch, kept(page)))
    stops = sorted({int(found[1]) for one in addresses if (found := re.search(r"titik/(\d+)", one))})
    assert len(stops) > 5
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.context.set_offline(True)
    few = tuple(part for stop in (stops[3], stops[-1]) for part in (f"/titik/{stop}/", f"?titik={stop}/"))
    chosen = [one for one in addresses if "titik" not in one or any(part in f"{one}/" for part in few)]
    for address in chosen:
        page.goto(address)
        expect(page.locator("[data-module=kept_copy]")).to_contain_text(COPY)
        for view in page.locator(".view").all():
            expect(view.locator(".leaflet-container")).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, address
    assert [url for url in failed if "/versi.json" not in url and "/hidup" not in url] == []
    assert len(chosen) > 10


def test_the_day_is_gone_when_another_signs_in_and_when_its_owner_signs_out(open_page: OpenPage) -> None:
    page = with_the_day(open_page)
    assert "/regu" in kept(page)
    sign_in_instead(page, "petugas")
    page.locator("[data-module=worker][data-ready]").wait_for(state="attached")
    page.wait_for_function(f"({KEPT})().then((all) => all.length === 0)")

    sign_in_instead(page, "regu")
    expect(page.get_by_text("Terbuka juga tanpa sinyal")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Keluar").click()
    page.wait_for_url("**/masuk")
    page.wait_for_function(f"({KEPT})().then((all) => all.length === 0)")


def test_a_day_that_is_over_is_not_shown(open_page: OpenPage) -> None:
    page = with_the_day(open_page)
    page.evaluate(
        """async () => {
          const name = (await caches.keys()).find((one) => one.startsWith("fieldops-day-"));
          const cache = await caches.open(name);
          const facts = await (await cache.match("/regu/bekal.json")).json();
          const over = JSON.stringify({ ...facts, until: Date.now() - 1 });
          await cache.put("/regu/bekal.json", new Response(over));
        }"""
    )
    page.context.set_offline(True)
    page.goto("/regu/peta")
    expect(page.get_by_role("heading", name="Tidak ada sinyal")).to_be_visible()
    assert kept(page) == []


def test_an_order_that_was_put_without_a_signal_is_sent_later(site: Site, open_page: OpenPage) -> None:
    page = with_the_day(open_page)
    page.context.set_offline(True)
    page.goto("/regu/urutan?regu=A")
    page.locator("[data-module=stop_order][data-ready]").wait_for(state="attached")
    page.locator("form[data-ready]").first.wait_for(state="attached")
    before = order_shown(page)
    page.locator("[data-stop-row]").nth(1).locator("[data-move=up]").click()
    expect(page.get_by_text("dihitung saat terkirim")).to_be_visible(timeout=WAIT_MS)
    wanted = [before[1], before[0], *before[2:]]
    assert order_shown(page) == wanted
    page.get_by_role("button", name="Simpan urutan ini").click()
    expect(page.locator("[data-module=crew_queue]")).to_contain_text("tersimpan di HP", timeout=WAIT_MS)
    assert planned(site, before) == before
    page.goto("/regu/urutan?regu=A")
    page.locator("[data-module=stop_order][data-ready]").wait_for(state="attached")
    page.locator("form[data-ready]").first.wait_for(state="attached")
    until(page, lambda: order_shown(page) == wanted)
    page.locator("[data-stop-row]").last.locator("[data-move=first]").click()
    wanted = [wanted[-1], *wanted[:-1]]
    until(page, lambda: order_shown(page) == wanted)
    page.get_by_role("button", name="Simpan urutan ini").click()
    expect(page.locator("[data-module=crew_queue]")).to_contain_text("2 laporan tersimpan", timeout=WAIT_MS)
    page.context.set_offline(False)
    expect(page.locator("[data-module=crew_queue]")).to_be_hidden(timeout=WAIT_MS)
    until(page, lambda: planned(site, before) == wanted)
