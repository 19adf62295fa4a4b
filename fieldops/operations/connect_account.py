"""Connecting an official's account, changing it, rotating its secrets, pausing it, and trying it."""

import json
import secrets as dice
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import Announcing, ChannelError, Health, Traits
from fieldops.channels.doorman import KeptInside
from fieldops.channels.registry import CHANNELS
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, Department
from fieldops.operations.audit import write_audit
from fieldops.operations.open_channel import open_channel
from fieldops.outbox import enqueue
from fieldops.queries.conversations import queued_messages

MOST_VALUE: Final = 4000
BEFORE: Final = "_before"
"""Ending of a secret's name under which the one before it is still taken."""


def connect_account(
    session: Session,
    installation: Installation,
    kind: str,
    name: str,
    department_id: int,
    owner_id: int | None,
    values: Mapping[str, str],
    by: By,
) -> ChannelAccount:
    """Connect an account; its secrets are sealed before they are written.

    Raises
    ------
    InvalidInput
        The kind, the name, the department or one of the values is missing or cannot be; `field` names it.
    """
    traits = traits_of(kind)
    if not is_offered(installation, traits):
        raise InvalidInput("There is no channel of the kind %(kind)s.", field="kind", kind=kind[:40])
    if not name.strip():
        raise InvalidInput("Give the account a name, such as “Kepala DPUPR, WhatsApp”.", field="name")
    if session.get(Department, department_id) is None:
        raise InvalidInput("Choose a department.", field="department")
    options, secrets = _sorted_out(traits, values, {})
    account = ChannelAccount(
        kind=kind,
        name=name.strip()[:200],
        department_id=department_id,
        owner_id=owner_id,
        options=options,
        secrets_sealed=installation.sealer.seal(json.dumps(secrets)),
        hook_key=dice.token_urlsafe(24),
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    write_audit(session, by, "account_connected", "channel_account", account.id, kind=kind)
    return account


def change_account_values(
    session: Session, installation: Installation, account: ChannelAccount, values: Mapping[str, str], by: By
) -> None:
    """Take new values. A field left empty keeps its secret; a new secret is taken beside the one before it,
    until `forget_old_secrets`.

    Raises
    ------
    InvalidInput
        As `connect_account`.
    """
    known = json.loads(installation.sealer.open(account.secrets_sealed))
    options, secrets = _sorted_out(traits_of(account.kind), values, known)
    rotated = [one for one in secrets if one in known and secrets[one] != known[one]]
    for one in rotated:
        if not one.endswith(BEFORE):
            secrets[one + BEFORE] = known[one]
    account.options = options
    account.secrets_sealed = installation.sealer.seal(json.dumps(secrets))
    if rotated:
        account.rotated_at = clock.now()
    if account.state == "expired":
        set_account_state(session, account, "active", by)
    write_audit(session, by, "account_changed", "channel_account", account.id, rotated=len(rotated))


def forget_old_secrets(session: Session, installation: Installation, account: ChannelAccount, by: By) -> None:
    """Take the secrets of before no longer."""
    known = json.loads(installation.sealer.open(account.secrets_sealed))
    left = {name: value for name, value in known.items() if not name.endswith(BEFORE)}
    account.secrets_sealed = installation.sealer.seal(json.dumps(left))
    account.rotated_at = None
    write_audit(session, by, "old_secrets_forgotten", "channel_account", account.id)


def set_account_state(session: Session, account: ChannelAccount, state: str, by: By) -> None:
    """Pause an account or let it work again: then what waited leaves.

    Raises
    ------
    InvalidInput
        There is no such state.
    """
    if state not in ("active", "paused"):
        raise InvalidInput("An account works or is paused.", field="state")
    if account.state == state:
        return
    account.state = state
    if state == "active":
        account.failing_since, account.last_error = None, ""
        for number in queued_messages(session, account.id):
            enqueue(session, "send_reply", {"message_id": number}, dedupe_key=f"reply:{number}:again")
    write_audit(session, by, f"account_{state}", "channel_account", account.id)


def try_account(installation: Installation, account: ChannelAccount) -> Health:
    """Try an account's connection; nobody is written to. It may take a while: no unit of work may be open."""
    try:
        return open_channel(installation, account).check()
    except KeptInside:
        return Health(ok=False, code="kept_inside")
    except ChannelError as error:
        return Health(ok=False, code="refused", values={"detail": str(error)[:200]})


def announce_account(installation: Installation, account: ChannelAccount) -> Health | None:
    """Tell a vendor our address where that is done by a call; None where an admin pastes it on its page."""
    channel = open_channel(installation, account)
    if not isinstance(channel, Announcing):
        return None
    try:
        return channel.announce(hook_url(installation, account))
    except KeptInside:
        return Health(ok=False, code="kept_inside")
    except ChannelError as error:
        return Health(ok=False, code="refused", values={"detail": str(error)[:200]})


def hook_url(installation: Installation, account: ChannelAccount) -> str:
    """Return the address that a vendor calls."""
    return f"{installation.settings.public_url.rstrip('/')}/kanal/{account.hook_key}"


def is_offered(installation: Installation, traits: Traits) -> bool:
    """Return whether a channel may be connected here: some are off unless a setting names them."""
    named = {name.strip() for name in installation.settings.more_channels.split(",")}
    return not traits.opt_in or traits.name in named


def traits_of(kind: str) -> Traits:
    """Return what is true of a kind of channel, or refuse its name."""
    channel = CHANNELS.get(kind)
    if channel is None:
        raise InvalidInput("There is no channel of the kind %(kind)s.", field="kind", kind=kind[:40])
    return channel.traits


def _sorted_out(
    traits: Traits, values: Mapping[str, str], known: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    options: dict[str, str] = {}
    secrets: dict[str, str] = {}
    for field in traits.fields:
        value = values.get(field.name, "").strip()
        if len(value) > MOST_VALUE or "\0" in value:
            raise InvalidInput(
                "This may have at most %(most)s characters.", field=field.name, most=MOST_VALUE
            )
        if field.secret:
            value = value or known.get(field.name, "")
        if field.required and not value:
            raise InvalidInput("This is needed to connect the account.", field=field.name)
        if value and field.name.endswith("_url") and not _is_address(value):
            raise InvalidInput("Give the whole address, such as https://example.org.", field=field.name)
        if value:
            (secrets if field.secret else options)[field.name] = value
    return options, secrets


def _is_address(value: str) -> bool:
    """Return whether a value names a service on a host: it would otherwise fail at each message."""
    try:
        parts = urlsplit(value)
        return bool(parts.scheme and parts.hostname) and not any(letter.isspace() for letter in value)
    except ValueError:  # brackets that do not close
        return False
