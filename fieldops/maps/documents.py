"""A page that folium rendered, cut for a strict policy: no script, no style and no handler stays in it.

What is cut out becomes files named by their content, so they may be kept for ever, and two processes that
draw the same page name the same files.
"""

import hashlib
import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Final

from fieldops.errors import SetupError

HELD_TEXT: Final = ("script", "style")
VIEWPORT: Final = "width=device-width, initial-scale=1"
STYLED: Final = re.compile(r"""<[a-z][^<>]*\sstyle\s*=""", re.IGNORECASE)

Attributes = list[tuple[str, str | None]]


@dataclass(frozen=True)
class Document:
    """A page and the files it needs, by name (`<hash>.js`, `<hash>.css`)."""

    page: str
    files: dict[str, str]


def file_name(content: str, kind: str) -> str:
    """Return the name of a file by its content: 32 hexadecimal digits and its kind."""
    return f"{hashlib.sha256(content.encode()).hexdigest()[:32]}.{kind}"


def cut(
    rendered: str, prefix: str, *, language: str = "", theme: str = "", title: str = "", icon: str = ""
) -> Document:
    """Return a rendered page without anything inline.

    Parameters
    ----------
    rendered
        What folium's `render()` gave.
    prefix
        Where the cut-out files are served: "/insinyur/peta/".
    language, theme, title, icon
        For the page's head; left out when empty.

    Raises
    ------
    SetupError
        The page names a foreign host, carries an inline handler, or builds markup with a style attribute in
        its script: the browser would refuse each of them.
    """
    scissors = _Scissors(prefix, _head(title, icon), language, theme)
    scissors.feed(rendered)
    scissors.close()
    page = "".join(scissors.out)
    for content in (page, *scissors.files.values()):
        _refuse_foreign(content)
    for name, content in scissors.files.items():
        if name.endswith(".js") and STYLED.search(content):
            raise SetupError("A map's script builds markup with a style attribute; use a class.")
    return Document(page, scissors.files)


def _head(title: str, icon: str) -> str:
    words = f"<title>{html.escape(title)}</title>" if title else ""
    return words + (f'<link rel="icon" href="{html.escape(icon)}">' if icon else "")


def _refuse_foreign(content: str) -> None:
    found = re.search(r"""(?:src|href|url)\s*[=(]\s*["']?((?:https?:)?//[^"')\s]+)""", content)
    if found:
        raise SetupError("A map's page names the foreign address %(address)s.", address=found.group(1)[:80])


class _Scissors(HTMLParser):
    def __init__(self, prefix: str, head: str, language: str, theme: str) -> None:
        super().__init__(convert_charrefs=False)
        self.prefix, self.head, self.language, self.theme = prefix, head, language, theme
        self.out: list[str] = []
        self.files: dict[str, str] = {}
        self.held: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        if tag in HELD_TEXT and not any(name == "src" for name, _value in attrs):
            self.held = []
            return
        self.out.append(f"<{tag}{self._attributes(tag, attrs)}>")
        if tag == "head":
            self.out.append(self.head)

    def handle_startendtag(self, tag: str, attrs: Attributes) -> None:
        self.out.append(f"<{tag}{self._attributes(tag, attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in HELD_TEXT and self.held is not None:
            self._cut_out(tag, "".join(self.held).strip())
            self.held = None
        else:
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        (self.out if self.held is None else self.held).append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl}>")

    def _cut_out(self, tag: str, content: str) -> None:
        if not content:
            return
        kind = "js" if tag == "script" else "css"
        address = self._keep(content, kind)
        link = (
            f'<script src="{address}"></script>'
            if kind == "js"
            else f'<link rel="stylesheet" href="{address}">'
        )
        self.out.append(link)

    def _keep(self, content: str, kind: str) -> str:
        name = file_name(content, kind)
        self.files[name] = content
        return f"{self.prefix}{name}"

    def _attributes(self, tag: str, attrs: Attributes) -> str:
        values = dict(attrs)
        handler = next((name for name in values if name.startswith("on")), None)
        if handler:
            raise SetupError("A map's page carries the inline handler %(name)s.", name=handler)
        if tag == "html":
            values |= {"lang": self.language} if self.language else {}
            values |= {"data-theme": self.theme} if self.theme else {}
        if tag == "meta" and values.get("name") == "viewport":
            values["content"] = VIEWPORT  # folium forbids zooming by hand; readers need it
        style = values.pop("style", None)
        if style:
            values["class"] = f"{values.get('class') or ''} {self._style_class(style)}".strip()
        return "".join(
            f" {name}" if value is None else f' {name}="{html.escape(value)}"'
            for name, value in values.items()
        )

    def _style_class(self, style: str) -> str:
        name = f"s-{hashlib.sha256(style.encode()).hexdigest()[:10]}"
        address = self._keep(f".{name} {{ {style} }}", "css")
        self.out.insert(self._head_end(), f'<link rel="stylesheet" href="{address}">')
        return name

    def _head_end(self) -> int:
        return self.out.index("</head>") if "</head>" in self.out else len(self.out)
