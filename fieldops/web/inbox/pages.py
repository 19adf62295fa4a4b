"""The list of conversations, and one of them beside it."""

from datetime import datetime
from typing import Any

from flask import jsonify, render_template, request
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops import clock
from fieldops.channels.registry import CHANNELS
from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _, clock_words, date_words, local, moment_words
from fieldops.models import ChannelPerson, Conversation, ConversationClock
from fieldops.operations.near_requests import NearRequest, near_requests
from fieldops.operations.open_request_from_conversation import words_of
from fieldops.operations.reveal_contact import Contact
from fieldops.operations.tick_response_clocks import pause_deadline
from fieldops.queries.channels import (
    failing_accounts,
    get_account,
    get_person,
    joins_into,
    others_heard,
)
from fieldops.queries.conversations import (
    changes_of,
    clocks_of,
    files_of,
    messages_of,
    photos_of_conversation,
)
from fieldops.queries.inbox import (
    PAGE,
    WHICH,
    InboxFilter,
    InboxRow,
    count_conversations,
    find_conversations,
    newest_message,
    unanswered,
    unread_since,
)
from fieldops.queries.replies import replies_for
from fieldops.queries.reporters import shown_names
from fieldops.queries.requests import get_request
from fieldops.queries.services import active_services
from fieldops.queries.staff import active_departments, names_of
from fieldops.queries.users import users_with
from fieldops.web.answers import sentence
from fieldops.web.dispatch.cluster_pages import contact_reasons
from fieldops.web.dispatch.room import base_map_url
from fieldops.web.inbox import thread
from fieldops.web.inbox.room import blueprint, mine_or_not_found, my_departments
from fieldops.web.inbox.templates import choice_of_templates
from fieldops.web.page import installation
from fieldops.web.protection import requires


@blueprint.get("/")
@requires(Right.CONVERSE)
def conversations() -> str:
    """Show the list, with nothing open beside it."""
    return render_template("inbox/inbox.html", **list_context(), shown=None)


@blueprint.get("/baru")
@requires(Right.CONVERSE)
def unread() -> Response:
    """Tell an open page what came in since it was made: numbers, never words or names."""
    since = max(0, request.args.get("since", 0, type=int) or 0)
    found = unread_since(db.session(), InboxFilter("open", current_user.id, my_departments()), since)
    return jsonify(newest=found.newest, conversations=found.conversations, urgent=found.is_urgent)


@blueprint.get("/<int:conversation_id>")
@requires(Right.CONVERSE)
def conversation(conversation_id: int) -> str:
    """Show one conversation; that somebody opened it changes nothing."""
    return conversation_page(mine_or_not_found(conversation_id))


def conversation_page(
    shown: Conversation, error: FieldOpsError | None = None, contact: Contact | None = None
) -> str:
    """Return a conversation's page, with what was wrong with a form of it."""
    session = db.session()
    now = clock.now()
    account = get_account(session, shown.account_id)
    traits = CHANNELS[account.kind].traits
    rows = messages_of(session, shown.id)
    changes = changes_of(session, shown.id)
    names = names_of(
        session,
        {row.user_id for row in rows}
        | {line.user_id for line in changes}
        | {line.facts.get("to") for line in changes if line.kind == "assigned"}
        | {shown.assignee_id, shown.answering_id},
    )
    clocks = clocks_of(session, [shown.id]).get(shown.id, {})
    window = traits.reply_window
    hours = window.total_seconds() / 3600 if window else 0.0
    said = thread.clocks_said(clocks, now)
    closing = thread.window_said(shown, traits.label, hours, now)
    is_closed = closing is not None and closing.tone == "bad"
    person = get_person(session, shown.person_id)
    return render_template(
        "inbox/inbox.html",
        **list_context(),
        shown=shown,
        account=account,
        traits=traits,
        person=person,
        who=shown_names(session, installation().sealer, [person])[person.id],
        bubbles=thread.bubbles(rows, files_of(session, [row.id for row in rows]), names),
        clocks=[*said, closing] if closing else said,
        is_unanswered=bool(unanswered(session, [shown.id])),
        answer_until=_answer_until(clocks, now),
        is_closed=is_closed,
        history=[
            (
                moment_words(line.at),
                names.get(line.user_id or 0, ""),
                thread.history_words(line.kind, line.facts, names),
            )
            for line in changes
        ],
        assignee=names.get(shown.assignee_id or 0, ""),
        answering=_answering(shown, names, now),
        officials=[(one.id, one.name) for one in users_with(session, Right.CONVERSE)],
        departments=[
            (one.id, one.name) for one in active_departments(session) if one.id != shown.department_id
        ],
        follow_ups=thread.follow_ups(),
        answering_by=choice_of_templates(session, shown, account)
        if is_closed and traits.has_templates
        else None,
        split_rows=[(row.id, row.words[:80] or _("(photo)")) for row in rows if row.direction == "in"],
        replies=replies_for(session, shown.department_id),
        services=active_services(session),
        photos=photos_of_conversation(session, shown.id),
        words=words_of(session, shown),
        request_made=get_request(session, shown.request_id) if shown.request_id else None,
        near=_near(shown),
        others=_others(person),
        joins=[(join.id, moment_words(join.at)) for join in joins_into(session, person.id)],
        typed=request.form,
        contact=contact,
        contact_reasons=contact_reasons(),
        errors={error.field or "errors": sentence(error)} if error else {},
        base_url=base_map_url(),
        reply_key=f"reply.{shown.id}.{len(rows)}.{current_user.id}",
    )


