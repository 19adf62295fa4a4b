"""What a device is told: how many of what, and where to look. Never who wrote, nor what, nor from where."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops.channels.push_services import Push
from fieldops.domain.notices import OTHER_THINGS, WAITING, Listener, NewsKind, is_told
from fieldops.i18n import _, in_language, ngettext
from fieldops.queries.devices import NewsSubject, calls_for_help, leaders_of_batches, subjects
from fieldops.queries.staff import departments

INBOX_PATH: Final = "/petugas/kotak-masuk/"
LIST_PATH: Final = "/regu"
HELP_PATH: Final = "/petugas/hari-ini"
DEVICES_PATH: Final = "/akun/pemberitahuan"

HOLD_INBOX_S: Final = 4 * 3600
HOLD_HELP_S: Final = 4 * 3600
HOLD_LIST_S: Final = 12 * 3600
HOLD_TEST_S: Final = 300

Item = dict[str, Any]


@dataclass(frozen=True)
class Notice:
    """A notice that is due; `items` are the news it tells for the first time."""

    title: str
    body: str
    path: str
    topic: str
    ttl_s: int
    is_urgent: bool
    items: tuple[Item, ...]

    def as_push(self, language: str) -> Push:
        """Return the message for a device. The same news make the same key: a device that shows it already
        stays quiet.
        """
        key = hashlib.sha256(json.dumps([self.topic, self.items], sort_keys=True).encode()).hexdigest()[:16]
        words = {
            "title": self.title,
            "body": self.body,
            "url": self.path,
            "tag": f"fieldops-{self.topic}",
            "key": key,
            "lang": language,
        }
        payload = json.dumps(words, ensure_ascii=False, separators=(",", ":")).encode()
        return Push(payload, self.topic, self.ttl_s, "high" if self.is_urgent else "normal")


def still_true(session: Session, items: Sequence[Item], listener: Listener) -> list[Item]:
    """Return the news that still hold for somebody: what was answered, ended or given away is not told."""
    about = subjects(session, _ids(items))
    calls = calls_for_help(session, [one["id"] for one in items if one["kind"] == NewsKind.HELP.value])
    leaders = leaders_of_batches(session, [one["id"] for one in items if one["kind"] == NewsKind.LIST.value])

    def holds(one: Item) -> bool:
        kind = NewsKind(one["kind"])
        if kind is NewsKind.TEST:
            return True
        if kind is NewsKind.LIST:
            return leaders.get(one["id"]) == listener.user_id
        subject = (calls if kind is NewsKind.HELP else about).get(one["id"])
        if subject is None or not (subject.is_waiting if kind in WAITING else subject.is_open):
            return False
        return is_told(kind, subject.held, listener, None)

    return [one for one in items if holds(one)]


def notice_of(session: Session, items: Sequence[Item], language: str) -> Notice | None:
    """Return the notice that is due for news that hold, None when all was told. One for a call for help, one
    for the inbox, one for a crew's list: what comes second follows when the device may be told again.
    """
    untold = [one for one in items if not one["told"]]
    kinds = {NewsKind(one["kind"]) for one in untold}
    with in_language(language):
        if NewsKind.TEST in kinds:
            return _notice(untold, NewsKind.TEST, _("This device is told"), _("The test notice arrived."))
        if NewsKind.HELP in kinds:
            body = _("Open it and say that you have seen it.")
            return _notice(untold, NewsKind.HELP, _("A crew asks for help"), body)
        if kinds - OTHER_THINGS:
            return _of_inbox(session, [one for one in items if NewsKind(one["kind"]) not in OTHER_THINGS])
        if kinds:
            body = _("Open it to read what is new.")
            return _notice(untold, NewsKind.LIST, _("Your crew’s job list has changed"), body)
    return None


def _notice(untold: Sequence[Item], kind: NewsKind, title: str, body: str) -> Notice:
    path, hold_s = {
        NewsKind.TEST: (DEVICES_PATH, HOLD_TEST_S),
        NewsKind.HELP: (HELP_PATH, HOLD_HELP_S),
        NewsKind.LIST: (LIST_PATH, HOLD_LIST_S),
    }[kind]
    return Notice(
        title,
        body,
        path,
        kind.value,
        hold_s,
        is_urgent=True,
        items=tuple(one for one in untold if one["kind"] == kind.value),
    )


def _of_inbox(session: Session, items: Sequence[Item]) -> Notice:
    about = subjects(session, _ids(items))
    untold = [one for one in items if not one["told"]]
    said = _sentences(items)
    where = _department(session, [about[one["id"]] for one in items])
    ids = {one["id"] for one in items}
    return Notice(
        title=said[0],
        body=" · ".join([*said[1:], *([where] if where else [])]),
        path=f"{INBOX_PATH}{ids.pop()}" if len(ids) == 1 else INBOX_PATH,
        topic="inbox",
        ttl_s=HOLD_INBOX_S,
        is_urgent=any(
            about[one["id"]].is_urgent or one["kind"] in (NewsKind.WARNED, NewsKind.LATE) for one in untold
        ),
        items=tuple(untold),
    )


def _sentences(items: Sequence[Item]) -> list[str]:
    waiting = len({one["id"] for one in items if NewsKind(one["kind"]) in WAITING})
    late, warned, assigned = (
        len({one["id"] for one in items if one["kind"] == kind.value})
        for kind in (NewsKind.LATE, NewsKind.WARNED, NewsKind.ASSIGNED)
    )
    said = [
        (waiting, ngettext("%(num)d new message is waiting", "%(num)d new messages are waiting", waiting)),
        (late, _("Past the promised time: %(n)s", n=late)),
        (warned, _("Promised time is running: %(n)s", n=warned)),
        (assigned, _("Given to you: %(n)s", n=assigned)),
    ]
    return [words for count, words in said if count]


def _department(session: Session, about: Sequence[NewsSubject]) -> str:
    """Return the department's name where all of it is one department's."""
    ids = {subject.held.department_id for subject in about}
    return next((one.name for one in departments(session) if ids == {one.id}), "")


def _ids(items: Sequence[Item]) -> set[int]:
    return {one["id"] for one in items if NewsKind(one["kind"]) not in OTHER_THINGS}
