"""What `import gradagree` gives: `check` of functions and files, `compare`, and nothing before it is asked for."""

from __future__ import annotations

import doctest
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gradagree
from gradagree.runtime import frameworks
from gradagree.runtime.record import record
from reference.arithmetic import Arithmetic
from reference.formats import FLOAT64
from reference.problems import cast

Loop = Callable[..., Iterator[tuple[Any, ...]]]


def loop(scale: float = 2.0, fails_at: int | None = None) -> Loop:
    """A loop that is no function of any file: a closure over what is wrong with it."""

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Iterator[tuple[Any, ...]]:
        for step in range(steps):
            if step == fails_at:
                raise RuntimeError("the cable")
            r = x @ w + b - y
            grad_w, grad_b = scale * (x.T @ r) / len(x), scale * r.mean(axis=0)
            yield w, b, grad_w, grad_b, (r**2).mean()
            w, b = w - lr * grad_w, b - lr * grad_b
        return w, b  # type: ignore[return-value]  # a generator's value

    return descend


def test_docstring_example_of_gradagree_holds() -> None:
    assert doctest.testmod(gradagree)[:2] == (0, 5)  # none of five failed


def test_check_right_function_object_agrees_with_its_judgements() -> None:
    answer = gradagree.check(loop(), steps=20)
    assert answer, answer
    assert answer.verdict is gradagree.Verdict.AGREES
    assert [judgement.verdict for judgement in answer.judgements] == [gradagree.Verdict.AGREES] * 2
    assert str(answer) == answer.message
    assert "agrees: loop.<locals>.descend is gradient descent" in str(answer)


def test_check_half_gradient_gives_its_diagnosis_and_is_false() -> None:
    answer = gradagree.check(loop(scale=1.0), steps=20)
    assert not answer
    assert answer.verdict is gradagree.Verdict.DISAGREES
    assert answer.judgements[0].violated >= {"gradient"}
    assert answer.diagnosis is not None
    assert answer.diagnosis.code == answer.code
    assert f"error[{answer.code}]" in str(answer)


def test_check_function_that_raises_is_answered() -> None:
    answer = gradagree.check(loop(fails_at=3), steps=20)
    assert answer.verdict is gradagree.Verdict.INVALID
    assert "RuntimeError: the cable" in str(answer)


def test_check_takes_a_problem_itself() -> None:
    problem = gradagree.regression("mine", *_data(), lr=0.1, steps=5)
    assert "5 steps of mine in float32" in str(gradagree.check(loop(), problem=problem, dtype="float32"))


def test_check_file_answers_as_for_the_function_in_it(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(DESCEND)
    for target in (path, f"{path}:descend"):
        assert "descend is gradient descent" in str(gradagree.check(target, steps=5))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"problem": "nowhere"}, "problem: got 'nowhere'; one of .*stackoverflow"),
        ({"dtype": "float8"}, "dtype: got 'float8'; one of float64, float32"),
        ({"framework": "abacus"}, "framework: got 'abacus'; one of"),
        ({"convention": "most"}, "convention: got 'most'; one of mse"),
        ({"device": "abacus"}, "no such device on this machine"),
        ({"x": "inputs"}, "is a function, which is handed x"),
    ],
)
def test_check_asked_for_what_there_is_not_raises_usage_error(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(gradagree.UsageError, match=sentence):
        gradagree.check(loop(), **arguments)


def test_framework_of_function_object_is_the_one_that_it_names() -> None:
    torch = pytest.importorskip("torch")

    def descend(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Iterator[tuple[Any, ...]]:
        import torch

        w, b = w.requires_grad_(), b.requires_grad_()
        for _ in range(steps):
            loss = ((x @ w + b - y) ** 2).mean()
            grad_w, grad_b = torch.autograd.grad(loss, (w, b))
            yield w, b, grad_w, grad_b, loss
            w, b = ((p - lr * g).detach().requires_grad_() for p, g in ((w, grad_w), (b, grad_b)))
        return w, b  # type: ignore[return-value]

    answer = gradagree.check(descend, steps=5)
    assert torch is not None
    assert answer, answer
    assert answer.assumed["framework"] == "torch, which it names"


def test_compare_judges_a_run() -> None:
    problem, arithmetic = cast("stackoverflow", "float64"), Arithmetic(FLOAT64, FLOAT64)
    verdicts = [
        gradagree.compare(
            gradagree.Run(record(loop(scale), problem, frameworks.framework("numpy")), problem, arithmetic)
        ).verdict
        for scale in (2.0, 1.0)
    ]
    assert verdicts == [gradagree.Verdict.AGREES, gradagree.Verdict.DISAGREES]


def test_import_brings_nothing_before_a_name_is_asked_for() -> None:
    code = "import sys, gradagree; dir(gradagree); print(*{'numpy', 'flint', 'torch', 'jax'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


def test_public_names_are_all_there_and_no_other() -> None:
    assert set(gradagree.__all__) <= set(dir(gradagree))
    assert all(getattr(gradagree, name).__doc__ for name in gradagree.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'chek'"):
        gradagree.chek  # noqa: B018


def _data() -> tuple[Any, Any, Any, Any]:
    x = np.arange(8.0)[:, None] / 8
    return x, 3 * x + 1, np.zeros((1, 1)), np.zeros(1)


ROOT = Path(__file__).parents[2]
DESCEND = """
def descend(x, y, w, b, lr, steps):
    for _ in range(steps):
        r = x @ w + b - y
        grad_w, grad_b = 2 * x.T @ r / len(x), 2 * r.mean(axis=0)
        yield w, b, grad_w, grad_b, (r**2).mean()
        w, b = w - lr * grad_w, b - lr * grad_b
    return w, b
"""
