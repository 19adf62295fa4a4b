"""The commands of docs/methods/boston.md, in their order, as a person types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fieldops.config import ROOT
from tests.imports.boston import next_monday, write_slice

pytestmark = [pytest.mark.data, pytest.mark.slow]


def test_from_an_empty_folder_to_batches_on_the_road(data: Path, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"FIELDOPS_INSTANCE_DIR": str(tmp_path / "instance"), "FIELDOPS_PROFILE": "boston"}

    def fieldops(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "fieldops", *arguments],
            cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    file = write_slice(data, tmp_path / "slice.parquet", 1000)
    fieldops("migrate")
    imported = fieldops("import-requests", str(file), "--mapping", "docs/examples/boston.toml")
    assert imported.startswith("1,000 rows: 1,000 added, 0 known already, 0 refused")
    assert "clusters" in fieldops("group-requests", "--ended-too")
    assert fieldops("open-orders", "--family", "road", "--family", "drain").endswith(
        "work orders are ready to be planned\n"
    )
    # A Monday in Boston, whatever day it is elsewhere: the crews have their shift.
    planned = fieldops("plan-day", next_monday().isoformat(), "--seconds", "2", "--seed", "1", "--dispatch")
    assert "the referee accepts the plan" in planned
    assert planned.endswith("batches are out\n")
