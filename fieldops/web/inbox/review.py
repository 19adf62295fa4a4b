"""The Monday review: a week's promises, what was missing where they were not kept, and what presses now."""

import csv
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from fieldops import clock, i18n
from fieldops.domain.misses import MissReason, PromiseKind
from fieldops.domain.roles import Right
from fieldops.errors import InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.measure_places import landmarks_beside
from fieldops.queries.board import BoardRow, most_pressing_first
from fieldops.queries.services import services_by_id
from fieldops.queries.staff import departments
from fieldops.queries.week_promises import DuePromise, due_promises
from fieldops.web.dispatch import said
from fieldops.web.dispatch.board_map import board_map
from fieldops.web.engineer.downloads import safe_cell
from fieldops.web.inbox.review_words import PROMISE, REASON, reason_words, share_words
from fieldops.web.inbox.room import blueprint, my_departments
from fieldops.web.page import installation
from fieldops.web.protection import requires

PAGE: Final = 20
PRESSING: Final = 10
WEEK: Final = timedelta(days=7)
Code = TypeVar("Code", PromiseKind, MissReason)

FIRST: Final = date(2015, 1, 5)
"""No promise is older; a Monday."""


@dataclass(frozen=True)
class Missed:
    """Reports of one place, or one conversation, that a promise was not kept to for one reason."""

    first: DuePromise
    reports: int
    late_s: float


@blueprint.get("/tinjauan")
@requires(Right.CONVERSE)
def review() -> str:
    """Show a week, the last whole one if none is asked for."""
    session, now = db.session(), clock.now()
    monday, is_running = _week(now)
    mine = my_departments()
    week = due_promises(session, _start(monday), min(now, _start(monday + WEEK)), mine)
    before = due_promises(session, _start(monday - WEEK), _start(monday), mine, with_reasons=False)
    promise, reason = _chosen("janji", PromiseKind), _chosen("sebab", MissReason)
    missed = [one for one in week if not one.is_kept]
    rows = _grouped([one for one in missed if _fits(one, promise, reason)], now)
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, request.args.get("page", 1, type=int)), pages)
    pressing = _pressing(mine, now)
    args = {"minggu": monday.isoformat()} | {
        name: code.value for name, code in (("janji", promise), ("sebab", reason)) if code is not None
    }
    return render_template(
        "inbox/review.html",
        monday=monday,
        sunday=monday + WEEK - timedelta(days=1),
        is_running=is_running,
        earlier=monday - WEEK if monday > FIRST else None,
        later=None if is_running else monday + WEEK,
        kept=_kept(week, before),
        reasons=_reasons(missed),
        rows=rows[(page - 1) * PAGE : page * PAGE],
        total=len(rows),
        page=page,
        pages=pages,
        args=args,
        promise=promise,
        reason=reason,
        promises=PROMISE,
        reason_names=REASON,
        reason_words=reason_words,
        share=share_words,
        services=services_by_id(session),
        pressing=pressing,
        said=said,
        now=now,
    )


@blueprint.get("/tinjauan.csv")
@requires(Right.CONVERSE)
def review_download() -> Response:
    """Send a week's missed promises for spreadsheets, a line each; nothing of people or words is in it."""
    session, now = db.session(), clock.now()
    monday, _is_running = _week(now)
    week = due_promises(session, _start(monday), min(now, _start(monday + WEEK)), my_departments())
    answer = make_response(_csv([one for one in week if not one.is_kept], now))
    answer.mimetype = "text/csv"
    name = f"fieldops-review-{monday:%Y-%m-%d}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _week(now: datetime) -> tuple[date, bool]:
    """Return the Monday of the week that is asked for, and whether that week still runs."""
    today = i18n.local(now).date()
    this_monday = today - timedelta(days=today.weekday())
    asked = request.args.get("minggu", "").strip()
    if not asked:
        return this_monday - WEEK, False
    try:
        day = date.fromisoformat(asked)
    except ValueError:
        raise InvalidInput(
            "“%(day)s” is not a day. Example: 2026-11-23.", field="minggu", day=asked[:20]
        ) from None
    monday = day - timedelta(days=day.weekday())
    if not FIRST <= monday <= this_monday:
        raise InvalidInput(
            "There is nothing to review in the week of %(day)s.", field="minggu", day=asked[:20]
        )
    return monday, monday == this_monday


