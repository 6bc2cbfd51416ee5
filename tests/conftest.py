"""Coverage waits while a sweep is run.

Sweeps take lines of code that other tests take too over many inputs, or run them in processes of their own. Of some
8,000 lines they add 50 to the coverage, which would make them twice as slow.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Generator
from typing import Any

import pytest

import gradagree


def pytest_collection_finish() -> None:
    """Import what is imported when it is asked for: within a sweep, its own lines would go uncounted."""
    if _coverage() is None:
        return
    for module in pkgutil.walk_packages(gradagree.__path__, "gradagree."):
        if not module.name.endswith("__main__"):
            try:
                importlib.import_module(module.name)
            except ImportError:  # a framework that is not here
                continue


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run an item, if it is a sweep's without coverage."""
    measured = _coverage()
    if measured is None or item.get_closest_marker("sweep") is None:
        return (yield)
    measured.stop()
    try:
        return (yield)
    finally:
        measured.start()


def _coverage() -> Any:
    """What measures coverage now; `None` where nothing does."""
    coverage = sys.modules.get("coverage")
    return None if coverage is None else coverage.Coverage.current()
