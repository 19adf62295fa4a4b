"""Every task's name and the operation that carries it out."""

from collections.abc import Callable
from typing import Any, Final

from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.operations.accept_invitations import accept_invitations
from fieldops.operations.ask_if_fixed import ask_if_fixed
from fieldops.operations.close_approved import close_approved
from fieldops.operations.close_silent_requests import close_silent_requests
from fieldops.operations.compute_change import compute_change
from fieldops.operations.compute_hotspots import compute_hotspots
from fieldops.operations.compute_maintenance import compute_maintenance
from fieldops.operations.delete_own_data import carry_out_deletions
from fieldops.operations.end_shift import end_overdue_shifts
from fieldops.operations.fetch_attachment import fetch_attachment
from fieldops.operations.group_requests import group_request
from fieldops.operations.hash_photos import hash_photos
from fieldops.operations.keep_device import tidy_devices
from fieldops.operations.learn_weighing import learn_weighing
from fieldops.operations.open_data_link import tidy_own_data
from fieldops.operations.plan_batches import compute_plan
from fieldops.operations.poll_account import poll_account, poll_all
from fieldops.operations.read_event import read_event
from fieldops.operations.reading_turn import take_turn
from fieldops.operations.refresh_hotspots import refresh_hotspots
from fieldops.operations.refresh_templates import refresh_all_templates, refresh_templates
from fieldops.operations.regroup_requests import regroup_requests
from fieldops.operations.resend_waiting import resend_waiting
from fieldops.operations.run_retention import run_retention
from fieldops.operations.send_message import send_message
from fieldops.operations.send_notice import send_notice
from fieldops.operations.send_reply import send_reply
from fieldops.operations.tell_staff import tell_staff
from fieldops.operations.tick_response_clocks import tick_response_clocks
from fieldops.operations.tick_waitings import tick_waitings
from fieldops.operations.tidy_events import tidy_damaged, tidy_events
from fieldops.operations.tidy_map_changes import tidy_map_changes
from fieldops.operations.tidy_tasks import tidy_tasks
from fieldops.operations.train_triage import train_triage
from fieldops.operations.understand_conversation import remind, understand_conversation
from fieldops.tasks.time_limit import time_limit
from fieldops.transaction import transaction

Handler = Callable[[Installation, dict[str, Any]], None]


