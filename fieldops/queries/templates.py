"""Templates of messages, as their vendors listed them last."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.message_templates import TemplateText, TemplateWording
from fieldops.models import MessageTemplate


def templates_of(session: Session, account_id: int) -> list[MessageTemplate]:
    """Return an account's templates, by name and language."""
    return list(
        session.scalars(
            select(MessageTemplate)
            .where(MessageTemplate.account_id == account_id)
            .order_by(MessageTemplate.name, MessageTemplate.language)
        )
    )


def get_template(session: Session, account_id: int, template_id: int) -> MessageTemplate | None:
    """Return an account's template, or None."""
    return session.scalar(
        select(MessageTemplate).where(
            MessageTemplate.id == template_id, MessageTemplate.account_id == account_id
        )
    )


def template_by_name(session: Session, account_id: int, name: str, language: str) -> MessageTemplate | None:
    """Return an account's template of a name in a language, or None."""
    return session.scalar(
        select(MessageTemplate).where(
            MessageTemplate.account_id == account_id,
            MessageTemplate.name == name,
            MessageTemplate.language == language,
        )
    )


def wording_of(row: MessageTemplate) -> TemplateWording:
    """Return a stored template as the domain knows it."""
    return TemplateWording(
        name=row.name,
        language=row.language,
        category=row.category,
        state=row.state,
        external_id=row.external_id,
        reason=row.reason,
        needs=row.needs,
        texts=tuple(_text(one) for one in row.texts),
    )


def _text(kept: dict[str, Any]) -> TemplateText:
    return TemplateText(
        kept["part"], kept["words"], kept["index"], kept["label"], tuple(kept.get("examples", ()))
    )
