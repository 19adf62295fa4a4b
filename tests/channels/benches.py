"""Which channels the contract suite runs over."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.instagram import InstagramChannel
from fieldops.channels.mailbox import MailboxChannel
from fieldops.channels.mastodon import MastodonChannel
from fieldops.channels.matrix import MatrixChannel
from fieldops.channels.messenger import MessengerChannel
from fieldops.channels.sms import SmsChannel
from fieldops.channels.telegram import TelegramChannel
from fieldops.channels.whatsapp import WhatsAppChannel
from fieldops.channels.x import XChannel
from tests.channels import messaging_fixtures, sms_bench, telegram_fixtures, whatsapp_fixtures, x_bench
from tests.channels.bench import Bench
from tests.channels.mailbox_bench import MailboxBench
from tests.channels.mastodon_bench import MastodonBench, mastodon_mention
from tests.channels.matrix_bench import MatrixBench, event
from tests.channels.matrix_server import GHOST
from tests.channels.messaging_benches import InstagramBench, MessengerBench
from tests.channels.meta_stand_in import INSTAGRAM_ID, NUMBER_ID, PAGE_ID
from tests.channels.sms_bench import SmsBench
from tests.channels.telegram_bench import TelegramBench
from tests.channels.whatsapp_bench import WhatsAppBench
from tests.channels.x_bench import XBench


class Entry:
    """How a bench is made for one test, and good events to change at random.

    Without events the channel's are no JSON. `options` are what reading needs, without any server.
    """

    def __init__(
        self,
        make: Callable[[pytest.FixtureRequest], Bench],
        adapter: type[Channel],
        *events: Any,
        **options: str,
    ) -> None:
        self._make, self.events = make, events
        self.reader = adapter(Setup(options, {}, Doorman()))

    def __call__(self, request: pytest.FixtureRequest) -> Bench:
        return self._make(request)


BENCHES: Final[dict[str, Entry]] = {
    "whatsapp": Entry(
        lambda _: WhatsAppBench(),
        WhatsAppChannel,
        whatsapp_fixtures.reply(),
        whatsapp_fixtures.location(),
        whatsapp_fixtures.edited(),
        whatsapp_fixtures.statuses("failed", errors=[{"code": 131047}]),
        phone_number_id=NUMBER_ID,
    ),
    "telegram": Entry(
        lambda _: TelegramBench(),
        TelegramChannel,
        telegram_fixtures.photo(),
        telegram_fixtures.location(),
        telegram_fixtures.reply(),
        telegram_fixtures.edited(),
    ),
    "email": Entry(
        lambda request: MailboxBench(request.getfixturevalue("mail")), MailboxChannel, address="a@b.test"
    ),
    "matrix": Entry(
        lambda request: MatrixBench(request.getfixturevalue("synapse")),
        MatrixChannel,
        {"events": [event("m.room.message", {"msgtype": "m.text", "body": "x", "m.relates_to": {}})]},
        {"events": [event("m.room.message", {"msgtype": "m.location", "geo_uri": "geo:-7.5,110.8;u=12"})]},
        {"events": [event("m.room.message", {"msgtype": "m.image", "body": "a.jpg", "url": "mxc://a/b"})]},
        {"events": [event("m.room.member", {"membership": "invite"}, state_key=GHOST)]},
        user_id=GHOST,
    ),
    "mastodon": Entry(
        lambda request: MastodonBench(request.getfixturevalue("snac")), MastodonChannel, mastodon_mention()
    ),
    "messenger": Entry(
        lambda _: MessengerBench(),
        MessengerChannel,
        messaging_fixtures.message("page", text="Lubang", reply_to={"mid": "m"}),
        messaging_fixtures.page_comment(),
        messaging_fixtures.item("page", delivery={"mids": ["m"], "watermark": 1}),
        account_id=PAGE_ID,
    ),
    "instagram": Entry(
        lambda _: InstagramBench(),
        InstagramChannel,
        messaging_fixtures.attachment("instagram", "image", url="https://cdn.test/a"),
        messaging_fixtures.instagram_comment(),
        messaging_fixtures.item("instagram", message_edit={"mid": "m", "text": "x", "num_edit": 1}),
        account_id=INSTAGRAM_ID,
    ),
    "sms": Entry(
        lambda _: SmsBench(),
        SmsChannel,
        sms_bench.message("Lubang", part=1, parts=2, reference="7"),
        {"id": "o", "status": "failed", "code": 8},
    ),
    "x": Entry(
        lambda _: XBench(),
        XChannel,
        x_bench.direct(),
        x_bench.mention(coordinates={"coordinates": [110.8, -7.5]}),
        x_bench.envelope("dm.received", direct_message=x_bench.direct()["direct_message_events"][0]),
        user_id=x_bench.OWN_ID,
    ),
}
