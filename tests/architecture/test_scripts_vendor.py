"""script/vendor: only locked packages, only files inside them, and a changed copy is noticed."""

import importlib.machinery
import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, at work in a small project of its own."""
    loader = importlib.machinery.SourceFileLoader("vendor_script", str(ROOT / "script" / "vendor"))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    loader.exec_module(module)
    module.ROOT = tmp_path
    module.VENDOR = tmp_path / "static" / "vendor"
    module.MODULES = tmp_path / "node_modules"
    module.MANIFEST = module.VENDOR / "manifest.json"
    write_lock(tmp_path, {"integrity": "sha512-x"})
    (tmp_path / "package.json").write_text('{"fieldops": {"vendor": {"pins": ["dist/*.js"]}}}')
    (tmp_path / "node_modules" / "pins" / "dist").mkdir(parents=True)
    (tmp_path / "node_modules" / "pins" / "dist" / "pins.js").write_text("export {}")
    monkeypatch.setattr(
        module, "install_packages", lambda *, development: None
    )  # npm itself is npm's to test
    return module


def write_lock(folder: Path, package: dict[str, str]) -> None:
    lock = {"packages": {"": {}, "node_modules/pins": {"version": "1.0.0", **package}}}
    (folder / "package-lock.json").write_text(json.dumps(lock))


def test_copies_what_is_listed_and_records_it(vendor: ModuleType) -> None:
    assert not vendor.is_current(vendor.read_manifest(), development=False)
    vendor.main([])
    assert (vendor.VENDOR / "pins" / "dist" / "pins.js").read_text() == "export {}"
    assert list(vendor.read_manifest()["files"]) == ["pins/dist/pins.js"]
    assert vendor.is_current(vendor.read_manifest(), development=False)
    assert not vendor.is_current(vendor.read_manifest(), development=True)


def test_a_changed_or_missing_copy_is_installed_anew(vendor: ModuleType) -> None:
    vendor.main([])
    copy = vendor.VENDOR / "pins" / "dist" / "pins.js"
    for spoil in (lambda: copy.write_text("alert(1)"), copy.unlink):
        spoil()
        assert not vendor.is_current(vendor.read_manifest(), development=False)
        vendor.main([])
        assert copy.read_text() == "export {}"


def test_a_tool_of_the_checks_that_is_gone_is_installed_anew(vendor: ModuleType) -> None:
    tools = {"fieldops": {"vendor": {"pins": ["dist/*.js"]}}, "devDependencies": {"scales": "1.0.0"}}
    (vendor.ROOT / "package.json").write_text(json.dumps(tools))
    (vendor.MODULES / "scales").mkdir()
    vendor.main(["--dev"])
    assert vendor.is_current(vendor.read_manifest(), development=True)
    (vendor.MODULES / "scales").rmdir()
    assert not vendor.is_current(vendor.read_manifest(), development=True)
    assert vendor.is_current(vendor.read_manifest(), development=False)


def test_a_new_lock_is_installed_anew(vendor: ModuleType) -> None:
    vendor.main([])
    write_lock(vendor.ROOT, {"integrity": "sha512-y"})
    assert not vendor.is_current(vendor.read_manifest(), development=False)


def test_a_spoilt_record_counts_as_none(vendor: ModuleType) -> None:
    vendor.main([])
    vendor.MANIFEST.write_text("[")
    assert vendor.read_manifest() == {}


@pytest.mark.parametrize(
    ("package", "complaint"),
    [
        ({}, "no integrity for node_modules/pins"),
        ({"integrity": "x", "resolved": "http://x"}, "names an address"),
    ],
)
def test_refuses_a_lock_that_checks_nothing_or_names_a_host(
    vendor: ModuleType, package: dict[str, str], complaint: str
) -> None:
    write_lock(vendor.ROOT, package)
    with pytest.raises(SystemExit, match=complaint):
        vendor.main([])


@pytest.mark.parametrize("pattern", ["../secret.js", "/etc/passwd", "dist/none.js"])
def test_refuses_files_outside_the_package_or_not_there(vendor: ModuleType, pattern: str) -> None:
    with pytest.raises(SystemExit, match="pins"):
        vendor.listed_files("pins", [pattern])


def test_the_projects_own_lock_is_one_that_is_accepted(vendor: ModuleType) -> None:
    vendor.ROOT = ROOT
    vendor.check_lock()
    wanted = json.loads((ROOT / "package.json").read_text())
    assert set(wanted["fieldops"]["vendor"]) <= set(wanted["dependencies"])


@pytest.fixture
def bundler(vendor: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What esbuild, which is not ours to test, is asked for where a bundle and a copy are wanted."""
    for name in ("js/pins/some.js", "js/app.js", "js/lib.js"):
        (vendor.ROOT / "static" / name).parent.mkdir(parents=True, exist_ok=True)
        (vendor.ROOT / "static" / name).write_text(f"// {name}")
    asked = {"vendor": {}, "bundles": {"pins": ["static/js/pins/some.js"]}, "made": ["js/app.js"]}
    (vendor.ROOT / "package.json").write_text(json.dumps({"fieldops": asked}))
    calls: list[tuple[str, ...]] = []

    def esbuild(*arguments: str) -> None:
        calls.append(arguments)
        given = dict(one[2:].split("=", 1) for one in arguments if one.startswith("--") and "=" in one)
        out = Path(given["outdir"]) / ("js/app.js" if "metafile" in given else "some.js")
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text("small")
        if "metafile" in given:
            inputs = {"static/js/app.js": {}, "static/js/lib.js": {}}
            facts = {"outputs": {str(out): {"inputs": inputs, "entryPoint": "static/js/app.js"}}}
            Path(given["metafile"]).write_text(json.dumps(facts))

    monkeypatch.setattr(vendor, "run_esbuild", esbuild)
    return calls


