"""script/vendor: only locked packages, only files inside them, and a changed copy is noticed."""

import importlib.machinery
import importlib.util
import json
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
