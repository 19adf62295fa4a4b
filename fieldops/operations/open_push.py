"""The push services as this installation may reach them."""

from urllib.parse import urlsplit

from fieldops.channels.doorman import Doorman
from fieldops.channels.push_services import PushServices
from fieldops.installation import Installation


def open_push(installation: Installation) -> PushServices:
    """Return the services of the installation's settings, behind its doorman."""
    settings = installation.settings
    site = urlsplit(settings.public_url)
    is_public = site.scheme == "https" and site.netloc
    return PushServices(
        doorman=Doorman(settings.live),
        allowed=tuple(name for part in settings.push_services.lower().split(",") if (name := part.strip())),
        key=installation.push_key,
        contact=f"https://{site.netloc}" if is_public else f"mailto:{settings.mail_sender}",
    )
