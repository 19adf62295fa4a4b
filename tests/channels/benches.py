"""Which channels the contract suite runs over."""

from collections.abc import Callable
from typing import Any, Final

import pytest

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from tests.channels import telegram_fixtures, whatsapp_fixtures
from tests.channels.bench import Bench
from tests.channels.mailbox_bench import MailboxBench
from tests.channels.meta_stand_in import NUMBER_ID
from tests.channels.telegram_bench import TelegramBench
from tests.channels.whatsapp_bench import WhatsAppBench


class Entry:
    """How a bench is made for one test, and one event to change at random."""

    def __init__(
        self,
        make: Callable[[pytest.FixtureRequest], Bench],
        adapter: type[Channel],
        sample: Any,
        **options: str,
    ) -> None:
        self._make, self._adapter, self._sample, self._options = make, adapter, sample, options

    def __call__(self, request: pytest.FixtureRequest) -> Bench:
        return self._make(request)

    def sample(self) -> tuple[Channel, Any]:
        """Return an adapter that needs no server for reading, and a good event; None: events are no JSON."""
        return self._adapter(Setup(self._options, {}, Doorman())), self._sample


BENCHES: Final[dict[str, Entry]] = {
    "whatsapp": Entry(
        lambda _: WhatsAppBench(), WhatsAppBench.adapter, whatsapp_fixtures.reply(), phone_number_id=NUMBER_ID
    ),
    "email": Entry(
        lambda request: MailboxBench(request.getfixturevalue("mail")),
        MailboxBench.adapter,
        None,
        address="a@b.test",
    ),
    "telegram": Entry(lambda _: TelegramBench(), TelegramBench.adapter, telegram_fixtures.photo()),
}
