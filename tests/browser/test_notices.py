"""Notices and the page without a signal, in a real Chromium with its real service worker.

Chromium cannot subscribe at its vendor's service from here, so what `PushManager.subscribe` gives is a
stand-in's address and keys; everything else is the real thing. What the stand-in opens is handed to the
worker by the browser's own door for it, `ServiceWorker.deliverPushMessage`.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Worker, expect

from fieldops.demo.logins import PASSWORD
from fieldops.domain.notices import NewsKind
from fieldops.extensions import db
from fieldops.models import Conversation, PushSubscription, Task
from fieldops.operations.add_news import add_news
from fieldops.transaction import transaction
from tests.browser.conftest import PATIENCE_MS, Site, Watch
from tests.channels.push_stand_in import Device, PushStandIn

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]
PAGE = "/akun/pemberitahuan"
INBOX = "/petugas/kotak-masuk/"
SUBSCRIBED = """(given) => {
  let held = null;
  const made = () => ({
    endpoint: given.endpoint,
    options: {},
    toJSON: () => ({ endpoint: given.endpoint, keys: { p256dh: given.p256dh, auth: given.auth } }),
    unsubscribe: async () => ((held = null), true),
  });
  PushManager.prototype.subscribe = async function (options) {
    if (!options.userVisibleOnly || options.applicationServerKey.length !== 87) throw new Error("not so");
    return (held = made());
  };
  PushManager.prototype.getSubscription = async () => held;
}"""

# How many push messages the worker has heard since it was first asked.
HEARD = """() => {
  if (self.heard === undefined) {
    self.heard = 0;
    self.addEventListener("push", () => (self.heard += 1));
  }
  return self.heard;
}"""

COUNTED = "async () => (await (await navigator.serviceWorker.ready).getNotifications()).length"


@pytest.fixture
def push() -> Iterator[PushStandIn]:
    with PushStandIn() as running:
        yield running


class Desk:
    """A browser with a service worker, and somebody who works in it."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context, self.site = context, site
        self.page = context.new_page()
        self.cdp = context.new_cdp_session(self.page)
        self.registrations: dict[str, str] = {}
        self.cdp.on("ServiceWorker.workerRegistrationUpdated", self._registered)
        self.cdp.send("ServiceWorker.enable")

    def _registered(self, event: dict[str, Any]) -> None:
        for one in event["registrations"]:
            self.registrations[one["scopeURL"]] = one["registrationId"]

    def sign_in(self, login: str) -> Page:
        self.page.goto("/masuk")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.click("main button[type=submit]")
        self.page.wait_for_load_state()
        return self.page

    @property
    def worker(self) -> Worker:
        """The worker once it is active: a page has it "ready" while it is still being activated."""
        self.page.wait_for_function(
            "navigator.serviceWorker.ready.then(({ active }) => active.state === 'activated')"
        )
        return self.context.service_workers[0]

    def deliver(self, words: str) -> None:
        """Let the browser hand a push message to the worker, as it does when its vendor sent one.

        Chromium answers before it delivers, and now and then loses one without a word: it cannot yet find the
        worker it has just activated, or it closes what the private window before this one showed and takes
        the new notice along. So what does not show is sent again, as a push service does.
        """
        scope = f"{self.site.url}/"
        for _again in range(5):
            before: int = self.worker.evaluate(HEARD)
            for _wait in range(50):
                if scope in self.registrations:
                    break
                self.page.wait_for_timeout(50)
            self.cdp.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": self.site.url, "registrationId": self.registrations[scope], "data": words},
            )
            for _wait in range(60):
                if self.worker.evaluate(HEARD) > before and self.page.evaluate(f"({COUNTED})()"):
                    return
                self.page.wait_for_timeout(50)
        raise AssertionError("the browser never showed what was delivered")

    def shown(self, least: int = 1) -> list[dict[str, Any]]:
        """Return the notices that the device shows."""
        script = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
            .map(({ title, body, tag, data, silent, lang }) => ({ title, body, tag, data, silent, lang }))"""
        for _again in range(300):
            found: list[dict[str, Any]] = self.page.evaluate(script)
            if len(found) >= least:
                return found
            self.page.wait_for_timeout(50)
        return found


@pytest.fixture
def open_desk(chromium: Browser, site: Site) -> Iterator[Callable[..., Desk]]:
    contexts: list[BrowserContext] = []
    watch = Watch(site.url)

    def open_one(*, language: str = "id", phone: bool = False, theme: str = "") -> Desk:
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": 360, "height": 740} if phone else {"width": 1280, "height": 900},
            service_workers="allow",
            permissions=["notifications"],
        )
        context.set_default_timeout(PATIENCE_MS)
        cookies = [{"name": "language", "value": language, "url": site.url}]
        if theme:
            cookies.append({"name": "theme", "value": theme, "url": site.url})
        context.add_cookies(cookies)
        watch.over(context)
        contexts.append(context)
        return Desk(context, site)

    yield open_one
    for context in contexts:
        context.close()
    # A context of a test is a private window, which has no push service; Chromium says so where it is asked.
    watch.errors = [words for words in watch.errors if "Push API in incognito" not in words]
    watch.check()


OpenDesk = Callable[..., Desk]


def subscriptions(site: Site) -> int:
    with site.app.app_context():
        found = db.session.query(PushSubscription).count()
        db.session.remove()
        return found


def got(page: Page, device: Device, least: int) -> list[dict[str, Any]]:
    for _again in range(200):
        if len(device.got) >= least:
            break
        page.wait_for_timeout(50)
    return device.got


def test_an_officer_is_told_with_the_page_closed_and_finds_the_conversation(
    open_desk: OpenDesk, site: Site, push: PushStandIn
) -> None:
    device = push.device()
    desk = open_desk()
    given = push.offer(device)
    desk.context.add_init_script(f"({SUBSCRIBED})({json.dumps(given)})")
    page = desk.sign_in("petugas")
    page.goto(PAGE)
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("perangkat ini", exact=True)).to_be_visible()
    assert subscriptions(site) == 1
    page.get_by_role("button", name="Kirim pemberitahuan uji").click()
    (test,) = got(page, device, 1)
    assert test["title"] == "Perangkat ini diberi tahu"

    with site.app.app_context():
        mine = (
            db.session.query(Conversation).filter_by(state="open", tray="complaints", is_unread=True).first()
        )
        assert mine is not None
        number = mine.id
        db.session.remove()
        with transaction() as session:
            session.get_one(Conversation, number).assignee_id = session.query(PushSubscription).one().user_id
            # The clock of this test stands still: what comes next must not wait for it.
            session.query(PushSubscription).one().told_at = None
            add_news(session, NewsKind.MESSAGE, [number])
            session.flush()
            session.query(Task).filter_by(name="tell_staff").update({"due_at": Task.created_at})
        db.session.remove()
    told = got(page, device, 2)[1]
    page.goto("/")  # no page of the inbox is open

    desk.deliver(json.dumps(told))
    (notice,) = desk.shown()
    assert notice["title"] == "1 pesan baru menunggu"
    assert (notice["tag"], notice["lang"]) == ("fieldops-inbox", "id")
    assert notice["data"]["url"] == f"{INBOX}{number}"
    desk.deliver(json.dumps(told))  # once more, after a crash on the way
    (again,) = desk.shown()
    assert again["title"] == notice["title"]

    opened = click_on(desk, "fieldops-inbox")
    assert opened == [f"{site.url}{INBOX}{number}"]
    assert desk.page.evaluate(f"({COUNTED})()") == 0
    page.goto(opened[0])
    expect(page.get_by_role("log")).to_be_visible()


def click_on(desk: Desk, tag: str) -> list[str]:
    """Click on a shown notice: the worker gets the very event; only what it opens or brings to the front is
    written down, since a browser does either for a finger alone.
    """
    found: list[str] = desk.worker.evaluate(
        """async (tag) => {
          const opened = [];
          const value = async (url) => void opened.push(url);
          Object.defineProperty(self.clients, "openWindow", { configurable: true, value });
          const path = (url) => new URL(url).pathname;
          WindowClient.prototype.focus = async function () { opened.push(`front ${path(this.url)}`); };
          WindowClient.prototype.navigate = async (url) => void opened.push(`led to ${path(url)}`);
          const [notification] = await self.registration.getNotifications({ tag });
          const waits = [];
          const event = new NotificationEvent("notificationclick", { notification });
          Object.defineProperty(event, "waitUntil", { value: (work) => waits.push(work) });
          self.dispatchEvent(event);
          await Promise.allSettled(waits);
          return opened;
        }""",
        tag,
    )
    return found


def test_a_notice_without_words_is_a_notice_all_the_same(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.sign_in("petugas")
    desk.deliver("no json")
    (notice,) = desk.shown()
    assert notice["title"] == "FieldOps"


def test_a_notice_leads_nowhere_else(open_desk: OpenDesk) -> None:
    desk = open_desk()
    desk.sign_in("petugas")
    words = {"title": "x", "url": "https://evil.example/", "tag": "fieldops-inbox", "key": "1"}
    desk.deliver(json.dumps(words))
    assert desk.shown()
    assert click_on(desk, "fieldops-inbox") == []


@pytest.mark.parametrize(
    ("open_page", "expected"),
    [
        (f"{INBOX}2", [f"front {INBOX}2"]),
        (INBOX, [f"front {INBOX}", f"led to {INBOX}2"]),
        (f"{INBOX}1", ["open"]),
        (PAGE, ["open"]),
    ],
    ids=["there already", "the list", "an answer half written", "another page"],
)
def test_a_click_takes_nobody_away_from_an_answer(
    open_desk: OpenDesk, open_page: str, expected: list[str]
) -> None:
    desk = open_desk()
    page = desk.sign_in("petugas")
    page.goto(open_page)
    desk.deliver(json.dumps({"title": "1", "url": f"{INBOX}2", "tag": "fieldops-inbox", "key": "1"}))
    assert desk.shown()
    opened = click_on(desk, "fieldops-inbox")
    assert [re.sub("^http.*", "open", one) for one in opened] == expected


def test_the_worker_tells_the_browsers_new_address(
    open_desk: OpenDesk, site: Site, push: PushStandIn
) -> None:
    old, new = push.device(), push.device()
    desk = open_desk()
    desk.context.add_init_script(f"({SUBSCRIBED})({json.dumps(push.offer(old))})")
    page = desk.sign_in("petugas")
    page.goto(PAGE)
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("perangkat ini", exact=True)).to_be_visible()
    desk.worker.evaluate(
        """async ({ endpoint, p256dh, auth }) => {
          const event = new ExtendableEvent("pushsubscriptionchange");
          const waits = [];
          Object.defineProperty(event, "waitUntil", { value: (work) => waits.push(work) });
          event.newSubscription = { toJSON: () => ({ endpoint, keys: { p256dh, auth } }) };
          self.dispatchEvent(event);
          await Promise.all(waits);
        }""",
        push.offer(new),
    )
    page.get_by_role("button", name="Kirim pemberitahuan uji").click()
    assert [one["title"] for one in got(page, new, 1)] == ["Perangkat ini diberi tahu"]
    assert old.got == []


def test_signing_out_takes_everything_off_the_device(
    open_desk: OpenDesk, site: Site, push: PushStandIn
) -> None:
    desk = open_desk()
    desk.context.add_init_script(f"({SUBSCRIBED})({json.dumps(push.offer(push.device()))})")
    page = desk.sign_in("petugas")
    page.goto(PAGE)
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("perangkat ini", exact=True)).to_be_visible()
    desk.deliver(json.dumps({"title": "1", "tag": "fieldops-inbox", "url": INBOX, "key": "1"}))
    assert desk.shown()
    assert page.evaluate("caches.keys().then((names) => names.length)") == 1
    page.goto("/akun")
    page.get_by_role("button", name="Keluar").click()
    page.wait_for_url("**/masuk")
    assert subscriptions(site) == 0
    page.wait_for_function("caches.keys().then((names) => names.length === 0)")
    page.wait_for_function(f"({COUNTED})().then((count) => count === 0)")


def test_without_a_signal_a_crew_sees_what_waits_and_comes_back_by_itself(
    open_desk: OpenDesk, site: Site
) -> None:
    desk = open_desk(phone=True)
    page = desk.sign_in("regu")
    assert desk.worker.url
    page.reload()  # from now on the worker is in between
    page.evaluate(
        """async () => {
          const { keep } = await import("/static/js/lib/outbox.js");
          const at = new Date().toISOString();
          await keep({ key: "k", action: "/regu/titik/1/kejadian", fields: [], at, stop: 3 });
        }"""
    )
    desk.context.set_offline(True)
    page.goto("/regu/survei")  # no page of the day
    expect(page.get_by_role("heading", name="Tidak ada sinyal")).to_be_visible()
    expect(page.get_by_text("Tersimpan di ponsel ini: 1.")).to_be_visible()
    expect(page.get_by_text("Kept on this phone: 1.")).to_be_visible()
    expect(page.get_by_role("listitem")).to_contain_text("Titik 3 · Stop 3")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    ground = page.evaluate("getComputedStyle(document.querySelector('header')).backgroundColor")
    assert ground == "rgb(11, 92, 102)", "its style sheets are there"
    if AXE.is_file():
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", TAGS)
        assert [one["id"] for one in found["violations"]] == []
    desk.context.set_offline(False)
    expect(page).to_have_title(re.compile("^Survei"), timeout=30_000)
    assert page.url == f"{site.url}/regu/survei"


def test_citizens_pages_are_left_alone(open_desk: OpenDesk) -> None:
    desk = open_desk(phone=True)
    page = desk.page
    page.goto("/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: script/vendor --dev")
@pytest.mark.parametrize(("theme", "phone"), [("light", True), ("dark", False), ("sun", True)])
def test_the_pages_pass_axe_and_never_scroll_sideways(
    open_desk: OpenDesk, push: PushStandIn, theme: str, phone: bool
) -> None:
    desk = open_desk(phone=phone, theme=theme)
    desk.context.add_init_script(f"({SUBSCRIBED})({json.dumps(push.offer(push.device()))})")
    page = desk.sign_in("petugas")
    page.goto(PAGE)
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("perangkat ini", exact=True)).to_be_visible()
    for path in (PAGE, "/luring", "/akun"):
        page.goto(path)
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", TAGS)
        wrong = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
        assert not wrong, (path, wrong)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_a_browser_that_cannot_subscribe_says_so(open_desk: OpenDesk, site: Site) -> None:
    """The real `subscribe`, which finds no service from here."""
    page = open_desk().sign_in("petugas")
    page.goto(PAGE)
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("Peramban tidak dapat menghubungi layanan")).to_be_visible(timeout=15_000)
    assert subscriptions(site) == 0


def test_nobody_is_asked_before_a_tap_and_a_no_is_kept_to(open_desk: OpenDesk, site: Site) -> None:
    desk = open_desk()
    desk.context.clear_permissions()
    desk.context.add_init_script(
        """window.asked = 0;
        Notification.requestPermission = async () => { window.asked += 1; return "denied"; };
        const get = () => (window.asked ? "denied" : "default");
        Object.defineProperty(Notification, "permission", { get });"""
    )
    page = desk.sign_in("petugas")
    for path in (INBOX, PAGE):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.asked") == 0
    page.get_by_role("button", name="Nyalakan di perangkat ini").click()
    expect(page.get_by_text("Peramban ini diminta untuk tidak pernah")).to_be_visible()
    assert subscriptions(site) == 0
