"""Why a photo cannot be taken. Each sentence names the file, as its sender called it."""

from fieldops.errors import InvalidInput


class PhotoRefused(InvalidInput):
    """Base of the reasons below."""


class PhotoTooLarge(PhotoRefused):
    """More bytes than are accepted."""

    status = 413


class PhotoNotAnImage(PhotoRefused):
    """The content is no JPEG, PNG, WebP or HEIC, whatever the name says."""


class PhotoTooManyPixels(PhotoRefused):
    """So many pixels that decoding them would fill the memory."""

    status = 413


class PhotoDamaged(PhotoRefused):
    """It begins like a photo and cannot be decoded to its end."""
