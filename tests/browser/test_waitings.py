"""What waits for somebody else, on a phone and in both languages: found from the board, decided, and told."""

import pytest
from playwright.sync_api import expect

from fieldops.domain.roles import Actor, By
from fieldops.domain.waitings import WaitingKind
from fieldops.extensions import db
from fieldops.models import RequestWaiting, ServiceRequest
from fieldops.operations.run_waitings import start_waiting
from fieldops.operations.tick_waitings import tick_waitings
from fieldops.queries.clusters import OPEN_CODES
from fieldops.transaction import transaction
from tests.browser.conftest import OpenPage, Site
from tests.browser.test_access import check_page

SAID = {
    "id": (
        "lewat batas",
        "Sudah ditanya lagi",
        "ditanya lagi",
        "Yang menunggu",
        "Diamankan, menunggu perbaikan",
    ),
    "en": (
        "past its date|past their date",
        "Asked again",
        "was asked again",
        "What waits",
        "Made safe, repair to come",
    ),
}


def _let_wait(site: Site) -> int:
    """Let everything be listed that waits in the demonstration, and something be made safe; return a report
    that another authority has not answered.
    """
    with site.app.app_context():
        with transaction() as session:
            secured = (
                session.query(ServiceRequest)
                .filter(ServiceRequest.status.in_(OPEN_CODES), ServiceRequest.cluster_id.is_not(None))
                .order_by(ServiceRequest.id)
                .first()
            )
            assert secured is not None
            start_waiting(
                session, secured, WaitingKind.REPAIR, By(Actor.CREW_LEADER), since=secured.reported_at
            )
        with transaction() as session:
            assert tick_waitings(session) > 0
        late = (
            db.session.query(RequestWaiting.request_id)
            .filter_by(kind=WaitingKind.AUTHORITY.value)
            .order_by(RequestWaiting.due_at)
            .first()
        )
        db.session.remove()
    assert late is not None
    return int(late[0])


@pytest.mark.parametrize("language", ["id", "en"])
def test_a_report_without_an_answer_is_found_and_asked_about_again(
    site: Site, open_page: OpenPage, language: str
) -> None:
    request_id = _let_wait(site)
    late, again, asked, title, secured = SAID[language]
    desk = open_page("/petugas", login="dispatcher", phone=True, language=language)
    line = desk.locator("a[href='/petugas/menunggu']")
    expect(line).to_contain_text(late.split("|")[-1])
    line.click()
    expect(desk.get_by_role("heading", name=title, exact=True)).to_be_visible()
    check_page(desk)
    desk.goto(f"/petugas/aduan/{request_id}")
    check_page(desk)
    desk.locator("#answer textarea").fill("Surat kedua dikirim.")
    desk.get_by_role("button", name=again).click()
    expect(desk.get_by_role("heading", name=asked)).to_be_visible()
    expect(desk.get_by_text("Surat kedua dikirim.")).to_be_visible()
    check_page(desk)
    head = open_page("/petugas/kotak-masuk/ringkasan", login="kepala", phone=True, language=language)
    expect(head.get_by_role("heading", name=secured)).to_be_visible()
    expect(head.locator("#waits")).to_be_visible()
    check_page(head)
