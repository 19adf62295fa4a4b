"""Real servers of the channels, one of each for a test process."""

from collections.abc import Iterator

import pytest

from tests.channels.daemons import Missing
from tests.channels.mail_servers import MailServers, mail_servers


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServers]:
    """Dovecot and OpenSMTPD."""
    try:
        with mail_servers() as servers:
            yield servers
    except Missing as missing:
        pytest.skip(str(missing))
