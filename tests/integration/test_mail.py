"""Letters leave through a real SMTP server, once, and what is refused for good is seen by staff."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from fieldops import clock
from fieldops.extensions import db
from fieldops.models import DataLink, DataVisit, Message, Reporter, ServiceRequest, Task
from fieldops.operations.correct_own_data import correct_contact
from fieldops.operations.resend_waiting import resend_waiting
from fieldops.operations.send_data_link import ask_for_data_link, data_link_address
from fieldops.operations.submit_request import submit_request
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction

GONE = "sudah-pindah@example.org"
BUSY = "penuh@example.org"


class Postbox:
    """Keeps what arrives; refuses one address for good and another for now."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address == GONE:
            return "550 no such user"
        if address == BUSY:
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = BytesParser(policy=default).parsebytes(envelope.content)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


@pytest.fixture
def postbox() -> Iterator[tuple[Postbox, str]]:
    box = Postbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def with_mail(app: Flask, url: str) -> Any:
    """Return the installation as it is with a mail server set up."""
    installation = app.extensions["fieldops"]
    settings = installation.settings.model_copy(update={"smtp_url": url, "mail_sender": "lapor@example.org"})
    return replace(installation, settings=settings)


def report(app: Flask, submission: Any, contact: str) -> None:
    with transaction() as session:
        submit_request(session, app.extensions["fieldops"], submission(contact=contact))


def states() -> list[tuple[str, str]]:
    session = db.session()
    session.expire_all()
    return [(one.state, one.last_error) for one in session.scalars(select(Message).order_by(Message.id))]


def test_a_letter_waits_for_a_mail_server_and_then_leaves_once(
    app: Flask, submission: Any, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    report(app, submission, "warga@example.org")
    work_until_idle(app.extensions["fieldops"])
    assert states() == [("waiting", "")]
    installation = with_mail(app, url)
    for _hour in range(2):
        with transaction() as session:
            resend_waiting(session, installation)
        work_until_idle(installation)
    assert states() == [("sent", "")]
    assert len(box.letters) == 1
    letter = box.letters[0]
    assert letter["To"] == "warga@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert "/lacak/" in letter.get_content()


def test_an_address_refused_for_good_is_failed_and_not_repeated_in_the_error(
    app: Flask, submission: Any, postbox: tuple[Postbox, str]
) -> None:
    _box, url = postbox
    report(app, submission, GONE)
    work_until_idle(with_mail(app, url))
    assert states() == [("failed", "refused with code 550")]


def test_a_mailbox_that_is_full_for_now_is_tried_again(
    app: Flask, submission: Any, postbox: tuple[Postbox, str]
) -> None:
    _box, url = postbox
    report(app, submission, BUSY)
    work_until_idle(with_mail(app, url))
    assert states() == [("queued", "")]
    task = db.session().scalars(select(Task).where(Task.name == "send_message")).one()
    assert (task.state, task.attempts) == ("todo", 1)
    assert BUSY not in task.last_error


def test_a_letter_about_ones_own_data_brings_a_link_while_it_is_good(
    app: Flask, submission: Any, postbox: tuple[Postbox, str]
) -> None:
    box, url = postbox
    report(app, submission, "warga@example.org")
    installation = with_mail(app, url)
    work_until_idle(installation)
    code = db.session().scalars(select(ServiceRequest.code)).one()
    with transaction() as session:
        ask_for_data_link(session, installation, code, "Warga@Example.org")
    work_until_idle(installation)
    letter = box.letters[-1]
    assert letter["To"] == "warga@example.org"
    link = db.session().scalars(select(DataLink)).one()
    assert data_link_address(db.session(), installation, link.id) in letter.get_content()
    assert "/lacak/" not in letter.get_content()
    with transaction() as session:
        ask_for_data_link(session, installation, code, "warga@example.org")
    count = len(box.letters)
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        work_until_idle(installation)
    assert len(box.letters) == count
    assert states()[-1] == ("failed", "link_over")


def test_a_new_address_is_asked_itself(app: Flask, submission: Any, postbox: tuple[Postbox, str]) -> None:
    box, url = postbox
    report(app, submission, "warga@example.org")
    installation = with_mail(app, url)
    with transaction() as session:
        reporter = session.scalars(select(Reporter)).one()
        visit = DataVisit(
            reporter_id=reporter.id,
            digest="x",
            began_at=clock.now(),
            expires_at=clock.now() + timedelta(minutes=30),
            receipt={},
        )
        session.add(visit)
        session.flush()
        correct_contact(session, installation, visit, reporter.id, "warga.baru@example.org")
    work_until_idle(installation)
    letter = box.letters[-1]
    assert letter["To"] == "warga.baru@example.org"
    assert "/data-saya/buka/" in letter.get_content()
    assert "warga@example.org" not in letter.get_content()
