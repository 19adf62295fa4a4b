"""Telling one device what waits: seldom, as one notice, and never again once its owner or service says no."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.contract import ChannelError, Permanent, RateLimited
from fieldops.channels.doorman import KeptInside
from fieldops.channels.push_services import DeviceGone, Push, Subscription, Unanswered
from fieldops.domain.notices import (
    LONGEST_ASKED_S,
    MOST_FAILURES,
    TELL_EVERY,
    WAITING,
    NewsKind,
    wait_after,
)
from fieldops.installation import Installation
from fieldops.models import PushSubscription
from fieldops.operations.keep_device import open_device
from fieldops.operations.notice_words import Item, notice_of, still_true
from fieldops.operations.open_push import open_push
from fieldops.outbox import enqueue
from fieldops.queries.devices import listeners, locked_device
from fieldops.queries.staff import get_user

MOST_ERROR = 200

UnitOfWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class _Parcel:
    """A notice ready to leave, the address it goes to, and the news that it tells."""

    to: Subscription
    push: Push
    items: tuple[Item, ...]
    endpoint_digest: str


def send_notice(installation: Installation, subscription_id: int, unit_of_work: UnitOfWork) -> None:
    """Tell a device what waits for its owner now.

    No write transaction is open while the notice is on its way. After a crash in between it leaves once more
    with the same key, and a device that shows it already stays quiet.
    """
    with unit_of_work() as writing:
        parcel = _take(writing, installation, subscription_id)
    if parcel is None:
        return
    trouble: ChannelError | KeptInside | None = None
    try:
        open_push(installation).send(parcel.to, parcel.push)
    except (ChannelError, KeptInside) as error:
        trouble = error
        if isinstance(error, Unanswered):
            installation.resting.rest(parcel.to.endpoint, clock.now())
    with unit_of_work() as writing:
        device = locked_device(writing, subscription_id)
        if device is None or device.endpoint_digest != parcel.endpoint_digest:
            return  # switched off meanwhile, or the browser's address is another by now
        if trouble is None:
            _note_told(writing, device, parcel.items)
        else:
            _note_trouble(writing, device, parcel.items, trouble)


def _take(session: Session, installation: Installation, subscription_id: int) -> _Parcel | None:
    """Return what a device is to be told now; None when that is nothing, or not yet."""
    device = locked_device(session, subscription_id)
    if device is None:
        return None
    now = clock.now()
    if device.expires_at <= now or not get_user(session, device.user_id).active:
        session.delete(device)
        return None
    (listener,) = listeners(session, [device.user_id])
    device.news = still_true(session, device.news, listener)
    notice = notice_of(session, device.news, device.language)
    if notice is None:
        return None
    to = open_device(installation.sealer, device)
    due = max(_not_before(device, is_test=notice.topic == "test"), installation.resting.until(to.endpoint))
    if due > now:
        _later(session, device, due)
        return None
    device.told_at = now
    return _Parcel(to, notice.as_push(device.language), notice.items, device.endpoint_digest)


def _not_before(device: PushSubscription, *, is_test: bool) -> datetime:
    """Return when a device may be told next; a test waits for the service only."""
    earliest = device.quiet_until or device.created_at
    if device.told_at is not None and not is_test:
        earliest = max(earliest, device.told_at + TELL_EVERY)
    return earliest


def _later(session: Session, device: PushSubscription, due: datetime) -> None:
    # A key of its own: the task that runs now may have left the usual one to the next news.
    enqueue(
        session,
        "send_notice",
        {"subscription_id": device.id},
        due_at=due,
        dedupe_key=f"notice:{device.id}:{int(due.timestamp())}",
    )


def _mark_told(session: Session, device: PushSubscription, items: tuple[Item, ...]) -> None:
    """Keep what still waits as told, drop the rest, and see to news that came meanwhile."""
    told = {(one["kind"], one["id"], one["at"]) for one in items}
    kept = []
    for one in device.news:
        if (one["kind"], one["id"], one["at"]) not in told:
            kept.append(one)
        elif NewsKind(one["kind"]) in WAITING:
            kept.append(one | {"told": True})
    device.news = kept
    if any(not one["told"] for one in kept):
        _later(session, device, clock.now() + TELL_EVERY)


def _note_told(session: Session, device: PushSubscription, items: tuple[Item, ...]) -> None:
    device.last_success_at, device.quiet_until = clock.now(), None
    device.failures, device.last_error = 0, ""
    _mark_told(session, device, items)


def _note_trouble(
    session: Session, device: PushSubscription, items: tuple[Item, ...], error: ChannelError | KeptInside
) -> None:
    if isinstance(error, DeviceGone):
        session.delete(device)
        return
    if isinstance(error, KeptInside):
        device.last_error = "rehearsal"
        _mark_told(session, device, items)
        return
    device.last_error = str(error)[:MOST_ERROR]
    if isinstance(error, RateLimited):
        device.quiet_until = clock.now() + timedelta(seconds=min(error.after_s, LONGEST_ASKED_S))
        _later(session, device, device.quiet_until)
        return
    device.failures += 1
    is_hopeless = device.failures >= MOST_FAILURES
    if isinstance(error, Permanent):
        if is_hopeless:
            session.delete(device)
        else:
            _mark_told(session, device, items)
        return
    if is_hopeless:
        device.quiet_until = None
        _mark_told(session, device, items)  # news of hours ago are no news; the next ones are tried again
        return
    device.quiet_until = clock.now() + wait_after(device.failures)
    _later(session, device, device.quiet_until)
