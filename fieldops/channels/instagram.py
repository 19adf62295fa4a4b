"""Instagram's direct messages, comments and mentions. Not run against the live service."""

from typing import ClassVar

from fieldops.channels.contract import Traits
from fieldops.channels.meta_inbox import MetaInbox, traits_of


class InstagramChannel(MetaInbox):
    """One professional account."""

    traits: ClassVar[Traits] = traits_of("instagram", "Instagram", 1000)
    OBJECT = "instagram"
    ANSWERS = "replies"
