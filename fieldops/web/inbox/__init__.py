"""The inbox of heads and officers: private conversations, answered in time, turned into work."""

from fieldops.web.inbox import decisions, pages, replies, summary
from fieldops.web.inbox.room import blueprint

__all__ = ["blueprint", "decisions", "pages", "replies", "summary"]
