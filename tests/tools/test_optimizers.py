"""docs/optimizers.md is what its generator writes, and the generator refuses an entry that is not true."""

from __future__ import annotations

import dataclasses

import pytest

from tools.optimizers import DOCUMENT, ENTRIES, Entry, Same, checked, document, measured


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.one} {entry.other}")
@pytest.mark.parametrize("same", Same)
def test_entry_with_any_but_its_own_verdict_is_refused(entry: Entry, same: Same) -> None:
    claimed = dataclasses.replace(entry, same=same)
    if same is entry.same:
        assert checked(claimed).same is same
    else:
        with pytest.raises(ValueError, match=f"expected {same.value}, got {entry.same.value}:"):
            checked(claimed)


def test_rate_that_differs_in_its_last_bit_is_seen() -> None:
    assert 0 < measured("sgd(lr=0.1)", "sgd(lr=0.10000000000000002)").step < 1e-15


def test_document_is_as_generated() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == "\n".join(document()) + "\n"
