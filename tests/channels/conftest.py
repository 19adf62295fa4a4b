"""Real servers of the channels, one of each for a test process."""

from collections.abc import Iterator

import pytest

from tests.channels.daemons import Missing
from tests.channels.mail_servers import MailServers, mail_servers
from tests.channels.mastodon_server import MastodonServer, mastodon_server
from tests.channels.matrix_server import MatrixServer, matrix_server


@pytest.fixture(scope="session")
def mail() -> Iterator[MailServers]:
    """Dovecot and OpenSMTPD."""
    try:
        with mail_servers() as servers:
            yield servers
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def synapse() -> Iterator[MatrixServer]:
    """A Matrix homeserver."""
    try:
        with matrix_server() as server:
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def snac() -> Iterator[MastodonServer]:
    """A server with Mastodon's API."""
    try:
        with mastodon_server() as server:
            yield server
    except Missing as missing:
        pytest.skip(str(missing))


REAL = {"mail": "email", "synapse": "matrix", "snac": "mastodon"}
"""Fixtures that start a server, and the channel of the contract suite that asks for it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a real server is left out of script/test --fast."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        params = getattr(getattr(item, "callspec", None), "params", {})
        if fixtures & set(REAL) or params.get("bench") in REAL.values():
            item.add_marker(pytest.mark.slow)
