"""The contact key's change from beginning to end: announced, sealing, proven, and the old one dropped."""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from fieldops.errors import Conflict, SetupError
from fieldops.installation import Installation
from fieldops.keys import ContactKeyFile, ContactKeys, fresh_contact_key
from fieldops.operations.rotate_contact_key import Found, UnitOfWork, let_unknown_ids_go, renew_all

PAUSE_S: Final = 0.02
"""Between units of work: others write meanwhile."""


@dataclass(frozen=True)
class Rules:
    """How a change goes: `wait_s` is what every process gets to take a new key up, `only_here` says that no
    other machine has a copy of the key's file, `leave_unreadable` that what opens with no key may stay.
    """

    wait_s: float
    only_here: bool = False
    leave_unreadable: bool = False


def change_contact_key(
    session: Session,
    installation: Installation,
    unit_of_work: UnitOfWork,
    rules: Rules,
    *,
    say: Callable[[str], None],
) -> Found:
    """Change the contact key, or go on with a change that was interrupted.

    With the key in the instance folder all is done here: a new key is announced, so that every process that
    runs opens with it; then it seals; then everything is made anew; and when a whole round found nothing old,
    the old key is dropped. FIELDOPS_CONTACT_KEY is the operator's to change, and the errors say how.

    Raises
    ------
    SetupError
        The setting must be changed first, values open with no key, or other machines may hold the key.
    Conflict
        The command runs already.
    """
    file = installation.sealer.file
    if file is None:
        return _with_setting(session, installation, unit_of_work, rules, say)
    if session.get_bind().dialect.name == "postgresql" and not rules.only_here:
        raise SetupError(
            "On PostgreSQL other machines may hold a copy of %(path)s, and could read nothing that a new key "
            "seals. If no other machine serves this database, say so by --only-here; otherwise set "
            "FIELDOPS_CONTACT_KEY on all of them (docs/operations.md, “A new contact key”).",
            path=file.path,
        )
    with _alone(file.path):
        _begin(file, rules, say)
        found = renew_all(session, installation, unit_of_work, say, lambda: time.sleep(PAUSE_S))
        _finish_rows(unit_of_work, found, rules, say)
        file.write(ContactKeys(file().sealing, (file().sealing,)))
    say("Nothing is sealed with the key of before any more, and it is dropped.")
    say("Backups of before need it still: it lies in their keys/ folder. Make a new backup now.")
    return found


def _begin(file: ContactKeyFile, rules: Rules, say: Callable[[str], None]) -> None:
    keys = file()
    if len(keys.accepted) == 1:
        fresh = fresh_contact_key()
        file.write(ContactKeys(keys.sealing, (keys.sealing, fresh), fresh))
        say("A new contact key is made. Every process learns to read with it.")
        keys = file()
    else:
        say("A change of the contact key was begun before; it goes on.")
    if keys.announced is not None:
        time.sleep(rules.wait_s)
        before = [key for key in keys.accepted if key != keys.announced]
        file.write(ContactKeys(keys.announced, (keys.announced, *before)))
        say("From now on every process seals with it.")
    time.sleep(rules.wait_s)  # what was begun with the old key is finished, and is found below


def _with_setting(
    session: Session,
    installation: Installation,
    unit_of_work: UnitOfWork,
    rules: Rules,
    say: Callable[[str], None],
) -> Found:
    keys = installation.sealer.keys()
    if keys.announced is not None:
        raise SetupError(
            "The new contact key is only announced (next:). Once every process of every machine has been "
            "restarted with it, set FIELDOPS_CONTACT_KEY to NEW,OLD, restart them all again, and repeat this."
        )
    if len(keys.accepted) == 1:
        raise SetupError(
            "The contact key comes from FIELDOPS_CONTACT_KEY, which no command can change. Make a new key "
            "(python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'), "
            "set FIELDOPS_CONTACT_KEY to NEW,OLD for every process, stop all, start all, and repeat this."
        )
    with _alone(installation.settings.instance_dir / "contact_key"):
        found = renew_all(session, installation, unit_of_work, say, lambda: time.sleep(PAUSE_S))
        _finish_rows(unit_of_work, found, rules, say)
    say("Nothing is sealed with the keys of before any more.")
    say("Set FIELDOPS_CONTACT_KEY to its first key alone and restart every process; `doctor` looks again.")
    return found


def _finish_rows(unit_of_work: UnitOfWork, found: Found, rules: Rules, say: Callable[[str], None]) -> None:
    if found.unreadable and not rules.leave_unreadable:
        raise SetupError(
            "Some values open with none of the contact keys (%(where)s): they were sealed with a key that is "
            "not here. Add that key after the others in contact_key and repeat this; or, if it is lost for "
            "good, repeat it with --leave-unreadable. The key of before is not dropped yet.",
            where=", ".join(f"{name}: {count}" for name, count in found.unreadable.items()),
        )
    with unit_of_work() as writing:
        gone = let_unknown_ids_go(writing)
    if gone:
        say(f"{gone:,} ids that people gave up long ago were kept as digests alone; these are let go.")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the change's lock, which the system takes back from whoever dies.

    The folder itself is locked: a file made for it by root would be closed to the service's own user.
    """
    lock = os.open(path.parent, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("The contact key is being changed by another command already.") from None
        yield
    finally:
        os.close(lock)
