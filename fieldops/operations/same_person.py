"""Which rows are one person: what staff joined, and one e-mail address on the web and in letters."""

import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.places import Channel
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, Reporter
from fieldops.operations.correspondence import id_words
from fieldops.queries.channels import join_of, joins_into, people_by_digests
from fieldops.sealing import Sealer


def same_person(session: Session, installation: Installation, reporter: Reporter) -> list[Reporter]:
    """Return a person's rows, those that are not forgotten, by id; their own among them.

    A telephone number is no bridge: on the web anybody may write any number, and none is ever proven. An
    e-mail address is one, since the link that leads here was sent to it.
    """
    numbers = {reporter.id} | _of_address(session, installation.sealer, reporter)
    for number in tuple(numbers):
        numbers |= _joined_to(session, number)
    return list(
        session.scalars(
            select(Reporter)
            .where(Reporter.id.in_(numbers), Reporter.anonymised_at.is_(None))
            .order_by(Reporter.id)
        )
    )


def person_of(session: Session, reporter_id: int) -> ChannelPerson | None:
    """Return the person of a channel behind a reporter, or whom staff joined them to; None for the web."""
    person = session.scalar(select(ChannelPerson).where(ChannelPerson.reporter_id == reporter_id))
    if person is None:
        return None
    join = join_of(session, person.id)
    return person if join is None else session.get_one(ChannelPerson, join.kept_id)


def _joined_to(session: Session, reporter_id: int) -> set[int]:
    person = person_of(session, reporter_id)
    if person is None:
        return set()
    people = [person.id, *(join.joined_id for join in joins_into(session, person.id))]
    return set(session.scalars(select(ChannelPerson.reporter_id).where(ChannelPerson.id.in_(people))))


def _of_address(session: Session, sealer: Sealer, reporter: Reporter) -> set[int]:
    if reporter.channel != Channel.EMAIL.value or reporter.contact_sealed is None:
        return set()
    held = sealer.open(reporter.contact_sealed)
    address = json.loads(held)["user_id"] if held.startswith("{") else held
    accounts = session.scalars(select(ChannelAccount.id).where(ChannelAccount.kind == Channel.EMAIL.value))
    by_letter = [one for account in accounts for one in sealer.contact_digests(id_words(account, address))]
    web = session.scalars(
        select(Reporter.id).where(Reporter.contact_digest.in_(sealer.contact_digests(address)))
    )
    return set(web) | {person.reporter_id for person in people_by_digests(session, by_letter).values()}
