"""What cannot be checked: one clear sentence, on standard error, and exit status 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradagree.errors import UsageError
from gradagree.runtime.source import framework_of, function_of, read
from tests.support.checking import LOOP, command, written


def refused(*arguments: object) -> str:
    answer = command(*arguments)
    assert answer.status == 2
    assert answer.out == ""
    return answer.err


def test_a_file_that_is_not_there() -> None:
    assert refused("check", "nowhere.py").startswith("error: nowhere.py: there is no such file")


def test_a_folder(tmp_path: Path) -> None:
    assert "cannot be read (Is a directory)" in refused("check", tmp_path)


def test_check_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_bytes(b"\x00\xff")
    assert "loop.py: " in refused("check", tmp_path / "loop.py")


@pytest.mark.parametrize(
    ("text", "function", "options", "sentences"),
    [
        ("import numpy\nw = = 1\n", "", [], ["my_loop.py: does not parse: line 2, `w = = 1`: invalid syntax"]),
        ("import torch\n%matplotlib inline\n", "", [], ["line 2 is a notebook's command, `%matplotlib inline`"]),
        (LOOP, ":train", [], ["has no function `train` (its functions: descend)"]),
        ("def descend(x, y):\n    yield x, y\n", ":descend", [],
         ["my_loop.py:descend: takes (x, y); (x, y, w, b, lr, steps) will do"]),
        (LOOP + LOOP.replace("descend", "train"), "", [],
         ["several functions that fit", "my_loop.py:descend, ", "my_loop.py:train"]),
        ("import numpy as np\nw = np.zeros(3)\n", "", [],
         ["has no function (x, y, w, b, lr, steps), and without torch or jax"]),
        ("import torch\nimport jax\n" + LOOP, "", [], ["imports torch and jax; --framework torch|jax will do"]),
        (LOOP, "", ["--w", "w"], ["is checked as a function, which is handed w; without --w"]),
        (LOOP, "", ["--script", "--steps", "3"], ["brings its own steps"]),
        (LOOP, "", ["--device", "abacus"], ["--device abacus: there is no such device"]),
        (LOOP, "", ["--problem", "scales", "--dtype", "float16"],
         ["error: --problem scales --dtype float16: x: got ",
          "beyond the largest float16; smaller data will do, or another dtype"]),
    ],
)  # fmt: skip
def test_check_what_cannot_be_checked_is_refused(
    tmp_path: Path, text: str, function: str, options: list[str], sentences: list[str]
) -> None:
    error = refused("check", f"{written(tmp_path, text)}{function}", *options)
    for sentence in sentences:
        assert sentence in error


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--timeout", "0", "got '0'; a number of seconds above 0 will do"),
        ("--timeout", "soon", "got 'soon'"),
        ("--timeout", "nan", "got 'nan'"),
        ("--lr", "-1", "got '-1'; a number above 0 will do"),
        ("--steps", "2.5", "got '2.5'; a whole number of 1 or more will do"),
        ("--problem", "stackoverfow", "got 'stackoverfow'; stackoverflow, "),
        ("--problem", "xor", "got 'xor'; one that `list` names will do"),
        ("--dtype", "float8", "invalid choice: 'float8'"),
        ("--convention", "rmse", "invalid choice: 'rmse'"),
        ("--framework", "pen", "invalid choice: 'pen'"),
    ],
)
def test_options_that_make_no_sense(option: str, value: str, sentence: str) -> None:
    assert sentence in refused("check", "any.py", f"{option}={value}")


def test_no_command() -> None:
    assert "check|explain|list" in refused()


def test_as_json_the_sentence_stands_on_standard_output() -> None:
    answer = command("check", "nowhere.py", "--json")
    assert answer.status == 2
    assert answer.json["verdict"] == "NOT RUN"
    assert answer.json["code"] is None
    assert "no such file" in answer.json["message"]


@pytest.mark.parametrize(
    ("imports", "framework"),
    [
        ("import torch.nn as nn", "torch"),
        ("from jax import numpy as jnp", "jax"),
        ("import numpy as np\nfrom torch import optim", "torch"),
        ("def f():\n    import numpy", "numpy"),
        ("import math", "numpy"),
        ("from . import torch", "numpy"),
    ],
)
def test_the_framework_is_what_the_file_imports(tmp_path: Path, imports: str, framework: str) -> None:
    assert framework_of(read(str(written(tmp_path, imports))), None)[0] == framework


def test_the_framework_that_is_asked_for_wins(tmp_path: Path) -> None:
    source = read(str(written(tmp_path, "import torch\nimport jax")))
    assert framework_of(source, "jax")[0] == "jax"
    with pytest.raises(UsageError):
        framework_of(source, None)


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("def f(x, y, w, b, lr, steps): yield", ["f"]),
        ("def f(*args): yield", ["f"]),
        ("def f(a, b, c, d, e, f, g=1): return", ["f"]),
        ("def f(a, b, c, d, e, f, g): return", []),
        ("def f(a, b, c, d, e, f, *, g): return", []),
        ("def f(x, y): return", []),
        # A script's own function need not return lists.
        ("def f(x, y, w, b, lr, steps): return w, b\nf(1, 2, 3, 4, 5, 6)", []),
        ("def f(x, y, w, b, lr, steps): yield w, b\nlist(f(1, 2, 3, 4, 5, 6))", ["f"]),
        ("class A:\n    def f(self, y, w, b, lr, steps): yield", []),
    ],
)
def test_functions_that_fit(tmp_path: Path, text: str, candidates: list[str]) -> None:
    assert read(str(written(tmp_path, text))).candidates == candidates


def test_a_name_that_is_assigned_may_be_a_function(tmp_path: Path) -> None:
    source = read(str(written(tmp_path, "import functools\ntrain = functools.partial(print, 1)")))
    assert function_of(source, "train") == "train"
    with pytest.raises(UsageError, match="no function `test`"):
        function_of(source, "test")
