"""The judge as a pytest plugin: a test that takes the fixtures `cell` and `row` is run once for each cell.

The hooks are thin. What a cell is, `cells` knows; how a table looks, `table` does. Rows travel on pytest's report
objects, so that they survive pytest-xdist, and the table is printed from what arrives.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import pytest

import impls
from gradagree import devices
from gradagree.cells import Cell, Implementation, absent, cells
from gradagree.cli import outside
from gradagree.cli.outcome import UsageError
from gradagree.pairing import DEPTHS
from gradagree.report import progress, recorder
from gradagree.row import Row
from gradagree.running import run_cell
from gradagree.table import LEGEND, convergence, in_order, summary, table
from gradagree.verdict import Verdict
from reference import problems
from reference.formats import BY_NAME

ROW = pytest.StashKey[Row]()
ENTRIES = pytest.StashKey[Sequence[Implementation]]()

TIME_LIMIT = 120.0  # seconds; a cell of the suite takes less than one


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that choose cells."""
    group = parser.getgroup("gradagree", "agreement with the exact training run")
    group.addoption("--device", action="append", default=[], help="run on this kind of device alone (repeatable)")
    group.addoption("--dtype", action="append", default=[], choices=list(BY_NAME), help="in this dtype (repeatable)")
    group.addoption(
        "--problem", action="append", default=[], choices=problems.NAMES, help="on this problem (repeatable)"
    )
    group.addoption(
        "--depth",
        choices=DEPTHS,
        default=DEPTHS[0],
        help="the cells that a developer runs all day, or all of them (a --problem given by name is always run)",
    )
    group.addoption(
        "--require",
        action="append",
        default=[],
        metavar="NAME",
        help="fail where this device or framework cannot be run, instead of saying NOT RUN (repeatable)",
    )
    group.addoption(
        "--impl", action="append", default=[], metavar="FILE:FUNCTION", help="run this loop as well (repeatable)"
    )
    group.addoption(
        "--cell-timeout", type=float, default=TIME_LIMIT, metavar="SECONDS", help="give up a run after so long"
    )
    recorder.add_options(group)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse devices that are not here: asking for one by name and not getting it is an error, never a skip."""
    config.pluginmanager.register(Collector(), "gradagree-collector")
    try:
        others = outside.implementations(config.getoption("--impl"), config.invocation_params.dir)
    except UsageError as error:
        raise pytest.UsageError(f"--impl {error}") from None
    config.stash[ENTRIES] = (*impls.IMPLEMENTATIONS, *others)
    known = {device for entry in config.stash[ENTRIES] for device in entry.devices}
    frameworks = {entry.framework for entry in config.stash[ENTRIES]}
    for option, allowed in (("--device", known), ("--require", known | frameworks)):
        for name in config.getoption(option):
            if name not in allowed:
                raise pytest.UsageError(f"{option}: got {name!r}; one of {', '.join(sorted(allowed))} will do")
            if name in known and name not in devices.present():
                here = ", ".join(devices.present())
                raise pytest.UsageError(f"{option} {name}: there is no such device on this machine, only {here}")
    recorder.register(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Show progress; pytest's terminal is there only now."""
    progress.register(session.config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One pytest item for each cell."""
    if "cell" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption
    entries = metafunc.config.stash[ENTRIES]
    names = (option("--dtype") or list(BY_NAME), option("--problem") or problems.NAMES)
    depth = None if option("--problem") else option("--depth")
    chosen = cells(entries, option("--device") or devices.present(), *names, depth)
    # Where the devices were not chosen, a road to another device has its line in the table too.
    others = () if option("--device") else absent(entries, devices.present(), *names)
    metafunc.parametrize("cell", [*chosen, *others], ids=str)


@pytest.fixture
def row(cell: Cell, request: pytest.FixtureRequest) -> Row:
    """The cell's row, after running it; a cell that cannot run here is skipped, or fails where it is required."""
    result = run_cell(cell, request.config.getoption("--cell-timeout"))
    request.node.stash[ROW] = result
    request.node.user_properties.extend(recorder.properties(result))
    if result.verdict == Verdict.NOT_RUN.value:
        required = {*request.config.getoption("--require"), *request.config.getoption("--device")}
        # A framework that is required must run where it can: not on devices that nobody has.
        possible = result.framework if result.device in devices.present() else None
        if {result.device, possible} & required:
            pytest.fail(f"NOT RUN, though required: {result.reason}", pytrace=False)
        pytest.skip(result.reason)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put the row on the report, as soon as there is one."""
    report = yield
    found = item.stash.get(ROW, None)
    if found is not None and (report.when == "call" or report.outcome != "passed"):
        report.gradagree_row = found.as_json()  # type: ignore[attr-defined]
    return report


class Collector:
    """Gathers the rows that arrive, from this process or from workers, and closes the run with their table."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the row off the report."""
        values: dict[str, Any] | None = getattr(report, "gradagree_row", None)
        if values is not None:
            self.rows.append(Row.from_json(values))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the agreement table."""
        if not self.rows:
            return
        terminalreporter.section("agreement")
        for line in table(in_order(self.rows)):
            terminalreporter.write_line(line)
        terminalreporter.write_line("")
        terminalreporter.write_line(LEGEND)
        for line in convergence(in_order(self.rows)):
            terminalreporter.write_line(line)
        terminalreporter.write_line(summary(self.rows))
