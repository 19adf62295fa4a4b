"""Every page at 360 and 1,280 px, Indonesian and English, light and dark, for people to look at.

`script/screenshots [FOLDER] [--only WORD] [--no-photos]`
"""

import argparse
import itertools
import re
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from fieldops import clock
from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.demo.loading import load_demo
from fieldops.demo.logins import PASSWORD
from fieldops.extensions import db
from fieldops.operations.plan_batches import plan_day_now
from fieldops.transaction import transaction
from tests.browser.conftest import ARGUMENTS, CHROMIUM

SIZES = {"360": (360, 740), "1280": (1280, 900)}
LANGUAGES = ("id", "en")
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Shot:
    """One page: its name in the file, where it is, who looks, and a link to follow first.

    `follow` is a pattern; the first link of the page at `path` that matches it is the page to take.
    """

    name: str
    path: str
    login: str = ""
    follow: str = ""
    themes: tuple[str, ...] = THEMES
    sizes: tuple[str, ...] = tuple(SIZES)


CREW_THEMES = ("light", "dark", "sun")

SHOTS = (
    Shot("home", "/"),
    Shot("map", "/peta"),
    Shot("report", "/lapor"),
    Shot("track-enter", "/lacak"),
    Shot("not-found", "/tidak-ada"),
    Shot("sign-in", "/masuk"),
    Shot("crew-today", "/regu", "regu", themes=CREW_THEMES),
    Shot("crew-stop", "/regu", "regu", r"^/regu/titik/\d+$", themes=CREW_THEMES),
    Shot("crew-map", "/regu/peta", "regu"),
    Shot("board", "/petugas", "dispatcher"),
    Shot("cluster", "/petugas", "dispatcher", r"^/petugas/kelompok/\d+$"),
    Shot("order", "/petugas/hari-ini", "dispatcher", r"^/petugas/perintah/\d+$"),
    Shot("plan-ask", "/petugas/rencana", "dispatcher"),
    Shot("plan", "/petugas/rencana", "dispatcher", r"^/petugas/rencana/\d+$"),
    Shot("why-not", "/petugas/rencana/tidak-masuk", "dispatcher"),
    Shot("today", "/petugas/hari-ini", "dispatcher"),
    Shot("exceptions", "/petugas/pengecualian", "dispatcher"),
    Shot("requests", "/petugas/aduan", "dispatcher"),
    Shot("engineer", "/insinyur", "insinyur"),
    Shot("access", "/akun/akses", "insinyur"),
    Shot("collections", "/ogc/?f=html"),
    Shot("admin-users", "/admin", "admin"),
    Shot("admin-services", "/admin/jenis", "admin"),
    Shot("admin-crews", "/admin/regu", "admin"),
    Shot("components", "/komponen", "admin"),
)


def main() -> int:
    """Serve a demonstration, take the pictures, say where they are."""
    asked = argparse.ArgumentParser(prog="script/screenshots", description=__doc__)
    asked.add_argument("folder", nargs="?", default="instance/screenshots", type=Path)
    asked.add_argument("--only", default="", help="names that contain this word")
    asked.add_argument("--no-photos", action="store_true", help="do not draw placeholder photos")
    asked.add_argument("--instance", type=Path, help="a demonstration's instance folder to use as it is")
    options = asked.parse_args()
    browser_path = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if browser_path is None:
        print("screenshots: no Chromium is installed (apt-get install chromium)", file=sys.stderr)
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        instance = options.instance or Path(temporary)
        app = create_app(
            Settings(
                instance_dir=instance, database_url="", demo=True, rate_limits=False, log_level="WARNING"
            )
        )
        with app.app_context():
            if options.instance is None:
                upgrade()
                load_demo(app, seed=1, photos=not options.no_photos, say=print)
                plan_tomorrow(app)
            db.session.remove()
        server = make_server("127.0.0.1", 0, app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
            taken = sum(
                take(browser, f"http://127.0.0.1:{server.server_port}", shot, options.folder)
                for shot in SHOTS
                if options.only in shot.name
            )
            browser.close()
        server.shutdown()
    print(f"{taken} pictures in {options.folder}")
    return 0


def plan_tomorrow(app: Flask) -> None:
    """Propose a plan for the next working day, so that there is one to look at."""
    installation = app.extensions["fieldops"]
    day = clock.now().astimezone(ZoneInfo(installation.city.time_zone)).date() + timedelta(days=1)
    if day.weekday() == 6:
        day += timedelta(days=1)
    print(plan_day_now(installation, day, transaction, seconds=5, seed=1)[1])


def take(browser: Browser, url: str, shot: Shot, folder: Path) -> int:
    """Take one page in all its forms; return how many pictures."""
    taken = 0
    for size, language, theme in itertools.product(shot.sizes, LANGUAGES, shot.themes):
        width, height = SIZES[size]
        context = browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            device_scale_factor=2 if size == "360" else 1,
            service_workers="block",
            locale={"id": "id-ID", "en": "en-GB"}[language],
        )
        context.add_cookies(
            [
                {"name": "language", "value": language, "url": url},
                {"name": "theme", "value": theme, "url": url},
            ]
        )
        page = context.new_page()
        try:
            visit(page, shot)
            page.wait_for_timeout(700)
            page.screenshot(path=folder / f"{shot.name}-{size}-{language}-{theme}.png", full_page=True)
            taken += 1
        except Exception as error:  # noqa: BLE001  one page that fails must not hide the others
            print(f"{shot.name}: {type(error).__name__}: {str(error).splitlines()[0]}", file=sys.stderr)
        context.close()
    return taken


def visit(page: Page, shot: Shot) -> None:
    """Go to a page, signing in and following its link where it asks for that."""
    if shot.login:
        page.goto("/masuk")
        page.fill("input[name=login]", shot.login)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_load_state()
    page.goto(shot.path)
    if shot.follow:
        links = [link.get_attribute("href") or "" for link in page.query_selector_all("a[href]")]
        page.goto(next(link for link in links if re.search(shot.follow, link)))
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_timeout(300)
    page.evaluate("window.scrollTo(0, 0)")


if __name__ == "__main__":
    sys.exit(main())
