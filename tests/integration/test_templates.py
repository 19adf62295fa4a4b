"""Templates of an account: fetched, chosen when the window is closed, refused when they must be."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import ConversationMessage, MessageTemplate
from fieldops.operations.connect_account import change_account_values
from fieldops.operations.refresh_templates import refresh_all_templates, refresh_templates
from fieldops.queries.conversations import clocks_of, messages_of
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.channels.meta_stand_in import BUSINESS_ID
from tests.conftest import World
from tests.integration.channels import Channels, channels, values

COMPLAINT = "Lubang besar di depan pasar, dalam sekali"


@pytest.fixture
def channel(world: World) -> Iterator[Channels]:
    with channels(world) as made:
        with transaction() as session:
            given = values(made.meta) | {"business_account_id": BUSINESS_ID}
            change_account_values(session, world.installation, made.account, given, world.by(Role.ADMIN))
        yield made


def fetch(channel: Channels) -> str:
    trouble = refresh_templates(db.session(), channel.world.installation, channel.account_id, transaction)
    db.session.remove()
    return trouble


def states() -> dict[tuple[str, str], str]:
    rows = db.session().scalars(select(MessageTemplate))
    return {(row.name, row.language): row.state for row in rows}


def number_of(name: str, language: str = "id") -> int:
    query = select(MessageTemplate.id).where(
        MessageTemplate.name == name, MessageTemplate.language == language
    )
    found = db.session().scalars(query).one()
    db.session.remove()
    return found


def closed(channel: Channels) -> int:
    """A person wrote more than a day ago."""
    channel.hear(said.text(COMPLAINT))
    channel.wait(hours=25)
    channel.wait(seconds=20)  # what falls due meanwhile, such as the reminder, is past its six seconds
    return channel.only().id


def post(browser: FlaskClient, conversation: int, name: str, **blanks: str) -> Any:
    data = {"key": f"k.{name}", "template": str(number_of(name))}
    data |= {f"blank-{key.replace('_', '.')}": value for key, value in blanks.items()}
    return browser.post(f"/petugas/kotak-masuk/{conversation}/jawaban", data=data)


def last(conversation: int) -> ConversationMessage:
    db.session.remove()
    return [row for row in messages_of(db.session(), conversation) if row.direction == "out"][-1]


def test_a_list_is_kept_followed_and_what_is_gone_is_marked(channel: Channels) -> None:
    assert fetch(channel) == ""
    assert states()[("promosi", "id")] == "rejected"
    assert states()[("terlalu_sering", "id")] == "paused"
    assert states()[("kabar_aduan", "en_US")] == "approved"
    version = channel.account.version
    del channel.meta.templates[1]
    channel.meta.templates[0]["status"] = "PAUSED"
    with transaction() as session:
        assert refresh_all_templates(session) == 1
    channel.work()
    assert states()[("kabar_aduan", "en_US")] == "removed"
    assert states()[("kabar_aduan", "id")] == "paused"
    assert channel.account.templates_at is not None
    assert channel.account.version == version, "an administrator's open form is not stale by this"


def test_one_that_a_list_names_twice_is_one(channel: Channels) -> None:
    """As when the list changes while its pages are turned: the second sight is the newer one."""
    again = channel.meta.templates[0] | {"status": "PAUSED"}
    channel.meta.templates.append(again)
    for _time in range(2):  # when it is new, and when it is known
        assert fetch(channel) == ""
        assert states()[("kabar_aduan", "id")] == "paused"
        db.session.remove()


def test_what_goes_wrong_is_kept_and_the_list_stays(channel: Channels) -> None:
    fetch(channel)
    before = states()
    db.session.remove()
    channel.meta.is_down = True
    trouble = fetch(channel)
    assert "503" in trouble
    assert states() == before
    admin = channel.world.sign_in(Role.ADMIN)
    page = unescape(admin.get(f"/admin/kanal/{channel.account_id}").text)
    assert trouble in page
    assert "kabar_aduan" in page
    channel.meta.is_down = False
    assert admin.post(f"/admin/kanal/{channel.account_id}/templat").status_code == 303
    # not the three figures: the stand-in's port may hold them
    assert trouble not in unescape(admin.get(f"/admin/kanal/{channel.account_id}").text)


def test_without_the_account_s_id_the_pages_say_what_to_do(world: World) -> None:
    with channels(world) as channel:
        assert fetch(channel) == "not_configured"
        conversation = closed(channel)
        page = world.sign_in(Role.OFFICER).get(f"/petugas/kotak-masuk/{conversation}").text
        assert "Admin › Kanal" in page
        assert 'id="words"' not in page
        admin = world.sign_in(Role.ADMIN).get(f"/admin/kanal/{channel.account_id}").text
        assert "ID akun WhatsApp Business" in admin


def test_without_an_approved_template_the_page_says_what_to_do(channel: Channels) -> None:
    conversation = closed(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    assert "Ambil templat" in officer.get(f"/petugas/kotak-masuk/{conversation}").text
    channel.meta.templates = channel.meta.templates[3:5]
    fetch(channel)
    assert "WhatsApp Manager" in officer.get(f"/petugas/kotak-masuk/{conversation}").text


def test_a_template_is_chosen_filled_and_sent(channel: Channels) -> None:
    fetch(channel)
    conversation = closed(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    page = officer.get(f"/petugas/kotak-masuk/{conversation}").text
    theirs, others = page.index("Dalam bahasa orang itu"), page.index("Dalam bahasa lain")
    assert theirs < page.index("kabar_aduan (id)") < others < page.index("kabar_aduan (en_US)")
    for name in ("promosi", "terlalu_sering", "foto_selesai"):
        assert name not in page, "only what can be sent is offered"
    number = number_of("sudah_selesai")
    page = officer.get(f"/petugas/kotak-masuk/{conversation}?template={number}").text
    for key in ("header.1", "body.nama", "body.tempat", "link1.1"):
        assert f'name="blank-{key}"' in page
        assert f'data-shows="{key}"' in page
    answer = post(
        officer,
        conversation,
        "sudah_selesai",
        header_1="JL-7",
        body_nama="Sri",
        body_tempat="Jl. Slamet\nRiyadi",
        link1_1="k0de",
    )
    assert answer.status_code == 303
    channel.work()
    sent = channel.meta.sent[-1]["template"]
    assert (sent["name"], sent["language"]) == ("sudah_selesai", {"code": "id"})
    assert [one["text"] for one in sent["components"][1]["parameters"]] == ["Sri", "Jl. Slamet Riyadi"]
    row = last(conversation)
    assert row.state == "sent"
    assert "Halo Sri, perbaikan di Jl. Slamet Riyadi sudah selesai." in row.words
    assert clocks_of(db.session(), [conversation])[conversation]["first_response"].stopped_at is not None
    assert "Halo Sri, perbaikan" in officer.get(f"/petugas/kotak-masuk/{conversation}").text


def test_an_empty_blank_is_said_at_its_field_and_what_was_typed_stays(channel: Channels) -> None:
    fetch(channel)
    conversation = closed(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    answer = post(officer, conversation, "kabar_aduan", body_1="JL-7", body_2=" ")
    assert answer.status_code == 422
    assert 'id="blank-body.2-error"' in answer.text
    assert 'value="JL-7"' in answer.text
    free = officer.post(
        f"/petugas/kotak-masuk/{conversation}/jawaban", data={"key": "k2", "words": "Halo", "template": ""}
    )
    assert free.status_code == 409
    assert len(channel.meta.sent) == len(channel.told())


@pytest.mark.parametrize(
    ("name", "words"),
    [("promosi", "menolak templat ini"), ("terlalu_sering", "menghentikan sementara templat ini")],
)
def test_what_is_not_approved_is_refused(channel: Channels, name: str, words: str) -> None:
    fetch(channel)
    conversation = closed(channel)
    before = len(channel.meta.sent)
    answer = post(channel.world.sign_in(Role.OFFICER), conversation, name, body_1="x")
    assert answer.status_code == 409
    assert words in answer.text
    channel.work()
    assert len(channel.meta.sent) == before


def test_one_that_needs_a_picture_is_refused(channel: Channels) -> None:
    fetch(channel)
    answer = post(channel.world.sign_in(Role.OFFICER), closed(channel), "foto_selesai")
    assert answer.status_code == 422
    assert "image" in answer.text


@pytest.mark.parametrize(
    ("status", "error"), [("PAUSED", "template_paused"), ("REJECTED", "template_removed")]
)
def test_a_refusal_by_the_vendor_is_said_and_remembered(channel: Channels, status: str, error: str) -> None:
    fetch(channel)
    conversation = closed(channel)
    channel.meta.templates[0]["status"] = status  # nobody told us
    officer = channel.world.sign_in(Role.OFFICER)
    assert post(officer, conversation, "kabar_aduan", body_1="JL-7", body_2="besok").status_code == 303
    channel.work()
    row = last(conversation)
    assert (row.state, row.last_error) == ("failed", error)
    assert clocks_of(db.session(), [conversation])[conversation]["first_response"].stopped_at is None
    # The list was asked for anew by itself, and has the vendor's own word now.
    assert states()[("kabar_aduan", "id")] == status.lower()
    page = officer.get(f"/petugas/kotak-masuk/{conversation}").text
    assert "templat" in page
    assert "kabar_aduan (id)" not in page


def test_one_that_was_paused_since_it_was_queued_never_leaves(channel: Channels) -> None:
    fetch(channel)
    conversation = closed(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    assert post(officer, conversation, "kabar_aduan", body_1="JL-7", body_2="besok").status_code == 303
    before = len([one for one in channel.meta.asked if one.path.endswith("/messages")])
    with transaction() as session:
        session.execute(update(MessageTemplate).values(state="paused"))
    channel.work()
    assert last(conversation).last_error == "template_paused"
    assert len([one for one in channel.meta.asked if one.path.endswith("/messages")]) == before


def test_a_repeat_after_the_template_was_paused_is_the_first_answer(channel: Channels) -> None:
    fetch(channel)
    conversation = closed(channel)
    officer = channel.world.sign_in(Role.OFFICER)
    assert post(officer, conversation, "kabar_aduan", body_1="JL-7", body_2="besok").status_code == 303
    number = last(conversation).id
    with transaction() as session:
        session.execute(update(MessageTemplate).values(state="paused"))
    db.session.remove()
    assert post(officer, conversation, "kabar_aduan", body_1="JL-7", body_2="besok").status_code == 303
    assert last(conversation).id == number
    other = post(officer, conversation, "kabar_aduan", body_1="JL-8", body_2="besok")
    assert other.status_code == 409, "other words under the same key are another answer"
    assert last(conversation).id == number


def test_news_by_the_webhook_brings_the_list(channel: Channels) -> None:
    event = said.message("text", {})
    event["entry"][0]["changes"] = [
        {"field": "message_template_status_update", "value": {"event": "APPROVED"}}
    ]
    channel.hear(event)
    assert states()[("kabar_aduan", "id")] == "approved"


def test_a_template_of_another_account_is_none(channel: Channels) -> None:
    fetch(channel)
    conversation = closed(channel)
    answer = channel.world.sign_in(Role.OFFICER).post(
        f"/petugas/kotak-masuk/{conversation}/jawaban", data={"key": "k", "template": "999"}
    )
    assert answer.status_code == 422
