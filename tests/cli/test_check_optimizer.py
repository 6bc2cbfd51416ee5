"""`check --as`: optimizers of every form, right ones and those of the catalogue; and what is no optimizer."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradagree
from gradagree.cli.outcome import Outcome
from gradagree.diagnosis.catalogue import MISTAKES
from tests.support.checking import LOOP, command, written
from tests.support.optimizers import RIGHT, WRONG, made

CODES = [code for code, mistake in MISTAKES.items() if mistake.kind == "optimizer"]


def checked(text: str, framework: str, like: str, dtype: str = "float32") -> Outcome:
    """The answer about an optimizer of this process."""
    return gradagree.check_optimizer(made(text, framework), like=like, framework=framework, dtype=dtype)


@pytest.mark.parametrize("code", CODES)
def test_check_optimizer_wrong_one_of_the_catalogue_gets_its_code(code: str) -> None:
    entry = MISTAKES[code]
    answer = checked(entry.wrong, entry.framework, entry.like)
    assert answer.code == code, str(answer)
    assert answer.verdict is gradagree.Verdict.DISAGREES
    assert answer.first_violation is not None


@pytest.mark.parametrize("code", CODES)
def test_check_optimizer_right_one_of_the_catalogue_agrees(code: str) -> None:
    entry = MISTAKES[code]
    answer = checked(entry.right, entry.framework, entry.like)
    assert answer, str(answer)


def test_check_optimizer_every_mistake_is_written_otherwise_too() -> None:
    assert list(WRONG) == CODES
    for code, others in WRONG.items():
        assert MISTAKES[code].wrong not in [text for _, _, text in others]


@pytest.mark.parametrize(
    ("code", "like", "framework", "text"),
    [pytest.param(code, *each, id=f"{code}-{i}") for code, several in WRONG.items() for i, each in enumerate(several)],
)
def test_check_optimizer_mistake_written_otherwise_gets_its_code(
    code: str, like: str, framework: str, text: str
) -> None:
    answer = checked(text, framework, like)
    assert answer.code == code, str(answer)


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "float16"])
@pytest.mark.parametrize("name", RIGHT)
def test_check_optimizer_right_one_is_not_accused(name: str, dtype: str) -> None:
    like, framework, text = RIGHT[name]
    answer = checked(text, framework, like, dtype)
    if dtype == "float16" and answer.code == "GD004":
        # ε = 1e-8 is 0 there, and v underflows: what frameworks make of that is not finite (optax#1755).
        assert "ε rounds to 0 in float16" in str(answer)
    elif (dtype, name) in (("float64", "torch NAdam"), ("float64", "torch ASGD")):
        assert answer.code == "GD615", str(answer)  # torch keeps a product of momenta, and a rate, in float32
        assert "kept in float32" in str(answer)
    elif dtype in ("bfloat16", "float16"):
        assert answer.verdict in (gradagree.Verdict.AGREES, gradagree.Verdict.INCONCLUSIVE), str(answer)
    else:
        assert answer, str(answer)


def test_check_as_file_answers_with_its_resolution(tmp_path: Path) -> None:
    path = written(tmp_path, f"import numpy as np\n{RIGHT['numpy sgd'][2]}")
    answer = command("check", f"{path}:step", "--as", "sgd(lr=0.01, momentum=0.9)", "--dtype", "float64")
    assert answer.status == 0
    assert f"agrees: {path}:step is sgd(lr=0.01, momentum=0.9)" in answer.out
    assert "24 steps of 7 parameters in float64 on cpu: " in answer.out
    assert "    param: error/bound " in answer.out
    assert "it has no `momentum_buffer` to be read" in answer.out


def test_check_as_json_has_code_and_first_wrong_number(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    path = written(tmp_path, f"import torch\n{MISTAKES['GD603'].wrong}")
    answer = command("check", f"{path}:Adam", "--as", "adam(lr=0.01)", "--json")
    assert answer.status == 1
    found = answer.json
    assert (found["verdict"], found["code"], found["candidates"]) == ("DISAGREES", "GD603", ["GD603"])
    wrong = found["first_wrong"]
    assert (wrong["step"], wrong["check"], wrong["parameter"]) == (0, "param", "matrix")
    assert abs(wrong["got"] - wrong["expected"]) > wrong["bound"] > 0


NO_STEP = "def step(params, grads, state):\n    "
PROBLEMS = {
    "unknown optimizer": ("def make(): pass", "make", "adan(lr=0.01)", 2, "--as adan(lr=0.01): "),
    "unknown argument": ("def make(): pass", "make", "adam(rate=0.01)", 2, "--as adam(rate=0.01): "),
    "no name": ("def make(): pass", "", "adam(lr=0.01)", 2, "FILE.py:NAME of one will do"),
    "name that is not there": ("def make(): pass", "mate", "adam(lr=0.01)", 2, "has no `mate` (it has: make)"),
    "training loop": (LOOP, "descend", "adam(lr=0.01)", 2, "is a training loop (x, y, w, b, lr, steps) and no"),
    "loop with a default": (
        "def f(x, y, w, b, lr, steps): return w", "f", "adam(lr=0.01)", 2, "is a training loop (x, y, w, b, lr, steps)"
    ),
    "four arguments": ("def f(a, b, c, d): pass", "f", "sgd(lr=0.01)", 2, "takes (a, b, c, d); NAME(params) that"),
    "keyword": ("def f(a, b, c, *, d): pass", "f", "sgd(lr=0.01)", 2, "takes (a, b, c, *, d); NAME(params) that"),
    "number": ("f = 3", "f", "sgd(lr=0.01)", 2, "is a int; NAME(params) that"),
    "nothing returned": ("def f(): pass", "f", "sgd(lr=0.01)", 2, "returned a NoneType, expected an optax"),
    "no params": (NO_STEP + "return None", "step", "sgd(lr=0.01)", 1, "step 0: returned a NoneType, expected params"),
    "lost parameter": (
        NO_STEP + "return {'matrix': params['matrix']}", "step", "sgd(lr=0.01)", 1, "returned parameters matrix, expect"
    ),
    "another shape": (
        NO_STEP + "return {k: p.reshape(-1) for k, p in params.items()}", "step", "sgd(lr=0.01)", 1,
        "returned `matrix` as shape (35,), expected shape (5, 7), as it came in",
    ),
    "another dtype": (
        NO_STEP + "return {k: p.astype('float64') for k, p in params.items()}", "step", "sgd(lr=0.01)", 1,
        "returned `matrix` as dtype float64, expected dtype float32, as it came in",
    ),
    "no array": (NO_STEP + "return dict.fromkeys(params, 1)", "step", "sgd(lr=0.01)", 1, "returned `matrix` as int"),
    "raising": (NO_STEP + "raise ValueError('the cable')", "step", "sgd(lr=0.01)", 1, "step 0: raised ValueError: the"),
    "raising later": (
        "k = []\n" + NO_STEP + "k.append(1); assert len(k) < 4, 'the cable'\n    return {n: p - 0.01 * grads[n] for "
        "n, p in params.items()}", "step", "sgd(lr=0.01)", 1, "the 3 steps before are right",
    ),
    "exit": ("import sys\nsys.exit(3)\ndef f(): pass", "f", "sgd(lr=0.01)", 1, "ends the process (sys.exit, status 3)"),
    "not finite": (
        NO_STEP + "return {k: p * float('nan') for k, p in params.items()}", "step", "sgd(lr=0.01)", 1,
        "error[GD004]: a number is not finite",
    ),
    "no variant": (
        NO_STEP + "return {k: p * 0.5 for k, p in params.items()}", "step", "sgd(lr=0.01)", 1,
        "is not sgd(lr=0.01), and no variant of it explains every step",
    ),
    "syntax": ("def f(:", "f", "sgd(lr=0.01)", 2, "does not parse: line 1"),
}  # fmt: skip


@pytest.mark.parametrize("problem", PROBLEMS)
def test_check_as_what_cannot_be_answered_gets_one_sentence(tmp_path: Path, problem: str) -> None:
    text, name, like, status, sentence = PROBLEMS[problem]
    path = written(tmp_path, text)
    answer = command("check", f"{path}:{name}" if name else path, "--as", like)
    assert answer.status == status, (answer.out, answer.err)
    assert sentence in (answer.err if status == 2 else answer.out)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--problem", "stackoverflow"], "without --problem it will do"),
        (["--steps", "3"], "without --steps it will do"),
        (["--script"], "without --script it will do"),
        (["--w", "w"], "without --w it will do"),
        (["--lr", "0.1"], "without --lr it will do"),
        (["--device", "abacus"], "--device abacus: there is no such device"),
        (["--claim", "haste"], "--claim: got 'haste'"),
    ],
)
def test_check_as_option_that_makes_no_sense_is_refused(tmp_path: Path, options: list[str], sentence: str) -> None:
    path = written(tmp_path, RIGHT["numpy sgd"][2])
    answer = command("check", f"{path}:step", "--as", "sgd(lr=0.01)", *options)
    assert answer.status == 2
    assert sentence in answer.err


def test_check_as_still_running_is_given_up(tmp_path: Path) -> None:
    path = written(tmp_path, "import time\n" + NO_STEP + "time.sleep(600)")
    answer = command("check", f"{path}:step", "--as", "sgd(lr=0.01)", "--timeout", "0.5")
    assert answer.status == 1
    assert "step 0: still running after 0.5 s" in answer.out


def test_check_optimizer_state_of_another_meaning_is_no_mistake() -> None:
    text = RIGHT["numpy folded"][2].replace("    return params, state", (
        '    shown = {q: {n: 2 * state[n][q] for n in params} for q in ("exp_avg", "exp_avg_sq")}\n'
        "    return params, (shown, State(state))"
    ))  # fmt: skip
    text = text.replace("if state is None:", "state = state and state[1].of\n    if state is None:")
    answer = checked(
        "class State:\n    def __init__(self, of):\n        self.of = of\n" + text, "numpy", "adam(lr=0.01)"
    )
    assert answer, str(answer)
    assert "its `exp_avg`, `exp_avg_sq` is not what the recurrence has under that name" in str(answer)
