"""Messenger, and comments on a page and mentions of it. Not run against the live service."""

from typing import ClassVar

from fieldops.channels.contract import Traits
from fieldops.channels.meta_inbox import MetaInbox, traits_of


class MessengerChannel(MetaInbox):
    """One page."""

    traits: ClassVar[Traits] = traits_of("messenger", "Messenger", 2000)
    OBJECT = "page"
    ANSWERS = "comments"
