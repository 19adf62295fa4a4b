"""Administrators: accounts, kinds, promises, channels, replies, crews, depots, roads, words, the log."""

from fieldops.web.admin import (
    accounts,
    audit,
    channels,
    choices,
    crews,
    depots,
    hazards,
    replies,
    roads,
    services,
    shifts,
    triage,
)
from fieldops.web.admin.room import blueprint

__all__ = [
    "accounts",
    "audit",
    "blueprint",
    "channels",
    "choices",
    "crews",
    "depots",
    "hazards",
    "replies",
    "roads",
    "services",
    "shifts",
    "triage",
]
