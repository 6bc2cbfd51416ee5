"""Scripts that are right, or another thing than least squares: none is accused, and a refusal says what was seen."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest

from gradagree.checking.verdict import Verdict
from gradagree.errors import UsageError
from tests.cli.test_check_script import JAX, TORCH, Checked, changed
from tests.support.checking import watched, written

# Several features and several targets; {start} makes w and b, {predict} the prediction.
WIDE = """
import torch
torch.manual_seed(1)
x = torch.rand(40, {d})
y = x @ torch.rand({d}, {m}) + 0.5
{start}
w.requires_grad_()
b = torch.zeros({m}, requires_grad=True)
lr = 0.05
for i in range(12):
    loss = (({predict} - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= lr * w.grad
        b -= lr * b.grad
    w.grad = b.grad = None
"""
WIDE_JAX = """
import jax, jax.numpy as jnp
x = jnp.sin(jnp.arange(40. * {d})).reshape(40, {d})
y = jnp.cos(jnp.arange(40. * {m})).reshape(40, {m})
{start}
b = jnp.zeros({m})
lr = 0.05
def loss(w, b):
    return jnp.mean(({predict} - y) ** 2)
for i in range(12):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    w, b = w - lr * dw, b - lr * db
"""


def refused(check: Checked, text: str, sentence: str, framework: str = "torch") -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        check(text, framework)


@pytest.mark.parametrize(
    "change",
    [
        ("w, b, lr = 0.5, -0.5, 0.01", "w = 0.0; b = 0.0; lr = 0.01"),
        ("w, b, lr = 0.5, -0.5, 0.01", "w = b = jnp.zeros(()); lr = 0.01"),
        ("w, b, lr = 0.5, -0.5, 0.01", "import numpy as np\nw = b = np.float32(0.25); lr = 0.01"),
        ("w, b, lr = 0.5, -0.5, 0.01", "zero = 0.0\nw, b, lr = zero, zero, 0.01\nbest = zero"),
        ("w, b, lr = 0.5, -0.5, 0.01", "w, b, lr = 0.0, 0.0, 0.01\nx = y = jnp.linspace(0., 5., 30)"),
    ],
)
def test_one_object_for_two_parameters_is_two_parameters(check: Checked, change: tuple[str, str]) -> None:
    found = check(changed(*change, JAX), "jax")
    assert found.verdict is Verdict.AGREES, found.message


def test_one_object_whose_parameters_never_part_is_not_guessed_at(check: Checked) -> None:
    text = JAX.replace("loss(w, b, x, y)", "loss(p, q, x, y)").replace("(w * x + b - y)", "(p * x + q - y)")
    text = text.replace("w, b, lr = 0.5, -0.5, 0.01", "w = 0.0; b = 0.0; lr = 0.01").replace("range(20)", "range(1)")
    assert check(text, "jax", lr=0.01).verdict is not Verdict.DISAGREES


def test_one_tensor_that_multiplies_and_is_added_is_refused(check: Checked) -> None:
    refused(check, changed("w * x + b", "w * x + w + 0 * b"), "`w` both multiplies data and is added")


@pytest.mark.parametrize(
    "statement",
    [
        "import jax; key = jax.random.key(0)",
        "import jax; keys = {'init': jax.random.split(jax.random.key(0), 3)}",
        "import numpy as np; words = np.array(['a', None], dtype=object)",
        "import numpy as np; table = np.zeros(3, dtype=[('a', 'f4'), ('b', 'i4')])",
        "gone = jnp.arange(3.); gone.delete()",
        "phase = jnp.exp(1j * jnp.arange(3.))",
    ],
)
def test_what_cannot_be_copied_in_jax_is_passed_over(check: Checked, statement: str) -> None:
    found = check(changed("for i in", f"{statement}\nfor i in", JAX), "jax")
    assert found.verdict is Verdict.AGREES, found.message


@pytest.mark.parametrize(
    "statement",
    [
        "held = torch.eye(3).to_sparse()",
        "held = torch.empty(3, device='meta')",
        "held = torch.quantize_per_tensor(torch.rand(3), 0.1, 0, torch.qint8)",
        "held = [torch.polar(torch.ones(3), torch.ones(3))]",
        "held = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])",
        "class Odd:\n    def __getattr__(self, name): raise RuntimeError(name)\nheld = Odd()",
    ],
)
def test_what_cannot_be_copied_in_torch_is_passed_over(check: Checked, statement: str) -> None:
    quiet = "import warnings; warnings.simplefilter('ignore')"  # of what PyTorch will no longer have one day
    found = check(changed("for i in", f"{quiet}\n{statement}\nfor i in"))
    assert found.verdict is Verdict.AGREES, found.message


def test_sparse_data_are_data(check: Checked) -> None:
    found = check(
        WIDE.format(d=3, m=2, start="s, w = x.to_sparse(), torch.rand(3, 2)", predict="torch.sparse.mm(s, w) + b")
    )
    assert found.verdict is Verdict.AGREES, found.message


@pytest.mark.parametrize(("d", "m"), [(3, 2), (2, 2), (3, 1), (1, 3)])
@pytest.mark.parametrize(
    ("turned", "predict"),
    [
        (True, "x @ w.t() + b"),
        (True, "x @ w.T + b"),
        (True, "torch.matmul(x, w.transpose(0, 1)) + b"),
        (True, "torch.mm(x, w.permute(1, 0)) + b"),
        (True, "torch.nn.functional.linear(x, w, b)"),
        (True, "torch.addmm(b, x, w.mT)"),
        (True, "torch.einsum('nd,md->nm', x, w) + b"),
        (True, "(w @ x.T).T + b"),
        (False, "torch.addmm(b, x, w)"),
        (False, "torch.einsum('nd,dm->nm', x, w) + b"),
        (False, "torch.nn.functional.linear(x, w.T, b)"),
        (False, "(w.T @ x.T).T + b"),
    ],
)
def test_a_weight_may_lie_either_way(check: Checked, d: int, m: int, turned: bool, predict: str) -> None:
    shape = (m, d) if turned else (d, m)
    found = check(WIDE.format(d=d, m=m, start=f"w = torch.rand{shape}", predict=predict))
    assert found.verdict is Verdict.AGREES, found.message


@pytest.mark.parametrize(("d", "m"), [(3, 2), (2, 2), (3, 1)])
@pytest.mark.parametrize(
    ("turned", "predict"),
    [
        (True, "x @ w.T + b"),
        (True, "jnp.dot(x, jnp.transpose(w)) + b"),
        (True, "jnp.einsum('nd,md->nm', x, w) + b"),
        (True, "(w @ x.T).T + b"),
        (False, "jnp.dot(x, w) + b"),
        (False, "jnp.matmul(w.T, x.T).T + b"),
    ],
)
def test_a_weight_may_lie_either_way_in_jax(check: Checked, d: int, m: int, turned: bool, predict: str) -> None:
    shape = (m, d) if turned else (d, m)
    start = f"w = jnp.sin(jnp.arange({d * m}.)).reshape{shape}"
    found = check(WIDE_JAX.format(d=d, m=m, start=start, predict=predict), "jax")
    assert found.verdict is Verdict.AGREES, found.message


def test_features_may_come_first(check: Checked) -> None:
    text = WIDE.format(
        d=3, m=2, start="x, y, w = x.T.contiguous(), y.T.contiguous(), torch.rand(2, 3)", predict="w @ x + b"
    )
    found = check(text.replace("torch.zeros(2,", "torch.zeros(2, 1,"))
    assert found.verdict is Verdict.AGREES, found.message


def test_a_wrong_loop_whose_weight_lies_the_other_way_gets_its_code(check: Checked) -> None:
    text = WIDE.format(d=2, m=2, start="w = torch.rand(2, 2)", predict="x @ w.t() + b")
    summed = text.replace(").mean()", ").sum()").replace("lr = 0.05", "lr = 0.001")
    assert check(summed, convention="mse").code == "GD121"


LATER = """
v = torch.zeros(1, requires_grad=True)
c = torch.zeros(1, requires_grad=True)
for i in range(5):
    ((v * x + c - y_obs) ** 2).mean().backward()
    v.data -= lr * v.grad; c.data -= lr * c.grad
    v.grad.zero_(); c.grad.zero_()
"""
AGAIN = TORCH[TORCH.index("for i") :]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (TORCH + LATER, "gradient 20 is taken for parameters that received none before (`"),
        (TORCH + "w = torch.randn(1, requires_grad=True)\nb = torch.randn(1, requires_grad=True)\n" + AGAIN,
         "the parameters are made anew before gradient 20"),
        (changed("lr = 0.01", "lr = 0.01\nw0, b0 = w.detach().clone(), b.detach().clone()")
          + "w.data.copy_(w0); b.data.copy_(b0)\n" + AGAIN,
         "at gradient 20 what they were at first again"),
        (TORCH + "w.data.normal_(); b.data.normal_()\n" + AGAIN, "w and b are set anew at update 19, by no gradient"),
        (TORCH + AGAIN.replace("x + b - y_obs", "x + b - 2 * y_obs"), "gradient 20 is not taken on the data of"),
    ],
)  # fmt: skip
def test_two_trainings_are_not_one(check: Checked, text: str, sentence: str) -> None:
    refused(check, text, sentence)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("w, b = 0.5, -0.5\n", "at gradient 20 what they were at first again"),
        ("w, b = 1.5, 0.25\n", "w and b are set anew at update 19"),
        ("y = 2 * y\n", "gradient 20 is not taken on the data of gradient 0"),
    ],
)
def test_two_trainings_are_not_one_in_jax(check: Checked, more: str, sentence: str) -> None:
    refused(check, JAX + more + JAX[JAX.index("for i") :], sentence, "jax")


def test_another_function_in_jax_is_another_training(check: Checked) -> None:
    more = "def other(v):\n    return jnp.mean((v * x - y) ** 2)\nv = 1.0\nv = v - lr * jax.grad(other)(v)\n"
    refused(check, JAX + more, "gradient 20 is taken for other parameters (`v`) than gradient 0", "jax")


LOSS = "((w * x + b - y_obs) ** 2).mean()"


@pytest.mark.parametrize(
    ("loss", "seen"),
    [
        (
            "torch.nn.functional.binary_cross_entropy(torch.sigmoid(w * x + b), (y_obs > 14).float())",
            "`sigmoid` and `binary",
        ),
        (
            "torch.nn.functional.binary_cross_entropy_with_logits(w * x + b, (y_obs > 14).float())",
            "`binary_cross_entropy_with",
        ),
        ("((torch.sigmoid(w * x + b) - y_obs) ** 2).mean()", "`sigmoid`"),
        ("((torch.relu(w * x + b) - y_obs) ** 2).mean()", "`relu`"),
        ("((torch.exp(w * x) + b - y_obs) ** 2).mean()", "`exp`"),
        ("((torch.nn.functional.gelu(x * w + b) - y_obs) ** 2).mean()", "`gelu`"),
        ("((w * b * x - y_obs) ** 2).mean()", "it multiplies parameters with each other"),
        ("torch.nn.functional.l1_loss(w * x + b, y_obs)", "`l1_loss`"),
        ("torch.nn.functional.huber_loss(w * x + b, y_obs)", "`huber_loss`"),
        ("torch.nn.SmoothL1Loss()(w * x + b, y_obs)", "`smooth_l1_loss`"),
        (f"{LOSS} + 0.1 * (w ** 2).sum()", "a term of the parameters alone"),
        (f"{LOSS} + 0.1 * w.pow(2).sum() + 0.1 * b.square().mean()", "a term of the parameters alone"),
        (f"{LOSS} + 0.1 * w.abs().sum()", "a term of the parameters alone"),
        (f"{LOSS} + 0.1 * w @ w", "it multiplies parameters with each other"),
        (f"{LOSS} + 0.1 * w.norm()", "a term of the parameters alone"),
        ("((w * x + b - y_obs) ** 4).mean() / 1000", "`** 4`"),
        ("(x * (w * x + b - y_obs) ** 2).mean()", "data multiply what is no parameter"),
        ("(w * x + b - y_obs).cosh().log().mean()", "`cosh`"),
    ],
)
def test_another_model_or_loss_is_refused(check: Checked, loss: str, seen: str) -> None:
    refused(check, changed(LOSS, loss), seen)


LOSS_JAX = "jnp.mean((w * x + b - y) ** 2)"


@pytest.mark.parametrize(
    ("loss", "seen"),
    [
        ("jnp.mean((jax.nn.sigmoid(w * x + b) - y) ** 2)", "`logistic`"),
        ("-jnp.mean(jax.nn.log_sigmoid((w * x + b) * y))", "its loss passes through"),
        ("jnp.mean((jax.nn.relu(w * x + b) - y) ** 2)", "`relu`"),
        ("jnp.mean((jnp.tanh(w * x) + b - y) ** 2)", "`tanh`"),
        ("jnp.mean((w * b * x - y) ** 2)", "it multiplies parameters with each other"),
        (f"{LOSS_JAX} + 0.1 * w ** 2", "a term of the parameters alone"),
        (f"{LOSS_JAX} + 0.1 * jnp.abs(w)", "a term of the parameters alone"),
        ("jnp.mean(jnp.where(jnp.abs(w * x + b - y) < 1, (w * x + b - y) ** 2, 1.0))", "its loss passes through"),
        ("jnp.mean((w * x + b - y) ** 4) / 1000", "`** 4`"),
        ("jnp.mean(x * (w * x + b - y) ** 2)", "data multiply what is no parameter"),
    ],
)
def test_another_model_or_loss_is_refused_in_jax(check: Checked, loss: str, seen: str) -> None:
    refused(check, changed(LOSS_JAX, loss, JAX), seen, "jax")


def test_hidden_layers_are_refused(check: Checked) -> None:
    refused(check, """
        import torch
        x, y = torch.rand(20, 2), torch.rand(20, 1)
        model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(4):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(x), y).backward()
            optimizer.step()
    """, "its loss passes through `relu`")  # fmt: skip


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("(w * x + b - y_obs).abs().mean()", "GD145"),
        (f"torch.sqrt({LOSS})", "GD145"),
        ("(w * x + b - y_obs).mean()", "GD144"),
        ("((w * x + b - y_obs).mean()) ** 2", "GD141"),
        ("((w * x + b - y_obs.ravel()) ** 2).mean()", "GD110"),
        ("((w * x + b.detach() - y_obs) ** 2).mean()", "GD146"),
    ],
)
def test_a_mistake_that_is_in_the_catalogue_keeps_its_code(check: Checked, loss: str, code: str) -> None:
    text = changed(LOSS, loss)
    if "detach" in loss:
        text = text.replace("        b -= lr * b.grad\n", "").replace("w.grad = b.grad", "w.grad")
    found = check(text)
    assert found.code == code, found.message


@pytest.mark.parametrize(
    ("loss", "code"),
    [
        ("jnp.mean(jnp.abs(w * x + b - y))", "GD145"),
        (f"jnp.sqrt({LOSS_JAX})", "GD145"),
        ("jnp.mean(w * x + b - y)", "GD144"),
        ("jnp.mean((w * x[:, None] + b - y) ** 2)", "GD110"),
    ],
)
def test_a_mistake_that_is_in_the_catalogue_keeps_its_code_in_jax(check: Checked, loss: str, code: str) -> None:
    found = check(changed(LOSS_JAX, loss, JAX), "jax")
    assert found.code == code, found.message


OPTIMIZED = """
import torch
torch.manual_seed(0)
x = torch.rand(30, 1)
y = 3 * x + 1
model = torch.nn.Linear(1, 1)
optimizer = torch.optim.{optimizer}
{more}
for _ in range(20):
    optimizer.zero_grad()
    torch.nn.MSELoss({reduction})(model(x), y).backward()
    optimizer.step()
    {after}
"""


@pytest.mark.parametrize(
    ("optimizer", "seen"),
    [
        ("SGD(model.parameters(), lr=0.1, momentum=0.9)", "`optimizer` has momentum=0.9"),
        ("SGD(model.parameters(), lr=0.1, weight_decay=0.01)", "`optimizer` has weight_decay=0.01"),
        ("Adam(model.parameters(), lr=0.1)", "`optimizer` is torch.optim.Adam"),
        ("RMSprop(model.parameters())", "`optimizer` is torch.optim.RMSprop"),
        ("SGD([{'params': [model.weight]}, {'params': [model.bias], 'lr': 0.2}], lr=0.1)", "different learning rates"),
    ],
)
def test_another_optimizer_is_refused(check: Checked, optimizer: str, seen: str) -> None:
    text = OPTIMIZED.format(optimizer=optimizer, more="", reduction="", after="")
    refused(check, text, seen)


def test_an_optimizer_of_other_parameters_counts_for_nothing(check: Checked) -> None:
    more = "other = torch.optim.Adam([torch.zeros(2, requires_grad=True)])"
    text = OPTIMIZED.format(optimizer="SGD(model.parameters(), lr=0.1)", more=more, reduction="", after="")
    assert check(text).verdict is Verdict.AGREES


@pytest.mark.parametrize(
    ("more", "after", "sentence"),
    [
        ("s = torch.optim.lr_scheduler.StepLR(optimizer, step_size=5, gamma=0.5)", "s.step()",
         "changes from 0.1 to 0.05 at update 5 (a schedule)"),
        ("s = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)", "s.step()", "(a schedule)"),
        ("", "for group in optimizer.param_groups: group['lr'] *= 0.9", "(a schedule)"),
        ("", "if _ == 19: model.load_state_dict({'weight': torch.ones(1, 1), 'bias': torch.ones(1)})",
         "w and b are set anew after the last gradient"),
    ],
)  # fmt: skip
def test_schedules_and_ends_set_anew_are_refused(check: Checked, more: str, after: str, sentence: str) -> None:
    text = OPTIMIZED.format(optimizer="SGD(model.parameters(), lr=0.1)", more=more, reduction="", after=after)
    refused(check, text, sentence)


def test_a_sum_that_the_loss_declares_is_what_it_is_judged_by(check: Checked) -> None:
    text = OPTIMIZED.format(
        optimizer="SGD(model.parameters(), lr=0.001)", more="", reduction="reduction='sum'", after=""
    )
    found = check(text)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["convention"] == "sum, as the loss's own reduction='sum' says"


def test_optax_state_is_refused(check: Checked) -> None:
    pytest.importorskip("optax")
    text = JAX.replace("for i", "import optax\no = optax.{}\nstate = o.init((w, b))\nfor i").replace(
        "    w = w - lr * dw\n    b = b - lr * db\n",
        "    change, state = o.update((dw, db), state)\n    w, b = optax.apply_updates((w, b), change)\n",
    )
    text = text.replace("w, b, lr = 0.5, -0.5", "w, b, lr = jnp.array(0.5), jnp.array(-0.5)")
    refused(check, text.replace("{}", "adam(0.01)"), "holds optax's ScaleByAdamState", "jax")
    refused(check, text.replace("{}", "sgd(0.01, momentum=0.9)"), "holds optax's TraceState", "jax")
    assert check(text.replace("{}", "sgd(0.01)"), "jax").verdict is Verdict.AGREES


SPLIT = changed("lr = 0.01", "lr = 0.01\nx_val, y_val = x[20:], y_obs[20:]\nx, y_obs = x[:20], y_obs[:20]")
VALIDATION = "    validation = ((w * x_val + b - y_val) ** 2).mean()\n"


@pytest.mark.parametrize(
    "text",
    [
        SPLIT.replace("    loss.backward()\n", VALIDATION + "    loss.backward()\n"),
        SPLIT.replace("    loss.backward()\n", "    loss.backward()\n" + VALIDATION),
        SPLIT.replace("    w.grad = b.grad", VALIDATION + "    w.grad = b.grad"),
        SPLIT.replace("    loss = ", VALIDATION + "    loss = "),
        SPLIT.replace("    loss = ", "    with torch.no_grad():\n    " + VALIDATION + "    loss = "),
        SPLIT.replace("for i", VALIDATION.strip() + "\nfor i"),
    ],
)
def test_a_validation_forward_is_no_training_data(check: Checked, text: str) -> None:
    found = check(text)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["x"] == "`x`, which the parameters multiply"


def test_data_that_change_in_place_are_other_data(check: Checked) -> None:
    refused(check, changed("    loss = ", "    x.add_(0.01 * i)\n    loss = "), "gradient 1 is not taken on the data")


def test_data_with_nan_are_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    text = changed("lr = 0.01", "lr = 0.01\nx[3] = float('nan')")
    assert watched(str(written(tmp_path, text)), "torch")["outside"] == []


THETA = """
import torch
torch.manual_seed(0)
x = torch.rand(20, 2)
y = x @ torch.tensor([1., 2.]) + 3
theta = torch.zeros(3, requires_grad=True)
one = torch.ones(20, 1)
lr = 0.1
for _ in range(15):
    loss = (({predict} - y) ** 2).mean()
    loss.backward()
    theta.data -= lr * theta.grad
    theta.grad = None
"""


@pytest.mark.parametrize(
    ("predict", "place"),
    [
        ("torch.cat([one, x], 1) @ theta", 0),
        ("torch.hstack([x, one]) @ theta", 2),
        ("torch.hstack([x[:, :1], one, x[:, 1:]]) @ theta", 1),
        ("torch.column_stack([torch.full((20,), True), x]) @ theta", 0),
        ("x @ theta[1:] + theta[0]", 0),
        ("x @ theta[:2] + theta[2]", 2),
        ("x @ theta[:-1] + theta[-1]", 2),
    ],
)
def test_the_intercept_may_be_any_entry(check: Checked, predict: str, place: int) -> None:
    found = check(THETA.format(predict=predict))
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["b"].startswith(f"`theta[{place}]`")


@pytest.mark.parametrize(
    ("predict", "place"),
    [
        ("p[0] + p[1] * x", 0),
        ("p[0] * x + p[1]", 1),
        ("jnp.stack([jnp.ones_like(x), x], 1) @ p", 0),
        ("jnp.c_[x, jnp.ones(30)] @ p", 1),
    ],
)
def test_the_intercept_may_be_any_entry_in_jax(check: Checked, predict: str, place: int) -> None:
    text = f"""
        import jax, jax.numpy as jnp
        x = jnp.linspace(0., 5., 30)
        y = 2.3 + 5.1 * x + jnp.sin(40 * x)
        def loss(p):
            return jnp.mean(({predict} - y) ** 2)
        p = jnp.array([0.5, -0.5])
        for i in range(20):
            p = p - 0.01 * jax.grad(loss)(p)
    """
    found = check(text, "jax")
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["b"].startswith(f"`p[{place}]`")


@pytest.mark.parametrize("predict", ["x @ theta[:2]", "(x * theta[:2]).sum(1)", "torch.mv(x, theta[:2])"])
def test_a_model_without_an_intercept_is_refused(check: Checked, predict: str) -> None:
    text = THETA.format(predict=predict.replace("theta[:2]", "theta")).replace("zeros(3", "zeros(2")
    refused(check, text, "only `theta` receives gradients, and no column of x (`x`) is all ones")


def test_data_made_in_a_jax_function_are_its_data(check: Checked) -> None:
    for change in ("(w * (x / 5) + b - y)", "(w * x + b - jnp.log1p(jnp.abs(y)))", "(w * x[:20] + b - y[:20])"):
        found = check(changed("(w * x + b - y)", change, JAX), "jax")
        assert found.verdict is Verdict.AGREES, found.message


REBOUND = """
def train(w, b):
    for i in range(20):
        ((w * x + b - y_obs) ** 2).mean().backward()
        w = (w - lr * w.grad).detach().requires_grad_()
        b = (b - lr * b.grad).detach().requires_grad_()
    return w, b
found = train(w, b)
"""


def test_an_end_that_another_name_holds_is_not_mistaken(check: Checked) -> None:
    found = check(TORCH[: TORCH.index("for i")] + REBOUND)
    assert found.verdict is Verdict.AGREES, found.message
    jitted = JAX[: JAX.index("w, b, lr")] + textwrap.dedent("""
        @jax.jit
        def step(w, b):
            dw, db = jax.grad(loss, argnums=(0, 1))(w, b, x, y)
            return w - 0.01 * dw, b - 0.01 * db
        w, b = 0.5, -0.5
        p, q = w, b
        for i in range(20):
            p, q = step(p, q)
    """)
    found = check(jitted, "jax")
    assert found.verdict is Verdict.AGREES, found.message
