"""A conversation as its page shows it: bubbles by day, clocks in words, what was understood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fieldops import clock
from fieldops.domain.conversations import ClockKind, PausedClock
from fieldops.i18n import _, clock_words, date_words, duration_words, local
from fieldops.models import Conversation, ConversationClock, ConversationFile, ConversationMessage


@dataclass(frozen=True)
class Bubble:
    """One message in words. `kind` is theirs, ours, note or day."""

    kind: str
    text: str
    meta: str = ""
    photo_ids: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    message_id: int = 0
    can_resend: bool = False


@dataclass(frozen=True)
class ClockSaid:
    """A promise in words: its name, what is left, the tone, how far its bar is, and when it falls due."""

    name: str
    words: str
    tone: str
    value: float
    most: float
    note: str


def bubbles(
    rows: list[ConversationMessage], files: Mapping[int, list[ConversationFile]], names: Mapping[int, str]
) -> list[Bubble]:
    """Return a thread's bubbles, a line before each new day."""
    made: list[Bubble] = []
    day = None
    for row in rows:
        if local(row.at).date() != day:
            day = local(row.at).date()
            made.append(Bubble("day", date_words(row.at)))
        made.append(_bubble(row, files.get(row.id, []), names))
    return made


def _bubble(row: ConversationMessage, files: list[ConversationFile], names: Mapping[int, str]) -> Bubble:
    kind = {"in": "theirs", "out": "ours"}.get(row.direction, "note")
    notes = [*_file_notes(files), *_facts_notes(row)]
    meta = [clock_words(row.at)]
    if kind != "theirs":
        meta.insert(0, names.get(row.user_id or 0, "") or _("sent by itself"))
    if kind == "ours":
        meta.append(delivery_words(row.state))
        if row.last_error and row.state in ("failed", "held", "unsure"):
            notes.append(error_words(row.last_error))
    photos = tuple(file.photo_id for file in files if file.photo_id is not None)
    return Bubble(
        kind,
        row.words,
        " · ".join(part for part in meta if part),
        photos,
        tuple(notes),
        row.id,
        row.direction == "out" and row.state in ("failed", "unsure", "held"),
    )


def _file_notes(files: list[ConversationFile]) -> list[str]:
    said = []
    for file in files:
        if file.state == "todo":
            said.append(_("Photo on its way"))
        elif file.state == "gone":
            said.append(_("The photo could be fetched no longer. Ask for it again."))
        elif file.state == "refused":
            said.append(_("What was attached could not be opened as a photo."))
        elif file.state == "left":
            said.append(attachment_words(file.kind))
    return said


def _facts_notes(row: ConversationMessage) -> list[str]:
    said = []
    if "place" in row.facts:
        place = row.facts["place"]
        where = f"{place['lat']:.5f}, {place['lon']:.5f}"
        said.append(_("Shared location: %(place)s", place=place.get("name") or where))
    if row.facts.get("earlier"):
        said.append(
            _("Changed by the sender; before: “%(words)s”", words=row.facts["earlier"][-1]["words"][:200])
        )
    if row.facts.get("forgotten"):
        said.append(_("Deleted at the person's wish"))
    if row.facts.get("withdrawn"):
        said.append(_("Deleted by the sender"))
    if row.facts.get("unread"):
        said.append(
            _("Something we cannot show (%(what)s). Ask for words or a photo.", what=row.facts["unread"])
        )
    if "data_link" in row.facts:
        said.append(_("The link opens the person’s data and is shown to nobody else"))
    if isinstance(row.facts.get("template"), dict):
        said.append(_("Approved template “%(name)s”", name=row.facts["template"]["name"]))
    if row.facts.get("automatic"):
        said.append(_("An automatic message"))
    if row.facts.get("said_at"):
        said.append(_("written %(at)s", at=clock_words(datetime.fromisoformat(row.facts["said_at"]))))
    return said


