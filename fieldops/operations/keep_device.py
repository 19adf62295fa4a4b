"""Telling a member of staff on a device: switched on by its owner, off by anybody who should be able to."""

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.push_encryption import DeviceKeys
from fieldops.channels.push_services import Subscription
from fieldops.domain.notices import MOST_DEVICES, SILENT_AFTER, NewsKind
from fieldops.domain.roles import By
from fieldops.errors import InvalidInput, NotFound
from fieldops.i18n import LANGUAGES
from fieldops.installation import Installation
from fieldops.models import PushSubscription
from fieldops.operations.audit import write_audit
from fieldops.operations.open_push import open_push
from fieldops.operations.tell_staff import hold_news, news_item
from fieldops.queries.devices import device_by_endpoint, devices_of, devices_with, locked_device
from fieldops.sealing import Sealer

MOST_LABEL = 80


@dataclass(frozen=True)
class DeviceOffer:
    """What a browser gives when its user allows notices: the address and keys as the browser writes them."""

    endpoint: str
    p256dh: str
    auth: str


def secret_digest(secret: str) -> str:
    """Return what a device's secret is stored as: 192 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def keep_device(
    session: Session,
    installation: Installation,
    offer: DeviceOffer,
    *,
    device_digest: str,
    label: str,
    language: str,
    by: By,
) -> PushSubscription:
    """Keep a device on which whoever acts wants to be told. The same browser is one device.

    Raises
    ------
    InvalidInput
        The address is none of a known push service, or the keys are no keys.
    """
    if by.user_id is None:
        raise InvalidInput("Only somebody who is signed in can be told on a device.")
    held = _checked(installation, offer)
    digest = hashlib.sha256(offer.endpoint.encode()).hexdigest()
    same = device_by_endpoint(session, digest)
    for earlier in {row.id: row for row in [same, *devices_with(session, device_digest)] if row}.values():
        session.delete(earlier)
    session.flush()
    now = clock.now()
    for oldest in sorted(devices_of(session, by.user_id, now), key=_used_at)[: 1 - MOST_DEVICES or None]:
        session.delete(oldest)
    device = PushSubscription(
        user_id=by.user_id,
        endpoint_digest=digest,
        device_digest=device_digest,
        address_sealed=installation.sealer.seal(held),
        label=label[:MOST_LABEL],
        language=language if language in LANGUAGES else LANGUAGES[0],
        created_at=now,
        expires_at=now + SILENT_AFTER,
        news=[],
    )
    session.add(device)
    session.flush()
    write_audit(session, by, "device_added", "push_subscription", device.id)
    return device


def renew_device(
    session: Session, installation: Installation, device_digest: str, offer: DeviceOffer
) -> None:
    """Give a device its new address: browsers change them by themselves. The secret proves that it is the
    same browser.

    Raises
    ------
    NotFound
        No device with this secret is told.
    InvalidInput
        As `keep_device`.
    """
    now = clock.now()
    known = [row for row in devices_with(session, device_digest) if row.expires_at > now]
    if not known:
        raise NotFound("No notices are switched on for this browser.")
    held = _checked(installation, offer)
    digest = hashlib.sha256(offer.endpoint.encode()).hexdigest()
    same = device_by_endpoint(session, digest)
    if same is not None and same.id != known[0].id:
        session.delete(same)
        session.flush()
    known[0].address_sealed = installation.sealer.seal(held)
    known[0].endpoint_digest = digest
    known[0].failures, known[0].last_error = 0, ""


def welcome_device(session: Session, user_id: int, device_digest: str) -> None:
    """Mind who has signed in on a device: it is told for longer, and tells nothing more to anybody else."""
    for row in devices_with(session, device_digest):
        if row.user_id == user_id:
            row.expires_at = clock.now() + SILENT_AFTER
        else:
            session.delete(row)


def try_device(session: Session, user_id: int, subscription_id: int) -> None:
    """Send a notice that only says that it arrived.

    Raises
    ------
    NotFound
        The account has no such device.
    """
    device = locked_device(session, subscription_id)
    if device is None or device.user_id != user_id:
        raise NotFound("There is no such device.")
    device.quiet_until = None
    hold_news(session, device, [news_item(NewsKind.TEST, 0)])


def forget_device(session: Session, user_id: int, subscription_id: int, by: By) -> None:
    """Switch a device's notices off: consent withdrawn, nothing of it is kept.

    Raises
    ------
    NotFound
        The account has no such device.
    """
    device = session.get(PushSubscription, subscription_id)
    if device is None or device.user_id != user_id:
        raise NotFound("There is no such device.")
    session.delete(device)
    write_audit(session, by, "device_removed", "push_subscription", subscription_id)


def forget_browser(session: Session, device_digest: str) -> None:
    """Forget whatever one browser was allowed to show: somebody signs out on it."""
    session.execute(
        delete(PushSubscription)
        .where(PushSubscription.device_digest == device_digest)
        .execution_options(synchronize_session=False)
    )


def forget_devices(session: Session, user_id: int, *, but_digest: str = "") -> None:
    """Forget an account's devices, but for the browser with one secret: its sessions end."""
    session.execute(
        delete(PushSubscription)
        .where(PushSubscription.user_id == user_id, PushSubscription.device_digest != but_digest)
        .execution_options(synchronize_session=False)
    )


def tidy_devices(session: Session) -> None:
    """Forget the devices on which nobody has signed in for a month."""
    session.execute(
        delete(PushSubscription)
        .where(PushSubscription.expires_at <= clock.now())
        .execution_options(synchronize_session=False)
    )


def open_device(sealer: Sealer, device: PushSubscription) -> Subscription:
    """Return where a device's notices go."""
    held = json.loads(sealer.open(device.address_sealed))
    return Subscription(held["endpoint"], DeviceKeys.read(held["p256dh"], held["auth"]))


def _checked(installation: Installation, offer: DeviceOffer) -> str:
    if not open_push(installation).is_taken(offer.endpoint):
        raise InvalidInput("This browser’s push service is not among those that this installation uses.")
    try:
        DeviceKeys.read(offer.p256dh, offer.auth)
    except ValueError:
        raise InvalidInput(
            "The browser gave keys that cannot be used. Switch the notices on again."
        ) from None
    return json.dumps({"endpoint": offer.endpoint, "p256dh": offer.p256dh, "auth": offer.auth})


def _used_at(device: PushSubscription) -> tuple[object, int]:
    return device.last_success_at or device.created_at, device.id
