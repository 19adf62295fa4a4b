"""What the vendor says of a message of ours: receipts come late, twice and out of order."""

from typing import Final

from sqlalchemy.orm import Session

from fieldops.channels import meta_graph
from fieldops.channels.inbound import Receipt, ReceiptState
from fieldops.domain.conversations import ClockKind
from fieldops.models import ChannelAccount, ConversationMessage
from fieldops.operations.run_clocks import note_change, run_again
from fieldops.queries.conversations import get_conversation, message_by_external_id

FURTHER: Final = {"queued": 0, "sending": 0, "unsure": 0, "sent": 1, "delivered": 2, "read": 3, "failed": 4}
"""A receipt only moves a message on; one that comes late changes nothing."""


WINDOW_CLOSED: Final = "131047"
"""WhatsApp says so of a message that it took first."""


def note_receipt(session: Session, account: ChannelAccount, receipt: Receipt) -> None:
    """Move a message on by what the vendor says of it."""
    row = message_by_external_id(session, account.id, receipt.external_id)
    if row is None or row.direction != "out":
        return
    if receipt.state is ReceiptState.FAILED:
        if row.state not in ("read", "delivered", "failed"):
            fail(session, row, _reason(receipt.reason))
    elif FURTHER[receipt.state.value] > FURTHER.get(row.state, 0):
        row.state, row.last_error = receipt.state.value, ""


def _reason(told: str) -> str:
    """Return the code that the page has words for, where the vendor's number has one."""
    if WINDOW_CLOSED in told:
        return "window_closed"
    named = (reason for code, reason in meta_graph.TEMPLATE_REFUSALS.items() if str(code) in told)
    return next(named, told or "failed")


def fail(session: Session, row: ConversationMessage, reason: str) -> None:
    """Note that a message did not arrive: an answer that never came stops no clock."""
    row.state, row.last_error = "failed", reason[:200]
    conversation = get_conversation(session, row.conversation_id)
    conversation.is_unread = True
    note_change(session, conversation, "not_delivered", message=row.id)
    if not row.is_automatic:
        for kind in ClockKind:
            run_again(session, conversation, kind, row.at)
