"""All that is held about one person, gathered for themselves: their page, and the file they take away."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.own_data import masked
from fieldops.domain.places import Channel
from fieldops.domain.roles import Role
from fieldops.installation import Installation
from fieldops.models import (
    ChannelAccount,
    ChannelPerson,
    ContactView,
    Conversation,
    ConversationMessage,
    DataDeletion,
    DataVisit,
    Follower,
    Message,
    PersonKey,
    Photo,
    Reporter,
    Service,
    ServiceRequest,
    StatusChange,
    UserRole,
)
from fieldops.operations.same_person import person_of, same_person
from fieldops.operations.submit_request import tracking_secret
from fieldops.queries.conversations import conversations_of, messages_of, photos_of_conversation
from fieldops.queries.own_data import deletions_of, open_dangers
from fieldops.queries.tracking import history_of
from fieldops.sealing import Sealer


@dataclass(frozen=True)
class OwnReport:
    """A report that somebody made, or follows ("me_too"): of another's report only what is public.

    `secret` opens its page; empty where it is another's.
    """

    request: ServiceRequest
    service: Service
    part: str
    secret: str
    photos: list[Photo]
    history: list[StatusChange]


@dataclass(frozen=True)
class OwnContact:
    """A way to reach somebody. `is_theirs_to_change`: they wrote it, no channel told us."""

    reporter_id: int
    channel: str
    contact: str
    masked: str
    name: str
    language: str
    is_stopped: bool
    is_theirs_to_change: bool
    since: datetime


@dataclass(frozen=True)
class OwnIdentity:
    """An id by which somebody is known on a channel's account; `is_joined`: staff joined it."""

    account: str
    channel: str
    identity: str
    is_joined: bool


@dataclass(frozen=True)
class OwnView:
    """A look at somebody's contact: when, why, and in which parts the looker works here; never who."""

    at: datetime
    roles: list[str]
    reason: str


@dataclass(frozen=True)
class OwnConversation:
    """A private conversation with what was said in it; notes among officials are not part of it."""

    channel: str
    account: str
    started_at: datetime
    messages: list[ConversationMessage]
    photos: list[Photo]


@dataclass(frozen=True)
class OwnData:
    """What is held about one person, or (`is_limited`) of one report.

    `dangers` are open ones, for which a deletion waits; `deletion` is one that waits already.
    """

    is_limited: bool
    reports: list[OwnReport]
    contacts: list[OwnContact]
    identities: list[OwnIdentity]
    views: list[OwnView]
    conversations: list[OwnConversation]
    messages: list[Message]
    dangers: list[ServiceRequest]
    deletion: DataDeletion | None

    def photos(self) -> list[Photo]:
        """Return every photo they sent, each picture once."""
        held = [photo for one in self.reports for photo in one.photos]
        held += [photo for one in self.conversations for photo in one.photos]
        return list({photo.sha256: photo for photo in held}.values())

    @property
    def is_stopped(self) -> bool:
        """Whether no news is sent by any of their ways."""
        return bool(self.contacts) and all(one.is_stopped for one in self.contacts)


def gather_own_data(session: Session, installation: Installation, visit: DataVisit) -> OwnData:
    """Gather what a visit may see."""
    if visit.reporter_id is None:
        return _of_report(session, installation, visit)
    people = same_person(session, installation, session.get_one(Reporter, visit.reporter_id))
    numbers = [one.id for one in people]
    reports = _reports(session, installation, numbers)
    own = [one.request.id for one in reports if one.part == "author"]
    return OwnData(
        is_limited=False,
        reports=reports,
        contacts=[_contact(session, installation.sealer, one) for one in people],
        identities=_identities(session, installation.sealer, numbers),
        views=_views(session, numbers),
        conversations=_conversations(session, people),
        messages=_messages(session, numbers),
        dangers=open_dangers(session, own),
        deletion=next(iter(deletions_of(session, numbers)), None),
    )


def _of_report(session: Session, installation: Installation, visit: DataVisit) -> OwnData:
    request = session.get_one(ServiceRequest, visit.request_id)
    authors = list(
        session.scalars(
            select(Reporter)
            .join(Follower, Follower.reporter_id == Reporter.id)
            .where(
                Follower.request_id == request.id,
                Follower.part == "author",
                Reporter.anonymised_at.is_(None),
            )
            .order_by(Reporter.id)
        )
    )
    return OwnData(
        is_limited=True,
        reports=[_report(session, installation, request, "author")],
        contacts=[_contact(session, installation.sealer, one) for one in authors],
        identities=[],
        views=_views(session, [one.id for one in authors]),
        conversations=[],
        messages=[],
        dangers=open_dangers(session, [request.id]),
        deletion=next(iter(deletions_of(session, [], [request.id])), None),
    )


