"""Files of the catalogue that are not as they must be: each is refused in one sentence, with its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from gradagree.diagnosis import catalogue
from gradagree.diagnosis.catalogue import ENTRIES, MISTAKES, REMARKS, Symptom
from gradagree.diagnosis.catalogue.reader import read
from gradagree.diagnosis.mistakes import PREDICTIONS
from gradagree.diagnosis.mistakes.prediction import predicts

FOLDER = Path(catalogue.__file__).parent
GOOD = (FOLDER / "GD513.md").read_text("utf-8")
LOOP = GOOD[GOOD.index("```python") : GOOD.index("## Right")]


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of a good file, beside the right loops, with one thing changed."""
    assert old in GOOD
    shutil.copytree(FOLDER / "right", tmp_path / "right")
    path = tmp_path / "GD513.md"
    path.write_text(GOOD.replace(old, new, 1), "utf-8")
    return path


def test_reader_good_file_gives_every_field(tmp_path: Path) -> None:
    why = "## Why\n\nOne\nand two.\n\nThree.\n"
    entry = read(changed(tmp_path, "## Why\n", why))
    assert (entry.code, entry.name) == ("GD513", "JAX arrays cannot be changed in place")
    assert (entry.kind, entry.rank, entry.framework, entry.same_record) == ("raising", 0, "jax", ())
    assert (entry.happens, entry.why) == (
        ("`w[0] = …` is refused.",),
        ("One and two.", "Three.", "JAX arrays never change."),
    )
    assert entry.remedy == "make a new array, `w = w - lr * dw`, or `w = w.at[0].set(…)`"
    for loop, end in ((entry.wrong, "    b[0] = b[0] - lr * db[0]"), (entry.right, "    b = b - lr * db")):
        assert (loop.splitlines()[0], loop.splitlines()[-1]) == ("def loss(w, b):", end)
    pattern = "JAX arrays are immutable|ArrayImpl' object does not support item assignment"
    assert entry.symptoms == (Symptom(["TypeError"], pattern),)


def test_reader_heading_inside_a_block_is_code(tmp_path: Path) -> None:
    assert read(changed(tmp_path, "def loss", "## Why\ndef loss")).wrong.startswith("## Why\ndef loss")


FAULTS = {
    "no keys": ("---\nkind: raising\nseen: everywhere\n---\n", "", "expected `---`"),
    "no heading": ("# GD513: ", "# ", "expected `---`"),
    "another file's code": ("# GD513", "# GD101", "heading: expected the file's own code, GD513, got GD101"),
    "unknown kind": ("kind: raising", "kind: loud", "kind: expected one of remark, numeric, raising, optimizer; got"),
    "unknown frequency": ("seen: every", "seen: no", "seen: expected one of everywhere, often, rarely, inferred; got"),
    "missing key": ("seen: everywhere\n", "", "key 'seen' is missing"),
    "unknown key": ("seen:", "rank: 2\nseen:", "key 'rank' is unknown here; expected kind, seen"),
    "missing section": ("## Why\n\nJAX arrays never change.\n", "", "section 'Why' is missing"),
    "empty section": ("JAX arrays never change.\n", "", "section 'Why' is missing, or empty"),
    "unknown section": ("## Why", "## So\n\nx\n\n## Why", "section 'So' is unknown here; expected Raises, Remedy"),
    "section twice": ("## Why", "## Remedy\n\nx\n\n## Why", "section 'Remedy': expected one, got two"),
    "section of another kind": ("## Why", "## Leaves the same record\n\nx\n\n## Why", "same record' is unknown here"),
    "block without language": ("```python jax", "```", "'Wrong', language of the block: expected one of python torch"),
    "unknown framework": ("python jax", "python keras", "expected one of python torch, python numpy, python jax; got"),
    "no block": (LOOP, "x\n\n", "section 'Wrong': expected a block of code, or a link"),
    "no such right loop": ("right/jax.md", "right/mlx.md", "right/mlx.md"),
    "right in another framework": ("right/jax.md", "right/numpy.md", "expected one framework, got jax and numpy"),
    "no exception": (
        "[[exception]]",
        "[[error]]",
        "section 'Raises': expected tables [[exception]] in a block of TOML",
    ),
    "no TOML": ("types = [", "types: [", "line 2"),
    "unknown key of an exception": ("types =", "step = 1\ntypes =", "'step'"),
    "missing key of an exception": ('types = ["TypeError"]\n', "", "'types'"),
    "no regular expression": ("JAX arrays are", "(JAX", "expected a regular expression, got "),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_reader_faulty_file_is_refused_in_one_sentence(fault: str, tmp_path: Path) -> None:
    old, new, sentence = FAULTS[fault]
    with pytest.raises(ValueError, match=r"^GD513\.md: [^\n]+$") as caught:
        read(changed(tmp_path, old, new))
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
