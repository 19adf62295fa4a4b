"""Putting an outbox row into words, in its reader's language."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from fieldops.i18n import _, date_words, in_language
from fieldops.installation import Installation
from fieldops.models import Message, Service, ServiceRequest
from fieldops.operations.submit_request import tracking_secret
from fieldops.queries.reporters import part_of


@dataclass(frozen=True)
class WrittenMessage:
    """A message ready to leave."""

    channel: str
    address: str
    subject: str
    body: str
    key: str


def write_message(
    session: Session,
    installation: Installation,
    message: Message,
    request: ServiceRequest,
    address: str,
    own_link: str = "",
) -> WrittenMessage:
    """Return the words of a message. The first line of its template is the subject.

    Only the author's letters carry the tracking link: it is the key to the request. A letter about
    somebody's own data carries `own_link` instead.
    """
    service = session.get_one(Service, request.service_id)
    link = own_link
    if not link and part_of(session, request.id, message.reporter_id) == "author":
        secret = tracking_secret(installation, request.source, request.external_key)
        link = f"{installation.settings.public_url.rstrip('/')}/lacak/{secret}"
    facts = dict(message.facts)
    if "date" in facts:
        facts["date"] = date.fromisoformat(str(facts["date"])[:10])
    with in_language(message.language):
        template = current_app.jinja_env.get_template(f"messages/{message.template}.txt")
        words = template.render(
            code=request.code,
            service=service.name(message.language),
            place=request.address or request.landmark or _("the place you showed us"),
            city=installation.city.name,
            organisation=installation.city.organisation,
            link=link,
            facts=facts,
            date_words=date_words,
        )
    subject, _newline, body = _closed_up(words).partition("\n")
    return WrittenMessage(
        message.channel, address, subject.strip(), body.strip() + "\n", f"fieldops.{message.id}"
    )


def write_chat(name: str, language: str, *, service: Service | None, **facts: Any) -> str:
    """Return an automatic message of a conversation; Javanese in greetings and thanks only.

    Parameters
    ----------
    name
        A file in `templates/messages/chat`.
    language
        "id", "en" or "jv".
    service
        The kind that was understood, to be named.
    **facts
        What the template needs.
    """
    known = "en" if language == "en" else "id"
    with in_language(known):
        template = current_app.jinja_env.get_template(f"messages/chat/{name}.txt")
        words: str = template.render(
            language=language, service=service.name(known) if service else "", **facts
        )
    return _closed_up(words)


def _closed_up(words: str) -> str:
    """Leave one empty line at most between paragraphs: what a template asks leaves empty lines of its own."""
    return re.sub(r"\n\s*\n", "\n\n", words.strip())
