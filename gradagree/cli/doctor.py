"""`doctor`: what this machine offers, and the arithmetic that its frameworks really compute in."""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

from gradagree.runtime import frameworks

EPILOG = """Flags are left as they are: a probe tells what they come to. A framework that is not here is said to be
missing, and is no error. Exit status: 0."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("doctor", help="tell which arithmetic this machine computes in", epilog=EPILOG)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.add_argument(
        "--framework", action="append", choices=frameworks.names(), help="examine this one alone (repeatable)"
    )
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Examine, and print."""
    from gradagree.doctor.examine import examine  # what it takes to examine is of no use to other subcommands
    from gradagree.doctor.render import lines
    from gradagree.report.header import header

    head = header({})
    found = [examine(name) for name in options.framework or frameworks.names()]
    if options.json:
        answer: dict[str, Any] = {name: head[name] for name in ("machine", "devices", "versions", "environment")}
        answer["frameworks"] = [dataclasses.asdict(each) for each in found]
        print(json.dumps(answer, ensure_ascii=False))
    else:
        print("\n".join(lines(head, found)))
    return 0
