"""Whether a cell can run here, and for want of what it cannot."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gradagree.matrix import second_order
from gradagree.matrix.availability import absent, check_available
from gradagree.matrix.cells import Cell
from gradagree.runtime import frameworks
from tests.support.rows import on_trial, row

BLANK = row(framework="numpy", verdict="", version="")


def of(device: str = "cpu", **more: Any) -> Cell:
    return Cell(on_trial("impls.numpy_analytic:descend", **more), device, "float32", "probe97")


def test_what_is_here_has_its_version_and_no_verdict() -> None:
    found = check_available(of(), BLANK)
    assert (found.verdict, found.version) == ("", frameworks.framework("numpy").version())


def test_a_framework_that_is_not_installed_is_what_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frameworks, "installed", lambda name: name != "numpy")
    found = check_available(of(), BLANK)
    assert (found.verdict, found.reason, absent(found)) == ("NOT RUN", "numpy is not installed", "numpy")


def test_a_framework_that_cannot_be_imported_is_what_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> None:
        raise OSError("planted: no such library")

    monkeypatch.setattr(frameworks, "framework", broken)
    found = check_available(of(), BLANK)
    assert "planted: no such library" in found.reason
    assert absent(found) == "numpy"


def test_a_device_that_the_framework_does_not_see_is_what_is_absent() -> None:
    found = check_available(of("cuda"), dataclasses.replace(BLANK, device="cuda"))
    assert found.verdict == "NOT RUN"
    assert absent(found) == "cuda"


def test_neither_is_absent_where_a_road_wants_more_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """An implementation for two GPUs on a machine with one: `--require cuda` has its GPU."""
    here = frameworks.framework("numpy")
    monkeypatch.setattr(type(here), "devices", lambda _: ("cpu", "cuda"))
    monkeypatch.setattr(type(here), "count", lambda *_: 1)
    found = check_available(of("cuda", own_devices=2), dataclasses.replace(BLANK, device="cuda"))
    assert "each of its 2 processes needs a cuda device of its own; here is 1" in found.reason
    assert absent(found) is None


def test_a_road_to_second_derivatives_that_raises_is_invalid(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(*_: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("gradagree.checking.curvature.judge", raising)
    cell = Cell(on_trial("impls.numpy_analytic"), "cpu", "float32", "probe97")
    found = second_order.run_cell(cell)
    assert (found.verdict, found.reason) == ("INVALID", "raised RuntimeError: planted")
