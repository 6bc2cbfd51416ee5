"""The judge as a pytest plugin: a test that takes the fixture `row` is run once for each cell.

`second_row` is the same for second derivatives, `optimizer_row` for optimizers.
The hooks are thin. What a cell is, `cells` and `second_order` know;
which the options choose, `selecting`; how a run is closed, `report.closing`. Rows travel on pytest's report objects, so
that they survive pytest-xdist.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import pytest
from _pytest.faulthandler import fault_handler_stderr_fd_key

from gradagree.checking.verdict import Verdict
from gradagree.matrix import optimizers, second_order
from gradagree.matrix.availability import absent
from gradagree.matrix.cells import Cell
from gradagree.matrix.loading import Workers, is_users
from gradagree.matrix.row import Row
from gradagree.matrix.running import run_cell
from gradagree.matrix.selection import Selection
from gradagree.pytest_plugin import options, selecting
from gradagree.report import heading, progress, recorder
from gradagree.report.closing import WANTED, Closing, attach
from gradagree.runtime import devices

ROW = pytest.StashKey[Row]()
SELECTION = pytest.StashKey[Selection]()
WORKERS = pytest.StashKey[Workers]()
CLOSING = pytest.StashKey[Closing]()

CELLS = ("cell", "second_cell", "optimizer_cell")  # parameters of tests
RUNS = 3  # that the limit is meant for: a cell imports its implementation, and runs it twice


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that choose cells, where a conftest loads the plugin."""
    options.add(parser)
    options.add_short_names(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Make out which cells are chosen, and refuse what cannot be, before anything is run."""
    selection = selecting.selection(config)
    config.stash[SELECTION] = selection
    config.stash[WORKERS] = Workers(config.getoption(options.destination(options.TIMEOUT)))
    config.stash[CLOSING] = Closing(config, selection, recorder.register(config))
    config.pluginmanager.register(config.stash[CLOSING], "gradagree-closing")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the workers of users' implementations end."""
    if WORKERS in config.stash:
        config.stash[WORKERS].close()


def pytest_report_header() -> list[str]:
    """Versions, devices and settings."""
    return heading.lines()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Show progress; pytest's terminal is there only now."""
    progress.register(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One pytest item for each cell."""
    selection = metafunc.config.stash[SELECTION]
    kinds = (selection.cells, selection.second_cells, selection.optimizer_cells)
    for name, chosen in zip(CELLS, kinds, strict=True):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, list(chosen()), ids=str)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the items that pytest skips instead of cells, where there are none for a test."""
    wanting = [item for item in items if {*CELLS} & {*getattr(item, "fixturenames", ())}]
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
    with _ended_where_it_hangs(cell, request.config):
        return _kept(run_cell(cell, request.config.stash[WORKERS]), request)


@pytest.fixture
def second_row(second_cell: Cell, request: pytest.FixtureRequest) -> Row:
    """The same, of second derivatives."""
    with _ended_where_it_hangs(second_cell, request.config):
        return _kept(second_order.run_cell(second_cell), request)


@pytest.fixture
def optimizer_row(optimizer_cell: Cell, request: pytest.FixtureRequest) -> Row:
    """The same, of an optimizer."""
    with _ended_where_it_hangs(optimizer_cell, request.config):
        return _kept(optimizers.run_cell(optimizer_cell), request)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the row on the report, as soon as there is one."""
    report = yield
    found = item.stash.get(ROW, None)
    if found is not None and (report.when == "call" or report.outcome != "passed"):
        attach(report, found)
    return report


@contextmanager
def _ended_where_it_hangs(cell: Cell, config: pytest.Config) -> Iterator[None]:
    """Say where a cell of the suite's own stands that takes too long, and end this process.

    It hangs in a compiler, a collective or a device, where no exception reaches. Under pytest-xdist the other cells are
    run all the same. A user's loop runs in a process of its own, which is ended in place of this one.
    """
    if is_users(cell.implementation.target):
        yield
        return
    limit = RUNS * config.getoption(options.destination(options.TIMEOUT))
    # pytest captures standard error; its own fault handler has kept a way out.
    faulthandler.dump_traceback_later(limit, exit=True, file=config.stash.get(fault_handler_stderr_fd_key, 2))
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


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