def test_bundles_and_copies_are_made_once_and_recorded(
    vendor: ModuleType, bundler: list[tuple[str, ...]]
) -> None:
    vendor.main([])
    assert list(vendor.read_manifest()["files"]) == ["pins/some.js"]
    record = json.loads((vendor.VENDOR / "made" / "record.json").read_text())
    assert set(record["made"]["js/app.js"]) == {"js/app.js", "js/lib.js"}
    assert (vendor.VENDOR / "made" / "js" / "app.js").read_text() == "small"
    vendor.main([])
    assert len(bundler) == 2


def test_a_changed_script_is_copied_anew_without_an_installation(
    vendor: ModuleType, bundler: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    vendor.main([])
    monkeypatch.setattr(vendor, "install_packages", lambda **_how: pytest.fail("nothing is to be installed"))
    changes = (vendor.ROOT / "static/js/lib.js", vendor.VENDOR / "made/js/app.js")
    for many, changed in enumerate(changes, start=3):
        changed.write_text("other")
        vendor.main([])
        assert len(bundler) == many
    assert (vendor.VENDOR / "made/js/app.js").read_text() == "small"


def test_a_changed_bundle_is_made_anew(vendor: ModuleType, bundler: list[tuple[str, ...]]) -> None:
    vendor.main([])
    (vendor.ROOT / "static/js/pins/some.js").write_text("// more")
    vendor.main([])
    assert len(bundler) == 4


def test_without_copies_the_site_goes_on_but_not_without_bundles(
    vendor: ModuleType,
    bundler: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    vendor.main([])

    def broken(*_arguments: str) -> None:
        raise subprocess.CalledProcessError(1, "esbuild")

    monkeypatch.setattr(vendor, "run_esbuild", broken)
    (vendor.ROOT / "static/js/lib.js").write_text("// changed")
    vendor.main([])
    assert "could not make small copies" in capsys.readouterr().err
    (vendor.ROOT / "static/js/pins/some.js").write_text("// changed")
    with pytest.raises(SystemExit, match="could not bundle static/js/pins/some"):
        vendor.main([])


def test_what_our_maps_take_of_leaflet_is_in_its_bundles() -> None:
    parts = "\n".join(path.read_text() for path in (ROOT / "static/js/leaflet").glob("*.js"))
    exported = set(re.findall(r"export const (\w+)|export { (?:\w+ as )?(\w+) }", parts))
    named = {name for pair in exported for name in pair if name}
    ours = [*(ROOT / "static/js/modules").glob("*.js"), *(ROOT / "static/js/lib").glob("*.js")]
    used = {
        (name, path.name)
        for path in ours
        if path.name != "folium_page.js"  # folium's pages have all of Leaflet
        for name in re.findall(r"\bL\.(\w+)", path.read_text())
    }
    assert len(used) > 15
    assert {(name, file) for name, file in used if name not in named} == set()
