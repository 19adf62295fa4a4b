"""Events of WhatsApp, written for these tests after the documented shapes."""

from typing import Any

from tests.channels.meta_stand_in import NUMBER_ID

BSUID = "ID.150000000000000077"
PHONE = "6281200000077"
NAME = "Bu Sri"
AT = 1_790_000_000


def event(value: dict[str, Any], field: str = "messages") -> dict[str, Any]:
    metadata = {"display_phone_number": "62271000000", "phone_number_id": NUMBER_ID}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": "100000000000009", "changes": [change]}]}


def contact(*, phone: bool = True) -> dict[str, Any]:
    found: dict[str, Any] = {"profile": {"name": NAME, "username": "busri"}, "user_id": BSUID}
    return found | ({"wa_id": PHONE} if phone else {})


def message(kind: str, content: Any, *, phone: bool = True, **more: Any) -> dict[str, Any]:
    said = {
        "from_user_id": BSUID,
        "id": "wamid.IN1",
        "timestamp": str(AT),
        "type": kind,
        kind: content,
        **more,
    }
    if phone:
        said["from"] = PHONE
    return event({"contacts": [contact(phone=phone)], "messages": [said]})


def text(words: str = "Lubang besar di Jl. Slamet Riyadi", **more: Any) -> dict[str, Any]:
    return message("text", {"body": words}, **more)


def image(media_id: str = "700000000000000", caption: str = "Ini fotonya 🕳️") -> dict[str, Any]:
    return message("image", {"id": media_id, "mime_type": "image/jpeg", "sha256": "c2hh", "caption": caption})


def location() -> dict[str, Any]:
    place = {
        "latitude": -7.5666,
        "longitude": 110.8231,
        "name": "Pasar Gede",
        "address": "Jl. Urip Sumoharjo",
    }
    return message("location", place)


def reply() -> dict[str, Any]:
    return text("Masih belum diperbaiki", context={"from": "62271000000", "id": "wamid.out1"})


def edited() -> dict[str, Any]:
    later = {"from": PHONE, "id": "wamid.IN1", "timestamp": str(AT), "type": "text"}
    said = {"original_message_id": "wamid.IN1", "message": later | {"text": {"body": "Lubang kecil"}}}
    return message("edit", said, id="wamid.IN2")


def deleted() -> dict[str, Any]:
    return message("revoke", {"original_message_id": "wamid.IN1"}, id="wamid.IN3")


def statuses(state: str = "delivered", **more: Any) -> dict[str, Any]:
    told = {"id": "wamid.out1", "status": state, "timestamp": str(AT), "recipient_id": PHONE, **more}
    return event({"contacts": [contact()], "statuses": [{"recipient_user_id": BSUID, **told}]})
