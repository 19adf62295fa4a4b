"""Replies to begin from: the first ones, and changing them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.errors import InvalidInput, NotFound
from fieldops.models import CannedReply, Department
from fieldops.operations.audit import write_audit
from fieldops.queries.replies import all_replies

MOST_WORDS: Final = 1000

FIRST: Final = (
    (
        "Terima kasih",
        "Thank you",
        "Terima kasih laporannya. Kami periksa hari ini dan kabari lagi di sini.",
        "Thank you for the report. We look at it today and tell you here.",
        "Matur nuwun laporanipun. Dinten menika kula priksa, mangke dipun kabari ing mriki.",
    ),
    (
        "Minta lokasi",
        "Ask for the place",
        "Di mana tepatnya? Mohon bagikan lokasi, atau tulis nama jalan dan patokannya.",
        "Where exactly is it? Please share the location, or write the street and a landmark.",
        "Wonten pundi leresipun? Nyuwun dipun kintuni lokasi, utawi asmanipun margi kaliyan patokanipun.",
    ),
    (
        "Minta foto",
        "Ask for a photo",
        "Boleh kirim foto tempatnya? Satu foto dari agak jauh sudah cukup.",
        "Could you send a photo of the place? One from a little distance is enough.",
        "Menapa saged kintun foto panggenanipun? Setunggal foto sampun cekap.",
    ),
    (
        "Sudah diamankan",
        "Made safe",
        "Tempatnya sudah kami amankan dengan tanda. Perbaikannya menyusul.",
        "We have made the place safe with a sign. The repair follows.",
        "Panggenanipun sampun dipun amanaken mawi tandha. Dandosanipun badhe nyusul.",
    ),
)
"""(Indonesian name, English name, words in Indonesian, English and Javanese); the city changes them."""


@dataclass(frozen=True)
class ReplyText:
    """A reply in three languages; Javanese may be empty, then the Indonesian words are used."""

    name_id: str
    name_en: str
    words_id: str
    words_en: str
    words_jv: str
    department_id: int | None
    active: bool


def add_first_replies(session: Session) -> None:
    """Give an installation without replies the ones to begin with."""
    if all_replies(session):
        return
    for position, (name_id, name_en, words_id, words_en, words_jv) in enumerate(FIRST):
        session.add(
            CannedReply(
                name_id=name_id,
                name_en=name_en,
                words_id=words_id,
                words_en=words_en,
                words_jv=words_jv,
                position=position,
            )
        )


def save_reply(session: Session, reply_id: int | None, text: ReplyText, by: By) -> CannedReply:
    """Add or change a reply.

    Raises
    ------
    InvalidInput
        A name or the Indonesian or English words are missing or too long; `field` names it.
    NotFound
        There is no such reply.
    """
    for field in ("name_id", "name_en", "words_id", "words_en"):
        if not getattr(text, field).strip():
            raise InvalidInput("This is needed.", field=field)
    for field in ("words_id", "words_en", "words_jv"):
        if len(getattr(text, field)) > MOST_WORDS:
            raise InvalidInput("This may have at most %(most)s characters.", field=field, most=MOST_WORDS)
    if text.department_id is not None and session.get(Department, text.department_id) is None:
        raise InvalidInput("Choose a department.", field="department")
    reply = _reply(session, reply_id)
    for field in ("name_id", "name_en", "words_id", "words_en", "words_jv"):
        setattr(reply, field, getattr(text, field).strip())
    reply.department_id, reply.active = text.department_id, text.active
    session.add(reply)
    session.flush()
    write_audit(session, by, "reply_saved", "canned_reply", reply.id)
    return reply


def _reply(session: Session, reply_id: int | None) -> CannedReply:
    if reply_id is None:
        return CannedReply(position=len(all_replies(session)))
    found = session.get(CannedReply, reply_id)
    if found is None:
        raise NotFound("There is no such reply.")
    return found
