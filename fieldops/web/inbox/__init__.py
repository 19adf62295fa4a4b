"""The inbox of heads and officers: private conversations, answered in time, turned into work."""

from fieldops.web.inbox import approvals, decisions, pages, replies, review, summary
from fieldops.web.inbox.room import blueprint

__all__ = ["approvals", "blueprint", "decisions", "pages", "replies", "review", "summary"]
