"""Events of Messenger and Instagram, written for these tests after the documented shapes."""

from typing import Any

from tests.channels.meta_stand_in import INSTAGRAM_ID, PAGE_ID

PERSON = "6100000000000055"
AT = 1_790_000_000
OWN_IDS = {"page": PAGE_ID, "instagram": INSTAGRAM_ID}


def event(product: str, **entry: Any) -> dict[str, Any]:
    return {"object": product, "entry": [{"id": OWN_IDS[product], "time": AT * 1000, **entry}]}


def item(product: str, **part: Any) -> dict[str, Any]:
    ends = {"sender": {"id": PERSON}, "recipient": {"id": OWN_IDS[product]}, "timestamp": AT * 1000}
    return event(product, messaging=[ends | part])


def message(product: str, mid: str = "m_in1", **content: Any) -> dict[str, Any]:
    return item(product, message={"mid": mid, **content})


def attachment(product: str, kind: str, **payload: Any) -> dict[str, Any]:
    return message(product, attachments=[{"type": kind, "payload": payload}])


def echo(product: str) -> dict[str, Any]:
    ends = {"sender": {"id": OWN_IDS[product]}, "recipient": {"id": PERSON}, "timestamp": AT * 1000}
    said = {"mid": "m_out9", "text": "Kami periksa.", "is_echo": True, "app_id": 1}
    return event(product, messaging=[ends | {"message": said}])


def page_comment(**value: Any) -> dict[str, Any]:
    said = {
        "item": "comment",
        "verb": "add",
        "post_id": f"{PAGE_ID}_1",
        "comment_id": "1_77",
        "parent_id": f"{PAGE_ID}_1",
        "from": {"id": PERSON, "name": "Bu Sri"},
        "message": "Lubang di depan pasar!",
        "created_time": AT,
    }
    return event("page", changes=[{"field": "feed", "value": said | value}])


def instagram_comment(**value: Any) -> dict[str, Any]:
    said = {
        "id": "1877",
        "from": {"id": PERSON, "username": "busri"},
        "text": "Lubang di depan pasar!",
        "media": {"id": "1800", "media_product_type": "FEED"},
    }
    return event("instagram", changes=[{"field": "comments", "value": said | value}])