def _reports(session: Session, installation: Installation, reporter_ids: Collection[int]) -> list[OwnReport]:
    rows = session.execute(
        select(ServiceRequest, Follower.part)
        .join(Follower, Follower.request_id == ServiceRequest.id)
        .where(Follower.reporter_id.in_(reporter_ids))
        .order_by(ServiceRequest.id.desc(), Follower.part)  # "author" goes before "me_too"
    )
    parts: dict[int, tuple[ServiceRequest, str]] = {}
    for request, part in rows:
        parts.setdefault(request.id, (request, part))
    return [_report(session, installation, request, part) for request, part in parts.values()]


def _report(session: Session, installation: Installation, request: ServiceRequest, part: str) -> OwnReport:
    service = session.get_one(Service, request.service_id)
    if part != "author":
        return OwnReport(request, service, part, "", [], [])
    photos = session.scalars(
        select(Photo).where(Photo.request_id == request.id, Photo.stop_id.is_(None)).order_by(Photo.id)
    )
    secret = tracking_secret(installation, request.source, request.external_key)
    return OwnReport(request, service, part, secret, list(photos), history_of(session, request.id))


def _contact(session: Session, sealer: Sealer, reporter: Reporter) -> OwnContact:
    held = sealer.open(reporter.contact_sealed) if reporter.contact_sealed is not None else ""
    person = person_of(session, reporter.id)
    if held.startswith("{"):
        parts = json.loads(held)
        held = parts.get("phone") or parts["user_id"]
    return OwnContact(
        reporter_id=reporter.id,
        channel=reporter.channel,
        contact=held,
        masked=masked(held) if held else "",
        name=sealer.open(reporter.name_sealed) if reporter.name_sealed is not None else "",
        language=reporter.language,
        is_stopped=(person.stopped_at if person is not None else reporter.stopped_at) is not None,
        is_theirs_to_change=person is None and reporter.channel in (Channel.EMAIL.value, Channel.PHONE.value),
        since=reporter.created_at,
    )


def _identities(session: Session, sealer: Sealer, reporter_ids: Collection[int]) -> list[OwnIdentity]:
    people = {one.id: number for number in reporter_ids if (one := person_of(session, number)) is not None}
    rows = session.execute(
        select(PersonKey, ChannelAccount)
        .join(ChannelAccount, ChannelAccount.id == PersonKey.account_id)
        .where(PersonKey.person_id.in_(people))
        .order_by(PersonKey.id)
    )
    joined = session.scalars(
        select(ChannelPerson.id).where(
            ChannelPerson.reporter_id.in_(reporter_ids), ChannelPerson.id.not_in(people)
        )
    ).all()
    return [
        OwnIdentity(account.name, account.kind, sealer.open(key.id_sealed), bool(joined))
        for key, account in rows
        if key.id_sealed is not None
    ]


def _views(session: Session, reporter_ids: Collection[int]) -> list[OwnView]:
    rows = session.scalars(
        select(ContactView)
        .where(ContactView.reporter_id.in_(reporter_ids))
        .order_by(ContactView.at.desc(), ContactView.id.desc())
    ).all()
    order = [role.value for role in Role]
    held: dict[int, set[str]] = {}
    for role in session.scalars(select(UserRole).where(UserRole.user_id.in_({row.user_id for row in rows}))):
        held.setdefault(role.user_id, set()).add(role.role)
    return [OwnView(row.at, sorted(held.get(row.user_id, ()), key=order.index), row.reason) for row in rows]


def _conversations(session: Session, people: Collection[Reporter]) -> list[OwnConversation]:
    found: dict[int, Conversation] = {}
    for reporter in people:
        person = person_of(session, reporter.id)
        if person is not None:
            found |= {row.id: row for row in conversations_of(session, person.id)}
    return [_conversation(session, found[number]) for number in sorted(found)]


def _conversation(session: Session, row: Conversation) -> OwnConversation:
    account = session.get_one(ChannelAccount, row.account_id)
    messages = [one for one in messages_of(session, row.id) if one.direction != "note"]
    photos = photos_of_conversation(session, row.id)
    return OwnConversation(account.kind, account.name, row.started_at, messages, photos)


def _messages(session: Session, reporter_ids: Collection[int]) -> list[Message]:
    return list(
        session.scalars(select(Message).where(Message.reporter_id.in_(reporter_ids)).order_by(Message.id))
    )
