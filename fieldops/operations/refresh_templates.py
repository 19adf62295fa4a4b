"""Asking vendors which templates they approve: every few hours, when one changed, and by a button."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import ChannelError, NotConfigured, Templated
from fieldops.channels.doorman import KeptInside
from fieldops.channels.registry import CHANNELS
from fieldops.domain.message_templates import REMOVED, TemplateWording
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, MessageTemplate
from fieldops.operations.open_channel import open_channel
from fieldops.outbox import enqueue
from fieldops.queries.channels import active_accounts
from fieldops.queries.templates import template_by_name, templates_of

UnitOfWork = Callable[[], AbstractContextManager[Session]]

STATES_OF_REFUSALS: Final = {
    "template_paused": "paused",
    "template_disabled": "disabled",
    "template_removed": REMOVED,
    "template_rejected": "rejected",
}


def refresh_all_templates(session: Session) -> int:
    """Queue asking for the templates of every active account whose vendor has some; return how many."""
    kinds = [kind for kind, channel in CHANNELS.items() if channel.traits.has_templates]
    accounts = active_accounts(session, kinds)
    for account in accounts:
        ask_for_templates(session, account.id)
    return len(accounts)


def ask_for_templates(session: Session, account_id: int) -> None:
    """Queue asking for an account's templates."""
    enqueue(session, "refresh_templates", {"account_id": account_id}, dedupe_key=f"templates:{account_id}")


def refresh_templates(
    session: Session, installation: Installation, account_id: int, unit_of_work: UnitOfWork
) -> str:
    """Ask for an account's templates and keep them; return "" or the code of what went wrong.

    No unit of work may be open: the vendor may take its time. What went wrong is kept with the account, the
    templates stay as they were.
    """
    account = session.get(ChannelAccount, account_id)
    if account is None:
        return "no_account"
    channel = open_channel(installation, account)
    session.rollback()
    if not isinstance(channel, Templated):
        return "no_templates"
    listed: list[TemplateWording] | None = None
    try:
        listed, trouble = channel.templates(), ""
    except NotConfigured:
        trouble = "not_configured"
    except KeptInside:
        trouble = "kept_inside"
    except ChannelError as error:
        trouble = str(error)[:200] or "refused"
    with unit_of_work() as writing:
        if listed is not None:
            _keep(writing, account_id, listed)
        # Past the row's version: an administrator's form that is open meanwhile is not stale by this.
        writing.execute(
            update(ChannelAccount)
            .where(ChannelAccount.id == account_id)
            .values(templates_error=trouble, **({"templates_at": clock.now()} if listed is not None else {}))
        )
    return trouble


def note_refusal(session: Session, account_id: int, name: str, language: str, reason: str) -> None:
    """Note what a vendor said when it refused a template, and ask it for the whole list."""
    row = template_by_name(session, account_id, name, language)
    if row is not None and reason in STATES_OF_REFUSALS:
        row.state, row.changed_at = STATES_OF_REFUSALS[reason], clock.now()
    ask_for_templates(session, account_id)


def _keep(session: Session, account_id: int, listed: list[TemplateWording]) -> None:
    known = {(row.name, row.language): row for row in templates_of(session, account_id)}
    now = clock.now()
    # By name and language, the last one seen: turning a list's pages may show one twice while it changes.
    for wording in {(one.name, one.language): one for one in listed}.values():
        row = known.pop((wording.name, wording.language), None)
        if row is None:
            row = MessageTemplate(account_id=account_id, name=wording.name, language=wording.language)
            session.add(row)
        _take_over(row, wording)
        if session.is_modified(row):
            row.changed_at = now
    for row in known.values():
        if row.state != REMOVED:
            row.state, row.changed_at = REMOVED, now


def _take_over(row: MessageTemplate, wording: TemplateWording) -> None:
    texts: list[dict[str, Any]] = [asdict(one) | {"examples": list(one.examples)} for one in wording.texts]
    for field in ("category", "state", "external_id", "reason", "needs"):
        if getattr(row, field) != getattr(wording, field):
            setattr(row, field, getattr(wording, field))
    if row.texts != texts:
        row.texts = texts