def _group(installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        group_request(session, installation, payload["request_id"])


def _regroup(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        regroup_requests(session, installation)


def _hash(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        hash_photos(session, installation)


def _ask(installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        ask_if_fixed(session, installation, payload["request_id"])


def _close_approved(_installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        close_approved(session, payload["approval_id"])


def _close_silent(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        close_silent_requests(session, installation)


def _end_shifts(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        end_overdue_shifts(session)


def _tidy(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tidy_tasks(session)


def _tidy_map(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tidy_map_changes(session)


def _resend(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        resend_waiting(session, installation)


def _send(installation: Installation, payload: dict[str, Any]) -> None:
    # Opens its own units of work: no message leaves while a write transaction is open.
    send_message(db.session(), installation, payload["message_id"], transaction)


def _plan(installation: Installation, payload: dict[str, Any]) -> None:
    # Likewise: minutes of search must not hold the write lock.
    compute_plan(installation, payload["day_plan_id"], transaction, limit=time_limit)


def _change(installation: Installation, payload: dict[str, Any]) -> None:
    compute_change(installation, payload["day_plan_id"], transaction, limit=time_limit)


def _read_event(installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        take_turn(session, wait=True)
        read_event(session, installation, payload["event_id"])


def _accept(installation: Installation, payload: dict[str, Any]) -> None:
    accept_invitations(db.session(), installation, payload["event_id"])


def _understand(installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        understand_conversation(session, installation, payload["conversation_id"])


def _remind(installation: Installation, payload: dict[str, Any]) -> None:
    with transaction() as session:
        remind(session, installation, payload["conversation_id"])


def _reply(installation: Installation, payload: dict[str, Any]) -> None:
    send_reply(installation, payload["message_id"], transaction)


def _fetch(installation: Installation, payload: dict[str, Any]) -> None:
    fetch_attachment(db.session(), installation, payload["file_id"], transaction)


def _poll_all(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        poll_all(session)


def _poll(installation: Installation, payload: dict[str, Any]) -> None:
    poll_account(db.session(), installation, payload["account_id"], transaction)


def _all_templates(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        refresh_all_templates(session)


def _templates(installation: Installation, payload: dict[str, Any]) -> None:
    refresh_templates(db.session(), installation, payload["account_id"], transaction)


def _tick(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tick_response_clocks(session)


def _tick_waitings(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tick_waitings(session)


def _tidy_events(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tidy_events(session)
    tidy_damaged(installation.settings.spool_dir)


def _carry_out_deletions(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        unneeded = carry_out_deletions(session, installation)
    for name in unneeded:
        installation.media.delete(name)


def _run_retention(installation: Installation, _payload: dict[str, Any]) -> None:
    run_retention(installation, transaction)


def _tidy_own_data(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tidy_own_data(session)


def _tell(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tell_staff(session)


def _notice(installation: Installation, payload: dict[str, Any]) -> None:
    send_notice(installation, payload["subscription_id"], transaction)


def _tidy_devices(_installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        tidy_devices(session)


def _train(installation: Installation, _payload: dict[str, Any]) -> None:
    train_triage(installation, transaction)


def _weigh(installation: Installation, _payload: dict[str, Any]) -> None:
    # Reads thousands of reports: only what was learnt is written in a unit of work.
    learn_weighing(db.session(), installation, transaction)


def _hotspots(installation: Installation, payload: dict[str, Any]) -> None:
    compute_hotspots(installation, payload["run_id"], transaction, limit=time_limit)


def _maintenance(installation: Installation, payload: dict[str, Any]) -> None:
    compute_maintenance(installation, payload["run_id"], transaction, limit=time_limit)


def _refresh_hotspots(installation: Installation, _payload: dict[str, Any]) -> None:
    with transaction() as session:
        refresh_hotspots(session, installation)


TASKS: Final[dict[str, Handler]] = {
    "group_request": _group,
    "regroup_requests": _regroup,
    "hash_photos": _hash,
    "ask_if_fixed": _ask,
    "close_approved": _close_approved,
    "close_silent_requests": _close_silent,
    "end_overdue_shifts": _end_shifts,
    "send_message": _send,
    "resend_waiting": _resend,
    "compute_plan": _plan,
    "compute_change": _change,
    "read_event": _read_event,
    "accept_invitations": _accept,
    "understand_conversation": _understand,
    "remind_of_place": _remind,
    "send_reply": _reply,
    "fetch_attachment": _fetch,
    "poll_accounts": _poll_all,
    "poll_account": _poll,
    "refresh_all_templates": _all_templates,
    "refresh_templates": _templates,
    "tick_response_clocks": _tick,
    "tick_waitings": _tick_waitings,
    "tidy_events": _tidy_events,
    "carry_out_deletions": _carry_out_deletions,
    "tidy_own_data": _tidy_own_data,
    "run_retention": _run_retention,
    "tell_staff": _tell,
    "send_notice": _notice,
    "tidy_devices": _tidy_devices,
    "tidy_tasks": _tidy,
    "tidy_map_changes": _tidy_map,
    "train_triage": _train,
    "learn_weighing": _weigh,
    "compute_hotspots": _hotspots,
    "compute_maintenance": _maintenance,
    "refresh_hotspots": _refresh_hotspots,
}

LEASES_S: Final[dict[str, int]] = {
    "compute_plan": 900,
    "compute_change": 300,
    "compute_hotspots": 600,
    "regroup_requests": 900,
    "train_triage": 900,
    "learn_weighing": 900,
}
"""Tasks that may take longer than the usual lease."""
