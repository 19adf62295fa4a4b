"""From a person's own program to the inbox and back, over real servers: nothing in between is pretended."""

import re
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy import select

from fieldops import clock
from fieldops.channels.inbound import RawEvent
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import ChannelAccount, Conversation, ConversationMessage, Department
from fieldops.operations.connect_account import connect_account
from fieldops.operations.poll_account import poll_account
from fieldops.queries.conversations import clocks_of, messages_of
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.channels.mail_servers import ADDRESS, PASSWORD, PERSON, MailServers
from tests.channels.mailbox_bench import MailboxBench
from tests.channels.matrix_bench import MatrixBench
from tests.channels.matrix_server import AS_TOKEN, GHOST, HS_TOKEN, MatrixServer
from tests.conftest import World

WORDS = "Ada lubang besar di depan pasar, tadi pagi motor jatuh"
ANSWER = "Terima kasih, regu kami ke sana pagi ini."


def connect(world: World, kind: str, values: dict[str, str]) -> int:
    with transaction() as session:
        department = session.scalars(select(Department).order_by(Department.id).limit(1)).one()
        return connect_account(
            session, world.installation, kind, "Kepala", department.id, None, values, world.by(Role.ADMIN)
        ).id


def answered(world: World, hear: Callable[[], None]) -> list[ConversationMessage]:
    """Let a message in, answer it as an official does, and return the thread."""
    hear()
    work_until_idle(world.installation)
    db.session.remove()
    conversation = db.session().scalars(select(Conversation)).one()
    assert (conversation.tray, conversation.is_urgent) == ("complaints", True)
    browser = world.sign_in(Role.OFFICER)
    path = f"/petugas/kotak-masuk/{conversation.id}/jawaban"
    assert browser.post(path, data={"words": ANSWER, "key": "k1"}).status_code == 303
    with clock.frozen(clock.now() + timedelta(seconds=5)):  # as fast as the account may send
        work_until_idle(world.installation)
    db.session.remove()
    assert clocks_of(db.session(), [conversation.id])[conversation.id]["first_response"].stopped_at
    return messages_of(db.session(), conversation.id)


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_a_letter_is_answered_in_its_own_thread(world: World, mail: MailServers) -> None:
    account = connect(
        world,
        "email",
        {
            "address": ADDRESS,
            "imap_url": mail.imap_url,
            "smtp_url": mail.smtp_url,
            "username": ADDRESS,
            "password": PASSWORD,
        },
    )
    with MailboxBench(mail) as bench:
        with transaction() as session:
            session.get_one(ChannelAccount, account).cursor = bench.cursor
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = PERSON, ADDRESS, "Jalan berlubang"
        letter["Message-ID"] = "<aduan-1@rumah.example>"
        letter.set_content(WORDS)

        def hear() -> None:
            bench.write(letter.as_bytes())
            bench.next_event()  # it lies in the mailbox
            poll_account(db.session(), world.installation, account, transaction)

        thread = answered(world, hear)
        assert thread[0].words.strip() == WORDS
        letters = [bench.last_letter(), bench.last_letter()]  # the thanks that leave by themselves, and ours
        (told,) = [letter for letter in letters if ANSWER in letter.text]
        assert told.headers["in-reply-to"] == ("<aduan-1@rumah.example>",)
        assert told.subject.endswith("Jalan berlubang")


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_a_letter_that_asks_for_ones_data_is_answered_with_a_link(world: World, mail: MailServers) -> None:
    values = {
        "address": ADDRESS,
        "imap_url": mail.imap_url,
        "smtp_url": mail.smtp_url,
        "username": ADDRESS,
        "password": PASSWORD,
    }
    account = connect(world, "email", values)
    with MailboxBench(mail) as bench:
        with transaction() as session:
            session.get_one(ChannelAccount, account).cursor = bench.cursor
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = PERSON, ADDRESS, "Permintaan"
        letter["Message-ID"] = "<data-1@rumah.example>"
        letter.set_content("Data saya\n\n-- \nBudi, RT 3\n")
        bench.write(letter.as_bytes())
        bench.next_event()
        poll_account(db.session(), world.installation, account, transaction)
        work_until_idle(world.installation)
        db.session.remove()
        told = bench.last_letter()
        assert told.headers["in-reply-to"] == ("<data-1@rumah.example>",)
        found = re.search(r"/data-saya/buka/\S+", told.text)
        assert found is not None
        held = db.session().scalars(select(Conversation)).one()
        assert not clocks_of(db.session(), [held.id])
        secret = found[0].rpartition("/")[2]
        assert all(secret not in row.words for row in messages_of(db.session(), held.id))
        browser = world.app.test_client()
        assert browser.post(found[0]).status_code == 303
        assert PERSON in browser.get("/data-saya/unduh.json").text


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_a_room_of_matrix_is_answered_in_the_room(world: World, synapse: MatrixServer) -> None:
    account = connect(
        world,
        "matrix",
        {"homeserver_url": synapse.url, "user_id": GHOST, "hs_token": HS_TOKEN, "as_token": AS_TOKEN},
    )
    hook = db.session().get_one(ChannelAccount, account).hook_key
    db.session.remove()
    client = world.app.test_client()

    def put(event: RawEvent, token: str = HS_TOKEN) -> int:
        path = f"/kanal/{hook}/_matrix/app/v1/transactions/{abs(hash(event.event_id))}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return client.put(path, data=event.raw, headers=headers).status_code

    with MatrixBench(synapse) as bench:

        def hear() -> None:
            event = bench.arrive(WORDS)
            assert put(event, "salah") == 403
            assert put(event) == 200
            assert put(event) == 200  # a homeserver that heard no answer says it again

        thread = answered(world, hear)
        assert [row.words for row in thread if row.direction == "in"] == [WORDS]
        assert bench.arrived_out() == ANSWER
