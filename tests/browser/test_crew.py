"""A crew leader's day in a real browser: with a signal, without one, and without JavaScript."""

import io
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from PIL import Image
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from fieldops.demo.logins import PASSWORD
from fieldops.extensions import db
from fieldops.models import (
    Follower,
    Message,
    ServiceRequest,
    Stop,
    StopEvent,
    WorkOrder,
    WorkOrderDependency,
)
from fieldops.models.base import lon_lat
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site

WAIT_MS = 20_000
ENDS = ("", "/arah", "/selesai", "/tidak-bisa", "/amankan", "/koreksi", "/tunda")
"""What can be seen of a stop."""


def picture(colour: str) -> dict[str, str | bytes]:
    held = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(held, "JPEG")
    return {"name": "foto.jpg", "mimeType": "image/jpeg", "buffer": held.getvalue()}


def next_stop(page: Page) -> int:
    return int((page.locator("section.lead h2 a").get_attribute("href") or "").rsplit("/", 1)[-1])


def in_app(site: Site, read: Callable[[], Any]) -> Any:
    with site.app.app_context():
        try:
            return read()
        finally:
            db.session.remove()


def until(page: Page, holds: Callable[[], bool]) -> None:
    for _again in range(WAIT_MS // 50):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it never came to that")


def kinds(site: Site, stop_id: int) -> list[str]:
    return in_app(
        site,
        lambda: list(
            db.session.scalars(
                select(StopEvent.kind).where(StopEvent.stop_id == stop_id).order_by(StopEvent.id)
            )
        ),
    )


def _cluster(stop_id: int) -> int:
    return db.session.get_one(WorkOrder, db.session.get_one(Stop, stop_id).work_order_id).cluster_id


def followers(site: Site, stop_id: int) -> list[tuple[int, int]]:
    """Who is to hear of a place, as (request, reporter); a duplicate is heard of with its original."""

    def read() -> list[tuple[int, int]]:
        repaired = select(ServiceRequest.id).where(ServiceRequest.status == "done")
        rows = db.session.execute(
            select(Follower.request_id, Follower.reporter_id)
            .join(ServiceRequest, ServiceRequest.id == Follower.request_id)
            .where(
                ServiceRequest.cluster_id == _cluster(stop_id),
                (ServiceRequest.status == "done")
                | ((ServiceRequest.status == "duplicate") & ServiceRequest.duplicate_of_id.in_(repaired)),
            )
        )
        return sorted((one, other) for one, other in rows)

    return in_app(site, read)


def told(site: Site, stop_id: int) -> list[tuple[int, int]]:
    """Who was told that the work is done."""

    def read() -> list[tuple[int, int]]:
        rows = db.session.execute(
            select(Message.request_id, Message.reporter_id)
            .join(ServiceRequest, ServiceRequest.id == Message.request_id)
            .where(ServiceRequest.cluster_id == _cluster(stop_id), Message.template == "done")
        )
        return sorted((one, other) for one, other in rows)

    return in_app(site, read)


def place_of(site: Site, stop_id: int) -> tuple[float, float]:
    def read() -> tuple[float, float]:
        order = db.session.get_one(WorkOrder, db.session.get_one(Stop, stop_id).work_order_id)
        return lon_lat(order.place)

    return in_app(site, read)


def test_a_stop_from_leaving_to_the_photo_after(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", position=(110.8, -7.55))
    done = page.locator(".head progress").get_attribute("value")
    stop_id = next_stop(page)
    lon, lat = place_of(site, stop_id)
    page.get_by_role("button", name="Berangkat").click()
    expect(page).to_have_url(f"{site.url}/regu/titik/{stop_id}")
    expect(page.locator(".leaflet-container")).to_be_visible(timeout=WAIT_MS)

    page.get_by_role("button", name="Tiba di sini").click()
    expect(page.get_by_role("alert")).to_contain_text("m dari titik", timeout=WAIT_MS)
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
    page.get_by_role("button", name="Tiba di sini").click()
    expect(page.get_by_role("link", name="Foto sebelum")).to_be_visible(timeout=WAIT_MS)

    page.get_by_role("link", name="Foto sebelum").click()
    page.set_input_files("#photo", picture("brown"))
    page.get_by_role("button", name="Simpan foto").click()
    page.wait_for_url(f"**/regu/titik/{stop_id}")
    page.locator(".bar").get_by_role("link", name="Selesai").click()
    page.set_input_files("#photo", picture("black"))
    page.locator("[value=permanent]").check()
    page.get_by_label("Ukuran terukur").fill("60 × 80 × 7")
    page.get_by_role("button", name="Selesaikan titik").click()
    page.wait_for_url("**/regu")
    expect(page.locator(".toast")).to_contain_text("Pelapornya diberi tahu")
    assert page.locator(".head progress").get_attribute("value") == str(int(done or 0) + 1)
    assert kinds(site, stop_id) == ["left", "arrived", "before_photo", "completed"]
    assert told(site, stop_id) == followers(site, stop_id)


def test_without_a_signal_a_report_waits_on_the_phone_and_is_sent_once(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page("/regu", phone=True, login="regu")
    stop_id = next_stop(page)
    page.goto(f"/regu/titik/{stop_id}/tidak-bisa")
    page.get_by_label("Hujan").check()
    page.get_by_label("Catatan untuk kantor").fill("Deras sekali")
    page.locator("form[data-ready]").wait_for(state="attached")
    page.context.set_offline(True)
    page.get_by_role("button", name="Laporkan tidak bisa").click()
    expect(page.locator("[data-error]")).to_contain_text("Tersimpan di HP", timeout=WAIT_MS)
    assert kinds(site, stop_id) == []
    page.context.set_offline(False)
    expect(page.locator("[data-module=crew_queue]")).to_be_hidden(timeout=WAIT_MS)
    assert kinds(site, stop_id) == ["blocked"]


KEEP = """async ([action, key]) => {
  const { keep } = await import("/static/js/lib/outbox.js");
  const { token } = document.querySelector("[data-module=crew_queue]").dataset;
  const fields = Object.entries({ csrf_token: token, client_key: key, kind: "left", reason: "rain" });
  await keep({ key, action, fields, at: new Date().toISOString(), stop: 1 });
}"""


# Says when what waited is gone from the page and all that follows at once has been done. While another page
# is on its way nothing can be asked of this one.
SETTLED = """() => {
  const queue = document.querySelector("[data-module=crew_queue]");
  const look = () => queue.hidden && setTimeout(() => console.log("settled"));
  new MutationObserver(look).observe(queue, { attributes: true });
}"""


def keep_on_the_phone(page: Page, stop_id: int, what: str = "tidak-bisa") -> None:
    """Put a report on the phone as a form does that finds no signal."""
    page.locator("[data-module=crew_queue][data-ready]").wait_for(state="attached")
    page.evaluate(KEEP, [f"/regu/titik/{stop_id}/{what}", str(uuid4())])


def later_stops(page: Page) -> list[int]:
    links = page.locator("li a[href*='/regu/titik/']")
    paths = links.evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return [int(path.rsplit("/", 1)[-1]) for path in paths]


def hold(page: Page, pattern: str, held: list[Route]) -> None:
    """Let what is asked of an address wait until the test lets it go."""

    def keep(route: Route) -> None:
        held.append(route)

    page.route(pattern, keep)


def test_a_page_asked_for_while_reports_are_sent_is_the_one_that_comes(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page("/regu", phone=True, login="regu")
    stop_id = next_stop(page)
    keep_on_the_phone(page, stop_id)
    sending: list[Route] = []
    coming: list[Route] = []
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate(SETTLED)
    hold(page, "**/tidak-bisa", sending)
    hold(page, "**/regu/peta?*", coming)
    page.get_by_role("button", name="Kirim sekarang").click()
    until(page, lambda: bool(sending))
    page.locator("nav.tabs").get_by_role("link", name="Peta").click(no_wait_after=True)
    until(page, lambda: bool(coming))
    sending[0].continue_()  # the sending ends while the map is on its way
    until(page, lambda: "settled" in said)
    coming[0].continue_()
    expect(page).to_have_title(re.compile("Peta"), timeout=WAIT_MS)
    assert kinds(site, stop_id) == ["blocked"]


def test_the_list_stays_the_list_when_a_step_made_elsewhere_is_sent(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    stop_id = next_stop(page)
    keep_on_the_phone(page, stop_id, "kejadian")
    with page.expect_navigation():
        page.get_by_role("button", name="Kirim sekarang").click()
    expect(page.get_by_role("button", name="Tiba di sini")).to_be_visible()
    assert page.url == f"{site.url}/regu"
    assert kinds(site, stop_id) == ["left"]


def test_what_is_filled_in_stays_when_an_older_report_is_sent(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", position=(110.8, -7.55))
    earlier, stop_id = next_stop(page), later_stops(page)[0]
    lon, lat = place_of(site, stop_id)
    page.context.set_geolocation({"longitude": lon, "latitude": lat, "accuracy": 8})
    page.goto(f"/regu/titik/{stop_id}/selesai")
    page.locator("form[data-ready]").wait_for(state="attached")
    keep_on_the_phone(page, earlier)
    page.set_input_files("#photo", picture("black"))
    expect(page.locator(".photo img")).to_be_visible()
    page.get_by_role("button", name="Kirim sekarang").click()
    expect(page.get_by_text("Yang menunggu di HP ini sudah terkirim.")).to_be_visible(timeout=WAIT_MS)
    assert kinds(site, earlier) == ["blocked"]
    page.locator("[value=permanent]").check()
    page.get_by_role("button", name="Selesaikan titik").click()
    page.wait_for_url("**/regu")
    assert kinds(site, stop_id) == ["completed"]


def test_a_session_that_ended_without_a_signal_loses_no_report(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    stop_id = next_stop(page)
    page.goto(f"/regu/titik/{stop_id}/tidak-bisa")
    page.get_by_label("Hujan").check()
    page.locator("form[data-ready]").wait_for(state="attached")
    page.context.set_offline(True)
    page.get_by_role("button", name="Laporkan tidak bisa").click()
    expect(page.locator("[data-error]")).to_contain_text("Tersimpan di HP", timeout=WAIT_MS)
    page.context.clear_cookies(name="fieldops")
    page.context.set_offline(False)
    page.get_by_role("link", name="Masuk lagi untuk mengirimnya").click()
    page.fill("input[name=login]", "regu")
    page.fill("input[name=password]", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_url("**/regu")  # its form, once taken, is not shown again
    expect(page.locator("[data-module=crew_queue]")).to_be_hidden(timeout=WAIT_MS)
    assert kinds(site, stop_id) == ["blocked"]


def test_what_another_crew_left_on_the_phone_waits_for_them(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    stop_id = next_stop(page)
    page.evaluate("document.querySelector('[data-outbox-of]').dataset.outboxOf = 'another'")
    keep_on_the_phone(page, stop_id)
    page.reload()
    queue = page.locator("[data-module=crew_queue]")
    page.locator("[data-module=crew_queue][data-ready]").wait_for(state="attached")
    keep_on_the_phone(page, later_stops(page)[0])
    expect(queue).to_contain_text("1 laporan tersimpan di HP")
    with page.expect_navigation():
        page.get_by_role("button", name="Kirim sekarang").click()
    expect(queue).to_be_hidden(timeout=WAIT_MS)
    assert kinds(site, stop_id) == []
    count = "import('/static/js/lib/outbox.js').then(({ kept }) => kept()).then((all) => all.length)"
    page.evaluate("document.querySelector('[data-outbox-of]').dataset.outboxOf = 'another'")
    assert page.evaluate(count) == 1


def found(site: Site) -> list[tuple[str, bool, float | None, str | None]]:
    """What crews found, as (kind of channel, private, accuracy, where from)."""

    def read() -> list[tuple[str, bool, float | None, str | None]]:
        rows = db.session.scalars(
            select(ServiceRequest).where(ServiceRequest.source == "crew").order_by(ServiceRequest.id)
        )
        return [(one.channel, one.confidential, one.accuracy_m, one.location_source) for one in rows]

    return in_app(site, read)


def test_a_finding_without_a_signal_waits_on_the_phone_and_then_shows_its_code(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page("/regu", phone=True, login="regu", position=(110.8243, -7.5661))
    stop_id = next_stop(page)
    page.goto(f"/regu/titik/{stop_id}")
    page.get_by_text("Lainnya").click()
    page.get_by_role("link", name="Temuan baru").click()
    page.wait_for_url(f"**/regu/temuan?titik={stop_id}")
    page.locator("form[data-ready]").wait_for(state="attached")
    page.set_input_files("#photo", picture("red"))
    expect(page.locator(".photo img")).to_be_visible()
    page.get_by_label("Jenis").select_option(index=1)
    page.get_by_label("Berbahaya").check()
    page.context.set_offline(True)
    page.get_by_role("button", name="Kirim temuan").click()
    expect(page.locator("[data-error]")).to_contain_text("Tersimpan di HP", timeout=WAIT_MS)
    assert found(site) == []
    page.context.set_offline(False)
    expect(page.get_by_text("Aduan diterima. Kodenya:")).to_be_visible(timeout=WAIT_MS)
    ((channel, is_private, accuracy_m, source),) = found(site)
    assert (channel, is_private, source) == ("crew", True, "gps")
    assert accuracy_m is not None
    assert kinds(site, stop_id) == ["found_new"]


def test_a_phone_that_does_not_know_where_it_is_says_so_before_it_keeps_a_finding(
    site: Site, open_page: OpenPage
) -> None:
    page = open_page("/regu/temuan", phone=True, login="regu")
    page.locator("form[data-ready]").wait_for(state="attached")
    page.set_input_files("#photo", picture("red"))
    page.get_by_label("Jenis").select_option(index=1)
    page.context.set_offline(True)
    page.get_by_role("button", name="Kirim temuan").click()
    expect(page.get_by_role("alert")).to_contain_text("HP ini tidak tahu posisinya", timeout=WAIT_MS)
    place = page.get_by_label("Koordinat")
    expect(place).to_be_focused()
    place.fill("-7.5661, 110.8243")
    page.context.set_offline(False)
    page.get_by_role("button", name="Kirim temuan").click()
    page.wait_for_url(re.compile(r"/regu/temuan/\d+$"))
    assert [(channel, source) for channel, _private, _m, source in found(site)] == [("crew", "typed")]


def test_a_place_is_corrected_by_a_phone_that_knows_where_it_is(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", position=(110.8, -7.55))
    stop_id = next_stop(page)
    lon, lat = place_of(site, stop_id)
    page.context.set_geolocation({"longitude": lon, "latitude": lat + 0.002, "accuracy": 80})
    page.goto(f"/regu/titik/{stop_id}/koreksi")
    page.locator("form[data-ready]").wait_for(state="attached")
    page.get_by_role("button", name="Di sini tempatnya").click()
    expect(page.get_by_role("alert")).to_contain_text("± 80 m", timeout=WAIT_MS)
    page.context.set_geolocation({"longitude": lon, "latitude": lat + 0.002, "accuracy": 8})
    page.get_by_role("button", name="Di sini tempatnya").click()
    page.wait_for_url(f"**/regu/titik/{stop_id}")
    expect(page.get_by_text("kantor belum memutuskan")).to_be_visible()
    assert kinds(site, stop_id) == ["pin_corrected"]
    assert place_of(site, stop_id) == (lon, lat)


def test_a_finding_works_without_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", javascript=False)
    stop_id = next_stop(page)
    page.goto(f"/regu/temuan?titik={stop_id}")
    page.set_input_files("#photo", picture("red"))
    page.get_by_label("Jenis").select_option(index=1)
    page.get_by_role("button", name="Kirim temuan").click()
    expect(page.get_by_text("Aduan diterima. Kodenya:")).to_be_visible()
    assert [(channel, source) for channel, _private, _m, source in found(site)] == [("crew", "staff")]


def order_shown(page: Page) -> list[int]:
    rows = page.locator("[data-stop-row]").evaluate_all(
        "all => all.map((one) => Number(one.dataset.stopRow))"
    )
    return [int(stop_id) for stop_id in rows]


def planned(site: Site, stop_ids: list[int]) -> list[int]:
    """These stops in the order of their list."""
    return in_app(
        site,
        lambda: list(
            db.session.scalars(select(Stop.id).where(Stop.id.in_(stop_ids)).order_by(Stop.position))
        ),
    )


def test_stops_are_put_in_order_by_keyboard_and_put_back(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    page.get_by_role("link", name="Ubah urutan").first.click()
    page.wait_for_url("**/regu/urutan?regu=A")
    page.locator("[data-module=stop_order][data-ready]").wait_for(state="attached")
    page.locator("form[data-ready]").first.wait_for(state="attached")
    before = order_shown(page)
    begun = int(page.locator("[data-module=stop_order]").get_attribute("data-begun") or 0)
    row = page.locator(f"[data-stop-row='{before[2]}']")
    row.locator("[data-move=up]").press("Enter")
    expect(page.locator("[data-module=stop_order] [data-said]")).to_contain_text(
        f"kini nomor {begun + 2}", timeout=WAIT_MS
    )
    expect(page.locator("#save [data-cost]")).to_contain_text("depo")
    expect(row.locator("[data-move=up]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-module=stop_order] [data-said]")).to_contain_text(
        f"kini nomor {begun + 1}", timeout=WAIT_MS
    )
    expect(row.locator("[data-move=down]")).to_be_focused()  # it cannot go up any further
    wanted = [before[2], before[0], before[1], *before[3:]]
    assert order_shown(page) == wanted
    assert planned(site, before) == before
    if page.locator("#save [name=override]").is_visible():
        page.locator("#save [name=override]").check()
    page.get_by_role("button", name="Simpan urutan ini").click()
    page.wait_for_url("**/regu?regu=A")
    assert planned(site, before) == wanted
    page.locator(".toast").get_by_role("button", name="Urungkan").click()
    expect(page.locator(".toast")).to_contain_text("Urutan sebelumnya kembali berlaku")
    assert planned(site, before) == before


def test_an_order_that_breaks_a_rule_is_refused_at_the_thumb(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu/urutan", phone=True, login="regu")
    page.locator("[data-module=stop_order][data-ready]").wait_for(state="attached")
    before = order_shown(page)

    def let_wait() -> None:
        with transaction() as session:
            orders = [session.get_one(Stop, stop_id).work_order_id for stop_id in before[:2]]
            session.add(WorkOrderDependency(work_order_id=orders[1], after_id=orders[0]))

    in_app(site, let_wait)
    page.locator("[data-stop-row]").nth(1).locator("[data-move=first]").click()
    expect(page.locator("#save [data-error]")).to_contain_text("tidak bisa mendahuluinya", timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Simpan urutan ini")).to_be_hidden()
    page.get_by_role("link", name="Biarkan seperti semula").click()
    expect(page.get_by_role("link", name="Kembali ke daftar").last).to_be_visible()
    assert order_shown(page) == before


def test_stops_are_put_in_order_without_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu/urutan", phone=True, login="regu", javascript=False)
    before = order_shown_plainly(page)
    page.locator(f"#baris-{before[1]} [data-move=up]").click()
    wanted = [before[1], before[0], *before[2:]]
    assert order_shown_plainly(page) == wanted
    if page.locator("#save [name=override]").is_visible():
        page.locator("#save [name=override]").check()
    page.get_by_role("button", name="Simpan urutan ini").click()
    page.wait_for_url("**/regu?regu=A")
    assert planned(site, before) == wanted


def order_shown_plainly(page: Page) -> list[int]:
    """The same where no script of a test runs in the page either."""
    return [
        int((row.get_attribute("id") or "").removeprefix("baris-"))
        for row in page.locator("[data-stop-row]").all()
    ]


def test_what_was_typed_survives_a_reload(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    path = f"/regu/titik/{next_stop(page)}/selesai"
    page.goto(path)
    page.get_by_label("Perbaikan sementara").check()
    page.get_by_label("Catatan untuk kantor").fill("Aspal kurang dua karung")
    page.reload()
    expect(page.get_by_label("Catatan untuk kantor")).to_have_value("Aspal kurang dua karung")
    expect(page.get_by_label("Perbaikan sementara")).to_be_checked()


def test_what_is_no_photo_is_said_on_the_phone(site: Site, open_page: OpenPage) -> None:
    """Without a signal the server's word would come hours later, when the crew is gone."""
    page = open_page("/regu", phone=True, login="regu")
    page.goto(f"/regu/titik/{next_stop(page)}/foto-sebelum")
    page.locator("[data-module=photo][data-ready]").wait_for()
    page.set_input_files("#photo", {"name": "kosong.jpg", "mimeType": "image/jpeg", "buffer": b""})
    expect(page.get_by_text("“kosong.jpg” bukan foto.")).to_be_visible()
    assert page.locator("#photo").evaluate("(one) => one.files.length") == 0
    page.set_input_files("#photo", picture("brown"))
    expect(page.locator(".photo img")).to_be_visible()
    expect(page.get_by_text("“kosong.jpg” bukan foto.")).to_be_hidden()
    page.set_input_files("#photo", {"name": "surat.txt", "mimeType": "text/plain", "buffer": b"bukan"})
    expect(page.get_by_text("“surat.txt” bukan foto.")).to_be_visible()
    expect(page.locator(".photo img")).to_be_visible()  # the photo before stays


def test_a_refused_report_says_why_at_its_field(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", position=(110.8, -7.55))
    page.goto(f"/regu/titik/{next_stop(page)}/tidak-bisa")
    page.get_by_role("button", name="Laporkan tidak bisa").click()
    expect(page.get_by_role("alert")).to_contain_text("Pilih sebab", timeout=WAIT_MS)


def test_the_day_works_without_javascript(site: Site, open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu", javascript=False)
    stop_id = next_stop(page)
    page.get_by_role("button", name="Berangkat").click()
    page.get_by_role("button", name="Tiba di sini").click()
    page.goto(f"/regu/titik/{stop_id}/selesai")
    page.set_input_files("#photo", picture("black"))
    page.get_by_label("Perbaikan sementara").check()
    page.get_by_role("button", name="Selesaikan titik").click()
    page.wait_for_url("**/regu")
    assert kinds(site, stop_id) == ["left", "arrived", "completed"]


def test_every_crew_page_fits_a_small_phone_in_every_theme(site: Site, open_page: OpenPage) -> None:
    for theme, language in (("light", "id"), ("dark", "en"), ("sun", "id")):
        page = open_page("/regu", phone=True, login="regu", theme=theme, language=language)
        stop_id = next_stop(page)
        for path in (
            "/regu",
            "/regu/peta",
            "/regu/lembar",
            "/regu/urutan",
            "/regu/survei?q=slamet",
            "/regu/bantuan",
            "/regu/temuan",
            f"/regu/temuan?titik={stop_id}",
            *(f"/regu/titik/{stop_id}{end}" for end in ENDS),
        ):
            page.goto(path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (path, theme)
            wide = "all => all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.innerText)"
            assert page.locator(".btn:visible").evaluate_all(wide) == [], (path, theme)
            if "survei" in path:  # what is chosen with a thumb, in gloves
                tall = "all => all.map((one) => one.offsetHeight)"
                assert min(page.locator("main ul .btn").evaluate_all(tall)) >= 56


def test_a_map_whose_stops_do_not_come_says_so(open_page: OpenPage) -> None:
    page = open_page("/regu", phone=True, login="regu")
    page.route("**/rute.geojson*", lambda route: route.fulfill(status=200, body="<html>Masuk</html>"))
    page.goto("/regu/peta")
    expect(page.locator(".view [data-trouble]")).to_contain_text("Peta tidak termuat", timeout=WAIT_MS)
    expect(page.locator(".leaflet-container")).to_be_visible()
    expect(page.get_by_role("listitem").first).to_be_visible()
