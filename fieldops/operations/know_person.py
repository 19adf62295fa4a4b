"""Finding who wrote, or getting to know them: by the channel's own id, never by a telephone number alone."""

import json

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.channels.inbound import Sender
from fieldops.installation import Installation
from fieldops.models import ChannelAccount, ChannelPerson, PersonKey, Reporter
from fieldops.outbox import insert_if_absent
from fieldops.queries.channels import person_by_digests


def know_person(
    session: Session, installation: Installation, account: ChannelAccount, sender: Sender, *, language: str
) -> ChannelPerson:
    """Return the person behind a sender's ids.

    Every id of theirs leads to them from now on; a newer name or number replaces the older one.
    """
    sealer = installation.sealer
    ids = [sender.user_id, *sender.aliases]
    digests = {one: sealer.contact_digest(f"{account.id}\0{one}") for one in ids if one}
    person = person_by_digests(session, account.id, list(digests.values()))
    if person is None:
        person = _new_person(session, installation, account, digests[sender.user_id], language)
    for digest in digests.values():
        insert_if_absent(session, PersonKey, account_id=account.id, person_id=person.id, digest=digest)
    reporter = session.get_one(Reporter, person.reporter_id)
    reporter.contact_sealed = sealer.seal(
        json.dumps({"user_id": sender.user_id, "phone": sender.phone, "aliases": list(sender.aliases)})
    )
    if sender.name:
        reporter.name_sealed = sealer.seal(sender.name)
    return person


def _new_person(
    session: Session, installation: Installation, account: ChannelAccount, digest: str, language: str
) -> ChannelPerson:
    del installation
    reporter = Reporter(
        channel=account.kind, contact_digest=digest, language=language, created_at=clock.now()
    )
    session.add(reporter)
    session.flush()
    person = ChannelPerson(account_id=account.id, reporter_id=reporter.id, muted=False)
    session.add(person)
    session.flush()
    return person
