"""A crew's leader has read that the list changed."""

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.errors import NotAllowed, NotFound
from fieldops.models import Batch, BatchRevision, Crew


def acknowledge_list(session: Session, version_id: int, by: By) -> BatchRevision:
    """Write down when a version of a list was read; a second time changes nothing.

    Raises
    ------
    NotFound
        There is no such version.
    NotAllowed
        It is another crew's list.
    """
    version = session.get(BatchRevision, version_id)
    if version is None:
        raise NotFound("There is no such list.")
    batch = session.get_one(Batch, version.batch_id)
    if session.get_one(Crew, batch.crew_id).leader_id != by.user_id:
        raise NotAllowed("This list belongs to another crew.")
    version.seen_at = version.seen_at or clock.now()
    session.flush()
    return version
