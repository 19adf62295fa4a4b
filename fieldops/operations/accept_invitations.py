"""Entering the rooms that people opened for us, so that what they write there can be read."""

from sqlalchemy.orm import Session

from fieldops.channels.contract import Accepting, Permanent
from fieldops.channels.inbound import Invited
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, InboundEvent
from fieldops.operations.open_channel import open_channel


def accept_invitations(session: Session, installation: Installation, event_id: int) -> None:
    """Enter every room that an event invites us to; twice does no harm. Nothing is written meanwhile.

    A room that is closed to us is left; trouble on the way raises, and the task is tried again.
    """
    event = session.get(InboundEvent, event_id)
    if event is None or not event.raw:
        return
    channel = open_channel(installation, session.get_one(ChannelAccount, event.account_id))
    rooms = [one.thread for one in channel.parse(event.raw) if isinstance(one, Invited)]
    session.rollback()
    if not isinstance(channel, Accepting):
        return
    for room in rooms:
        try:
            channel.accept(room)
        except Permanent:
            continue
