"""The judge as a pytest plugin: a test that takes the fixture `row` is run once for each cell.

`second_row` is the same for second derivatives. The hooks are thin. What a cell is, `cells` and `second_order` know;
which the options choose, `selection`; how a run is closed, `report.closing`. Rows travel on pytest's report objects, so
that they survive pytest-xdist.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.errors import UsageError
from gradagree.matrix import argument_types, no_cells_error, registry, second_order, user_implementations
from gradagree.matrix.availability import absent
from gradagree.matrix.cells import Cell
from gradagree.matrix.options import SelectionOptions, check_names
from gradagree.matrix.row import Row
from gradagree.matrix.rules import DEPTHS
from gradagree.matrix.running import run_cell
from gradagree.matrix.selection import Selection
from gradagree.report import heading, progress, recorder
from gradagree.report.closing import WANTED, Closing, attach
from gradagree.runtime import devices
from reference import claims
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME

ROW = pytest.StashKey[Row]()
SELECTION = pytest.StashKey[Selection]()
CLOSING = pytest.StashKey[Closing]()

TIME_LIMIT = 120.0  # seconds; a cell of the suite takes less than one


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that choose cells."""
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
        help="give up a run after so long",
    )
    recorder.add_options(group)
    parser.addini("gradagree_cells", "the tests of cells: what is run where options choose cells and no path is given",
                  type="linelist", default=[])  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Make out which cells are chosen, and refuse what cannot be, before anything is run."""
    asked = SelectionOptions(*map(config.getoption, ("impl", "device", "dtype", "problem", "require", "depth")))
    try:
        others = user_implementations.implementations(asked.files, config.invocation_params.dir, _claims(config, asked))
    except UsageError as error:
        raise pytest.UsageError(f"--impl {error}") from None
    selection = Selection(asked, registry.first_order(), registry.second_order(), others, devices.present())
    try:
        check_names(asked, selection.choices(), selection.present)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    if asked.chooses and selection.first() is None:
        raise pytest.UsageError(no_cells_error.sentence(selection))
    config.stash[SELECTION] = selection
    tests = config.getini("gradagree_cells")
    if asked.chooses and tests and config.args_source is not config.ArgsSource.ARGS:
        config.args = [str(config.rootpath / test) for test in tests]
        config.args_source = config.ArgsSource.ARGS
    config.stash[CLOSING] = Closing(config, selection, recorder.register(config))
    config.pluginmanager.register(config.stash[CLOSING], "gradagree-closing")


def _claims(config: pytest.Config, asked: SelectionOptions) -> list[str]:
    """What --claim says, once it is known that it can be read and that it is about something."""
    entries: list[str] = config.getoption("claim")
    if entries and not asked.files:
        raise pytest.UsageError("--claim says what a loop of --impl FILE does, and there is none; --impl FILE will do")
    try:
        for dtype in BY_NAME:
            claims.claimed(Arithmetic(BY_NAME[dtype], BY_NAME[dtype]), claims.speaking_of(entries, dtype))
    except ValueError as error:
        raise pytest.UsageError(f"--claim: {error}") from None
    return entries


def pytest_report_header() -> list[str]:
    """Versions, devices and settings."""
    return heading.lines()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Show progress; pytest's terminal is there only now."""
    progress.register(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One pytest item for each cell."""
    selection = metafunc.config.stash[SELECTION]
    for name, chosen in (("cell", selection.cells), ("second_cell", selection.second_cells)):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(chosen()), ids=str)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the items that pytest skips instead of cells, where there are none for a test."""
    wanting = [item for item in items if {"cell", "second_cell"} & {*getattr(item, "fixturenames", ())}]
    config.stash[WANTED] = bool(wanting)
    empty = [item for item in wanting if _cell(item) is None]
    if empty:
        config.hook.pytest_deselected(items=empty)
        items[:] = [item for item in items if item not in empty]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say which cells are about to be run: before a framework is imported, which may end the process."""
    errors = session.testsfailed and not session.config.getoption("continue_on_collection_errors")
    if not session.config.getoption("collectonly") and not errors:
        cells = {item.nodeid: cell for item in session.items if (cell := _cell(item)) is not None}
        session.config.stash[CLOSING].begin(cells)


def pytest_report_collectionfinish(config: pytest.Config, items: Sequence[pytest.Item]) -> list[str]:
    """The flags, as soon as it is known which frameworks the run will import."""
    used = {cell.implementation.framework for item in items if (cell := _cell(item)) is not None}
    if not used or config.getoption("collectonly") or config.get_verbosity() < 0:
        return []
    heading.load(used)
    return [heading.flags_line({name: [flag] for name, flag in heading.flags().items()})]


@pytest.fixture
def row(cell: Cell, request: pytest.FixtureRequest) -> Row:
    """The cell's row, after running it; a cell that cannot run here is skipped, or fails where it is required."""
    return _kept(run_cell(cell, request.config.getoption("--cell-timeout")), request)


@pytest.fixture
def second_row(second_cell: Cell, request: pytest.FixtureRequest) -> Row:
    """The same, of second derivatives."""
    return _kept(second_order.run_cell(second_cell, request.config.getoption("--cell-timeout")), request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the row on the report, as soon as there is one."""
    report = yield
    found = item.stash.get(ROW, None)
    if found is not None and (report.when == "call" or report.outcome != "passed"):
        attach(report, found)
    return report


def _cell(item: pytest.Item) -> Cell | None:
    """The cell that an item runs, `None` if it runs none."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return next((value for value in parameters.values() if isinstance(value, Cell)), None)


def _kept(result: Row, request: pytest.FixtureRequest) -> Row:
    request.node.stash[ROW] = result
    request.node.user_properties.extend(recorder.properties(result))
    if result.verdict == Verdict.NOT_RUN.value:
        # A framework that is required must run where it can: not on devices that nobody has. And a road that lacks
        # something else, a second device or a compiler, is no lack of what was required.
        lacking = absent(result) if result.device in devices.present() else result.device
        selection = request.config.stash[SELECTION]
        if lacking in selection.asked.demanded:
            pytest.fail(f"NOT RUN, though required: {result.reason}", pytrace=False)
        if selection.names(result.implementation):
            pytest.fail(f"NOT RUN, though --impl names it: {result.reason}", pytrace=False)
        pytest.skip(result.reason)
    return result
