"""`script/benchmark`: runs one benchmark, prints a table, appends JSON lines.

A benchmark is a file beside this one with ``run(quick: bool) -> Iterable[dict]``. Each row has ``name``,
``n``, ``ours``, ``peer``, ``ratio``, ``target``, ``met`` (None where there is nothing to compare or to meet)
and any extras. ``run`` may also take ``only`` (a pattern of row names) and ``peer_cache``.
"""

import argparse
import fnmatch
import importlib
import inspect
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Row = dict[str, Any]

COLUMNS = ("name", "n", "ours", "peer", "ratio", "target", "met")
HERE = Path(__file__).parent
MEASURED_WITH = (
    "numpy",
    "scipy",
    "numba",
    "llvmlite",
    "shapely",
    "osmium",
    "pyvroom",
    "pyvrp",
    "scikit-learn",
    "esda",
    "libpysal",
    "pymannkendall",
    "kdepy",
)


def main(words: list[str] | None = None) -> int:
    """Run the benchmark asked for; 0 when it ran to its end, whatever it measured, 2 for a bad call."""
    arguments = _parser().parse_args(words)
    if arguments.name is None:
        for name in names():
            sys.stdout.write(f"{name}\n")
        return 0
    if arguments.name not in names():
        sys.stderr.write(f"There is no benchmark {arguments.name}; there are: {', '.join(names())}\n")
        return 2
    started = machine(arguments.name, arguments.quick)
    _append(arguments.json, started)
    console = Console(width=None if sys.stdout.isatty() else 150)
    console.print(escape(_describe(started)))
    rows = []
    for row in measured(arguments):
        rows.append(row)
        _append(arguments.json, row)
        console.print(escape(_line(row)))
    console.print(table(rows))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="script/benchmark", description="Measure a part of the product.")
    parser.add_argument("name", nargs="?", metavar="NAME", help="which benchmark; without it, list them")
    parser.add_argument("--quick", action="store_true", help="a small part, the whole in under a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="append one JSON object a line")
    parser.add_argument("--only", default="*", metavar="GLOB", help="rows whose name fits the pattern")
    parser.add_argument("--peer-cache", action="store_true", help="use answers of peers again")
    return parser


def names() -> list[str]:
    """Benchmarks there are: files beside this one with a function `run`."""
    return sorted(
        file.stem for file in HERE.glob("*.py") if "\ndef run(" in file.read_text() and file.stem != "runner"
    )


def measured(arguments: argparse.Namespace) -> Iterator[Row]:
    """Rows as they come, with the CPU seconds each took and the machine's load after it."""
    module = importlib.import_module(f"tests.benchmarks.{arguments.name}")
    takes = inspect.signature(module.run).parameters
    options = {"only": arguments.only, "peer_cache": arguments.peer_cache}
    since = cpu_s()
    for row in module.run(arguments.quick, **{key: options[key] for key in options if key in takes}):
        if not fnmatch.fnmatch(str(row["name"]), arguments.only):
            continue
        now = cpu_s()
        yield {"record": "row", **row, "cpu_s": round(now - since, 3), "load": os.getloadavg()[0]}
        since = now


def cpu_s() -> float:
    """CPU seconds of this process and of its children that ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


# ---------------------------------------------------------------- on what it ran


def machine(name: str, quick: bool) -> Row:
    """What the figures were measured on and with."""
    return {
        "record": "run",
        "benchmark": name,
        "quick": quick,
        "began": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {package: _version(package) for package in MEASURED_WITH},
    }


def _commit() -> str:
    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False
    )
    return git.stdout.strip()


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names_ = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names_[0] if names_ else platform.processor()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


# ---------------------------------------------------------------- what is printed


def table(rows: list[Row]) -> Table:
    """All rows, the columns every benchmark has first, then what they add."""
    extras = list(dict.fromkeys(key for row in rows for key in row if _is_extra(key)))
    made = Table(*COLUMNS, "more", title=None, show_edge=False, pad_edge=False)
    for column in made.columns[1:-2]:
        column.justify = "right"
    for row in rows:
        more = " ".join(f"{key}={shown(row[key])}" for key in extras if row.get(key) is not None)
        made.add_row(*(escape(shown(row.get(column))) for column in COLUMNS), escape(more))
    return made


def _is_extra(key: str) -> bool:
    return key not in COLUMNS and key not in {"record", "cpu_s", "load"}


def _line(row: Row) -> str:
    return "  ".join(shown(row.get(column)) for column in COLUMNS)


def _describe(run: Row) -> str:
    versions = ", ".join(f"{key} {value}" for key, value in run["versions"].items() if value)
    return (
        f"{run['benchmark']}{' (quick)' if run['quick'] else ''} on {run['cpu']}, {run['cores']} cores, "
        f"load {run['load']:.2f}; Python {run['python']}, {versions}; {run['commit']}"
    )


def shown(value: Any) -> str:
    """A value as the table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)


def _append(file: Path | None, record: Row) -> None:
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
