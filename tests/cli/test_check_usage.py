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


def test_a_file_that_does_not_parse(tmp_path: Path) -> None:
    path = written(tmp_path, "import numpy\nw = = 1\n")
    assert "my_loop.py: does not parse: line 2, `w = = 1`: invalid syntax" in refused("check", path)


def test_a_notebook_command(tmp_path: Path) -> None:
    path = written(tmp_path, "import torch\n%matplotlib inline\n")
    assert "line 2 is a notebook's command, `%matplotlib inline`" in refused("check", path)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "loop.py").write_bytes(b"\x00\xff")
    assert "loop.py: " in refused("check", tmp_path / "loop.py")


def test_no_function_of_that_name(tmp_path: Path) -> None:
    said = refused("check", f"{written(tmp_path, LOOP)}:train")
    assert "has no function `train` (its functions: descend)" in said


def test_a_function_that_takes_something_else(tmp_path: Path) -> None:
    path = written(tmp_path, "def descend(x, y):\n    yield x, y\n")
    assert "my_loop.py:descend: takes (x, y); (x, y, w, b, lr, steps) will do" in refused("check", f"{path}:descend")


def test_several_functions_that_fit(tmp_path: Path) -> None:
    path = written(tmp_path, LOOP + LOOP.replace("descend", "train"))
    said = refused("check", path)
    assert "several functions that fit" in said
    assert f"{path}:descend, {path}:train" in said


def test_neither_a_function_nor_anything_to_watch(tmp_path: Path) -> None:
    said = refused("check", written(tmp_path, "import numpy as np\nw = np.zeros(3)\n"))
    assert "has no function (x, y, w, b, lr, steps), and without torch or jax" in said


def test_imports_of_two_frameworks(tmp_path: Path) -> None:
    path = written(tmp_path, "import torch\nimport jax\n" + LOOP)
    assert "imports torch and jax; --framework torch|jax will do" in refused("check", path)


def test_an_option_of_the_other_way_in(tmp_path: Path) -> None:
    path = written(tmp_path, LOOP)
    assert "is checked as a function, which is handed w; without --w" in refused("check", path, "--w", "w")
    assert "brings its own steps" in refused("check", path, "--script", "--steps", "3")


def test_a_device_that_is_not_here(tmp_path: Path) -> None:
    assert "--device abacus: there is no such device" in refused("check", written(tmp_path, LOOP), "--device", "abacus")


def test_a_problem_that_the_dtype_cannot_hold(tmp_path: Path) -> None:
    said = refused("check", written(tmp_path, LOOP), "--problem", "scales", "--dtype", "float16")
    assert said.startswith("error: --problem scales --dtype float16: x: got ")
    assert "beyond the largest float16; smaller data will do, or another dtype" in said


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
