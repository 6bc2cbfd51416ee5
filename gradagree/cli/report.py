"""`report`: files of rows, from one run or from many, into one page and one summary."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

from gradagree.matrix.table import summary
from gradagree.report.files import replace
from gradagree.report.markdown import markdown
from gradagree.report.reader import ReportError, holds_rows, read_all

DEFAULT = Path("agreement.html")
EPILOG = """What is missing is said first, here and on the page: cells without a row, a run that was stopped, a last
line that was cut off. Exit status: 0 if nothing is missing, 1 if something is, 2 if a file cannot be read or
written."""


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
    if page and importlib.util.find_spec("jinja2") is None:
        return _fail("the page needs jinja2; pip install -e '.[report]' will do")
    try:
        runs = read_all(options.files)
    except ReportError as error:
        return _fail(str(error))
    wrong = next((f"{out}: {why}" for out in (page, options.markdown) if out and (why := _obstacle(out))), "")
    if page and page == options.markdown:
        wrong = f"{page} is named for the page and for the summary; two files will do"
    if wrong:
        return _fail(wrong)
    for run in runs:
        for warning in run.warnings:
            print(f"incomplete: {warning}", file=sys.stderr)
    out = page or options.markdown
    try:
        if options.markdown:
            out = options.markdown
            _write(out, markdown(runs))
        if page:
            # Only now: nobody who wants a summary has to have jinja2.
            from gradagree.report.page import page as render

            out, text = page, render(runs)
            _write(page, text)
            print(f"{summary([row for run in runs for row in run.rows])}")
            print(f"{page.resolve()}: {len(text.encode()) / 1e6:.1f} MB")
    except OSError as error:
        if str(out) == "-":
            raise  # what becomes of standard output is everybody's
        return _fail(f"{out}: {error.strerror or error}; a file in a folder that can be written will do")
    return 1 if any(run.warnings for run in runs) else 0


def _obstacle(path: Path) -> str:
    """Why nothing is written there, and what would do: rows are what was measured."""
    return "it holds rows, which nothing else may replace; another name will do" if holds_rows(path) else ""


def _write(path: Path, text: str) -> None:
    if str(path) == "-":
        print(text, end="", flush=True)
        return
    replace(path, text)


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return 2
