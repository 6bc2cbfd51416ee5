"""The first way in: a function of a file."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gradagree.runtime.worker.process import HOUSE
from tests.support.checking import LOOP, Answer, changed, command, written

HALF = changed("2 / y.size", "1 / y.size")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("loops")


@pytest.fixture(scope="module")
def right(folder: Path) -> Answer:
    return command("check", f"{written(folder, LOOP)}:descend")


@pytest.fixture(scope="module")
def wrong(folder: Path) -> Answer:
    return command("check", written(folder, HALF, "half.py"))


@pytest.fixture(scope="module")
def wrong_json(folder: Path) -> Answer:
    return command("check", written(folder, HALF, "half.py"), "--json", "--problem", "probe97", "--dtype", "float32")


def test_a_right_loop_agrees_on_two_problems(right: Answer) -> None:
    assert right.status == 0
    assert "my_loop.py:descend is gradient descent\n" in right.out
    assert "500 steps of stackoverflow in float64 on cpu: 2,504 comparisons" in right.out
    assert "200 steps of probe97 in float64 on cpu" in right.out
    assert right.err == ""


def test_what_was_assumed_is_said(right: Answer) -> None:
    assert "= assumed: framework: numpy, from `import numpy`" in right.out
    assert "= assumed: dtype: float64" in right.out


def test_a_wrong_loop_gets_its_code_and_its_numbers(wrong: Answer) -> None:
    assert wrong.status == 1
    lines = wrong.out.splitlines()
    assert lines[0].startswith("error[GD120]: ")
    assert lines[1].startswith("  first wrong value: step 0, w.grad: reported -44.1538, true here -88.3076, allowed ±")
    assert lines[2].split() == ["k", "reported", "half", "the", "true", "gradient", "true", "g_k"]
    assert lines[3].split() == ["0", "-44.1538", "-44.1538", "-88.3076"]
    assert 'matches "half the true gradient" at all 500 steps, worst error/bound' in lines[6]
    assert lines[7].startswith("  next best: GD")
    assert lines[7].endswith(", rejected")
    assert any(line.startswith("  = note: confirmed on a second problem, probe97") for line in lines)
    assert lines[-1].startswith("  = help: ")


def test_no_colour_in_a_pipe(wrong: Answer) -> None:
    assert "\033" not in wrong.out


def test_json_says_the_same(wrong_json: Answer) -> None:
    assert wrong_json.status == 1
    told = wrong_json.json
    assert list(told) == ["verdict", "code", "candidates", "first_wrong", "assumed", "notes", "help", "message"]
    assert told["verdict"] == "DISAGREES"
    assert told["code"] == "GD120"
    assert told["candidates"][0] == "GD120"
    assert told["message"].startswith("error[GD120]: ")
    assert told["assumed"]["framework"].startswith("numpy")
    assert "dtype" not in told["assumed"]  # it was given
    for key, sentences in (("note", told["notes"]), ("help", told["help"])):
        assert sentences
        assert [line for line in told["message"].splitlines() if line.startswith(f"  = {key}: ")] == [
            f"  = {key}: {sentence}" for sentence in sentences
        ]


def test_json_names_the_first_wrong_number(wrong_json: Answer) -> None:
    first = wrong_json.json["first_wrong"]
    assert (first["step"], first["quantity"], first["index"]) == (0, "w.grad", [0, 0])
    assert first["got"] == pytest.approx(first["expected"] / 2)
    assert 0 < first["bound"] < abs(first["got"])


@pytest.mark.parametrize(("factor", "convention"), [("1", "half-mse"), ("2 * y.size", "sum")])
def test_a_convention_is_no_mistake_when_asked_for(tmp_path: Path, factor: str, convention: str) -> None:
    text = changed("2 / y.size", f"{factor} / y.size").replace("(e ** 2).mean()", f"(e ** 2).mean() * {factor} / 2")
    path = written(tmp_path, text)
    answer = command("check", path, "--convention", convention, "--steps", "20")
    assert answer.status == 0
    assert ("GD001: the run diverges exactly as it must" in answer.out) == (convention == "sum")
    assert command("check", path, "--steps", "20").status == 1


def test_the_convention_counts_against_a_plain_loop(tmp_path: Path) -> None:
    assert command("check", written(tmp_path, LOOP), "--convention", "half-mse", "--steps", "20").status == 1


def test_lists_will_do(tmp_path: Path) -> None:
    text = (
        LOOP.replace("for _ in", "rows = []\n    for _ in")
        .replace("yield ", "rows.append((")
        .replace(".mean()\n", ".mean()))\n")
    )
    path = written(tmp_path, text.replace("return w, b", "return tuple(map(list, zip(*rows)))"))
    assert command("check", path, "--steps", "20").status == 0


def test_parameters_alone_will_do_and_the_answer_says_what_that_costs(tmp_path: Path) -> None:
    path = written(tmp_path, changed("yield w, b, dw, db, (e ** 2).mean()", "yield w, b"))
    answer = command("check", path)
    assert answer.status == 0
    assert "no gradients were recorded" in answer.out


def test_agreeing_on_one_problem_alone_is_not_agreeing(tmp_path: Path) -> None:
    # The sum in place of the mean, and lr twice: right wherever N lr = 1, as on the classic problem.
    text = (
        changed("2 / y.size", "2").replace("w - lr * dw", "w - lr * lr * dw").replace("b - lr * db", "b - lr * lr * db")
    )
    path = written(tmp_path, text.replace("yield w, b, dw, db, (e ** 2).mean()", "yield w, b"))
    answer = command("check", path)
    assert answer.status == 1
    assert "this is the problem probe97; on stackoverflow the loop agrees, by an accident of its numbers" in answer.out


def test_a_loop_that_no_mistake_explains_gets_no_code(tmp_path: Path) -> None:
    path = written(tmp_path, changed("return w, b", "return w, b").replace("dw = 2", "dw = (1 + _ % 7 / 100) * 2"))
    answer = command("check", path, "--json")
    assert answer.status == 1
    assert answer.json["verdict"] == "DISAGREES"
    assert answer.json["code"] is None
    assert "no mistake of the catalogue explains it" in answer.json["message"]
    assert "the gradient of w is wrong" in answer.json["message"]


def test_the_whole_command_from_another_folder(tmp_path: Path) -> None:
    path = written(tmp_path, "import neighbour\n" + LOOP)
    written(tmp_path, "WORD = 1\n", "neighbour.py")
    ran = subprocess.run(
        [sys.executable, "-m", "gradagree", "check", "my_loop.py", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(HOUSE)},
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "AGREES"
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["my_loop.py", "neighbour.py"]


TORCH_IN_PLACE = """
import torch

