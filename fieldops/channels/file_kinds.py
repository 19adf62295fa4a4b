"""What kind of file somebody sent, by its MIME type."""

from typing import Final

from fieldops.channels.inbound import AttachmentKind

KINDS: Final = {"image": AttachmentKind.PHOTO, "audio": AttachmentKind.VOICE, "video": AttachmentKind.VIDEO}


def kind_of(mime_type: str) -> AttachmentKind:
    """Return the kind; a photo sent "as a document" is a photo, and often the only one with its position.

    A drawing of instructions (SVG) is none.
    """
    if mime_type.startswith("image/svg"):
        return AttachmentKind.DOCUMENT
    return KINDS.get(mime_type.partition("/")[0].lower(), AttachmentKind.DOCUMENT)