def _start(day: date) -> datetime:
    """Return the local midnight at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=i18n.zone())


def _chosen(name: str, codes: type[Code]) -> Code | None:
    asked = request.args.get(name, "")
    if not asked:
        return None
    try:
        return codes(asked)
    except ValueError:
        raise InvalidInput("“%(code)s” is none of the filters here.", field=name, code=asked[:40]) from None


def _fits(one: DuePromise, promise: PromiseKind | None, reason: MissReason | None) -> bool:
    return (promise is None or one.promise is promise) and (reason is None or one.reason is reason)


def _grouped(missed: Sequence[DuePromise], now: datetime) -> list[Missed]:
    """Return what was missed, the latest first; reports of one place for one reason are told together."""
    groups: dict[Any, list[DuePromise]] = {}
    for one in missed:
        place = (
            ("place", one.cluster_id) if one.cluster_id else ("report", one.request_id, one.conversation_id)
        )
        groups.setdefault((one.promise, one.reason, one.blocked_reason, place), []).append(one)
    rows = [Missed(held[0], len(held), max(one.late_s(now) for one in held)) for held in groups.values()]
    return sorted(rows, key=lambda row: (-row.late_s, row.first.due_at, row.first.code))


def _kept(week: Sequence[DuePromise], before: Sequence[DuePromise]) -> list[dict[str, Any]]:
    """Return, for each promise, how many fell due and were kept, this week and the week before."""
    return [
        {"promise": promise}
        | {
            name: sum(one.promise is promise and (one.is_kept or not only) for one in rows)
            for name, rows, only in (
                ("kept", week, True),
                ("due", week, False),
                ("kept_before", before, True),
                ("due_before", before, False),
            )
        }
        for promise in PromiseKind
    ]


def _reasons(missed: Sequence[DuePromise]) -> list[tuple[MissReason, int, list[int]]]:
    """Return (reason, how often, how often of each promise), the most frequent first."""
    counts = Counter((one.reason, one.promise) for one in missed)
    rows = [(reason, [counts[reason, promise] for promise in PromiseKind]) for reason in MissReason]
    held = [(reason, sum(each), each) for reason, each in rows if any(each)]
    return sorted(held, key=lambda row: -row[1])


def _pressing(mine: frozenset[int] | None, now: datetime) -> list[tuple[BoardRow, Any, Any]]:
    """Return the places that press most now, with their priority and what is beside them."""
    rows = [
        row for row in board_map().places.everything() if mine is None or row.service.department_id in mine
    ]
    rows = most_pressing_first(rows, now)[:PRESSING]
    beside = landmarks_beside(db.session(), installation().city, [(row.lon, row.lat) for row in rows])
    return [(row, row.priority(now), near) for row, near in zip(rows, beside, strict=True)]


def _csv(missed: Sequence[DuePromise], now: datetime) -> bytes:
    session = db.session()
    services, names = services_by_id(session), {one.id: one.name for one in departments(session)}
    language = i18n.language()
    mark = "," if language == "id" else "."
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=";", lineterminator="\r\n")
    writer.writerow(
        [
            _("Promise"), _("Code"), _("Conversation"), _("Kind"), _("Department"), _("Address"), _("Due"),
            _("Kept"), _("Hours late"), _("What was missing"),
        ]
    )  # fmt: skip
    for one in missed:
        service = services.get(one.service_id or 0)
        writer.writerow(
            [
                PROMISE[one.promise](),
                one.code,
                one.conversation_id or "",
                service.name(language) if service else "",
                safe_cell(names.get(one.department_id, "")),
                safe_cell(one.address),
                _cell(one.due_at),
                _cell(one.kept_at),
                f"{one.late_s(now) / 3600:.1f}".replace(".", mark),
                reason_words(one),
            ]
        )
    return held.getvalue().encode("utf-8-sig")


def _cell(moment: datetime | None) -> str:
    """Return a moment as spreadsheets sort it, in local time."""
    return f"{i18n.local(moment):%Y-%m-%d %H:%M}" if moment else ""
