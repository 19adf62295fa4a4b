"""Making the adapter of an account, with its secrets opened."""

import json

from fieldops.channels.contract import Channel, Setup
from fieldops.channels.doorman import Doorman
from fieldops.channels.registry import CHANNELS
from fieldops.errors import SetupError
from fieldops.installation import Installation
from fieldops.models import ChannelAccount


def open_channel(installation: Installation, account: ChannelAccount) -> Channel:
    """Return the adapter of an account.

    Raises
    ------
    SetupError
        Its kind is not known here, or its secrets were sealed with another key.
    """
    make = CHANNELS.get(account.kind)
    if make is None:
        raise SetupError("There is no channel of the kind %(kind)s.", kind=account.kind)
    secrets = json.loads(installation.sealer.open(account.secrets_sealed))
    options = {key: str(value) for key, value in account.options.items()}
    return make(Setup(options, secrets, Doorman(installation.settings.live)))