def attachment_words(kind: str) -> str:
    """Return what else was attached; its contents are not kept."""
    return {
        "voice": _("Voice message (not kept; ask for words)"),
        "video": _("Video (not kept; ask for a photo)"),
        "sticker": _("Sticker"),
        "story": _("Mentioned you in a story (never kept)"),
    }.get(kind, _("Document (not kept)"))


def delivery_words(state: str) -> str:
    """Return how far a message of ours came."""
    return {
        "queued": _("on its way"),
        "sending": _("on its way"),
        "sent": _("sent"),
        "delivered": _("delivered"),
        "read": _("read"),
        "failed": _("not delivered"),
        "held": _("kept here"),
        "unsure": _("perhaps sent"),
        "stopped": _("not sent: the person said stop"),
    }.get(state, "")


def error_words(code: str) -> str:
    """Return why a message did not leave."""
    return {
        "window_closed": _(
            "The channel takes free words no longer. Use a template, or reach the person another way."
        ),
        "template_values": _("The service says that the template has other blanks by now. Choose it again."),
        "template_long": _("What stands in the template’s blanks is too long for the service."),
        "template_removed": _("The template is there no longer. Choose another one."),
        "template_rejected": _("The service rejected the template. Choose another one."),
        "template_paused": _("The service paused the template meanwhile. Choose another one."),
        "template_disabled": _("The service switched the template off. Choose another one."),
        "channel_down": _("The channel was down for two days."),
        "rehearsal": _("A rehearsal: nothing leaves for another machine."),
        "joined_person": _("The person was joined with another one"),
        "parted": _("The person was parted from another one again"),
        "forgotten": _("The person asked to be forgotten."),
        "link_over": _("The link’s time was over before it could leave."),
    }.get(code) or (_("The template is not approved any more.") if code.startswith("template_") else code)


def clocks_said(rows: Mapping[str, ConversationClock], now: datetime | None = None) -> list[ClockSaid]:
    """Return the two promises of a conversation in words, those that exist."""
    now = now or clock.now()
    names = {ClockKind.FIRST_RESPONSE: _("First response"), ClockKind.FOLLOW_UP: _("Follow-up")}
    return [_clock_said(names[kind], rows[kind.value], now) for kind in ClockKind if kind.value in rows]


def _clock_said(name: str, row: ConversationClock, now: datetime) -> ClockSaid:
    promise = PausedClock(row.hours, row.started_at, row.paused_s, row.paused_at, row.stopped_at)
    running = promise.running(now)
    due = _("Due %(at)s", at=f"{date_words(running.due_at)}, {clock_words(running.due_at)}")
    used = min(running.elapsed(now).total_seconds() / 3600, row.hours)
    if row.stopped_at is not None:
        late = running.over(now)
        if late:
            return ClockSaid(
                name, _("done, %(d)s late", d=duration_words(late)), "bad", row.hours, row.hours, due
            )
        took = duration_words(running.elapsed(now))
        return ClockSaid(name, _("done in %(d)s", d=took), "done", used, row.hours, due)
    if row.paused_at is not None:
        return ClockSaid(name, _("paused, waiting for the answer"), "quiet", used, row.hours, "")
    left = running.left(now)
    if not left:
        late_words = _("%(d)s late", d=duration_words(running.over(now)))
        return ClockSaid(name, late_words, "bad", row.hours, row.hours, due)
    tone = "road" if promise.used(now) >= 80 else "calm"
    return ClockSaid(name, _("%(d)s left", d=duration_words(left)), tone, used, row.hours, due)


def window_said(conversation: Conversation, label: str, hours: float, now: datetime) -> ClockSaid | None:
    """Return how long the channel still takes free words; None where it always does."""
    until = conversation.reply_until
    if until is None:
        return None
    name = _("%(channel)s window", channel=label)
    left = until - now
    if left.total_seconds() <= 0:
        return ClockSaid(name, _("closed"), "bad", hours, hours, "")
    used = hours - left.total_seconds() / 3600
    tone = "road" if left.total_seconds() < 3 * 3600 else "calm"
    return ClockSaid(name, _("%(d)s left", d=duration_words(left)), tone, max(0.0, used), hours, "")


