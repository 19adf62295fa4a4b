"""What Messenger and Instagram have in common as channels."""

from collections.abc import Mapping
from datetime import timedelta
from typing import ClassVar, Final

from fieldops.channels import meta_graph, meta_messaging, meta_signature
from fieldops.channels.contract import (
    Health,
    Media,
    MediaGone,
    Outbound,
    Polled,
    Setup,
    SetupField,
    Traits,
    WindowClosed,
)
from fieldops.channels.event_ids import event_id
from fieldops.channels.inbound import Attachment, AttachmentKind, Inbound
from fieldops.channels.loose_json import Record, key, words
from fieldops.channels.trial import tried
from fieldops.channels.vendor_calls import require_id

ANYBODY_S: Final = timedelta(hours=24)
"""So long after a person's last word everything may be sent, also by a machine."""

A_PERSON_S: Final = timedelta(days=7)
"""And so long what a human agent wrote, which is marked as such."""


def traits_of(name: str, label: str, most_characters: int) -> Traits:
    """Return what is true of both."""
    return Traits(
        name=name,
        label=label,
        fields=(SetupField("account_id"), *meta_signature.FIELDS, *meta_graph.FIELDS),
        reply_window=A_PERSON_S,
        per_second=10.0,
        most_characters=most_characters,
    )


class MetaInbox:
    """One page's or professional account's conversations, and what is said to it in public."""

    traits: ClassVar[Traits]
    OBJECT: ClassVar[str]
    ANSWERS: ClassVar[str]
    """The edge of a comment that takes public answers."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._account = setup.options.get("account_id", "")
        self._page = meta_messaging.Page(self.OBJECT, self._account)

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Return Meta's challenge where the verify token is ours."""
        return meta_signature.challenge(self._setup.secrets, query)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Raise BadSignature unless Meta signed these bytes."""
        meta_signature.verify(self._setup.secrets, headers, raw)

    def event_id(self, headers: Mapping[str, str], raw: bytes) -> str:
        """Return the name made of the messages' ids."""
        del headers
        try:
            return event_id(meta_messaging.ids(raw, self._page), raw)
        except ValueError:
            return event_id((), raw)

    def parse(self, raw: bytes) -> list[Inbound]:
        """Return messages, comments, their changes, and receipts."""
        return meta_messaging.read(raw, self._page)

    def poll(self, cursor: str) -> Polled:
        """Return nothing: Meta calls us."""
        return Polled((), cursor)

    def send(self, message: Outbound) -> str:
        """Send into the conversation; to a comment privately, or in public where that is asked for.

        After a day only what a person wrote may go, marked as a human agent's, for a week.
        """
        comment = message.thread.removeprefix(meta_messaging.COMMENT)
        if message.is_public and comment != message.thread:
            body: Record = {"message": message.text}
            return require_id(key(self._post(f"{comment}/{self.ANSWERS}", body).get("id")))
        to = {"comment_id": comment} if comment != message.thread else {"id": message.thread}
        body = {"recipient": to, "message": {"text": message.text}}
        try:
            sent = self._post(f"{self._account}/messages", body | {"messaging_type": "RESPONSE"})
        except WindowClosed:
            if message.is_automatic or "comment_id" in to:
                raise
            marked = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
            sent = self._post(f"{self._account}/messages", body | marked)
        return require_id(key(sent.get("message_id")))

    def fetch_media(self, attachment: Attachment) -> Media:
        """Fetch a file from Meta's own address for it; a story never."""
        if attachment.kind is AttachmentKind.STORY or not attachment.reference:
            raise MediaGone("a story is never kept")
        return meta_graph.fetch_signed(self._setup, attachment.reference, with_token=False)

    def check(self) -> Health:
        """Read the account's own name."""
        return tried(self._look)

    def _look(self) -> dict[str, str]:
        with meta_graph.graph_client(self._setup) as client:
            seen = meta_graph.ask(client, "GET", self._account, repeatable=True, params={"fields": "name"})
        return {"name": words(seen.get("name"), 100)}

    def _post(self, path: str, body: Record) -> Record:
        with meta_graph.graph_client(self._setup) as client:
            return meta_graph.ask(client, "POST", path, repeatable=False, json=body)
