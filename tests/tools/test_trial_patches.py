"""The table of mutants: every patch still applies, to exactly one place, and leaves Python behind."""

from __future__ import annotations

import ast

import pytest

from tools.mutants.__main__ import PATCHES, ROOT, main, patched
from tools.mutants.page import page, score, unexpected
from tools.mutants.patch import Patch

pytestmark = pytest.mark.sweep


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.name)
def test_the_patch_applies(patch: Patch) -> None:
    source = (ROOT / patch.file).read_text(encoding="utf-8")
    after = patched(source, patch)
    assert after != source
    ast.parse(after)
    assert all((ROOT / test).exists() for test in patch.tests)


def test_names_are_unique() -> None:
    assert len({patch.name for patch in PATCHES}) == len(PATCHES)


@pytest.mark.parametrize("source", ["nothing here", "twice twice"])
def test_a_patch_that_no_longer_fits_is_refused(source: str) -> None:
    with pytest.raises(ValueError, match=r"applies to [02] places; exactly one will do"):
        patched(source, Patch("one", "file.py", "twice", "once", ()))


KILLED, EXCUSED, MISSED = (
    Patch(name, "file.py", "old", "new", ("tests/test_a.py",), survives)
    for name, survives in (("one", ""), ("two", "no test can see it"), ("three", ""))
)


def test_the_page_tells_the_score_and_who_survives() -> None:
    outcomes = {KILLED: "killed", EXCUSED: "survived", MISSED: "survived"}
    text = "\n".join(page(outcomes))
    assert f"**{score(outcomes)}.**" in text
    assert score(outcomes) == "1 of 3 mutants killed, 1 survive for a reason"
    assert "- two (`file.py`), survived: no test can see it" in text
    assert "- three (`file.py`), survived: unexpected" in text
    assert "| `file.py` | one | killed | `test_a` |" in text
    assert "- one" not in text


@pytest.mark.parametrize(
    ("patch", "outcome", "surprises"),
    [
        (KILLED, "killed", False), (KILLED, "survived", True), (KILLED, "broken", True),
        (EXCUSED, "survived", False), (EXCUSED, "killed", True), (EXCUSED, "broken", True),
    ],
)  # fmt: skip
def test_what_is_unexpected(patch: Patch, outcome: str, surprises: bool) -> None:
    assert bool(unexpected({patch: outcome})) is surprises


def test_a_page_of_some_patches_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--write", "NaN"]) == 2
    assert "the page is of all patches" in capsys.readouterr().out
