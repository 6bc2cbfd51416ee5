"""Why is my loss NaN? Every way in which scripts and functions come by NaN and infinity gets a true answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.cli.arguments import main
from gradagree.errors import UsageError
from tests.cli.test_check_script import Checked
from tests.support.checking import LOOP, changed, command, written

# What a test puts in: DATA after x and y, START after w and b, RATE and LOSS anywhere, AFTER behind the gradient.
TORCH = """
import torch
torch.manual_seed(1)
x = torch.linspace(1, 10, 12).reshape(12, 1)
y = 3 * x - 1 + torch.sin(5 * x)
DATA
w = torch.tensor([0.25], requires_grad=True)
b = torch.tensor([0.5], requires_grad=True)
START
NAMED
for i in range(14):
    r = w * x + b - y
    loss = LOSS
    loss.backward()
    AFTER
    with torch.no_grad():
        w -= RATE * w.grad
        b -= RATE * b.grad
    w.grad = b.grad = None
"""
OPTIMIZER = """
import torch
from torch import nn
torch.manual_seed(1)
x = torch.linspace(1, 10, 12).reshape(12, 1)
y = 3 * x - 1 + torch.sin(5 * x)
DATA
model = nn.Linear(1, 1)
w, b = model.weight, model.bias
START
optimizer = torch.optim.SGD(model.parameters(), lr=NUMBER)
for i in range(14):
    optimizer.zero_grad()
    r = model(x) - y
    loss = LOSS
    loss.backward()
    AFTER
    optimizer.step()
"""
JAX = """
import jax
import jax.numpy as jnp
x = jnp.linspace(1.0, 10.0, 12).reshape(12, 1)
y = 3 * x - 1 + jnp.sin(5 * x)
DATA
w, b = jnp.array([0.25]), jnp.array([0.5])
START
NAMED
def cost(w, b, x, y):
    r = w * x + b - y
    return LOSS
for i in range(14):
    loss, (dw, db) = jax.value_and_grad(cost, argnums=(0, 1))(w, b, x, y)
    AFTER
    w = w - RATE * dw
    b = b - RATE * db
