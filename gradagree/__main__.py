"""`python -m gradagree`: the subcommands, each in a module of `gradagree.cli`."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

COMMANDS = ("report", "diff")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a subcommand and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m gradagree", description=__doc__)
    subparsers = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name in COMMANDS:
        importlib.import_module(f"gradagree.cli.{name}").add_parser(subparsers)
    options = parser.parse_args(arguments)
    status: int = options.func(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
