"""The scripts of `examples/`, each with the answer that it gets: `python -m gradagree check examples/NAME.py`.

The answer's words are held exactly, its numbers to the last digit shown, give or take one: the last bits of a float32
sum are the machine's own. A figure after `error/bound` is the machine's own altogether, and has only to be there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sys
import warnings
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, Self

import pytest

from gradagree.runtime.source import read
from gradagree.runtime.worker.process import Output
from tests.support.checking import command, watched

pytestmark = pytest.mark.sweep

FOLDER = Path(__file__).parents[2] / "examples"
SCRIPTS = sorted(path.with_suffix(".py") for path in FOLDER.glob("*.txt"))
NUMBER = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e[+-]\d+)?")
OWN = re.compile(r"(error/bound).*")

CODES = {
    "by_hand": "GD122",
    "flat_target": "GD110",
    "forum_1_asked": "GD502",
    "forum_2_update_moved": "GD503",
    "forum_3_loss_moved": "GD501",
    "forum_4_in_place": "GD101",
    "forum_5_answered": None,
    "lost_update": "GD201",
}


# These run in processes of their own, as a user's script does. The others run here, where frameworks are imported
# already: starting takes most of a script's time.
APART = ("by_hand", "forum_4_in_place", "lost_update")


class Here:
    """Stands for the process of a script's own."""

    output = Output()

    def __init__(self, first: dict[str, Any], timeout: float) -> None:  # noqa: ARG002
        self.first = first

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """There is nothing to close."""

    def ask(self, _request: dict[str, Any]) -> Any:
        # What it prints and warns of stays in its process, and no warning is an error there.
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(action="ignore"):
            return json.loads(json.dumps(watched(self.first["path"], self.first["framework"])))


def unlike(told: str, kept: str) -> list[str]:
    """The lines in which two answers differ, but for a last digit."""
    pairs = zip_longest(OWN.sub(r"\1", told).splitlines(), OWN.sub(r"\1", kept).splitlines(), fillvalue="")
    return [line or f"missing: {other}" for line, other in pairs if not _alike(line, other)]


def _alike(line: str, other: str) -> bool:
    # Columns shift with the length of a number, so spaces count for one.
    words, others = (re.sub(r" +", " ", NUMBER.sub("#", text)) for text in (line, other))
    numbers = zip(NUMBER.findall(line), NUMBER.findall(other), strict=True) if words == others else []
    return words == others and all(_near(a, b) for a, b in numbers)


def _near(a: str, b: str) -> bool:
    first, second = (Decimal(text.replace(",", "")) for text in (a, b))
    place = max(int(number.as_tuple().exponent) for number in (first, second))
    return a == b or (place < 0 and abs(first - second) <= Decimal(1).scaleb(place))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_answer_is_the_one_beside_it(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(read(str(script)).frameworks[0])
    monkeypatch.chdir(FOLDER.parent)
    if script.stem not in APART:
        monkeypatch.setattr("gradagree.cli.script.Worker", Here)
        monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])  # the script takes its place
    answer = command("check", f"examples/{script.name}")
    code = CODES[script.stem]
    assert answer.status == (1 if code else 0)
    assert answer.out.startswith(f"error[{code}]: " if code else "agrees: ")
    assert unlike(answer.out, script.with_suffix(".txt").read_text()) == []


def test_every_answer_is_known() -> None:
    assert {path.stem for path in SCRIPTS} == set(CODES)


@pytest.mark.parametrize(
    ("told", "differs"),
    [
        ("w: 5.10933, after 500", False),
        ("w: 5.10934, after 500", False),
        ("w: 5.10933,  after 500", False),
        ("w: 5.10953, after 500", True),
        ("w: 5.10933, after 501", True),
        ("b: 5.10933, after 500", True),
        ("w: -5.10933, after 500", True),
        ("", True),
        ("w: 5.10933, after 500\nand more", True),
    ],
)
def test_a_difference_is_seen(told: str, differs: bool) -> None:
    assert bool(unlike(told, "w: 5.10933, after 500")) == differs
