"""Collects the tests of cells, which lie in this package, where a project has none."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import pytest

from gradagree.pytest_plugin import cells


def register(config: pytest.Config) -> None:
    """Collect cells, in place of the project's tests, unless paths are given: those mean the tests that are there."""
    if config.args_source is config.ArgsSource.ARGS and not config.getoption("gradagree"):
        return
    if config.args_source is not config.ArgsSource.ARGS:
        config.args, config.args_source = [], config.ArgsSource.ARGS
    config.pluginmanager.register(_Collecting(), "gradagree-collecting")


class CellModule(pytest.Module):
    """The module of the tests of cells: it is imported as any other, whatever the project calls its tests."""

    def _getobj(self) -> ModuleType:
        return cells

    def funcnamefilter(self, name: str) -> bool:
        """Whether a function is a test."""
        return name.startswith("test_")


class _Collecting:
    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A session finds the module beside whatever else it finds."""
        report = yield
        if isinstance(collector, pytest.Session):
            found = CellModule.from_parent(collector, path=Path(cells.__file__), name="gradagree", nodeid="gradagree")
            report.result = [*(report.result or ()), found]
        return report
