"""Fetching from channels that never call us: what came is stored first, then the place where to go on."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import AccessExpired, ChannelError
from fieldops.channels.doorman import KeptInside
from fieldops.channels.registry import CHANNELS
from fieldops.installation import Installation
from fieldops.models import ChannelAccount
from fieldops.operations.open_channel import open_channel
from fieldops.operations.store_event import store_event
from fieldops.outbox import enqueue
from fieldops.queries.channels import active_accounts

UnitOfWork = Callable[[], AbstractContextManager[Session]]


def poll_all(session: Session) -> int:
    """Queue a look into every account that we ask ourselves; return how many."""
    accounts = active_accounts(session, [kind for kind, channel in CHANNELS.items() if channel.traits.polled])
    for account in accounts:
        enqueue(session, "poll_account", {"account_id": account.id}, dedupe_key=f"poll:{account.id}")
    return len(accounts)


def poll_account(
    session: Session, installation: Installation, account_id: int, unit_of_work: UnitOfWork
) -> None:
    """Fetch what came for one account. What goes wrong is shown with the account; the next look is soon."""
    account = session.get(ChannelAccount, account_id)
    if account is None or account.state != "active":
        return
    channel, cursor = open_channel(installation, account), account.cursor
    session.rollback()
    try:
        polled = channel.poll(cursor)
    except (ChannelError, KeptInside) as error:
        note_trouble(unit_of_work, account_id, error)
        return
    with unit_of_work() as writing:
        for event in polled.events:
            store_event(writing, account_id, event.event_id, event.raw)
        found = writing.get_one(ChannelAccount, account_id)
        if found.cursor == cursor:  # two looks at once: the later one begins again, and finds nothing new
            found.cursor = polled.cursor
        found.failing_since, found.last_error = None, ""


def note_trouble(unit_of_work: UnitOfWork, account_id: int, error: Exception) -> None:
    """Note what is wrong with an account, and since when."""
    with unit_of_work() as writing:
        account = writing.get_one(ChannelAccount, account_id)
        account.failing_since = account.failing_since or clock.now()
        account.last_error = str(error)[:200]
        if isinstance(error, AccessExpired):
            account.state = "expired"
