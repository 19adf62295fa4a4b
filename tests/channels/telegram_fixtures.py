"""Updates of Telegram, written for these tests after the documented shapes."""

from typing import Any

PERSON = 501_000_001
AT = 1_790_000_000


def update(kind: str, message: dict[str, Any], number: int = 8001) -> dict[str, Any]:
    return {"update_id": number, kind: message}


def message(number: int = 8001, **content: Any) -> dict[str, Any]:
    person = {"id": PERSON, "is_bot": False, "first_name": "Joko", "last_name": "W", "language_code": "id"}
    chat = {"id": PERSON, "type": "private", "first_name": "Joko"}
    return update("message", {"message_id": 44, "date": AT, "chat": chat, "from": person, **content}, number)


def text(words: str = "Saluran mampet di Gang Mawar", number: int = 8001) -> dict[str, Any]:
    return message(number, text=words)


def photo(file_id: str = "AgACAgUAAx0", **more: Any) -> dict[str, Any]:
    sizes = [
        {"file_id": "kecil", "file_unique_id": "u1", "width": 90, "height": 67, "file_size": 1200},
        {"file_id": file_id, "file_unique_id": "u3", "width": 1280, "height": 960, "file_size": 180_000},
        {"file_id": "sedang", "file_unique_id": "u2", "width": 320, "height": 240, "file_size": 15_000},
    ]
    return message(photo=sizes, caption="Ini fotonya 🕳️", **more)


def location() -> dict[str, Any]:
    return message(location={"latitude": -7.5666, "longitude": 110.8231, "horizontal_accuracy": 12.5})


def reply() -> dict[str, Any]:
    before = {
        "message_id": 901,
        "date": AT - 60,
        "chat": {"id": PERSON, "type": "private"},
        "text": "Di mana?",
    }
    return message(text="Depan SD", reply_to_message=before)


def edited() -> dict[str, Any]:
    return update("edited_message", text("Lubang kecil")["message"] | {"edit_date": AT + 30})
