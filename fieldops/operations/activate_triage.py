"""Choosing which version of the suggestions is used."""

from sqlalchemy import update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.roles import By
from fieldops.models import TriageModel
from fieldops.operations.audit import write_audit
from fieldops.queries.triage import all_versions, version_with_data
from fieldops.triage.classifier import Model


def activate_triage(session: Session, version: int, by: By, *, hold: bool) -> None:
    """Use a version from now on. Held, it stays until a person chooses again; not held, the next better one
    replaces it.

    Raises
    ------
    NotFound
        There is no such version.
    InvalidInput
        Its file is damaged; the version in use stays.
    """
    chosen = version_with_data(session, version)
    Model.from_bytes(chosen.data)
    session.execute(update(TriageModel).values(is_active=False, is_held=False))
    chosen.is_active, chosen.is_held, chosen.activated_at = True, hold, clock.now()
    write_audit(session, by, "triage_activated", "triage_model", chosen.id, held=hold)
    session.flush()


def follow_newest(session: Session, by: By) -> None:
    """Let better versions replace the one in use again; without any the program's own is used."""
    for held in all_versions(session):
        held.is_held = False
    write_audit(session, by, "triage_followed", "triage_model", None)
    session.flush()
