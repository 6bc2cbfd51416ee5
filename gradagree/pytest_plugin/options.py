"""The options of pytest that choose cells, and the selection that they make."""

from __future__ import annotations

import pytest

from gradagree.errors import UsageError
from gradagree.matrix import argument_types, no_cells_error, registry, user_implementations
from gradagree.matrix.loading import TIME_LIMIT
from gradagree.matrix.options import SelectionOptions, check_names
from gradagree.matrix.rules import DEPTHS
from gradagree.matrix.selection import Selection
from gradagree.report import recorder
from gradagree.runtime import devices


def add(parser: pytest.Parser) -> None:
    """Add the options to pytest's."""
    group = parser.getgroup("gradagree", "agreement with the exact training run; NAMES are comma lists, and add up")

    def names(option: str, about: str, metavar: str = "NAMES") -> None:
        group.addoption(option, action="extend", type=argument_types.split, default=[], metavar=metavar, help=about)

    names("--impl", "run these implementations alone; a file's loop beside the others", "NAMES|FILE.py[:FUNCTION]")
    names("--claim", "what the loops of --impl FILE claim of their arithmetic: names that `list` tells, FIELD=VALUE")
    names("--device", "run on these kinds of device alone; `auto`, as without, on what is there")
    names("--dtype", "run in these dtypes alone")
    names("--problem", "run on these problems alone")
    names("--require", "fail where these devices or frameworks cannot be run, instead of saying NOT RUN")
    group.addoption(
        "--depth",
        default=DEPTHS[0],
        metavar="|".join(DEPTHS),
        help="the cells that a developer runs all day, or all of them (a --problem given by name is always run)",
    )
    group.addoption(
        "--cell-timeout",
        type=argument_types.seconds,
        default=TIME_LIMIT,
        metavar="SECONDS",
        help="give up a run after so long; a cell of the suite's own ends its process after three times that",
    )
    recorder.add_options(group)
    parser.addini("gradagree_cells", "the tests of cells: what is run where options choose cells and no path is given",
                  type="linelist", default=[])  # fmt: skip


def selection(config: pytest.Config) -> Selection:
    """The cells that the options choose; where they do, and no path is given, the tests of cells alone are run.

    Raises
    ------
    pytest.UsageError
        if they name what there is not, or leave no cell.
    """
    asked = SelectionOptions(*map(config.getoption, ("impl", "device", "dtype", "problem", "require", "depth")))
    claims: list[str] = config.getoption("claim")
    try:
        user_implementations.check_claims(claims, asked.files)
        others = user_implementations.implementations(asked.files, config.invocation_params.dir, claims)
        found = Selection(asked, registry.first_order(), registry.second_order(), others, devices.present())
        check_names(asked, found.choices(), found.present)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if asked.chooses and found.first() is None:
        raise pytest.UsageError(no_cells_error.sentence(found))
    tests = config.getini("gradagree_cells")
    if asked.chooses and tests and config.args_source is not config.ArgsSource.ARGS:
        config.args = [str(config.rootpath / test) for test in tests]
        config.args_source = config.ArgsSource.ARGS
    return found
