"""Files of the catalogue that are not as they must be: each is refused in one sentence, with its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradagree.diagnosis.catalogue import ENTRIES, MISTAKES, REMARKS
from gradagree.diagnosis.catalogue.reader import read
from gradagree.diagnosis.mistakes import PREDICTIONS
from gradagree.diagnosis.mistakes.prediction import predicts

GOOD = """\
---
kind: raising
seen: rarely
---

# GD599: something went wrong

## What happens

Much,
and at length.

More.

## Why

Since it is `so`.

## Raises

```toml
[[exception]]
types = ["TypeError"]
message = 'no \\w+'
at_first_step = false
note = "it did"
```

## Wrong

```python numpy
for _ in range(steps):
    ## no heading
    yield w, b
```

## Right

[The right loop](right/numpy.md)

## Remedy

Write `w`, not `b`.
"""


def write(folder: Path, text: str, name: str = "GD599.md") -> Path:
    (folder / "right").mkdir()
    (folder / "right" / "numpy.md").write_text("# Right\n\n```python numpy\nyield b, w\n```\n")
    (folder / "right" / "jax.md").write_text("# Right\n\n```python jax\nyield b, w\n```\n")
    (folder / name).write_text(text)
    return folder / name


def test_reader_good_file_gives_every_field(tmp_path: Path) -> None:
    entry = read(write(tmp_path, GOOD))
    assert (entry.code, entry.name, entry.kind, entry.rank) == ("GD599", "something went wrong", "raising", 2)
    assert (entry.happens, entry.why) == (("Much, and at length.", "More."), ("Since it is `so`.",))
    assert (entry.remedy, entry.same_record, entry.framework) == ("write `w`, not `b`", (), "numpy")
    assert (entry.wrong, entry.right) == ("for _ in range(steps):\n    ## no heading\n    yield w, b", "yield b, w")
    (symptom,) = entry.symptoms
    assert (symptom.types, symptom.message, symptom.line) == (["TypeError"], r"no \w+", None)
    assert (symptom.at_first_step, symptom.after_backward, symptom.note) == (False, None, "it did")


BLOCK = GOOD[GOOD.index("```python") : GOOD.index("## Right")]
FAULTS = {
    "no keys": ("---\nkind: raising\nseen: rarely\n---\n\n", "", "expected `---`"),
    "no heading": ("# GD599: ", "# ", "expected `---`"),
    "another file's code": ("# GD599", "# GD101", "heading: expected the file's own code, GD599, got GD101"),
    "unknown kind": ("kind: raising", "kind: loud", "kind: expected one of remark, numeric, raising; got 'loud'"),
    "unknown frequency": (
        "rarely",
        "seldom",
        "seen: expected one of everywhere, often, rarely, inferred; got 'seldom'",
    ),
    "missing key": ("seen: rarely\n", "", "key 'seen' is missing"),
    "unknown key": ("seen:", "rank: 2\nseen:", "key 'rank' is unknown here; expected kind, seen"),
    "missing section": ("## Why\n\nSince it is `so`.\n", "", "section 'Why' is missing"),
    "empty section": ("Since it is `so`.\n", "", "section 'Why' is missing, or empty"),
    "unknown section": (
        "## Why",
        "## Because\n\nx\n\n## Why",
        "section 'Because' is unknown here; expected Raises, Remedy",
    ),
    "section twice": ("## Why", "## Remedy\n\nx\n\n## Why", "section 'Remedy': expected one, got two"),
    "section of another kind": ("## Why", "## Leaves the same record\n\nx\n\n## Why", "same record' is unknown here"),
    "block without language": (
        "```python numpy",
        "```",
        "section 'Wrong', language of the block: expected one of python",
    ),
    "unknown framework": (
        "python numpy",
        "python keras",
        "expected one of python torch, python numpy, python jax; got",
    ),
    "no block": (
        BLOCK,
        "x\n\n",
        "expected a block of code, or a link",
    ),
    "no such right loop": ("right/numpy.md", "right/mlx.md", "right/mlx.md"),
    "right in another framework": (
        "right/numpy.md",
        "right/jax.md",
        "expected one framework, got jax and numpy",
    ),
    "no exception": (
        "[[exception]]",
        "[[error]]",
        "section 'Raises': expected tables [[exception]] in a block of TOML",
    ),
    "no TOML": ("types = [", "types: [", "line 2"),
    "unknown key of an exception": ("at_first_step", "step", "'step'"),
    "missing key of an exception": ("message = 'no \\w+'\n", "", "'message'"),
    "no regular expression": ("no \\w+", "(no", "expected a regular expression, got '(no'"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_reader_faulty_file_is_refused_in_one_sentence(fault: str, tmp_path: Path) -> None:
    old, new, sentence = FAULTS[fault]
    assert old in GOOD
    with pytest.raises(ValueError, match=r"^GD599\.md: [^\n]+$") as caught:
        read(write(tmp_path, GOOD.replace(old, new, 1)))
    assert sentence in str(caught.value)


def test_catalogue_every_numeric_mistake_has_its_function_and_no_other_entry_has() -> None:
    assert list(ENTRIES) == sorted(ENTRIES) == [*REMARKS, *MISTAKES]
    numeric = {code for code, entry in MISTAKES.items() if entry.kind == "numeric"}
    assert PREDICTIONS.keys() <= numeric
    assert numeric - PREDICTIONS.keys() == {"GD403"}  # seen by how the run ended, in `record_faults`


def test_predicts_two_functions_of_one_code_are_refused() -> None:
    with pytest.raises(ValueError, match="GD101: got never_cleared and another; expected one"):

        @predicts("GD101")
        def another(_: object) -> tuple[()]:
            return ()
