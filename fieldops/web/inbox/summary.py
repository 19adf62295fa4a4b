"""A head's summary on one phone screen: the two promises, the ten worst, what waits, what to approve."""

from datetime import datetime, timedelta
from typing import Final

from flask import render_template
from flask_login import current_user

from fieldops import clock
from fieldops.domain.roles import Right
from fieldops.domain.waitings import WaitingKind
from fieldops.extensions import db
from fieldops.i18n import _, duration_words, language, local, number
from fieldops.queries.answering import Answering, Worst, answering, worst_conversations
from fieldops.queries.inbox import InboxFilter, count_conversations
from fieldops.queries.services import active_services
from fieldops.queries.staff import names_of
from fieldops.queries.waitings import count_waitings, list_waitings
from fieldops.web.dispatch import waiting_words
from fieldops.web.dispatch.said import clock_said
from fieldops.web.inbox.approvals import ON_SUMMARY, approval_context
from fieldops.web.inbox.room import blueprint, my_departments
from fieldops.web.protection import requires

SECURED_SHOWN: Final = 5


@blueprint.get("/ringkasan")
@requires(Right.CONVERSE)
def summary() -> str:
    """Show how answering stands."""
    session, now, departments = db.session(), clock.now(), my_departments()
    today = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    yesterday, _kinds, _departments = answering(session, today - timedelta(days=1), today, now, departments)
    week, by_kind, by_department = answering(session, monday, now + timedelta(seconds=1), now, departments)
    last, _by_kind, _by_department = answering(session, monday - timedelta(days=7), monday, now, departments)
    worst = worst_conversations(session, departments)
    waits = count_waitings(session, now, departments)
    return render_template(
        "inbox/summary.html",
        counts=count_conversations(session, InboxFilter("open", current_user.id, departments), now),
        yesterday=yesterday,
        week=week,
        last=last,
        by_kind=by_kind,
        by_department=by_department,
        monday=monday,
        waits=[(kind, one) for kind, one in waits.items() if one.late or one.soon],
        secured=list_waitings(session, WaitingKind.REPAIR, departments, SECURED_SHOWN),
        secured_count=waits[WaitingKind.REPAIR].waiting,
        approval=approval_context(ON_SUMMARY),
        waiting_words=waiting_words,
        now=now,
        worst=[(one, *_due_words(one, now)) for one in worst],
        names=names_of(session, {one.conversation.assignee_id for one in worst}),
        kinds={one.code: one.name(language()) for one in active_services(session)},
        share=share_words,
        took=took_words,
    )


def _due_words(one: Worst, now: datetime) -> tuple[str, str]:
    return clock_said(one.due_at, now)


def share_words(figures: Answering) -> str:
    """Return "54,3 %", or a dash where nothing came."""
    if not figures.received:
        return "–"
    return _("%(share)s %%", share=number(100 * figures.answered_in_time / figures.received, 1))


def took_words(figures: Answering) -> str:
    """Return the median time to the first response in words."""
    return "–" if figures.median_s is None else duration_words(figures.median_s)
