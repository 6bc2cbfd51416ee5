"""The second way in: scripts as they stand. Watched in this process, since what is watched is the point here."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.cli.outcome import Outcome
from gradagree.errors import UsageError
from tests.support.checking import TIME_IS_UP, command, written

Checked = Callable[..., Outcome]

TORCH = """
import torch
torch.manual_seed(0)
x = torch.rand(30, 1) * 5
y_obs = 2.3 + 5.1 * x + 0.2 * torch.randn(30, 1)
w = torch.randn(1, requires_grad=True)
b = torch.randn(1, requires_grad=True)
lr = 0.01
for i in range(20):
    loss = ((w * x + b - y_obs) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = b.grad = None
"""

JAX = """
import jax
import jax.numpy as jnp
x = jnp.linspace(0., 5., 30)
y = 2.3 + 5.1 * x + jnp.sin(40 * x)
def loss(w, b, x, y):
    return jnp.mean((w * x + b - y) ** 2)
w, b, lr = 0.5, -0.5, 0.01
for i in range(6):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b, x, y)
    w = w - lr * dw
    b = b - lr * db
"""


def changed(old: str, new: str, text: str = TORCH) -> str:
    assert old in text
    return text.replace(old, new)


def test_a_plain_script_agrees_and_says_what_it_took_for_what(check: Checked) -> None:
    found = check(TORCH)
    assert found.verdict is Verdict.AGREES
    assert found.assumed == {
        "x": "`x`, which the parameters multiply",
        "y": "`y_obs`, which the prediction is compared with",
        "w": "`w`, multiplied by x",
        "b": "`b`, added to x's product",
        "lr": "0.01, `lr`, which explains every update",
        "dtype": "float32, that of `w`",
    }
    assert "20 steps of its own data in float32 on cpu: 104 comparisons" in found.message


@pytest.mark.parametrize(
    "change",
    [
        ("lr * ", "1e-2 * "),
        ("w * x + b", "x @ w[:, None] + b"),
        ("((w * x + b - y_obs) ** 2).mean()", "torch.nn.functional.mse_loss(torch.add(b, torch.mul(x, w)), y_obs)"),
        ("(w * x + b - y_obs) ** 2", "-(y_obs - w * x - b) * (w * x + b - y_obs)"),
        ("w.grad = b.grad = None", "w.grad.zero_(); b.grad.zero_()"),
        ("    with torch.no_grad():\n        w -= lr * w.grad\n        b -= lr * b.grad",
         "    w.data.sub_(lr * w.grad); b.data.sub_(lr * b.grad)"),
        ("loss.backward()", "torch.autograd.backward([loss])"),
        ("    loss.backward()\n", "    w.grad, b.grad = torch.autograd.grad(loss, [w, b])\n"),
        ("30", "1"),
    ],
)  # fmt: skip
def test_many_ways_to_write_the_right_one(check: Checked, change: tuple[str, str]) -> None:
    found = check(changed(*change)) if change[0] != "30" else check(changed("i in range(20)", "i in range(6)"))
    assert found.verdict is Verdict.AGREES, found.message


def test_parameters_made_anew_at_each_step(check: Checked) -> None:
    rebound = textwrap.dedent("""
        w = (w.detach() - lr * w.grad).requires_grad_()
        b = (b.detach() - lr * b.grad).requires_grad_()
    """)
    text = TORCH[: TORCH.index("    with torch")] + textwrap.indent(rebound, "    ")
    assert check(text).verdict is Verdict.AGREES
    in_graph = "    w = w - lr * w.grad\n    b = b - lr * b.grad\n    w.retain_grad(); b.retain_grad()\n"
    assert check(TORCH[: TORCH.index("    with torch")] + in_graph).verdict is Verdict.AGREES


def test_a_module_whose_weight_is_transposed(check: Checked) -> None:
    found = check("""
        import torch
        torch.manual_seed(0)
        X = torch.rand(12, 3)
        Y = X @ torch.rand(3, 2) + 0.5
        def train(epochs):
            model = torch.nn.Linear(3, 2)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for _ in range(epochs):
                optimizer.zero_grad()
                torch.nn.MSELoss()(model(X), Y).backward()
                optimizer.step()
        train(8)
    """)
    assert found.verdict is Verdict.AGREES
    assert found.assumed["w"] == "`model.weight`, multiplied by x"
    assert found.assumed["lr"] == "0.1, `optimizer.param_groups[0]['lr']`, which explains every update"


def test_a_column_of_ones_for_the_intercept(check: Checked) -> None:
    found = check("""
        import torch
        A = torch.stack([torch.ones(9, dtype=torch.float64), torch.arange(9, dtype=torch.float64)], dim=1)
        target = A @ torch.tensor([1., 2.], dtype=torch.float64)
        theta = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        for _ in range(7):
            r = A @ theta - target
            (r.dot(r) / len(r)).backward()
            theta.data -= 0.02 * theta.grad
            theta.grad = None
    """)
    assert found.verdict is Verdict.AGREES
    assert found.assumed["b"] == "`theta[0]`, since column 0 of x is all ones"
    assert found.assumed["lr"] == "0.02, which explains every update"
    assert found.assumed["dtype"] == "float64, that of `theta`"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("w.grad = b.grad = None", "pass"), "GD101"),
        (("loss.backward()", "loss.backward(retain_graph=True); loss.backward()"), "GD105"),
        (("for i", "((w * x + b - y_obs) ** 2).mean().backward()\nfor i"), "GD104"),
        (("w -= lr * w.grad\n        b -= lr * b.grad", "pass"), "GD201"),
        (("w -=", "w +=")
         , "GD202"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_script_gets_its_code(check: Checked, change: tuple[str, str], code: str) -> None:
    text = changed(*change)
    found = check(text.replace("b -=", "b +=") if code == "GD202" else text)
    assert found.verdict is Verdict.DISAGREES
    assert found.code == code, found.message


def test_a_rate_of_its_own_that_the_script_does_not_follow(check: Checked) -> None:
    found = check(changed("lr * ", "2 * lr * "))
    assert found.verdict is Verdict.DISAGREES
    assert found.assumed["lr"] == "0.01, `lr`, though it does not explain the updates"
    assert "= note: a learning rate of 0.02 would explain every update" in found.message


def test_the_rate_that_is_given_counts(check: Checked) -> None:
    assert check(changed("lr * ", "2 * lr * "), lr=0.02).verdict is Verdict.AGREES
    assert check(TORCH, lr=0.02).verdict is Verdict.DISAGREES


def test_names_that_are_given_count(check: Checked) -> None:
    text = changed("lr = 0.01", "lr = 0.01\nclean = 2.3 + 5.1 * x")
    assert check(text, y="y_obs").verdict is Verdict.AGREES
    found = check(text, y="clean")
    assert found.verdict is Verdict.DISAGREES
    assert found.assumed["y"] == "`clean`, as --y says"


CONVENTIONS = {
    "half-mse": (".mean() / 2", "GD120"),
    "sum": (".sum()", "GD121"),
    "half-sum": (".sum() / 2", None),
}


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_a_script_that_says_nothing_of_its_loss_may_take_any_multiple_of_it(check: Checked, convention: str) -> None:
    """And is held to the one that is asked for, where one is."""
    loss, code = CONVENTIONS[convention]
    text = changed(".mean()", loss)
    found = check(text)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["convention"].startswith(f"{convention}, ")
    assert found.assumed["convention"].endswith(", of which every gradient is")
    asked_for = check(text, convention=convention)
    assert asked_for.verdict is Verdict.AGREES
    assert asked_for.assumed["convention"] == f"{convention}, as --convention says"
    other = check(text, convention="mse")
    assert other.verdict is Verdict.DISAGREES
    assert code is None or other.code == code


def test_of_a_sum_it_is_said_what_that_does_to_the_rate(check: Checked) -> None:
    entries = 30
    sentence = f"of a sum over {entries} numbers, the largest stable learning rate is {entries} times smaller"
    assert sentence in check(changed(".mean()", ".sum()")).message
    assert "times smaller" not in check(changed(".mean()", ".mean() / 2")).message


def test_no_other_multiple_is_a_convention(check: Checked) -> None:
    assert check(changed(".mean()", ".mean() / 3")).verdict is Verdict.DISAGREES


def test_the_clean_target_is_remarked_on(check: Checked) -> None:
    found = check(changed("y_obs) ** 2", "y) ** 2").replace("lr = 0.01", "lr = 0.01\ny = 2.3 + 5.1 * x"))
    assert "the loss compares with `y`, and `y_obs` is in no loss" in found.message


def test_an_exception_keeps_what_was_right_before_it(check: Checked) -> None:
    found = check(changed("    loss.backward()", "    loss = loss if i < 3 else loss.detach()\n    loss.backward()"))
    assert found.verdict is Verdict.INVALID
    assert found.code in ("GD506", "GD507")
    assert "step 3: raised RuntimeError: element 0 of tensors does not require grad" in found.message
    assert "= note: the 3 steps before are exact gradient descent" in found.message


def test_the_start_at_the_minimiser_tells_nothing(check: Checked) -> None:
    text = changed("w = torch.randn(1, requires_grad=True)\nb = torch.randn(1, requires_grad=True)", textwrap.dedent("""
        A = torch.cat([x, torch.ones_like(x)], dim=1)
        w, b = torch.linalg.lstsq(A.double(), y_obs.double()).solution.float()
        w.requires_grad_(); b.requires_grad_()
    """))  # fmt: skip
    found = check(text)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.status == 3
    assert found.message.startswith("inconclusive: it: nothing contradicts gradient descent, but nothing could")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("loss.backward()", "break"), "never calls backward() or torch.autograd.grad"),
        (("w * x + b - y_obs", "w * x[i:] + b - y_obs[i:]"), "gradient 1 is not taken on the data of gradient 0"),
        (("w * x + b", "w * x + b + c"), "all receive gradients; a line has w and b alone"),
        (("w * x + b", "w * x + b + torch.zeros(1, requires_grad=True)"), "received none before (one without a name)"),
        (("w * x + b", "w * x"), "--b NAME"),
        (("lr = 0.01", "pass"), "--lr VALUE will do"),
    ],
)
def test_what_cannot_be_told_is_asked_for(check: Checked, change: tuple[str, str], sentence: str) -> None:
    text = changed(*change)
    if "+ c" in text:
        text = text.replace("lr = 0.01", "lr = 0.01\nc = torch.zeros(1, requires_grad=True)")
    if sentence.startswith("--lr"):
        text = text.replace("-= lr *", "+= 0.01 *")
    if sentence.startswith("--b"):
        text = text.replace("b = torch.randn(1, requires_grad=True)\n", "").replace("        b -= lr * b.grad\n", "")
        text = text.replace("w.grad = b.grad = None", "w.grad = None")
    with pytest.raises(UsageError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        check(text)


@pytest.mark.parametrize("role", ["x", "y", "w", "b"])
def test_a_name_that_is_not_there(check: Checked, role: str) -> None:
    with pytest.raises(UsageError, match=f"--{role} nobody"):
        check(TORCH, **{role: "nobody"})


@pytest.mark.parametrize(
    "text",
    [
        JAX,
        JAX.replace("jax.grad(loss, argnums=(0, 1))", "jax.jit(jax.grad(loss, argnums=(0, 1)))"),
        JAX.replace("dw, db = jax.grad(", "_, (dw, db) = jax.value_and_grad("),
        JAX.replace("def loss(w, b, x, y)", "def loss(p, q, r, s)").replace("(w * x + b - y)", "(p * r + q - s)"),
        JAX.replace("def loss(w, b, x, y)", "def loss(w, b)").replace("(w, b, x, y)", "(w, b)"),
        JAX.replace("(w, b, x, y):", "(p, x, y):\n    w, b = p")
        .replace("argnums=(0, 1)", "0")
        .replace("(w, b, x", "([w, b], x"),
    ],
)
def test_jax_scripts(check: Checked, text: str) -> None:
    found = check(text, "jax")
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["x"].startswith(("`x`", "`r`"))
    assert found.assumed["y"].startswith(("`y`", "`s`"))


def test_a_jax_script_that_forgets_the_factor(check: Checked) -> None:
    assert check(JAX.replace("jnp.mean(", "0.5 * jnp.mean("), "jax", convention="mse").code == "GD120"


def test_torch_is_left_as_it_was(check: Checked) -> None:
    torch = pytest.importorskip("torch")
    before = torch.autograd.backward, torch.autograd.grad
    check(TORCH)
    assert (torch.autograd.backward, torch.autograd.grad) == before


def test_jax_is_left_as_it_was(check: Checked) -> None:
    jax = pytest.importorskip("jax")
    before = jax.grad, jax.value_and_grad
    check(JAX, "jax")
    assert (jax.grad, jax.value_and_grad) == before


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("n = input()", "asks for input, and nobody is there to answer"),
        ("raise SystemExit(3)", "ends the process (sys.exit, status 3)"),
    ],
)
def test_a_script_in_its_own_process(tmp_path: Path, statement: str, sentence: str) -> None:
    pytest.importorskip("jax")
    found = command("check", written(tmp_path, JAX.replace("for i", f"{statement}\nfor i")))
    assert found.status == 1
    assert f"{sentence}, line 8: `{statement}`" in found.out


def test_a_script_that_runs_forever(tmp_path: Path) -> None:
    pytest.importorskip("jax")
    forever = JAX.replace(
        "for i in range(6):", "import itertools\nfor i in itertools.count():\n    i < 6 or time_is_up()"
    )
    found = command("check", written(tmp_path, TIME_IS_UP + forever))
    assert found.status == 1
    assert "step 6: still running after 60 s" in found.out
    assert "every gradient and update of 6 steps is that of gradient descent" in found.out
    assert "= help: a loop that ends sooner, or a higher --timeout" in found.out
