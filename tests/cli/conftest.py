"""A script is run and answered here, where its process would: what is watched is the point."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradagree.cli.case import Code
from gradagree.cli.options import Options
from gradagree.cli.outcome import Outcome
from gradagree.cli.script import answer
from gradagree.runtime.watching.observations import Observations
from tests.support.checking import watched, written


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the script takes its place

    def checked(text: str, framework: str = "torch", **options: Any) -> Outcome:
        pytest.importorskip(framework)
        seen = Observations.from_json(watched(str(written(tmp_path, text)), framework))
        return answer(Code("it", framework, {}), seen, Options(**options))

    return checked
