"""The demonstration's private conversations: accounts that reach nobody, and what people wrote to them."""

import tomllib
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.inbound import Attachment, AttachmentKind, InboundMessage, Sender, SharedPlace
from fieldops.channels.registry import CHANNELS
from fieldops.demo.drawings import DATA
from fieldops.demo.photos import draw
from fieldops.domain.conversations import ClockKind, FollowUp
from fieldops.domain.message_templates import TemplateText
from fieldops.domain.roles import THE_SYSTEM, Actor, By
from fieldops.installation import Installation
from fieldops.models import (
    ChannelAccount,
    Conversation,
    ConversationMessage,
    Department,
    MessageTemplate,
    User,
)
from fieldops.operations.connect_account import connect_account
from fieldops.operations.correspondence import Correspondence
from fieldops.operations.hand_conversation import assign_conversation
from fieldops.operations.open_channel import open_channel
from fieldops.operations.receive_message import receive_message
from fieldops.operations.reply_to_conversation import Reply, reply_to_conversation, write_note
from fieldops.operations.run_clocks import stop_clock
from fieldops.operations.understand_conversation import understand_conversation
from fieldops.queries.conversations import get_conversation, messages_of
from fieldops.transaction import transaction

DEGREES_A_KM: Final = 1 / 111.32
NAMES: Final = {"whatsapp": "Kepala DPUPR, WhatsApp", "telegram": "Kepala DPUPR, Telegram"}


@dataclass
class Telling:
    """One conversation as it is told, message by message, each at its own time."""

    installation: Installation
    account_id: int
    spec: dict[str, Any]
    began: datetime
    conversation_id: int | None = None


def add_conversations(installation: Installation) -> int:
    """Add the accounts and their conversations by the operations that everybody uses; return how many."""
    specs = tomllib.loads((DATA / "conversations.toml").read_text(encoding="utf-8"))["conversation"]
    accounts = _connect(installation)
    now = clock.now()
    for number, spec in enumerate(specs):
        telling = Telling(installation, accounts[spec["account"]], spec, now)
        for place, message in enumerate(spec["messages"]):
            with clock.frozen(now - timedelta(minutes=message["ago_min"])), transaction() as session:
                _say(session, telling, message, f"demo.{number}.{place}")
    return len(specs)


def _connect(installation: Installation) -> dict[str, int]:
    """Connect one account of each kind, with values that no service would take."""
    made: dict[str, int] = {}
    with transaction() as session:
        department = session.scalars(select(Department).order_by(Department.id).limit(1)).one()
        for kind, name in NAMES.items():
            values = {field.name: "contoh" for field in CHANNELS[kind].traits.fields if field.required}
            account = connect_account(
                session, installation, kind, name, department.id, None, values, THE_SYSTEM
            )
            made[kind] = account.id
        _add_templates(session, made["whatsapp"])
    return made


def _add_templates(session: Session, account_id: int) -> None:
    """Add templates as a vendor would list them; the demonstration asks none."""
    account = session.get_one(ChannelAccount, account_id)
    account.options = account.options | {"business_account_id": "contoh"}
    account.templates_at = clock.now()
    for spec in tomllib.loads((DATA / "templates.toml").read_text(encoding="utf-8"))["template"]:
        texts = [asdict(TemplateText(**one)) for one in spec["texts"]]
        session.add(
            MessageTemplate(
                account_id=account_id,
                name=spec["name"],
                language=spec["language"],
                category="utility",
                state=spec["state"],
                external_id="contoh",
                reason="",
                needs="",
                texts=texts,
                changed_at=clock.now(),
            )
        )


def _say(session: Session, telling: Telling, message: dict[str, Any], key: str) -> None:
    if "text" in message:
        _hear(session, telling, message, key)
        return
    conversation = get_conversation(session, telling.conversation_id or 0)
    by = By(Actor.OFFICER, _user_id(session, telling.spec.get("owner", "petugas")))
    if "note" in message:
        write_note(session, conversation, message["note"], by)
    else:
        _answer(session, telling, conversation, message, by, key)


def _hear(session: Session, telling: Telling, message: dict[str, Any], key: str) -> None:
    account = session.get_one(ChannelAccount, telling.account_id)
    channel = open_channel(telling.installation, account)
    now = clock.now()
    photos: tuple[Attachment, ...] = ()
    if "photo" in message:
        data = draw(message["photo"], seed=len(key) + message["ago_min"])
        photos = (Attachment(AttachmentKind.PHOTO, mime_type="image/jpeg", data=data),)
    place = None
    if "place" in message:
        lon, lat = telling.installation.city.centre
        east, north = message["place"]
        place = SharedPlace(lon + east * DEGREES_A_KM, lat + north * DEGREES_A_KM, 12.0)
    person = telling.spec["person"]
    conversation = receive_message(
        Correspondence(session, telling.installation),
        account,
        channel,
        InboundMessage(
            key, Sender(person), person, now, text=message["text"], place=place, attachments=photos
        ),
        now,
    )
    account.last_event_at = now
    if conversation is None:
        return
    telling.conversation_id = conversation.id
    if "owner" in telling.spec and conversation.assignee_id is None:
        assign_conversation(session, conversation, _user_id(session, telling.spec["owner"]), THE_SYSTEM)
    session.flush()
    understand_conversation(session, telling.installation, conversation.id)
    _as_sent(messages_of(session, conversation.id))


def _answer(
    session: Session, telling: Telling, conversation: Conversation, message: dict[str, Any], by: By, key: str
) -> None:
    traits = CHANNELS[telling.spec["account"]].traits
    follow_up = FollowUp(message["follow_up"]) if "follow_up" in message else None
    reply = Reply(message["answer"], key, waits=message.get("waits", False), follow_up=follow_up)
    row = reply_to_conversation(session, conversation, traits, reply, by)
    stop_clock(session, conversation, ClockKind.FIRST_RESPONSE, row.at, by, why="answered")
    if follow_up:
        stop_clock(session, conversation, ClockKind.FOLLOW_UP, row.at, by, why=follow_up.value)
    session.flush()
    _as_sent(messages_of(session, conversation.id))


def _as_sent(rows: list[ConversationMessage]) -> None:
    """Show as sent what would have been: the demonstration's people are made up, and reach nobody."""
    for row in rows:
        if row.direction == "out" and row.state == "queued":
            row.state, row.sent_at = "delivered", row.at


def _user_id(session: Session, login: str) -> int:
    return session.scalars(select(User.id).where(User.login == login)).one()
