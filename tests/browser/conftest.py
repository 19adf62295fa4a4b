"""A real Chromium on a real site: the demonstration city, served and worked in this process."""

import fcntl
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from fieldops import clock
from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.database import head_revision
from fieldops.demo.loading import load_demo
from fieldops.demo.logins import PASSWORD
from fieldops.extensions import db
from fieldops.tasks.worker import work_once

# Flask-Compress leaves a static file's handle to the garbage collector; tests ask what the browser sees.
FILES_LEFT_TO_THE_COLLECTOR = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 15_000
"""On a busy machine; what is there sooner is seen sooner."""
expect.set_options(timeout=PATIENCE_MS)
WORKER_MS = 180_000
"""For what the worker computes meanwhile: it shares two processors with the flows and what else runs."""
UNREADY = "[data-module]:not([data-when], [data-ready], [data-broken])"
"""What a page's scripts have not taken hold of yet. Every step waits for it: on a busy machine a test fills a
form long before they do, and a person does not."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)
            item.add_marker(FILES_LEFT_TO_THE_COLLECTOR)


def demo_settings(instance: Path) -> Settings:
    return Settings(
        instance_dir=instance,
        database_url="",
        demo=True,
        rate_limits=False,
        secret_key="browser tests",
        log_level="WARNING",
        push_services="127.0.0.1,fcm.googleapis.com",  # the stand-in, and one that is real
    )


@pytest.fixture(scope="session")
def demo_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's instance folder, made once for all test processes."""
    shared = tmp_path_factory.getbasetemp().parent
    folder = shared / f"demo-instance-{head_revision()}"  # of this history: without xdist it outlives the run
    with (shared / "demo-instance.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            app = create_app(demo_settings(folder))
            with clock.frozen(working_morning()), app.app_context():
                upgrade()
                load_demo(app, seed=1, photos=False, say=lambda _words: None)
                db.session.remove()
                db.engine.dispose()
            (folder / "complete").touch()
    return folder


@dataclass
class Site:
    """A served demonstration."""

    url: str
    app: Flask


@pytest.fixture
def site(demo_template: Path, tmp_path: Path) -> Iterator[Site]:
    """A demonstration of this test's own, with its worker running."""
    instance = tmp_path / "instance"
    shutil.copytree(demo_template, instance)
    with clock.frozen(working_morning()), served(create_app(demo_settings(instance))) as running:
        yield running


def working_morning() -> datetime:
    """Return nine o'clock in Solo on one Wednesday: the demonstration's crews are out then, and its city,
    which is drawn from the day, is the same at any hour of any day.
    """
    return datetime(2026, 11, 25, 9, 0, tzinfo=ZoneInfo("Asia/Jakarta"))


@contextmanager
def served(app: Flask) -> Iterator[Site]:
    """Serve an application on a free port, with its worker."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    stop = threading.Event()
    threads = [
        threading.Thread(target=server.serve_forever, daemon=True),
        threading.Thread(target=_work, args=(app, stop), daemon=True),
    ]
    for thread in threads:
        thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", app)
    stop.set()
    server.shutdown()
    for thread in threads:
        thread.join(10)
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def _work(app: Flask, stop: threading.Event) -> None:
    with app.app_context():
        while not stop.is_set():
            if not work_once(app.extensions["fieldops"]):
                stop.wait(0.2)
            db.session.remove()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium is installed; script/test installs Debian's")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page may never do: ask a foreign host, break the policy, fail in a script."""

    origin: str
    foreign: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        context.on("request", lambda request: self._request(request.url))
        context.on("console", lambda message: self._console(message.type, message.text))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if (
            parts.scheme in ("http", "https", "ws", "wss")
            and f"{parts.scheme}://{parts.netloc}" != self.origin
        ):
            self.foreign.append(url)

    def _console(self, kind: str, text: str) -> None:
        if "Content Security Policy" in text:
            self.violations.append(text)
        elif kind == "error" and "Failed to load resource" not in text:
            self.errors.append(text)

    def check(self) -> None:
        assert self.foreign == []
        assert self.violations == []
        assert self.errors == []


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, site: Site) -> Iterator[OpenPage]:
    """Open pages: `open_page("/lapor", phone=True, language="id", theme="dark", login="regu")`.

    At the end of the test nothing may have asked a foreign host, broken the policy or failed.
    """
    contexts: list[BrowserContext] = []
    watch = Watch(site.url)

    def open_one(
        path: str = "/", *, phone: bool = False, language: str = "id", theme: str = "", login: str = "",
        javascript: bool = True, position: tuple[float, float] | None = None, worker: bool = False,
    ) -> Page:  # fmt: skip
        context = chromium.new_context(
            base_url=site.url,
            viewport={"width": 360, "height": 740} if phone else {"width": 1280, "height": 900},
            device_scale_factor=2 if phone else 1,
            has_touch=phone,
            java_script_enabled=javascript,
            service_workers="allow" if worker else "block",
            geolocation={"longitude": position[0], "latitude": position[1], "accuracy": 12}
            if position
            else None,
            permissions=["geolocation"] if position else [],
        )
        context.set_default_timeout(PATIENCE_MS)
        cookies = [{"name": "language", "value": language, "url": site.url}]
        if theme:
            cookies.append({"name": "theme", "value": theme, "url": site.url})
        context.add_cookies(cookies)
        watch.over(context)
        contexts.append(context)
        page = context.new_page()
        if javascript:
            page.add_locator_handler(page.locator(UNREADY).first, lambda: None)
        if login:
            page.goto("/masuk")
            page.fill("input[name=login]", login)
            page.fill("input[name=password]", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_load_state()
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    watch.check()
