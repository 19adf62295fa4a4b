"""Names of events: what makes a replay the same event."""

import hashlib
from collections.abc import Sequence
from typing import Final

LONGEST: Final = 200


def event_id(ids: Sequence[str], raw: bytes) -> str:
    """Return one name for an event of several parts; without any id its own bytes are its name.

    What is too long for a name is told apart by its digest.
    """
    found = [one for one in ids if one]
    if not found:
        return "bytes:" + hashlib.sha256(raw).hexdigest()
    if len(found) == 1 and len(found[0]) <= LONGEST:
        return found[0]
    return f"{len(found)}:" + hashlib.sha256("\n".join(found).encode()).hexdigest()
