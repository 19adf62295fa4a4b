"""WhatsApp by Meta's Cloud API. Not run against the live service."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final

from fieldops.channels import meta_graph, meta_signature, whatsapp_events, whatsapp_templates
from fieldops.channels.contract import (
    Health,
    Media,
    MediaGone,
    NotConfigured,
    Outbound,
    Polled,
    Setup,
    SetupField,
    Traits,
)
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import Attachment, Inbound
from fieldops.channels.loose_json import Record, key, record, records, words
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import require_id
from fieldops.domain.message_templates import TemplateWording

WINDOW: Final = timedelta(hours=24)

TEMPLATES_A_PAGE: Final = 100
MOST_PAGES: Final = 70
"""Meta keeps 6,000 templates of an account at most."""


class WhatsAppChannel:
    """One number of a WhatsApp Business account."""

    traits: ClassVar[Traits] = Traits(
        name="whatsapp",
        label="WhatsApp",
        fields=(
            SetupField("phone_number_id"),
            SetupField("business_account_id", required=False),
            *meta_signature.FIELDS,
            *meta_graph.FIELDS,
        ),
        reply_window=WINDOW,
        per_second=80.0,
        per_person_s=6.0,
        most_characters=4096,
        asks_place=True,
        has_templates=True,
    )

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._number = setup.options.get("phone_number_id", "")

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return Meta's challenge where the verify token is ours."""
        return meta_signature.challenge(self._setup.secrets, query)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless Meta signed these bytes."""
        meta_signature.verify(self._setup.secrets, headers, raw)

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the name made of the messages' and states' ids."""
        del headers
        try:
            return event_id(whatsapp_events.ids(raw), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return messages, changes and receipts."""
        return whatsapp_events.read(raw, self._number)

    def poll(self, cursor: str) -> Polled:
        """Return nothing: WhatsApp calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Send a text, a request for the location, or an approved template."""
        with meta_graph.graph_client(self._setup) as client:
            # Meta knows no key that would make a repeat harmless; it hands this one back with each receipt.
            body = _body(message) | {"biz_opaque_callback_data": message.key[:512]}
            sent = meta_graph.ask(client, "POST", f"{self._number}/messages", repeatable=False, json=body)
        return require_id(next((key(one.get("id")) for one in records(sent.get("messages"))), ""))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Ask for the file's address, which lives for five minutes, and fetch it."""
        if not attachment.reference.isalnum():
            raise MediaGone("not a media id")
        with meta_graph.graph_client(self._setup) as client:
            found = meta_graph.ask(
                client, "GET", attachment.reference, repeatable=True, params={"phone_number_id": self._number}
            )
        return meta_graph.fetch_signed(self._setup, words(found.get("url")), with_token=True)

    def templates(self) -> list[TemplateWording]:
        """Return every template of the number's WhatsApp Business account, page by page."""
        account = self._setup.options.get("business_account_id", "")
        if not account.isalnum():
            raise NotConfigured("no business_account_id")
        found: list[TemplateWording] = []
        after = ""
        with meta_graph.graph_client(self._setup) as client:
            for _page in range(MOST_PAGES):
                asked = {"fields": whatsapp_templates.FIELDS, "limit": str(TEMPLATES_A_PAGE)}
                page = meta_graph.ask(
                    client,
                    "GET",
                    f"{account}/message_templates",
                    repeatable=True,
                    params=asked | ({"after": after} if after else {}),
                )
                found += whatsapp_templates.read_templates(records(page.get("data")))
                paging = record(page.get("paging"))
                # Only the cursor is taken: `next` is a whole address, with the token in it.
                before, after = after, key(record(paging.get("cursors")).get("after"))
                if not paging.get("next") or after in ("", before):
                    break
        return found

    def check(self) -> Health:
        """Read the number's own name."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        with meta_graph.graph_client(self._setup) as client:
            fields = "display_phone_number,verified_name,quality_rating"
            seen = meta_graph.ask(client, "GET", self._number, repeatable=True, params={"fields": fields})
        return {name: words(seen.get(name), 100) for name in fields.split(",") if seen.get(name)}


def _body(message: Outbound) -> Record:
    to = message.thread or message.user_id
    # A business-scoped id (`ID.1502…`) goes by another name than a number.
    body: Record = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        ("to" if to.isdecimal() else "recipient"): to,
    }
    if message.reply_to:
        body["context"] = {"message_id": message.reply_to}
    return body | _content(message)


def _content(message: Outbound) -> dict[str, Any]:
    if message.template:
        filled = message.template
        template = {
            "name": filled.name,
            "language": {"code": filled.language},
            "components": whatsapp_templates.components(filled),
        }
        return {"type": "template", "template": template}
    if message.asks_place:
        asked = {
            "type": "location_request_message",
            "body": {"text": message.text},
            "action": {"name": "send_location"},
        }
        return {"type": "interactive", "interactive": asked}
    return {"type": "text", "text": {"body": message.text, "preview_url": False}}