def _others(person: ChannelPerson) -> list[tuple[int, str]]:
    """Return who else wrote to the account lately, as choices: a conversation of each."""
    session = db.session()
    found: dict[int, Conversation] = {}
    people: dict[int, ChannelPerson] = {}
    for conversation, other in others_heard(session, person, my_departments()):
        found.setdefault(other.id, conversation)
        people[other.id] = other
    names = shown_names(session, installation().sealer, people.values())
    return [
        (one.id, f"{names[number]} · {one.subject or moment_words(one.last_message_at)}")
        for number, one in found.items()
        if names[number]
    ]


def list_context() -> dict[str, Any]:
    """Return the list of conversations as the address asks for it."""
    session, now, args = db.session(), clock.now(), request.args
    which = args.get("which", "open")
    wanted = InboxFilter(
        which if which in WHICH else "open",
        current_user.id,
        my_departments(),
        args.get("q", "").strip()[:80],
        args.get("kind", "")[:40] if args.get("kind", "") in CHANNELS else "",
    )
    page = max(1, args.get("page", 1, type=int) or 1)
    rows, total = find_conversations(session, wanted, now, page)
    clocks = clocks_of(session, [row.conversation.id for row in rows])
    names = names_of(session, {row.conversation.assignee_id for row in rows})
    who = shown_names(session, installation().sealer, [row.person for row in rows])
    in_vain = unanswered(session, [row.conversation.id for row in rows])
    return {
        "rows": [
            _row(row, clocks.get(row.conversation.id, {}), names, now, who[row.person.id])
            | {"unanswered": row.conversation.id in in_vain}
            for row in rows
        ],
        "total": total,
        "page": page,
        "pages": max(1, -(-total // PAGE)),
        "wanted": wanted,
        "counts": count_conversations(session, wanted, now),
        "args": {key: value for key, value in args.items() if key not in ("page", "template") and value},
        "failing": failing_accounts(session),
        "newest": newest_message(session),
    }


def _row(row: InboxRow, clocks: dict[str, Any], names: dict[int, str], now: Any, who: str) -> dict[str, Any]:
    words, tone, icon = thread.row_clock(clocks, now)
    at = row.conversation.last_message_at
    is_today = local(at).date() == local(now).date()
    return {
        "id": row.conversation.id,
        "kind": row.account.kind,
        "who": who,
        "time": clock_words(at) if is_today else date_words(at, weekday=False),
        "text": row.last_words or row.conversation.subject,
        "is_ours": row.last_direction == "out",
        "unread": row.conversation.is_unread,
        "urgent": row.conversation.is_urgent,
        "words": words,
        "tone": tone,
        "icon": icon,
        "owner": names.get(row.conversation.assignee_id or 0, ""),
        "is_public": row.conversation.is_public,
    }


def _answer_until(clocks: dict[str, ConversationClock], now: datetime) -> tuple[str, str] | None:
    """Return (moment, tone) until when the person is waited for; None where nobody is."""
    since = [row.paused_at for row in clocks.values() if row.paused_at is not None and row.stopped_at is None]
    if not since:
        return None
    deadline = pause_deadline(db.session(), min(since))
    return moment_words(deadline.due_at), "road" if deadline.warn_at <= now else "calm"


def _answering(shown: Conversation, names: dict[int, str], now: Any) -> str:
    if shown.answering_id in (None, current_user.id) or shown.answering_until is None:
        return ""
    return names.get(shown.answering_id, "") if shown.answering_until > now else ""


def _near(shown: Conversation) -> list[NearRequest]:
    place = shown.understood.get("place")
    if not place:
        return []
    return near_requests(
        db.session(), installation().city, place["lon"], place["lat"], other_than=shown.request_id
    )
