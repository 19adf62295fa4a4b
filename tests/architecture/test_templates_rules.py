"""What holds for every template, style sheet and script: the CSP's rules, and names that exist."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").rglob("*.js"))
SHEETS = sorted((ROOT / "static" / "css").glob("*.css"))
SPRITE = (ROOT / "static/icons/icons.svg").read_text(encoding="utf-8")
SYMBOLS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


def without_comments(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


pages = [path for path in TEMPLATES if "messages" not in path.parts]


@pytest.mark.parametrize("path", pages, ids=named)
def test_page_keeps_to_the_content_security_policy(path: Path) -> None:
    markup = without_comments(path)
    assert not re.findall(r"\sstyle\s*=", markup)
    assert not re.findall(r"<style", markup)
    assert not re.findall(r"\son[a-z]+\s*=\s*[\"']", markup)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", markup))


@pytest.mark.parametrize("path", [*pages, *SHEETS, *SCRIPTS], ids=named)
def test_file_names_no_foreign_host(path: Path) -> None:
    hosts = set(re.findall(r"(?:https?:)?//([a-z0-9-]+\.[a-z]{2,}[^\s\"'`)]*)", without_comments(path)))
    assert hosts <= {"www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", pages, ids=named)
def test_icon_of_template_is_in_the_sprite(path: Path) -> None:
    markup = without_comments(path)
    asked = set(re.findall(r"\bicon\('([^']+)'", markup)) | set(re.findall(r"\bicon='([^']+)'", markup))
    asked |= set(re.findall(r"\bdraw\('([^']+)'", markup)) | set(re.findall(r"icon_end='([^']+)'", markup))
    assert asked <= SYMBOLS


def test_icon_of_every_shipped_service_is_in_the_sprite() -> None:
    profile = (ROOT / "fieldops/profiles/surakarta.toml").read_text(encoding="utf-8")
    assert set(re.findall(r'^icon = "([^"]+)"', profile, flags=re.MULTILINE)) <= SYMBOLS


def test_behaviour_of_every_template_has_its_module() -> None:
    asked = set()
    for path in pages:
        for names in re.findall(r'data-module="([a-z_ ]+)"', without_comments(path)):
            asked |= set(names.split())
    modules = {path.stem for path in (ROOT / "static/js/modules").glob("*.js")}
    assert asked <= modules


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script_imports_files_that_exist_and_makes_no_markup_from_text(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    for target in re.findall(r'from "(\.[^"]+)"', code):
        assert (path.parent / target).resolve().is_file(), target
    assert not re.findall(r"\.innerHTML\s*=|insertAdjacentHTML|document\.write|\beval\(|new Function", code)


def test_every_macro_is_listed_in_the_design_system() -> None:
    told = (ROOT / "docs/design-system.md").read_text(encoding="utf-8")
    missing = []
    for path in sorted((ROOT / "templates/components").glob("*.html")):
        macros = re.findall(r"\{%-? macro ([a-z][a-z_]*)\(", path.read_text(encoding="utf-8"))
        missing += [f"{path.name}: {macro}" for macro in macros if not re.search(rf"\b{macro}\b", told)]
    assert missing == []


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_script_begins_by_saying_what_it_does(path: Path) -> None:
    assert re.match(r"/\*+ ?\w[^*]{10,}", path.read_text(encoding="utf-8"))


def test_vendor_list_names_locked_packages_only() -> None:
    package = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    tools = {"esbuild-wasm"}  # which script/vendor runs; no page gets it
    assert set(package["fieldops"]["vendor"]) | tools == set(package["dependencies"])


def test_manifest_names_icons_that_exist() -> None:
    manifest = json.loads((ROOT / "static/manifest.webmanifest").read_text(encoding="utf-8"))
    assert all((ROOT / "static" / icon["src"]).is_file() for icon in manifest["icons"])
