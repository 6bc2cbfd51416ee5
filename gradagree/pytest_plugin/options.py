"""The options of pytest that choose cells. Nothing is imported here that takes time: every run of pytest adds them.

Each option begins with `--gradagree-`. Its short name, as `--device`, is there too unless another plugin or a conftest
has it: which is known once all of those are loaded, so that is when short names are added.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest

from gradagree.matrix import argument_types
from gradagree.matrix.options import DEPTHS, TIME_LIMIT

PREFIX = "gradagree"
GROUP = f"agreement with the exact training run; NAMES are comma lists, and add up; --{PREFIX}-impl is --impl as well"
TIMEOUT = "cell-timeout"


def _names(about: str, metavar: str = "NAMES") -> dict[str, Any]:
    return {"action": "extend", "type": argument_types.split, "default": [], "metavar": metavar, "help": about}


OPTIONS: dict[str, dict[str, Any]] = {
    "impl": _names(
        "run these implementations alone; a file's loop beside the others", metavar="NAMES|FILE.py[:FUNCTION]"
    ),
    "claim": _names("what the loops of --impl FILE claim of their arithmetic: names that `list` tells, FIELD=VALUE"),
    "device": _names("run on these kinds of device alone; `auto`, as without, on what is there"),
    "dtype": _names("run in these dtypes alone"),
    "problem": _names("run on these problems alone"),
    "require": _names("fail where these devices or frameworks cannot be run, instead of saying NOT RUN"),
    "depth": {
        "default": DEPTHS[0],
        "metavar": "|".join(DEPTHS),
        "help": "the cells that a developer runs all day, or all of them (a --problem given by name is always run)",
    },
    TIMEOUT: {
        "type": argument_types.seconds,
        "default": TIME_LIMIT,
        "metavar": "SECONDS",
        "help": "give up a run after so long; a cell of the suite's own ends its process after three times that",
    },
    "report": {
        "type": Path,
        "metavar": "FILE",
        "help": "write the rows as JSON lines, each as its cell finishes; `gradagree report` makes a page of it",
    },
}


def destination(name: str) -> str:
    """Where pytest keeps an option: no other plugin's."""
    return f"{PREFIX}_{name.replace('-', '_')}"


def add(parser: pytest.Parser) -> None:
    """Add the options to pytest's, unless that was done."""
    group = parser.getgroup(PREFIX, GROUP)
    if group.options:
        return
    group.addoption(f"--{PREFIX}", action="store_true", help="run cells, in place of this project's tests")
    for name, attributes in OPTIONS.items():
        group.addoption(f"--{PREFIX}-{name}", dest=destination(name), **attributes)
    parser.addini("gradagree_cells", "the tests of cells: what is run where options choose cells and no path is given",
                  type="linelist", default=[])  # fmt: skip


def add_short_names(parser: pytest.Parser) -> None:
    """Add each option's short name, unless somebody has it."""
    group = parser.getgroup(PREFIX)
    for name, attributes in OPTIONS.items():
        if _is_free(parser, f"--{name}"):
            group.addoption(f"--{name}", dest=destination(name), **{**attributes, "help": argparse.SUPPRESS})


def given(config: pytest.Config) -> bool:
    """Whether any option asks for cells."""
    chosen = {name for name, its in OPTIONS.items() if config.getoption(destination(name)) != its.get("default")}
    return config.getoption(PREFIX) or bool(chosen - {TIMEOUT})


def _is_free(parser: pytest.Parser, option: str) -> bool:
    probe = f"{option}=1"
    try:
        return parser.parse_known_and_unknown_args([probe])[1] == [probe]
    except pytest.UsageError:  # it is known, and takes something else
        return False
