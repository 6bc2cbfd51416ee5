"""Checked code that exits, asks, hangs, floods, dies or breaks its record: a sentence, and never a hang of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.checking import LOOP, TIME_IS_UP, Answer, changed, command, written

FIRST = "    for _ in range(steps):\n"
BEGIN = f"    import os, sys, time, signal\n{FIRST}"


def inside(statement: str) -> str:
    """`LOOP` with a statement at the top of each step."""
    return changed(FIRST, f"{BEGIN}        {statement}\n")


def said(folder: Path, text: str, *options: object) -> Answer:
    answer = command("check", written(folder, text), *options)
    assert answer.err == ""
    return answer


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        (inside("n = int(input('n? '))"), ["step 0: asks for input, and nobody is there to answer, line 6: `n = "]),
        ("n = input()\n" + LOOP, ["my_loop.py:descend: asks for input", "line 1: `n = input()`"]),
        (inside("_ < 3 or sys.exit(4)"), ["ends the process (sys.exit, status 4)", "help: a loop that runs"]),
        ("raise SystemExit\n" + LOOP, ["ends the process (sys.exit, status 0), line 1"]),
        ("import nothing_of_this_name\n" + LOOP, ["imports what is not here (No module named 'nothing_of_this_name')"]),
        (inside("_ < 3 or os._exit(7)"), ["its process ended with status 7 before the loop did"]),
        (inside("os.kill(os.getpid(), signal.SIGKILL)"), ["its process ended by signal 9 before the loop did"]),
        (inside("1 / (_ - 3)"), ["step 3: raised ZeroDivisionError: ", "line 6: `1 / (", "the 3 steps before are"]),
        (inside("y = y.astype('U8')"), ["step 0: raised UFuncTypeError", "line 7: `e = x @ w + b - y`"]),
        (changed("yield w, b,", "yield w.ravel(), b,"), ["step 0: w: expected shape (1, 1), got (1,)"]),
        (changed("yield w, b, dw,", "yield w, b, None,"), ["w.grad: got a NoneType"]),
        (changed("yield w, b, dw, db,", "yield w, b, dw,"), ["step 0: b.grad: expected shape (1,), got ()"]),
        (changed("yield w, b, dw, db, (e ** 2).mean()", "yield w"), ["w, b; got a ndarray"]),
        (changed("range(steps)", "range(steps // 2)"), ["stopped after 250 of 500 steps"]),
        ("def descend(x, y, w, b, lr, steps):\n    return 3\n", ["per-step values, got a int"]),
        (changed("b = b - lr * db", "b = b - lr * db; x += 0; x[0] = 1"),
         ["x: the array handed in was overwritten", "help: make new arrays"]),
    ],
)  # fmt: skip
def test_one_clear_sentence(tmp_path: Path, text: str, sentences: list[str]) -> None:
    answer = said(tmp_path, text)
    assert answer.status == 1
    for sentence in sentences:
        assert sentence in answer.out


def test_a_loop_that_runs_forever_is_stopped(tmp_path: Path) -> None:
    answer = said(tmp_path, TIME_IS_UP + inside("_ < 3 or time_is_up()"))
    assert answer.status == 1
    assert "step 3: still running after 60 s" in answer.out
    assert "every gradient and update of 3 steps is that of gradient descent" in answer.out


def test_a_loop_that_will_not_be_interrupted_is_killed(tmp_path: Path) -> None:
    """It switches the limit off, and would never come to its end: that the answer comes at all is the test."""
    answer = said(
        tmp_path,
        inside("signal.setitimer(signal.ITIMER_REAL, 0); [time.sleep(600) for _ in iter(int, 1)]"),
        "--timeout",
        0.2,
    )
    assert answer.status == 1
    assert "still running after 0.2 s" in answer.out


def test_a_loop_may_print_and_plot_and_meddle(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = changed("    return w, b", "    plt.show(block=True)\n    return w, b").replace(
        "yield", "print('x' * 9999)\n        yield"
    )
    text = (
        "import matplotlib.pyplot as plt\nimport os, sys\nplt.plot([1, 2])\nsys.stdout = sys.__stdout__\nos.close(0)\n"
        + text
    )
    answer = said(tmp_path, text)
    assert answer.status == 0
    assert "characters, which are not shown" in answer.out
    assert "xxxx" not in answer.out


def test_a_loop_that_closes_its_outputs_is_still_heard(tmp_path: Path) -> None:
    assert said(tmp_path, "import os\nos.close(1)\nos.close(2)\n" + LOOP, "--steps", 9).status == 0