def descend(x, y, w, b, lr, steps):
    {before}
    for _ in range(steps):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        yield w, b, w.grad, b.grad, loss
        {update}
        {clear}
    return w, b
"""
OWN = "w.requires_grad_(); b.requires_grad_()"
CLEAR = "w.grad = b.grad = None"
NO_GRAD = "with torch.no_grad(): w.sub_(w.grad, alpha=lr)"
JAX_DONATES = """
import jax
import jax.numpy as jnp
from functools import partial

@partial(jax.jit, donate_argnums={donated})
def step(w, b, x, y, lr):
    loss, (dw, db) = jax.value_and_grad(lambda w, b: ((x @ w + b - y) ** 2).mean(), argnums=(0, 1))(w, b)
    return w - lr * dw, b - lr * db, dw, db, loss, x

def descend(x, y, w, b, lr, steps):
    for _ in range(steps):
        before = jnp.copy(w), jnp.copy(b)
        w, b, dw, db, loss, kept = step(w, b, x, y, lr)
        yield *before, dw, db, loss
    return w, b
"""


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize(
    ("text", "framework"),
    [
        (changed("w = w -", "w -=").replace("b = b -", "b -="), "numpy"),
        (changed("w = w - lr * dw", "np.subtract(w, lr * dw, out=w)").replace("b = b -", "b[:] = b -"), "numpy"),
        (TORCH_IN_PLACE.format(before=OWN, update=f"{NO_GRAD}; b.data -= lr * b.grad", clear=CLEAR), "torch"),
        (TORCH_IN_PLACE.format(before=f"{OWN}; o = torch.optim.SGD([w, b], lr=lr)", update="o.step()",
                               clear="o.zero_grad()"), "torch"),
        (JAX_DONATES.format(donated="(0, 1)"), "jax"),
        (JAX_DONATES.format(donated="(0,)"), "jax"),
    ],
    ids=["numpy_minus", "numpy_out", "sub_and_data", "optim", "donated", "one_donated"],
)  # fmt: skip
def test_parameters_may_be_updated_in_place(tmp_path: Path, text: str, framework: str) -> None:
    pytest.importorskip(framework)
    found = command("check", written(tmp_path, text), "--steps", 20)
    assert found.status == 0, found.out


@pytest.mark.usefixtures("worker_here")
@pytest.mark.parametrize(
    ("text", "framework", "sentence"),
    [
        (changed("w = w -", "x *= 2; w = w -"), "numpy", "x: the array handed in was overwritten"),
        (TORCH_IN_PLACE.format(before=OWN, update=NO_GRAD, clear=f"{CLEAR}; y.add_(1)"), "torch", "y: the array"),
        (JAX_DONATES.format(donated="(0, 1, 2)"), "jax", "x: the array handed in is gone"),
    ],
    ids=["numpy", "torch", "donated"],
)
def test_data_may_not(tmp_path: Path, text: str, framework: str, sentence: str) -> None:
    pytest.importorskip(framework)
    found = command("check", written(tmp_path, text), "--steps", 1)
    assert found.status == 1
    assert sentence in found.out


def test_a_history_of_one_array_that_was_handed_in_is_recognised(tmp_path: Path) -> None:
    text = """
        import numpy as np

        def descend(x, y, w, b, lr, steps):
            ws, bs, dws, dbs = [], [], [], []
            for _ in range(steps):
                e = x @ w + b - y
                dw, db = 2 / y.size * (x.T @ e), 2 / y.size * e.sum(axis=0)
                ws.append(w); bs.append(b); dws.append(dw); dbs.append(db)
                w -= lr * dw
                b -= lr * db
            return ws, bs, dws, dbs
    """
    found = command("check", written(tmp_path, text), "--json")
    assert found.json["code"] == "GD401", found.out
