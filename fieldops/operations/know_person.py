"""Finding who wrote, or getting to know them: by the channel's own id, never by a telephone number alone."""

import json

from fieldops import clock
from fieldops.channels.inbound import Sender
from fieldops.models import ChannelAccount, ChannelPerson, PersonKey, Reporter
from fieldops.operations.correspondence import Correspondence
from fieldops.outbox import insert_if_absent
from fieldops.sealing import Sealer


def know_person(
    known: Correspondence, account: ChannelAccount, sender: Sender, *, language: str
) -> ChannelPerson:
    """Return the person behind a sender's ids.

    Every id of theirs leads to them from now on; a newer name or number replaces the older one.
    """
    session, sealer = known.session, known.installation.sealer
    digests = known.digests(account.id, sender)
    person = known.person(account.id, digests)
    if person is None:
        person = _new_person(known, account, digests[0], language)
    for digest in digests:
        if not known.is_key_of(person, digest):
            insert_if_absent(session, PersonKey, account_id=account.id, person_id=person.id, digest=digest)
            known.met(person, digest)
    reporter = session.get_one(Reporter, person.reporter_id)
    contact = json.dumps({"user_id": sender.user_id, "phone": sender.phone, "aliases": list(sender.aliases)})
    if _differs(sealer, reporter.contact_sealed, contact):
        reporter.contact_sealed = sealer.seal(contact)
    if sender.name and _differs(sealer, reporter.name_sealed, sender.name):
        reporter.name_sealed = sealer.seal(sender.name)
    return person


def _differs(sealer: Sealer, sealed: bytes | None, words: str) -> bool:
    """Return whether sealed words are others: sealing the same ones anew would write a row for nothing."""
    return sealed is None or sealer.open(sealed) != words


def _new_person(known: Correspondence, account: ChannelAccount, digest: str, language: str) -> ChannelPerson:
    session = known.session
    reporter = Reporter(
        channel=account.kind, contact_digest=digest, language=language, created_at=clock.now()
    )
    session.add(reporter)
    session.flush()
    person = ChannelPerson(account_id=account.id, reporter_id=reporter.id, muted=False)
    session.add(person)
    session.flush()
    known.got_to_know(person, reporter)
    return person