"""
JITTED = JAX.replace("jax.value_and_grad(cost, argnums=(0, 1))", "step").replace(
    "for i", "step = jax.jit(jax.value_and_grad(cost, argnums=(0, 1)))\nfor i"
)
WAYS = {
    "torch, lr": (TORCH, "lr"),
    "torch, learning_rate": (TORCH, "learning_rate"),
    "torch, unnamed": (TORCH, ""),
    "torch, optimizer": (OPTIMIZER, ""),
    "jax, lr": (JAX, "lr"),
    "jax, learning_rate": (JAX, "learning_rate"),
    "jax, unnamed": (JAX, ""),
    "jax, jitted": (JITTED, "lr"),
}
MEAN = {"torch": "(r ** 2).mean()", "jax": "jnp.mean(r ** 2)"}
FINE, STEEP = "0.001", "500.0"


def filled(way: str, number: str = FINE, data: str = "", start: str = "", loss: str = "", after: str = "") -> str:
    text, name = WAYS[way]
    named = f"{name} = {number}" if name else ""
    text = text.replace("NAMED", named).replace("RATE", name or number).replace("NUMBER", number)
    text = text.replace("DATA", data).replace("START", start)
    return text.replace("LOSS", loss or MEAN[way.split(",")[0]]).replace("AFTER", after or "pass")


def framework(way: str) -> str:
    return way.split(",")[0]


each_way = pytest.mark.parametrize("way", WAYS)


@each_way
def test_check_rate_beyond_the_limit_is_why(check: Checked, way: str) -> None:
    found = check(filled(way, STEEP), framework(way))
    assert found.verdict is Verdict.AGREES, found.message
    cause = found.finding.notes[0]
    assert cause.startswith("GD001: the run diverges exactly as it must: lr = 500 is beyond 2/λmax = 0.0")
    assert any("the loss left the range of float32 at step " in note for note in found.finding.notes)
    assert found.assumed["lr"].startswith("500, ")


@each_way
@pytest.mark.parametrize("stop", ["assert loss == loss, 'loss is NaN'", "if not loss.item() < 1e30: break"])
def test_check_script_that_stops_at_nan_is_told_why_too(check: Checked, way: str, stop: str) -> None:
    found = check(filled(way, STEEP, after=stop), framework(way))
    assert any(note.startswith("GD001: ") for note in found.finding.notes), found.message
    assert found.verdict is (Verdict.INVALID if "assert" in stop else Verdict.AGREES)


@each_way
def test_check_loop_left_between_gradient_and_update_is_right(check: Checked, way: str) -> None:
    found = check(filled(way, after="if i == 9: break"), framework(way))
    assert found.verdict is Verdict.AGREES, found.message
    assert "the last gradient was taken, and no update followed it" in found.finding.notes


# Each number that is not finite, by what makes it: the code and the sentences that name it.

ROWS = {
    "torch": {
        "y[3] = float('nan')": ["y holds NaN in 1 of its 12 rows: row 3, counted from 0"],
        "x[2] = float('nan'); x[7] = float('nan')": ["x holds NaN in 2 of its 12 rows: rows 2 and 7, counted from 0"],
        "x[0] = float('inf')": ["x holds infinity in 1 of its 12 rows: row 0, counted from 0"],
        "y[4] = float('-inf'); x[1] = float('nan')": ["x holds NaN in 1 of its", "y holds infinity in 1 of its"],
        "x = (x - x.mean()) / (x * 0)": ["x holds infinity in 12 of its 12 rows: rows 0, 1, 2, 3, 4, 5, 6, 7 and 4"],
    },
    "jax": {
        "y = y.at[3].set(jnp.nan)": ["y holds NaN in 1 of its 12 rows: row 3, counted from 0"],
        "x = x.at[jnp.array([2, 7])].set(jnp.nan)": ["x holds NaN in 2 of its 12 rows: rows 2 and 7, counted from 0"],
        "x = x.at[0].set(jnp.inf)": ["x holds infinity in 1 of its 12 rows: row 0, counted from 0"],
        "x, y = x.at[1].set(jnp.nan), y.at[4].set(-jnp.inf)": ["x holds NaN in 1 of its", "y holds infinity in 1 of"],
        "x = (x - x.mean()) / (x * 0)": ["x holds infinity in 12 of its 12 rows"],
    },
}
STARTS = {
    "torch": {"w.data[0] = float('nan')": "NaN", "w.data[0] = float('inf')": "inf"},
    "jax": {"w = w * jnp.nan": "NaN", "w = w / 0": "inf"},
}
# Of the same value as the mean of squares, and with no derivative where a residual is 0: at the first row, below.
ROOTS = {"torch": "(torch.sqrt(r ** 2) ** 2).mean()", "jax": "jnp.mean(jnp.sqrt(r ** 2) ** 2)"}
FIRST_ROW = {
    "torch": "with torch.no_grad(): y[0] = (w[0] * x[0] + b[0]).detach()",
    "jax": "y = y.at[0].set(w * x[0] + b)",
}
BREAKS = {"torch": "if i == 5: b.grad *= 0.0 * float('inf')", "jax": "if i == 5: db = db * 0.0 * float('inf')"}
FIRST = "first value that is not finite: "
HALF = "w, b = (p.detach().half().requires_grad_() for p in (w, b))"
SEVERAL_TARGETS = """
import torch
from torch import nn
x = torch.linspace(-1, 1, 30).reshape(10, 3)
y = torch.stack([x.sum(dim=1), x.prod(dim=1)], dim=1)
y[6, 1] = float("nan")
model = nn.Linear(3, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
for _ in range(9):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
"""


def not_finite() -> Iterator[tuple[str, str, str, list[str]]]:
    for way in WAYS:
        name = framework(way)
        for data, sentences in ROWS[name].items():
            yield way, filled(way, data=data), "GD003", [*(f"it: {told}" for told in sentences), f"{FIRST}loss is "]
        for start, value in STARTS[name].items():
            sentence = f"it: w[0, 0] is {value} at the start, before any update"
            yield way, filled(way, start=start), "GD003", [sentence]
        if WAYS[way][1]:
            for number, value in (("float('nan')", "NaN"), ("float('inf')", "inf")):
                rate = f"the learning rate `{WAYS[way][1]}` is {value}"
                yield way, filled(way, number), "GD003", [rate, "after the update of step 0"]
        root = [f"{FIRST}step 0, w.grad: reported NaN, true here -", "set_detect_anomaly"]
        yield way, filled(way, start=FIRST_ROW[name], loss=ROOTS[name]), "GD004", root
        yield way, filled(way, after=BREAKS[name]), "GD004", [f"{FIRST}step 5, b: reported NaN, true here "]
    beyond = ["x holds infinity in 5 of its 12 rows: rows 7, 8, 9, 10 and 11, counted from 0"]
    yield "torch", filled("torch, lr", data="x, y = (x * 10000).half(), y.half()", start=HALF), "GD003", beyond
    yield "torch", SEVERAL_TARGETS, "GD003", ["y holds NaN in 1 of its 10 rows: row 6"]


@pytest.mark.parametrize(("way", "text", "code", "sentences"), [*not_finite()])
def test_check_number_that_is_not_finite_is_named(
    check: Checked, way: str, text: str, code: str, sentences: list[str]
) -> None:
    found = check(text, framework(way))
    assert (found.verdict, found.code, found.status) == (Verdict.INVALID, code, 1), found.message
    for sentence in sentences:
        assert sentence in found.message
    if "sqrt" in text:
        wrong = found.first_violation
        assert wrong is not None
        assert (wrong.quantity, wrong.step, wrong.parameter) == ("gradient", 0, "w")


MASKED = {"data": "y[3] = float('nan')", "loss": "(r[~torch.isnan(y)] ** 2).mean()"}


@pytest.mark.parametrize(
    ("way", "choices", "sentence"),
    [
        # A loss that is no least squares is not judged; which number was NaN first, and where, is seen all the same.
        ("torch, lr", {"loss": "torch.exp(2 * torch.log(r)).mean()"},
         r"passes through `exp` \(its loss is NaN at step 0, the first number that is"),
        ("torch, lr", {"loss": "torch.exp(40 * r * r).mean()"},
         r"passes through `exp` \((its loss|`w`|the gradient of `w`) is (inf|NaN) at"),
        ("torch, lr", {"number": "1e-9", "loss": "torch.exp(r / 100).mean()"}, "passes through `exp`; a script"),
        # Rows that count in the mean alone.
        ("torch, lr", {**MASKED, "loss": "(r[~torch.isnan(y)] ** 2).sum() / 12"},
         "its gradients are finite, though not all rows of x and y are"),
        ("torch, unnamed", {"number": "1e300"}, "the first of which is not finite; --lr VALUE will do"),
        ("jax, unnamed", {"number": "1e300"}, "the first of which is not finite; --lr VALUE will do"),
    ],
)  # fmt: skip
def test_check_what_is_not_judged_is_refused(check: Checked, way: str, choices: dict[str, str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        check(filled(way, **choices), framework(way))


@pytest.mark.parametrize(("number", "diverges"), [("0.01", True), ("0.0001", False)])
def test_check_sum_is_told_its_own_limit(check: Checked, number: str, diverges: bool) -> None:
    found = check(filled("torch, lr", number, loss="(r ** 2).sum()"), "torch", convention="mse")
    assert (found.verdict, found.code) == (Verdict.DISAGREES, "GD121"), found.message
    limit = "GD001: the run diverges as its gradients must: lr = 0.01 is beyond 2/(12 λmax) = "
    assert any(note.startswith(limit) for note in found.finding.notes) == diverges
    assert ("GD001" in found.message) == diverges


def test_check_float64_that_diverges_beyond_its_range(check: Checked) -> None:
    text = filled("torch, unnamed", STEEP).replace("range(14)", "range(70)").replace("import torch\n", (
        "import torch\ntorch.set_default_dtype(torch.float64)\n"), 1)  # fmt: skip
    try:
        found = check(text, "torch")
    finally:
        import torch

        torch.set_default_dtype(torch.float32)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.finding.notes[0].startswith("GD001: ")
    assert any("left the range of float64" in note for note in found.finding.notes)


@pytest.mark.parametrize("way", ["torch, lr", "torch, unnamed"])
def test_check_float16_that_the_exact_numbers_leave(check: Checked, way: str) -> None:
    found = check(filled(way, data="x, y = (x * 30).half(), (y * 30).half()", start=HALF), "torch")
    assert found.verdict in (Verdict.AGREES, Verdict.INCONCLUSIVE), found.message
    assert any(note.endswith("and float16 ends at 65504") for note in found.finding.notes), found.message


def test_check_rows_that_a_mask_leaves_out_are_right(check: Checked) -> None:
    found = check(filled("torch, lr", **MASKED), "torch")
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["rows"] == "all but row 3, which hold NaN or infinity"


@pytest.mark.parametrize(("sign", "code"), [("-=", "GD202"), ("+=", None)])
def test_check_rate_below_zero_is_answered(check: Checked, sign: str, code: str | None) -> None:
    found = check(filled("torch, lr", "-0.001").replace("-=", sign), "torch")
    assert found.verdict is (Verdict.DISAGREES if code else Verdict.AGREES), found.message
    assert found.code == code


# A function is handed its data: what is not finite is its own doing, or its rate's.


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (changed("db = 2", "db = (np.nan if _ == 7 else 1) * 2"), "step 7, b.grad: reported NaN, true here "),
        (changed("dw = 2", "dw = (np.inf if _ == 7 else 1) * 2"), "step 7, w.grad: reported -inf, true here -"),
        (changed("    for", "    w = w * np.nan\n    for"), "step 0, w: reported NaN, true here 0.498786"),
        (changed("b - lr * db", "b - (np.nan if _ == 2 else lr) * db"), "step 2, b: reported NaN, true here "),
        (changed("(e ** 2).mean()", "np.log(-(e ** 2).mean())"), "step 0, loss: reported NaN, true here 2"),
    ],
)
def test_a_number_of_a_function_that_is_not_finite_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    answer = command("check", written(tmp_path, text), "--steps", 20, "--json")
    assert answer.status == 1
    told = answer.json
    assert (told["verdict"], told["code"], told["candidates"]) == ("INVALID", "GD004", ["GD004"])
    assert f"first value that is not finite: {sentence}" in told["message"]
    assert told["first_wrong"]["got"] in ("nan", "-inf")
    assert isinstance(told["first_wrong"]["expected"], float)


def test_a_function_that_diverges_beyond_its_range(tmp_path: Path) -> None:
    answer = command("check", written(tmp_path, LOOP), "--problem", "diverging", "--steps", 2000)
    assert answer.status == 0
    assert "GD001: the run diverges exactly as it must: lr = 0.2 is beyond 2/λmax = 0.1128" in answer.out
    assert "left the range of float64" in answer.out


def test_a_mistake_and_a_number_that_is_not_finite_are_both_told(tmp_path: Path) -> None:
    text = changed("2 / y.size", "1 / y.size").replace("w - lr * dw", "w - (np.nan if _ == 30 else lr) * dw")
    answer = command("check", written(tmp_path, text), "--steps", 60)
    assert answer.out.startswith("error[GD120]: ")
    assert "first value that is not finite: step 30, w: reported NaN" in answer.out
    assert "first wrong value: step 0, w.grad: reported -44" in answer.out


# What fails in gradagree itself is one sentence, and no verdict.


def test_a_failure_of_ours_is_one_sentence_and_a_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("our own doing")

    monkeypatch.setattr("gradagree.cli.function.compare", broken)
    path = written(tmp_path, LOOP)
    answer = command("check", path)
    assert (answer.status, answer.out) == (4, "")
    (line, help_) = answer.err.splitlines()
    assert line.startswith(f"error: {path}: gradagree itself failed with ZeroDivisionError: our own doing (test_")
    assert line.endswith("), which says nothing of the code")
    assert help_.startswith("  = help: ")
    as_json = command("check", path, "--json")
    assert (as_json.status, as_json.json["verdict"], as_json.json["code"]) == (4, "NOT RUN", None)


def test_a_failure_while_watching_is_ours_and_not_the_scripts(tmp_path: Path) -> None:
    """A variable whose attributes cannot be looked at, while the names of a script's arrays are looked up."""
    pytest.importorskip("jax")
    text = JAX_WITH_A_TRAP.replace("LOSS", MEAN["jax"])
    answer = command("check", written(tmp_path, text))
    assert answer.status == 4
    assert "gradagree itself failed with OwnError: ValueError: hands off, while it watched" in answer.err
    assert answer.err.count("\n") == 2


JAX_WITH_A_TRAP = (
    filled("jax, lr").replace("range(14)", "range(3)")
    + """
class Shy:
    def __getattribute__(self, name):
        raise ValueError("hands off")
shy = Shy()
"""
)


def test_a_reader_that_has_had_enough_is_not_our_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("builtins.print", gone)
    with pytest.raises(BrokenPipeError):
        main(["list"])
