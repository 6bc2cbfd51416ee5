"""The table of mutants: every patch still applies, to exactly one place, and leaves Python behind."""

from __future__ import annotations

import ast

import pytest

from tests.mutants.__main__ import PATCHES, ROOT, patched
from tests.mutants.patch import Patch


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
