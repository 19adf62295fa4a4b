"""Putting news to the devices of those whom they concern; each device is then told by a task of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.notices import MOST_HELD, OTHER_THINGS, WAITING, Listener, NewsKind, is_told
from fieldops.models import PushSubscription, StaffNews
from fieldops.outbox import enqueue
from fieldops.queries.devices import (
    NewsSubject,
    calls_for_help,
    leaders_of_batches,
    listeners,
    listening,
    locked_device,
    subjects,
)

MOST_AT_ONCE: Final = 1000


@dataclass(frozen=True)
class _News:
    kind: NewsKind
    thing_id: int
    by_user_id: int | None


def tell_staff(session: Session) -> int:
    """Give waiting news to the devices that are to be told; return to how many.

    News are taken in the transaction that hands them on: each reaches its devices once, or waits.
    """
    news = _take(session)
    if len(news) == MOST_AT_ONCE:
        enqueue(session, "tell_staff", {}, dedupe_key="tell_staff")
    devices = listening(session, clock.now()) if news else {}
    if not devices:
        return 0
    told = 0
    for user_id, items in _by_user(session, news, list(devices)).items():
        for number in devices[user_id]:
            device = locked_device(session, number)
            if device is not None:
                hold_news(session, device, items)
                told += 1
    return told


def news_item(kind: NewsKind, thing_id: int) -> dict[str, Any]:
    """Return a piece of news as a device holds it; `at` tells it from an earlier one of the same thing."""
    return {"kind": kind.value, "id": thing_id, "at": clock.now().isoformat(), "told": False}


def hold_news(session: Session, device: PushSubscription, items: Sequence[dict[str, Any]]) -> None:
    """Let a device hold news and queue its notice. What it holds already is told anew."""
    fresh = {(one["kind"], one["id"]) for one in items}
    kept = [one for one in device.news if (one["kind"], one["id"]) not in fresh]
    device.news = [*kept, *items][-MOST_HELD:]
    enqueue(session, "send_notice", {"subscription_id": device.id}, dedupe_key=f"notice:{device.id}")


def _take(session: Session) -> list[_News]:
    oldest = select(StaffNews.id).order_by(StaffNews.id).limit(MOST_AT_ONCE)
    rows = session.execute(
        delete(StaffNews)
        .where(StaffNews.id.in_(oldest))
        .returning(StaffNews.kind, StaffNews.thing_id, StaffNews.by_user_id)
        .execution_options(synchronize_session=False)
    ).all()
    return [_News(NewsKind(row.kind), row.thing_id, row.by_user_id) for row in rows]


def _by_user(session: Session, news: list[_News], user_ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Return what each account is to be told, without what is past already."""
    about = subjects(session, {one.thing_id for one in news if one.kind not in OTHER_THINGS})
    calls = calls_for_help(session, {one.thing_id for one in news if one.kind is NewsKind.HELP})
    leaders = leaders_of_batches(session, {one.thing_id for one in news if one.kind is NewsKind.LIST})
    found: dict[int, list[dict[str, Any]]] = {}
    for listener in listeners(session, user_ids):
        items = {
            (one.kind, one.thing_id): news_item(one.kind, one.thing_id)
            for one in news
            if (
                leaders.get(one.thing_id) == listener.user_id != one.by_user_id
                if one.kind is NewsKind.LIST
                else _concerns(
                    one, (calls if one.kind is NewsKind.HELP else about).get(one.thing_id), listener
                )
            )
        }
        if items:
            found[listener.user_id] = list(items.values())
    return found


def _concerns(one: _News, subject: NewsSubject | None, listener: Listener) -> bool:
    if subject is None or not (subject.is_waiting if one.kind in WAITING else subject.is_open):
        return False
    return is_told(one.kind, subject.held, listener, one.by_user_id)
