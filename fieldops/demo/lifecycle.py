"""Each request's history, step by step, through moves that the state table allows.

A whole life is written first and then cut at the demonstration's present, so what is open now is simply what
has not ended yet.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from fieldops.demo.fates import Fate, Outcome
from fieldops.demo.hours import WIB, evening_before, next_office_time, next_working_time
from fieldops.domain.places import Channel
from fieldops.domain.request_states import ClosedReason, DeclinedReason, RequestStatus
from fieldops.domain.roles import Actor

S = RequestStatus

MERGED_SHARE: Final = 0.1
REOPENED_SHARE: Final = 0.03
WITHDRAWN_SHARE: Final = 0.01
AUTHORITIES: Final = {"national": "Balai jalan nasional", "province": "Dinas jalan provinsi"}

_FILED_BY: Final = {
    Channel.PHONE: Actor.OFFICER,
    Channel.STAFF: Actor.OFFICER,
    Channel.CREW: Actor.CREW_LEADER,
}
_DECLINED: Final = {
    DeclinedReason.NOT_A_DEFECT: "Kondisi ini masih sesuai rencana, jadi tidak kami perbaiki.",
    DeclinedReason.PRIVATE_LAND: "Titik ini di lahan pribadi. Mohon hubungi pemilik lahan.",
    DeclinedReason.UNCLEAR: "Foto dan keterangan belum cukup. Silakan kirim aduan baru dengan patokan.",
}
_NOT_FIXED: Final = (
    "Belum beres, tambalannya lepas lagi.",
    "Masih berlubang di sebelahnya.",
    "Airnya masih menggenang.",
    "Baru sehari sudah rusak lagi.",
)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")
_WEEKDAYS: Final = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


@dataclass(frozen=True)
class DemoStep:
    """One appended line of history. `facts` are what the move needs; `words` are for the reporter."""

    status: RequestStatus
    at: datetime
    actor: Actor
    facts: tuple[tuple[str, str], ...] = ()
    words: str = ""


@dataclass(frozen=True)
class Report:
    """What the history depends on: when and how it was told, whose street, and the report it repeats."""

    told_at: datetime
    channel: Channel
    keeper: str
    is_located: bool
    repeats: str | None


def history(report: Report, fate: Fate, end: datetime, rng: np.random.Generator) -> tuple[DemoStep, ...]:
    """Return the steps up to `end`; the first is always the submission."""
    life = [_submission(report), *_after_submission(report, fate, rng)]
    return tuple(step for step in life if step.at <= end)


def _submission(report: Report) -> DemoStep:
    actor = _FILED_BY.get(report.channel, Actor.REPORTER)
    return DemoStep(S.SUBMITTED, report.told_at, actor, (("channel", report.channel.value),))


def _after_submission(report: Report, fate: Fate, rng: np.random.Generator) -> list[DemoStep]:
    read = _reading(report, fate, rng)
    if rng.random() < WITHDRAWN_SHARE:
        gone_at = read.at + timedelta(hours=float(rng.uniform(0.5, 30)))
        return [
            read,
            _closing(gone_at, Actor.REPORTER, ClosedReason.WITHDRAWN, "Aduan ditarik oleh pelapor."),
        ]
    if report.repeats and report.is_located and rng.random() < MERGED_SHARE:
        merged_at = _between(read.at, fate.visit_at, timedelta(hours=float(rng.uniform(0.1, 4))))
        words = "Titik ini sudah dilaporkan. Anda tetap kami kabari."
        return [
            read,
            DemoStep(S.DUPLICATE, merged_at, Actor.DISPATCHER, (("duplicate_of", report.repeats),), words),
        ]
    if not report.is_located and rng.random() < 0.5:
        words = "Lokasi belum kami temukan dan kabar dari Anda belum ada. Silakan kirim lagi dengan patokan."
        waited_until = next_office_time(read.at + timedelta(days=5, hours=float(rng.uniform(0, 30))), rng)
        return [read, _closing(waited_until, Actor.DISPATCHER, ClosedReason.NOT_FOUND, words)]
    return [read, *_course(report, fate, read.at, rng)]


def _reading(report: Report, fate: Fate, rng: np.random.Generator) -> DemoStep:
    # Half is read within a day, as in 2024; what is dangerous sooner.
    hours = float(np.exp(rng.normal(np.log(17.0), 1.0))) * (0.4 if fate.defect.severity == 3 else 1.0)
    read_at = next_office_time(report.told_at + timedelta(hours=max(hours, 0.1)), rng)
    read_at = _between(report.told_at, fate.visit_at, read_at - report.told_at)
    return DemoStep(S.ACKNOWLEDGED, read_at, Actor.OFFICER, (), "Aduan Anda sudah kami baca dan periksa.")


def _between(start: datetime, stop: datetime, wanted: timedelta) -> datetime:
    """Return `start + wanted`, or a moment well before `stop` when that would come too late."""
    moment = start + wanted
    return moment if moment < stop - timedelta(minutes=40) else start + (stop - start) * 0.4


def _course(report: Report, fate: Fate, read_at: datetime, rng: np.random.Generator) -> list[DemoStep]:
    if fate.outcome is Outcome.REPAIRED:
        return _repair(fate.visit_at, read_at, rng)
    if fate.outcome is Outcome.REFERRED:
        authority = AUTHORITIES[report.keeper]
        words = f"Ini bukan jalan kota. Kami teruskan ke {authority.lower()}."
        at = read_at + timedelta(hours=float(rng.uniform(0.3, 20)))
        referred = DemoStep(S.REFERRED, at, Actor.OFFICER, (("authority", authority),), words)
        return [referred, *_answer(at, authority)]
    if fate.outcome is Outcome.DECLINED:
        reason = list(_DECLINED)[int(rng.integers(len(_DECLINED)))]
        at = read_at + timedelta(hours=float(rng.uniform(0.3, 20)))
        return [DemoStep(S.DECLINED, at, Actor.OFFICER, (("reason", reason.value),), _DECLINED[reason])]
    if fate.outcome is Outcome.NOT_FOUND:
        words = "Petugas sudah ke lokasi dan tidak menemukan kerusakan."
        return [_closing(fate.visit_at, Actor.DISPATCHER, ClosedReason.NOT_FOUND, words)]
    words = "Saat petugas datang, kondisi sudah baik."
    return [_closing(fate.visit_at, Actor.DISPATCHER, ClosedReason.FOUND_FIXED, words)]


def _answer(referred_at: datetime, authority: str) -> list[DemoStep]:
    """Return what the other authority answers, within 14 days; one in twelve never does."""
    seconds = int(referred_at.timestamp())
    if seconds % 12 == 0:
        return []
    at = referred_at + timedelta(days=5 + seconds % 8)
    facts = (("came_back", "1"), ("authority", authority))
    words = f"{authority} mengabarkan bahwa tempat ini sudah mereka perbaiki."
    return [
        DemoStep(S.ACKNOWLEDGED, at, Actor.OFFICER, facts),
        _closing(at + timedelta(minutes=10), Actor.DISPATCHER, ClosedReason.FOUND_FIXED, words),
    ]


def _repair(done_at: datetime, read_at: datetime, rng: np.random.Generator) -> list[DemoStep]:
    steps = []
    before = read_at
    planned_at = evening_before(done_at)
    if planned_at > read_at + timedelta(minutes=10) and rng.random() < 0.9:
        day = done_at.astimezone(WIB)
        words = f"Dijadwalkan {_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}."
        steps.append(
            DemoStep(S.SCHEDULED, planned_at, Actor.SYSTEM, (("date", day.date().isoformat()),), words)
        )
        before = planned_at
    begun_at = max(done_at - timedelta(minutes=float(rng.uniform(15, 70))), before + (done_at - before) / 2)
    steps.append(DemoStep(S.IN_PROGRESS, begun_at, Actor.CREW_LEADER, (), "Regu sudah di lokasi."))
    steps.append(
        DemoStep(
            S.DONE, done_at, Actor.CREW_LEADER, (("evidence", "photo"),), "Sudah diperbaiki. Sudah beres?"
        )
    )
    return steps + _ending(done_at, rng)


def _ending(done_at: datetime, rng: np.random.Generator) -> list[DemoStep]:
    chance = rng.random()
    if chance < REOPENED_SHARE:
        again_at = next_office_time(done_at + timedelta(days=float(rng.uniform(0.3, 8))), rng)
        words = _NOT_FIXED[int(rng.integers(len(_NOT_FIXED)))]
        read_at = next_office_time(again_at + timedelta(hours=float(rng.uniform(1, 20))), rng)
        redone_at = next_working_time(read_at + timedelta(days=float(rng.uniform(1, 6))), rng)
        return [
            DemoStep(S.REOPENED, again_at, Actor.REPORTER, (), words),
            DemoStep(S.ACKNOWLEDGED, read_at, Actor.DISPATCHER, (), "Kami periksa lagi."),
            *_repair(redone_at, read_at, rng),
        ]
    words = "Aduan selesai."
    if chance < 0.18:
        at = next_office_time(done_at + timedelta(hours=float(rng.uniform(1, 60))), rng)
        return [_closing(at, Actor.REPORTER, ClosedReason.REPAIRED, "Pelapor: sudah beres.")]
    if chance < 0.75:
        at = next_office_time(done_at + timedelta(days=float(rng.uniform(0.7, 3))), rng)
        return [_closing(at, Actor.DISPATCHER, ClosedReason.REPAIRED, words)]
    return [_closing(done_at + timedelta(days=10), Actor.SYSTEM, ClosedReason.REPAIRED, words)]


def _closing(at: datetime, actor: Actor, reason: ClosedReason, words: str) -> DemoStep:
    return DemoStep(S.CLOSED, at, actor, (("closed_reason", reason.value),), words)
