"""Every channel there is, by its name."""

from typing import Final

from fieldops.channels.contract import Channel
from fieldops.channels.instagram import InstagramChannel
from fieldops.channels.mailbox import MailboxChannel
from fieldops.channels.mastodon import MastodonChannel
from fieldops.channels.matrix import MatrixChannel
from fieldops.channels.messenger import MessengerChannel
from fieldops.channels.sms import SmsChannel
from fieldops.channels.telegram import TelegramChannel
from fieldops.channels.whatsapp import WhatsAppChannel
from fieldops.channels.x import XChannel

CHANNELS: Final[dict[str, type[Channel]]] = {
    channel.traits.name: channel
    for channel in (
        WhatsAppChannel,
        InstagramChannel,
        MessengerChannel,
        TelegramChannel,
        MailboxChannel,
        MatrixChannel,
        MastodonChannel,
        SmsChannel,
        XChannel,
    )
}
