"""A dispatcher's morning in a real browser: read, order, plan, review, send out; by keys, without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func

from fieldops.extensions import db
from fieldops.models import Cluster, ServiceRequest, WorkOrder, WorkOrderDependency
from fieldops.models.base import lon_lat
from tests.browser.conftest import WORKER_MS, Site

OpenPage = Callable[..., Page]

PAGES = (
    "/petugas",
    "/petugas/rencana",
    "/petugas/hari-ini",
    "/petugas/pengecualian",
    "/petugas/aduan",
    "/petugas/aduan/baru",
)


def test_the_board_shows_the_same_on_list_and_map(open_page: OpenPage) -> None:
    page = open_page("/petugas", login="dispatcher", language="en")
    expect(page.get_by_role("heading", name="Needs a decision")).to_be_visible()
    expect(page.locator(".leaflet-marker-icon").first).to_be_visible()

    page.keyboard.press("s")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("slamet riyadi")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("q=slamet"))
    places = page.locator(".rows li p.muted").all_inner_texts()
    assert places
    assert all("Slamet Riyadi" in place for place in places)


def test_an_order_is_opened_planned_and_sent_out(open_page: OpenPage) -> None:
    page = open_page("/petugas?state=unread", login="dispatcher", language="en")
    page.locator(".rows a.cover").first.click()
    page.get_by_role("button", name="Open work order").click()
    expect(page.get_by_text(re.compile(r"Work order PK-\d+-\d+ opened\."))).to_be_visible()
    page.get_by_label("Must be done in the next plan").check()
    page.get_by_role("button", name="Save order").click()
    expect(page.get_by_text("Must do", exact=True)).to_be_visible()
    number = re.search(r"PK-\d+-\d+", page.title())
    assert number is not None

    page.get_by_role("link", name="Plan the day").click()
    page.get_by_text("Search time, fairness and more").click()
    page.get_by_label("Search time").fill("2")
    page.get_by_role("button", name="Compute plan").click()
    expect(page.get_by_role("heading", name="Computing the plan")).to_be_visible()
    expect(page.get_by_text("Passes the independent check")).to_be_visible(timeout=WORKER_MS)
    expect(page.get_by_role("img", name=re.compile("The day of each crew"))).to_be_visible()
    expect(page.locator(".leaflet-marker-icon").first).to_be_visible()
    expect(page.locator("#arrivals").get_by_text(number.group())).to_be_visible()

    page.get_by_role("button", name="Apply and send out").click()
    expect(page.get_by_text(re.compile(r"batches? sent out\."))).to_be_visible()
    expect(page.get_by_role("button", name="Apply and send out")).to_have_count(0)


def test_merging_and_taking_it_back(open_page: OpenPage) -> None:
    page = open_page("/petugas?state=unread", login="dispatcher", language="en")
    for link in page.locator(".rows a.cover").evaluate_all("links => links.map(link => link.href)"):
        page.goto(link)
        if page.get_by_role("button", name="Merge").count():
            break
    page.get_by_role("button", name="Merge").first.click()
    expect(page.get_by_text(re.compile(r"Cluster \d+ merged into \d+\."))).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text(re.compile(r"Split off as cluster \d+\."))).to_be_visible()


def test_a_cluster_says_why_and_what_causes_it(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        waiting = db.session.query(WorkOrderDependency).order_by(WorkOrderDependency.id).first()
        hole = db.session.get_one(WorkOrder, waiting.work_order_id).cluster_id
        first = db.session.get_one(WorkOrder, waiting.after_id).number
        many = (
            db.session.query(ServiceRequest.cluster_id)
            .join(Cluster, Cluster.id == ServiceRequest.cluster_id)
            .filter(Cluster.open)
            .group_by(ServiceRequest.cluster_id)
            .order_by(func.count().desc())
            .first()[0]
        )
    page = open_page(f"/petugas/kelompok/{many}", login="dispatcher", language="en")
    why = page.locator("details.fold", has_text=re.compile(r"With SKA-.*: \d+ m, ")).first
    why.locator("summary").click()
    expect(why.get_by_text(re.compile(r"Distance .* Together"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]

    page.goto(f"/petugas/kelompok/{hole}")
    causes = page.locator("#causes li", has_text=first)
    expect(causes).to_contain_text("May be the cause: its work goes first")
    causes.get_by_role("button", name="Unlink").click()
    expect(page.get_by_text("No longer linked as cause and effect.")).to_be_visible()
    expect(page.locator("#causes li", has_text=first)).to_contain_text("Not linked, by")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#causes li", has_text=first)).to_contain_text("its work goes first")


def test_a_wrong_pin_is_corrected(open_page: OpenPage, site: Site) -> None:
    with site.app.app_context():
        request = (
            db.session.query(ServiceRequest)
            .filter_by(status="submitted", location_state="confirmed")
            .filter(ServiceRequest.cluster_id.is_not(None))
            .order_by(ServiceRequest.id)
            .first()
        )
        number, (lon, lat) = request.id, lon_lat(request.place)
    page = open_page(f"/petugas/aduan/{number}", login="petugas", language="en", phone=True)
    page.get_by_text("Correct its place").click()
    expect(page.locator("#pin-map .leaflet-marker-icon")).to_be_visible(timeout=30_000)
    page.get_by_text("Type the coordinates instead").click()
    page.get_by_label("Longitude").fill(str(lon + 0.0005))
    page.get_by_role("button", name="Save place").click()
    expect(page.get_by_text("The place is corrected.")).to_be_visible()
    with site.app.app_context():
        moved = lon_lat(db.session.get_one(ServiceRequest, number).place)
    assert moved == pytest.approx((lon + 0.0005, lat))


def test_it_all_works_without_javascript(open_page: OpenPage) -> None:
    page = open_page("/petugas?state=unread", login="dispatcher", language="id", javascript=False)
    page.locator(".rows a.cover").first.click()
    page.get_by_role("link", name="Tolak").click()
    page.get_by_label("Keterangan kurang").check()
    page.get_by_label("Pesan untuk pelapor").fill("Mohon kirim foto tempatnya.")
    page.get_by_role("button", name="Tolak dan kabari").click()
    expect(page.get_by_text("1 aduan diakhiri.")).to_be_visible()
    expect(page.get_by_text("Mohon kirim foto tempatnya.")).to_be_visible()


def test_pages_fit_a_phone(open_page: OpenPage) -> None:
    page = open_page("/petugas", login="dispatcher", phone=True, theme="dark")
    for path in PAGES:
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_an_administrator_adds_a_colleague(open_page: OpenPage) -> None:
    page = open_page("/admin", login="admin", language="en", phone=True)
    page.get_by_label("Name", exact=True).fill("Sari")
    page.get_by_label("Login name").fill("sari")
    page.get_by_label("First password").fill("kata sandi pertama")
    page.get_by_role("button", name="Make account").click()
    expect(page.get_by_role("link", name="Choose at least one role.")).to_be_visible()
    assert page.get_by_label("Login name").input_value() == "sari"
    page.get_by_label("Dispatcher").check()
    page.get_by_label("First password").fill("kata sandi pertama")
    page.get_by_role("button", name="Make account").click()
    expect(page.get_by_text("Account made.")).to_be_visible()
