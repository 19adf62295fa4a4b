"""Forgetting one person in all their rows: those of channels, and those of the web."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.installation import Installation
from fieldops.models import Reporter
from fieldops.operations.forget_person import forget_person
from fieldops.operations.forget_reporter import forget_reporter
from fieldops.operations.same_person import person_of


def forget_people(
    session: Session, installation: Installation, people: Collection[Reporter], by: By
) -> list[str]:
    """Take away who they are and what they wrote and sent, wherever it stands; return the photo files that
    nobody needs any more, to be deleted from the store after the unit of work.

    `people` are the rows of one person (`operations.same_person`).
    """
    files: list[str] = []
    for person_id in sorted({one.id for row in people if (one := person_of(session, row.id)) is not None}):
        files += forget_person(session, installation, person_id, by)
    for row in people:
        files += forget_reporter(session, row)
    return sorted(set(files))
