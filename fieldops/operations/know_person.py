"""Finding who wrote, or getting to know them: by the channel's own id, never by a telephone number alone."""

import json
from collections.abc import Iterable

from fieldops import clock
from fieldops.channels.inbound import Sender
from fieldops.models import ChannelAccount, ChannelPerson, PersonKey, Reporter
from fieldops.operations.correspondence import Correspondence, ids_of
from fieldops.outbox import insert_absent, insert_if_absent
from fieldops.sealing import Sealer


def meet_people(known: Correspondence, account: ChannelAccount, senders: Iterable[Sender]) -> None:
    """Get to know those of an account's senders who never wrote before: all of them by three statements."""
    unknown: dict[str, Sender] = {}
    for sender in senders:
        digest = next(iter(known.keys(account.id, sender)))
        if digest not in unknown and known.person(account.id, known.digests(account.id, sender)) is None:
            unknown[digest] = sender
    if not unknown:
        return
    session = known.session
    reporters = [
        Reporter(
            channel=account.kind,
            contact_digest=digest,
            language=language_of(sender),
            contact_sealed=known.installation.sealer.seal(_contact(sender)),
            name_sealed=known.installation.sealer.seal(sender.name) if sender.name else None,
            created_at=clock.now(),
        )
        for digest, sender in unknown.items()
    ]
    session.add_all(reporters)
    session.flush()
    people = [
        ChannelPerson(account_id=account.id, reporter_id=reporter.id, muted=False) for reporter in reporters
    ]
    session.add_all(people)
    session.flush()
    keys = []
    for digest, person, reporter in zip(unknown, people, reporters, strict=True):
        known.got_to_know(person, reporter)
        known.met(person, digest)
        keys.append(
            {
                "account_id": account.id,
                "person_id": person.id,
                "digest": digest,
                "id_sealed": known.installation.sealer.seal(ids_of(unknown[digest])[0]),
            }
        )
    insert_absent(session, PersonKey, keys)


def know_person(known: Correspondence, account: ChannelAccount, sender: Sender) -> ChannelPerson:
    """Return the person behind a sender's ids.

    Every id of theirs leads to them from now on; a newer name or number replaces the older one.
    """
    session, sealer = known.session, known.installation.sealer
    digests = known.digests(account.id, sender)
    person = known.person(account.id, digests)
    if person is None:
        meet_people(known, account, [sender])
        person = known.person(account.id, digests)
    if person is None:
        raise RuntimeError("somebody who was just met is not there")
    for digest, one in known.keys(account.id, sender).items():
        if not known.is_key_of(person, digest):
            insert_if_absent(
                session,
                PersonKey,
                account_id=account.id,
                person_id=person.id,
                digest=digest,
                id_sealed=sealer.seal(one),
            )
            known.met(person, digest)
    reporter = session.get_one(Reporter, person.reporter_id)
    contact = _contact(sender)
    if _differs(sealer, reporter.contact_sealed, contact):
        reporter.contact_sealed = sealer.seal(contact)
    if sender.name and _differs(sealer, reporter.name_sealed, sender.name):
        reporter.name_sealed = sealer.seal(sender.name)
    return person


def language_of(sender: Sender) -> str:
    """Return the language that a channel says somebody uses, where it is one of ours."""
    return sender.language if sender.language in ("id", "en", "jv") else "id"


def _contact(sender: Sender) -> str:
    return json.dumps({"user_id": sender.user_id, "phone": sender.phone, "aliases": list(sender.aliases)})


def _differs(sealer: Sealer, sealed: bytes | None, words: str) -> bool:
    """Return whether sealed words are others: sealing the same ones anew would write a row for nothing."""
    return sealed is None or sealer.open(sealed) != words
