"""The command line of `geo`: files in, files out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import geo.clustering.command
import geo.dispatch.command
import geo.roads.command
import geo.roads.import_command
import geo.statistics.command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m geo", description=__doc__)
    subparsers = parser.add_subparsers(required=True, metavar="command")
    for command in (
        geo.clustering.command,
        geo.dispatch.command,
        geo.roads.command,
        geo.roads.import_command,
        geo.statistics.command,
    ):
        command.add_parser(subparsers)
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    return status


if __name__ == "__main__":
    sys.exit(main())