def row_clock(rows: Mapping[str, ConversationClock], now: datetime) -> tuple[str, str, str]:
    """Return (words, tone, icon) of the promise that matters in the list: the first that still runs."""
    for said, kind in zip(
        clocks_said(rows, now), [kind for kind in ClockKind if kind.value in rows], strict=True
    ):
        if rows[kind.value].stopped_at is None:
            return said.words, said.tone, "pause" if rows[kind.value].paused_at else "clock"
    return (_("answered"), "done", "check") if rows else ("", "quiet", "chat")


def history_words(kind: str, facts: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """Return one line of a conversation's history."""
    to = names.get(facts.get("to") or 0, "")
    said = {
        "started": _("Conversation began"),
        "assigned": _("Given to %(name)s", name=to) if to else _("Given to nobody"),
        "handed_over": _("Handed to another department: %(why)s", why=facts.get("why", "")),
        "clock_stopped": _("Clock stopped"),
        "clock_paused": _("Clock paused: we asked a question"),
        "clock_resumed": _("Clock runs again"),
        "clock_runs_again": _("Clock runs again: the answer was not delivered"),
        "warned": _("Warning: %(share)s %% of the time is gone", share=facts.get("share", 0)),
        "pause_warned": _("Soon without an answer"),
        "no_answer": _(
            "No answer in %(d)s; the clocks run on", d=duration_words(3600 * facts.get("hours", 120))
        ),
        "hazard": _("Danger words: %(words)s", words=", ".join(facts.get("words", []))),
        "moved": _("Moved to greetings") if facts.get("to") == "greetings" else _("Moved to complaints"),
        "became_request": _("Made into a report"),
        "joined_request": _("Joined a report"),
        "split": _("Messages split off"),
        "split_from": _("Split off from another conversation"),
        "muted": _("Person muted"),
        "unmuted": _("Person heard again"),
        "stopped": _("The person said stop"),
        "news_wanted": _("The person wants to hear news again"),
        "ended": _("Ended"),
        "opened_again": _("Open again: the person showed the place")
        if facts.get("why") == "placed"
        else _("Open again: the person wrote"),
        "not_delivered": _("An answer was not delivered"),
        "edited": _("A message was changed by its sender"),
        "withdrawn": _("A message was deleted by its sender"),
        "placed": _("The person showed the place"),
        "answered": _("Answered"),
        "said_fixed": _("The person says: fixed"),
        "said_not_fixed": _("The person says: not fixed. The report is open again."),
        "joined_person": _("The person was joined with another one"),
        "parted": _("The person was parted from another one again"),
        "forgotten": _("The person was forgotten"),
        "contact_shown": _("Contact shown"),
    }
    return said.get(kind, kind)


def follow_ups() -> list[tuple[str, str]]:
    """Return (code, words) of what counts as following up."""
    return [
        ("made_safe", _("made safe")),
        ("started", _("work has begun")),
        ("done", _("done")),
        ("dated_plan", _("planned for a day")),
        ("declined", _("declined, with the reason")),
        ("referred", _("passed on to another authority")),
    ]


def as_text(shown: Conversation, rows: list[ConversationMessage], names: Mapping[int, str]) -> str:
    """Return a thread as plain text: when, which side, what; the person has no name in it."""
    lines = [_("Conversation %(number)s", number=shown.id), ""]
    for row in rows:
        side = _("Person") if row.direction == "in" else names.get(row.user_id or 0, _("sent by itself"))
        if row.direction == "note":
            side = _("Note, %(name)s", name=side)
        words = [row.words, *_facts_notes(row)]
        lines.append(f"{date_words(row.at, year=True)} {clock_words(row.at)} · {side}")
        lines += [f"  {line}" for part in words for line in part.splitlines()]
        lines.append("")
    return "\n".join(lines)
