"""Choosing an approved template for a window that is closed, and filling its blanks with a preview."""

from dataclasses import dataclass
from typing import Final

from flask import request
from sqlalchemy.orm import Session

from fieldops.domain.message_templates import APPROVED, TemplateText, blanks_of, pieces, speaks
from fieldops.i18n import _
from fieldops.models import ChannelAccount, Conversation, MessageTemplate
from fieldops.queries.templates import get_template, templates_of, wording_of

BLANK: Final = "blank-"
"""How the form names what stands in a blank, before its key."""

Options = list[tuple[str, str]]


@dataclass(frozen=True)
class Piece:
    """Some words of a text and the blank after them (`key` empty: none), with what stands in it."""

    words: str
    key: str
    value: str


@dataclass(frozen=True)
class Part:
    """One text of the chosen template, cut at its blanks."""

    kind: str
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class BlankField:
    """One field of the form."""

    name: str
    key: str
    label: str
    value: str
    help: str


@dataclass(frozen=True)
class TemplateChoice:
    """What the page shows: the choices by language, the chosen template, or what to do where there is none.

    `missing` is "", not_configured, none_approved, or never_asked.
    """

    groups: list[tuple[str, Options]]
    chosen: MessageTemplate | None
    parts: list[Part]
    fields: list[BlankField]
    missing: str


def choice_of_templates(session: Session, shown: Conversation, account: ChannelAccount) -> TemplateChoice:
    """Return the templates that may be sent to a person, those in their own language first."""
    usable = [row for row in templates_of(session, account.id) if row.state == APPROVED and not row.needs]
    theirs = [row for row in usable if speaks(row.language, shown.language)]
    others = [row for row in usable if row not in theirs]
    groups = [
        (name, [(str(row.id), f"{row.name} ({row.language})") for row in rows])
        for name, rows in ((_("In the person’s language"), theirs), (_("In another language"), others))
        if rows
    ]
    chosen = get_template(session, account.id, _chosen_id())
    texts = wording_of(chosen).texts if chosen else ()
    return TemplateChoice(
        groups,
        chosen,
        [_part(text) for text in texts],
        _fields(texts),
        "" if usable else _missing(account),
    )


def _chosen_id() -> int:
    asked = request.form.get("template") or request.args.get("template", "")
    return int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 10 else 0


def _missing(account: ChannelAccount) -> str:
    if not account.options.get("business_account_id"):
        return "not_configured"
    return "none_approved" if account.templates_at else "never_asked"


def _part(text: TemplateText) -> Part:
    cut = pieces(text)
    return Part(
        text.part,
        text.label,
        tuple(Piece(words, key, request.form.get(BLANK + key, "")) for words, key in cut),
    )


def _fields(texts: tuple[TemplateText, ...]) -> list[BlankField]:
    names = {"header": _("Heading"), "body": _("Text"), "link": _("Button")}
    return [
        BlankField(
            BLANK + blank.key,
            blank.key,
            _("%(part)s, blank %(name)s", part=names.get(blank.part, blank.part), name=blank.name),
            request.form.get(BLANK + blank.key, ""),
            _("For example: %(words)s", words=blank.example) if blank.example else "",
        )
        for blank in blanks_of(texts)
    ]
