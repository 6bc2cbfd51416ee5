"""`report`: files of rows, from one run or from many, into one page and one summary."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from gradagree.report.markdown import markdown
from gradagree.report.reader import ReportError, read_all
from gradagree.table import summary

DEFAULT = Path("agreement.html")
EPILOG = """A last line that was cut off is left out, with a warning here and on the page: what a killed run had is
worth seeing. `diff` refuses such a file. Exit status: 0, or 2 if a file cannot be read or written."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("report", help="make a page of rows, merging several files", epilog=EPILOG)
    parser.add_argument("files", nargs="+", type=Path, metavar="run.jsonl", help="what `pytest --report` wrote")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help=f"the page (default: {DEFAULT})")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="a summary of at most 1 MiB; - for the terminal")
    parser.set_defaults(func=run)


def run(options: argparse.Namespace) -> int:
    """Make the page and the summary."""
    page = options.output or (None if options.markdown else DEFAULT)
    if page:
        absent = [name for name in ("jinja2", "matplotlib") if importlib.util.find_spec(name) is None]
        if absent:
            return _fail(f"the page needs {' and '.join(absent)}; pip install -e '.[report]' will do")
    try:
        runs = read_all(options.files)
    except ReportError as error:
        return _fail(str(error))
    for run in runs:
        for warning in run.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    try:
        if options.markdown:
            _write(options.markdown, markdown(runs))
        if page:
            # Only now: nobody who wants a summary has to have the libraries that draw.
            from gradagree.report.page import page as render

            text = render(runs)
            _write(page, text)
            print(f"{summary([row for run in runs for row in run.rows])}")
            print(f"{page.resolve()}: {len(text.encode()) / 1e6:.1f} MB")
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}; a file in a folder that can be written will do")
    return 0


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        print(text, end="")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2
