"""WhatsApp's message templates: reading Meta's list of them, and the components of one that is sent.

Shapes: Meta's documents of the Business Management API (`message_templates`) and of the Cloud API, 2026.
"""

from typing import Any, Final

from fieldops.channels.loose_json import Record, key, record, records, type_name, words
from fieldops.domain.message_templates import FilledPart, FilledTemplate, TemplateText, TemplateWording

FIELDS: Final = "id,name,language,status,category,components,rejected_reason"
WORDLESS_BUTTONS: Final = frozenset({"QUICK_REPLY", "PHONE_NUMBER", "VOICE_CALL"})
"""Buttons that are sent as they are."""


def read_templates(listed: list[Record]) -> list[TemplateWording]:
    """Return the templates of one page of Meta's list; whatever has no name or language is left out."""
    return [_read(one) for one in listed if key(one.get("name")) and key(one.get("language"))]


def _read(one: Record) -> TemplateWording:
    texts: list[TemplateText] = []
    needs: list[str] = []
    for component in records(one.get("components")):
        kind = type_name(component.get("type")).upper()
        if kind == "BUTTONS":
            _read_buttons(records(component.get("buttons")), texts, needs)
        elif kind in ("BODY", "FOOTER") or (kind == "HEADER" and _format(component) == "TEXT"):
            texts.append(_text(kind.lower(), component))
        elif kind == "HEADER":
            needs.append(_format(component).lower())
        else:
            needs.append(kind.lower())
    reason = type_name(one.get("rejected_reason"))
    return TemplateWording(
        name=key(one.get("name")),
        language=key(one.get("language"))[:20],
        category=type_name(one.get("category")).lower(),
        state=type_name(one.get("status")).lower(),
        external_id=key(one.get("id"))[:64],
        reason="" if reason in ("?", "NONE") else reason.lower(),
        needs=",".join(needs)[:40],
        texts=tuple(texts),
    )


def _format(component: Record) -> str:
    return type_name(component.get("format", "TEXT")).upper()


def _text(part: str, component: Record) -> TemplateText:
    return TemplateText(part, words(component.get("text"), 2000), examples=_examples(part, component))


def _examples(part: str, component: Record) -> tuple[str, ...]:
    """Return the values that whoever made the template gave: a list, a list of lists, or names and values."""
    given = record(component.get("example"))
    named = records(given.get(f"{part}_text_named_params"))
    if named:
        return tuple(words(one.get("example"), 200) for one in named)
    listed = given.get(f"{part}_text")
    if isinstance(listed, list) and listed and isinstance(listed[0], list):
        listed = listed[0]
    return tuple(words(one, 200) for one in listed) if isinstance(listed, list) else ()


def _read_buttons(buttons: list[Record], texts: list[TemplateText], needs: list[str]) -> None:
    for index, button in enumerate(buttons):
        kind, label = type_name(button.get("type")).upper(), words(button.get("text"), 100)
        if kind == "URL":
            given = button.get("example")
            examples = tuple(words(one, 200) for one in given) if isinstance(given, list) else ()
            texts.append(TemplateText("link", words(button.get("url"), 2000), index, label, examples))
        elif kind in WORDLESS_BUTTONS:
            texts.append(TemplateText("button", label, index))
        else:
            needs.append(kind.lower())


def components(filled: FilledTemplate) -> list[dict[str, Any]]:
    """Return what Meta wants to know of a template that is sent: the values, part by part."""
    return [_component(part) for part in filled.parts]


def _component(part: FilledPart) -> dict[str, Any]:
    values: list[dict[str, str]] = [{"type": "text", "text": value} for value in part.values]
    for value, name in zip(values, part.names, strict=False):
        value["parameter_name"] = name
    if part.part == "link":
        return {"type": "button", "sub_type": "url", "index": str(part.index), "parameters": values}
    return {"type": part.part, "parameters": values}
