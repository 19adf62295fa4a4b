"""The commands of script/: sound as programs, and clear when something is missing."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (ROOT / "script").iterdir() if path.is_file())
SHELL = [
    path for path in [*SCRIPTS, ROOT / ".ci" / "run"] if path.read_text().startswith("#!/usr/bin/env bash\n")
]


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("script", [*SCRIPTS, ROOT / ".ci" / "run"], ids=names)
def test_a_script_says_what_runs_it_and_may_run(script: Path) -> None:
    assert script.read_text().startswith("#!/usr/bin/env ")
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize("script", SHELL, ids=names)
def test_a_shell_script_stops_at_unset_names_and_parses(script: Path) -> None:
    assert any(line.startswith("set -") and "u" in line for line in script.read_text().splitlines())
    checked = subprocess.run(["bash", "-n", str(script)], capture_output=True, text=True, check=False)
    assert checked.stderr == ""


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
@pytest.mark.parametrize("script", SHELL, ids=names)
def test_shellcheck_finds_nothing(script: Path) -> None:
    checked = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert checked.stdout == ""


@pytest.mark.parametrize("script", ["server", "test"])
def test_help_says_how_it_is_called_without_setting_anything_up(script: str) -> None:
    told = subprocess.run([ROOT / "script" / script, "--help"], capture_output=True, text=True, check=True)
    assert f"script/{script} [--" in told.stdout
    assert "set -" not in told.stdout


@pytest.fixture
def bare(tmp_path: Path):
    """A copy of the set-up in a folder of its own, run with a PATH that holds only what the test names."""
    tree, programs = tmp_path / "tree", tmp_path / "bin"
    programs.mkdir()
    (tree / "script").mkdir(parents=True)
    shutil.copy(ROOT / "script" / "bootstrap", tree / "script")
    for file in ROOT.glob("requirements*"):
        shutil.copy(file, tree)
    for program in (
        "bash",
        "env",
        "dirname",
        "flock",
        "id",
        "cat",
        "sha256sum",
        "awk",
        "rm",
        "mkdir",
        "find",
        "head",
    ):
        (programs / program).symlink_to(str(shutil.which(program)))

    def run(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tree / "script" / "bootstrap"],
            env={"PATH": str(programs), "HOME": str(tmp_path), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    run.programs = programs
    run.tree = tree
    return run


def program(folder: Path, name: str, words: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{words}\n")
    (folder / name).chmod(0o755)


def test_without_python_it_says_which_one_it_needs(bare) -> None:
    told = bare()
    assert told.returncode == 1
    assert told.stderr.startswith("FieldOps needs Python 3.11 or newer. Install it (apt-get install python3")
    assert told.stderr.count("\n") == 1


def test_an_older_python_is_not_taken(bare) -> None:
    program(bare.programs, "python3", "exit 1")  # what `sys.exit(sys.version_info < (3, 11))` comes to
    told = bare()
    assert told.returncode == 1
    assert "needs Python 3.11 or newer" in told.stderr


def test_without_apt_it_names_what_to_install(bare) -> None:
    (bare.programs / "python3").symlink_to(Path(sys.executable).resolve())
    told = bare(SPATIALITE_LIBRARY_PATH="/nowhere/mod_spatialite.so")
    assert told.returncode == 1
    assert told.stderr.startswith("Missing: libsqlite3-mod-spatialite")
    assert "has no apt" in told.stderr
    assert told.stderr.count("\n") == 1
    assert not (bare.tree / ".venv").exists()


def test_without_root_and_without_a_network_it_says_what_to_ask_for(bare) -> None:
    (bare.programs / "python3").symlink_to(Path(sys.executable).resolve())
    (bare.programs / "id").unlink()
    program(bare.programs, "id", "echo 1000")
    program(bare.programs, "apt-get", "exit 100")
    told = bare(SPATIALITE_LIBRARY_PATH="/nowhere/mod_spatialite.so")
    assert told.returncode == 1
    assert "Ask for: apt-get install --no-install-recommends libsqlite3-mod-spatialite" in told.stderr
    assert not (bare.tree / ".spatialite").exists()


def test_apt_that_fails_is_told_with_the_command_to_repeat(bare) -> None:
    (bare.programs / "python3").symlink_to(Path(sys.executable).resolve())
    (bare.programs / "id").unlink()
    program(bare.programs, "id", "echo 0")
    program(bare.programs, "apt-get", "exit 100")
    told = bare(SPATIALITE_LIBRARY_PATH="/nowhere/mod_spatialite.so")
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1].startswith("apt-get could not install libsqlite3-mod-spatialite")
