"""A city whose head has a WhatsApp account, and Meta's stand-in that calls the site's own address."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from fieldops import clock
from fieldops.channels.meta_signature import sign
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import ChannelAccount, Conversation, Department
from fieldops.operations.connect_account import connect_account
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.channels import whatsapp_fixtures as said
from tests.channels.meta_stand_in import ACCESS_TOKEN, APP_SECRET, NUMBER_ID, VERIFY_TOKEN, MetaStandIn
from tests.conftest import World


@dataclass
class Channels:
    """What a test of conversations works with."""

    world: World
    meta: MetaStandIn
    account_id: int
    client: FlaskClient
    time: ExitStack

    def wait(self, **length: float) -> None:
        """Let time pass, ours and the vendor's, and do what falls due."""
        passed = timedelta(**length)
        now = clock.now() + passed
        self.time.close()
        self.time.enter_context(clock.frozen(now))
        self.meta.now += passed.total_seconds()
        self.work()

    @property
    def account(self) -> ChannelAccount:
        return db.session().get_one(ChannelAccount, self.account_id)

    def call(self, event: dict[str, Any], secret: str = APP_SECRET) -> TestResponse:
        """Let the vendor call us."""
        words = json.dumps(event, separators=(",", ":"))
        # The fixtures' messages are written now, so that their window is open.
        raw = words.replace(f'"{said.AT}"', f'"{int(clock.now().timestamp())}"').encode()
        hook = self.account.hook_key
        db.session.remove()
        return self.client.post(
            f"/kanal/{hook}",
            data=raw,
            headers={"Content-Type": "application/json", "X-Hub-Signature-256": sign(secret, raw)},
        )

    def hear(self, event: dict[str, Any]) -> None:
        """Let the vendor call us, and do all the work that follows."""
        assert self.call(event).status_code == 200
        self.meta.last_word[said.BSUID] = self.meta.now
        self.work()

    def work(self) -> None:
        work_until_idle(self.world.installation)
        db.session.remove()

    def conversations(self) -> list[Conversation]:
        session = db.session()
        session.rollback()  # not removed: whoever asks may hold this very session
        session.expire_all()
        return list(session.scalars(select(Conversation).order_by(Conversation.id)))

    def only(self) -> Conversation:
        (one,) = self.conversations()
        return one

    def told(self) -> list[str]:
        """Return what the person got, in words."""
        return [_words(body) for body in self.meta.sent]


def _words(body: dict[str, Any]) -> str:
    if body["type"] == "interactive":
        return str(body["interactive"]["body"]["text"])
    return str(body["text"]["body"]) if body["type"] == "text" else json.dumps(body)


def values(meta: MetaStandIn) -> dict[str, str]:
    return {
        "phone_number_id": NUMBER_ID,
        "api_url": meta.api_url,
        "app_secret": APP_SECRET,
        "verify_token": VERIFY_TOKEN,
        "access_token": ACCESS_TOKEN,
    }


@contextmanager
def channels(world: World) -> Iterator[Channels]:
    with MetaStandIn() as meta, ExitStack() as time:
        time.enter_context(clock.frozen(clock.now()))
        meta.now = clock.now().timestamp()
        with transaction() as session:
            department = session.scalars(select(Department).order_by(Department.id).limit(1)).one()
            account = connect_account(
                session,
                world.installation,
                "whatsapp",
                "Kepala DPUPR, WhatsApp",
                department.id,
                None,
                values(meta),
                world.by(Role.ADMIN),
            )
            number = account.id
        yield Channels(world, meta, number, world.app.test_client(), time)
