"""Scripts that are right, or another thing than least squares: none is accused, and a refusal says what was seen."""

from __future__ import annotations

import re
import sys
import textwrap
from itertools import product
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
for i in range(5):
    dw, db = jax.grad(loss, argnums=(0, 1))(w, b)
    w, b = w - lr * dw, b - lr * db
"""


def in_jax(old: str, new: str) -> str:
    return changed(old, new, JAX)


# Right scripts, by what is uncommon in them.

START = "w, b, lr = 0.5, -0.5, 0.01"
ONE_OBJECT_FOR_TWO_PARAMETERS = [
    ("jax", in_jax(START, new))
    for new in (
        "w = 0.0; b = 0.0; lr = 0.01",
        "w = b = jnp.zeros(()); lr = 0.01",
        "import numpy as np\nw = b = np.float32(0.25); lr = 0.01",
        "zero = 0.0\nw, b, lr = zero, zero, 0.01\nbest = zero",
        "w, b, lr = 0.0, 0.0, 0.01\nx = y = jnp.linspace(0., 5., 30)",
    )
]
CANNOT_BE_COPIED = [
    ("jax", in_jax("for i in", f"{statement}\nfor i in"))
    for statement in (
        "import jax; key = jax.random.key(0)",
        "import jax; keys = {'init': jax.random.split(jax.random.key(0), 3)}",
        "import numpy as np; words = np.array(['a', None], dtype=object)",
        "import numpy as np; table = np.zeros(3, dtype=[('a', 'f4'), ('b', 'i4')])",
        "gone = jnp.arange(3.); gone.delete()",
        "phase = jnp.exp(1j * jnp.arange(3.))",
    )
] + [
    # What PyTorch will no longer have one day, it warns of.
    ("torch", changed("for i in", f"import warnings; warnings.simplefilter('ignore')\n{statement}\nfor i in"))
    for statement in (
        "held = torch.eye(3).to_sparse()",
        "held = torch.empty(3, device='meta')",
        "held = torch.quantize_per_tensor(torch.rand(3), 0.1, 0, torch.qint8)",
        "held = [torch.polar(torch.ones(3), torch.ones(3))]",
        "held = torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])",
        "class Odd:\n    def __getattr__(self, name): raise RuntimeError(name)\nheld = Odd()",
    )
]
LIES_EITHER_WAY = {
    "torch": (
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
    ),
    "jax": (
        (True, "x @ w.T + b"),
        (True, "jnp.dot(x, jnp.transpose(w)) + b"),
        (True, "jnp.einsum('nd,md->nm', x, w) + b"),
        (True, "(w @ x.T).T + b"),
        (False, "jnp.dot(x, w) + b"),
        (False, "jnp.matmul(w.T, x.T).T + b"),
    ),
}
STARTS = {"torch": (WIDE, "w = torch.rand{1}"), "jax": (WIDE_JAX, "w = jnp.sin(jnp.arange({0}.)).reshape{1}")}
A_WEIGHT_EITHER_WAY = [
    (name, text.format(d=d, m=m, start=start.format(d * m, (m, d) if turned else (d, m)), predict=predict))
    for name, (text, start) in STARTS.items()
    for (turned, predict), (d, m) in product(LIES_EITHER_WAY[name], [(3, 2), (2, 2), (3, 1), (1, 3)])
    if (name, d) != ("jax", 1)
]
REBOUND = """
def train(w, b):
    for i in range(20):
        ((w * x + b - y_obs) ** 2).mean().backward()
        w = (w - lr * w.grad).detach().requires_grad_()
        b = (b - lr * b.grad).detach().requires_grad_()
    return w, b
found = train(w, b)
"""


JITTED = textwrap.dedent("""
    @jax.jit
    def step(w, b):
        dw, db = jax.grad(loss, argnums=(0, 1))(w, b, x, y)
        return w - 0.01 * dw, b - 0.01 * db
    w, b = 0.5, -0.5
    p, q = w, b
    for i in range(6):
        p, q = step(p, q)
""")
OTHERS = [
    ("torch", WIDE.format(d=3, m=2, start="s, w = x.to_sparse(), torch.rand(3, 2)",
                          predict="torch.sparse.mm(s, w) + b")),
    # Features may come first.
    ("torch", WIDE.format(d=3, m=2, start="x, y, w = x.T.contiguous(), y.T.contiguous(), torch.rand(2, 3)",
                          predict="w @ x + b").replace("torch.zeros(2,", "torch.zeros(2, 1,")),
    # Data made in the function that is differentiated.
    ("jax", in_jax("(w * x + b - y)", "(w * (x / 5) + b - y)")),
    ("jax", in_jax("(w * x + b - y)", "(w * x + b - jnp.log1p(jnp.abs(y)))")),
    ("jax", in_jax("(w * x + b - y)", "(w * x[:20] + b - y[:20])")),
    # An end that another name holds.
    ("torch", TORCH[: TORCH.index("for i")] + REBOUND),
    ("jax", JAX[: JAX.index("w, b, lr")] + JITTED),
]  # fmt: skip


@pytest.mark.parametrize(
    ("framework", "text"), [*ONE_OBJECT_FOR_TWO_PARAMETERS, *CANNOT_BE_COPIED, *A_WEIGHT_EITHER_WAY, *OTHERS]
)
def test_check_right_script_agrees(check: Checked, framework: str, text: str) -> None:
    found = check(text, framework)
    assert found.verdict is Verdict.AGREES, found.message


def test_check_one_object_whose_parameters_never_part_is_not_guessed_at(check: Checked) -> None:
    text = JAX.replace("loss(w, b, x, y)", "loss(p, q, x, y)").replace("(w * x + b - y)", "(p * x + q - y)")
    text = text.replace(START, "w = 0.0; b = 0.0; lr = 0.01").replace("range(6)", "range(1)")
    assert check(text, "jax", lr=0.01).verdict is not Verdict.DISAGREES


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
def test_check_validation_forward_is_no_training_data(check: Checked, text: str) -> None:
    found = check(text)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["x"] == "`x`, which the parameters multiply"


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


THETA_JAX = """
import jax, jax.numpy as jnp
x = jnp.linspace(0., 5., 30)
y = 2.3 + 5.1 * x + jnp.sin(40 * x)
def loss(p):
    return jnp.mean(({predict} - y) ** 2)
p = jnp.array([0.5, -0.5])
for i in range(6):
    p = p - 0.01 * jax.grad(loss)(p)
"""


@pytest.mark.parametrize(
    ("framework", "predict", "entry"),
    [
        ("torch", "torch.cat([one, x], 1) @ theta", "theta[0]"),
        ("torch", "torch.hstack([x, one]) @ theta", "theta[2]"),
        ("torch", "torch.hstack([x[:, :1], one, x[:, 1:]]) @ theta", "theta[1]"),
        ("torch", "torch.column_stack([torch.full((20,), True), x]) @ theta", "theta[0]"),
        ("torch", "x @ theta[1:] + theta[0]", "theta[0]"),
        ("torch", "x @ theta[:2] + theta[2]", "theta[2]"),
        ("torch", "x @ theta[:-1] + theta[-1]", "theta[2]"),
        ("jax", "p[0] + p[1] * x", "p[0]"),
        ("jax", "p[0] * x + p[1]", "p[1]"),
        ("jax", "jnp.stack([jnp.ones_like(x), x], 1) @ p", "p[0]"),
        ("jax", "jnp.c_[x, jnp.ones(30)] @ p", "p[1]"),
    ],
)
def test_check_intercept_may_be_any_entry(check: Checked, framework: str, predict: str, entry: str) -> None:
    found = check({"torch": THETA, "jax": THETA_JAX}[framework].format(predict=predict), framework)
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["b"].startswith(f"`{entry}`")


# Another thing than one training of a line by plain gradient descent.

LATER = """
v = torch.zeros(1, requires_grad=True)
c = torch.zeros(1, requires_grad=True)
for i in range(5):
    ((v * x + c - y_obs) ** 2).mean().backward()
    v.data -= lr * v.grad; c.data -= lr * c.grad
    v.grad.zero_(); c.grad.zero_()
"""
AGAIN = TORCH[TORCH.index("for i") :]


AGAIN_JAX = JAX[JAX.index("for i") :]
TWO_TRAININGS = [
    ("torch", TORCH + LATER, "gradient 20 is taken for parameters that received none before (`"),
    ("torch", TORCH + "w = torch.randn(1, requires_grad=True)\nb = torch.randn(1, requires_grad=True)\n" + AGAIN,
     "the parameters are made anew before gradient 20"),
    ("torch", changed("lr = 0.01", "lr = 0.01\nw0, b0 = w.detach().clone(), b.detach().clone()")
     + "w.data.copy_(w0); b.data.copy_(b0)\n" + AGAIN, "at gradient 20 what they were at first again"),
    ("torch", TORCH + "w.data.normal_(); b.data.normal_()\n" + AGAIN,
     "w and b are set anew at update 19, by no gradient"),
    ("torch", TORCH + AGAIN.replace("x + b - y_obs", "x + b - 2 * y_obs"), "gradient 20 is not taken on the data of"),
    ("torch", changed("    loss = ", "    x.add_(0.01 * i)\n    loss = "), "gradient 1 is not taken on the data"),
    ("jax", JAX + "w, b = 0.5, -0.5\n" + AGAIN_JAX, "at gradient 6 what they were at first again"),
    ("jax", JAX + "w, b = 1.5, 0.25\n" + AGAIN_JAX, "w and b are set anew at update 5"),
    ("jax", JAX + "y = 2 * y\n" + AGAIN_JAX, "gradient 6 is not taken on the data of gradient 0"),
    ("jax", JAX + "def other(v):\n    return jnp.mean((v * x - y) ** 2)\nv = 1.0\nv = v - lr * jax.grad(other)(v)\n",
     "gradient 6 is taken for other parameters (`v`) than gradient 0"),
]  # fmt: skip

LOSS = "((w * x + b - y_obs) ** 2).mean()"
LOSS_JAX = "jnp.mean((w * x + b - y) ** 2)"
PENALTY, PRODUCT = "a term of the parameters alone", "it multiplies parameters with each other"
BCE = "torch.nn.functional.binary_cross_entropy"
ANOTHER_LOSS = [
    ("torch", changed(LOSS, loss), seen)
    for loss, seen in (
        (f"{BCE}(torch.sigmoid(w * x + b), (y_obs > 14).float())", "`sigmoid` and `binary"),
        (f"{BCE}_with_logits(w * x + b, (y_obs > 14).float())", "`binary_cross_entropy_with"),
        ("((torch.sigmoid(w * x + b) - y_obs) ** 2).mean()", "`sigmoid`"),
        ("((torch.relu(w * x + b) - y_obs) ** 2).mean()", "`relu`"),
        ("((torch.exp(w * x) + b - y_obs) ** 2).mean()", "`exp`"),
        ("((torch.nn.functional.gelu(x * w + b) - y_obs) ** 2).mean()", "`gelu`"),
        ("((w * b * x - y_obs) ** 2).mean()", PRODUCT),
        ("torch.nn.functional.l1_loss(w * x + b, y_obs)", "`l1_loss`"),
        ("torch.nn.functional.huber_loss(w * x + b, y_obs)", "`huber_loss`"),
        ("torch.nn.SmoothL1Loss()(w * x + b, y_obs)", "`smooth_l1_loss`"),
        (f"{LOSS} + 0.1 * (w ** 2).sum()", PENALTY),
        (f"{LOSS} + 0.1 * w.pow(2).sum() + 0.1 * b.square().mean()", PENALTY),
        (f"{LOSS} + 0.1 * w.abs().sum()", PENALTY),
        (f"{LOSS} + 0.1 * w @ w", PRODUCT),
        (f"{LOSS} + 0.1 * w.norm()", PENALTY),
        ("((w * x + b - y_obs) ** 4).mean() / 1000", "`** 4`"),
        ("(x * (w * x + b - y_obs) ** 2).mean()", "data multiply what is no parameter"),
        ("(w * x + b - y_obs).cosh().log().mean()", "`cosh`"),
    )
] + [
    ("jax", in_jax(LOSS_JAX, loss), seen)
    for loss, seen in (
        ("jnp.mean((jax.nn.sigmoid(w * x + b) - y) ** 2)", "`logistic`"),
        ("-jnp.mean(jax.nn.log_sigmoid((w * x + b) * y))", "its loss passes through"),
        ("jnp.mean((jax.nn.relu(w * x + b) - y) ** 2)", "`relu`"),
        ("jnp.mean((jnp.tanh(w * x) + b - y) ** 2)", "`tanh`"),
        ("jnp.mean((w * b * x - y) ** 2)", PRODUCT),
        (f"{LOSS_JAX} + 0.1 * w ** 2", PENALTY),
        (f"{LOSS_JAX} + 0.1 * jnp.abs(w)", PENALTY),
        ("jnp.mean(jnp.where(jnp.abs(w * x + b - y) < 1, (w * x + b - y) ** 2, 1.0))", "its loss passes through"),
        ("jnp.mean((w * x + b - y) ** 4) / 1000", "`** 4`"),
        ("jnp.mean(x * (w * x + b - y) ** 2)", "data multiply what is no parameter"),
    )
]

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


def optimized(
    optimizer: str = "SGD(model.parameters(), lr=0.1)", more: str = "", reduction: str = "", after: str = ""
) -> str:
    return OPTIMIZED.format(optimizer=optimizer, more=more, reduction=reduction, after=after)


ANOTHER_OPTIMIZER = [
    ("torch", optimized("SGD(model.parameters(), lr=0.1, momentum=0.9)"), "`optimizer` has momentum=0.9"),
    ("torch", optimized("SGD(model.parameters(), lr=0.1, weight_decay=0.01)"), "`optimizer` has weight_decay=0.01"),
    ("torch", optimized("Adam(model.parameters(), lr=0.1)"), "`optimizer` is torch.optim.Adam"),
    ("torch", optimized("RMSprop(model.parameters())"), "`optimizer` is torch.optim.RMSprop"),
    ("torch", optimized("SGD([{'params': [model.weight]}, {'params': [model.bias], 'lr': 0.2}], lr=0.1)"),
     "different learning rates"),
    ("torch", optimized(more="s = torch.optim.lr_scheduler.StepLR(optimizer, 5, gamma=0.5)", after="s.step()"),
     "changes from 0.1 to 0.05 at update 5 (a schedule)"),
    ("torch", optimized(more="s = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)", after="s.step()"),
     "(a schedule)"),
    ("torch", optimized(after="for group in optimizer.param_groups: group['lr'] *= 0.9"), "(a schedule)"),
    ("torch", optimized(after="if _ == 19: model.load_state_dict({'weight': torch.ones(1, 1), 'bias': torch.ones(1)})"),
     "w and b are set anew after the last gradient"),
]  # fmt: skip
HIDDEN_LAYERS = """
import torch
x, y = torch.rand(20, 2), torch.rand(20, 1)
model = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for _ in range(4):
    optimizer.zero_grad()
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
"""
ANOTHER_MODEL = [
    ("torch", changed("w * x + b", "w * x + w + 0 * b"), "`w` both multiplies data and is added"),
    ("torch", HIDDEN_LAYERS, "its loss passes through `relu`"),
] + [
    ("torch", THETA.format(predict=predict).replace("zeros(3", "zeros(2"),
     "only `theta` receives gradients, and no column of x (`x`) is all ones")
    for predict in ("x @ theta", "(x * theta).sum(1)", "torch.mv(x, theta)")
]  # fmt: skip


@pytest.mark.parametrize(
    ("framework", "text", "sentence"), [*TWO_TRAININGS, *ANOTHER_LOSS, *ANOTHER_OPTIMIZER, *ANOTHER_MODEL]
)
def test_check_script_of_another_thing_is_refused(check: Checked, framework: str, text: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=re.escape(sentence)):
        check(text, framework)


@pytest.mark.parametrize(
    ("optimizer", "seen"),
    [("adam(0.01)", "ScaleByAdamState"), ("sgd(0.01, momentum=0.9)", "TraceState"), ("sgd(0.01)", None)],
)
def test_check_optax_state_is_refused(check: Checked, optimizer: str, seen: str | None) -> None:
    pytest.importorskip("optax")
    text = JAX.replace("for i", f"import optax\no = optax.{optimizer}\nstate = o.init((w, b))\nfor i").replace(
        "    w = w - lr * dw\n    b = b - lr * db\n",
        "    change, state = o.update((dw, db), state)\n    w, b = optax.apply_updates((w, b), change)\n",
    )
    text = text.replace("w, b, lr = 0.5, -0.5", "w, b, lr = jnp.array(0.5), jnp.array(-0.5)")
    if seen is None:
        assert check(text, "jax").verdict is Verdict.AGREES
        return
    with pytest.raises(UsageError, match=f"holds optax's {seen}"):
        check(text, "jax")


def test_check_optimizer_of_other_parameters_counts_for_nothing(check: Checked) -> None:
    more = "other = torch.optim.Adam([torch.zeros(2, requires_grad=True)])"
    assert check(optimized(more=more)).verdict is Verdict.AGREES


def test_check_sum_that_the_loss_declares_is_what_it_is_judged_by(check: Checked) -> None:
    found = check(optimized("SGD(model.parameters(), lr=0.001)", reduction="reduction='sum'"))
    assert found.verdict is Verdict.AGREES, found.message
    assert found.assumed["convention"] == "sum, as the loss's own reduction='sum' says"


WITHOUT_B = changed(LOSS, "((w * x + b.detach() - y_obs) ** 2).mean()").replace("        b -= lr * b.grad\n", "")
WRONG_WAY_ROUND = WIDE.format(d=2, m=2, start="w = torch.rand(2, 2)", predict="x @ w.t() + b")


@pytest.mark.parametrize(
    ("framework", "text", "code"),
    [
        ("torch", changed(LOSS, "(w * x + b - y_obs).abs().mean()"), "GD145"),
        ("torch", changed(LOSS, f"torch.sqrt({LOSS})"), "GD145"),
        ("torch", changed(LOSS, "(w * x + b - y_obs).mean()"), "GD144"),
        ("torch", changed(LOSS, "((w * x + b - y_obs).mean()) ** 2"), "GD141"),
        ("torch", changed(LOSS, "((w * x + b - y_obs.ravel()) ** 2).mean()"), "GD110"),
        ("torch", WITHOUT_B.replace("w.grad = b.grad", "w.grad"), "GD146"),
        ("jax", in_jax(LOSS_JAX, "jnp.mean(jnp.abs(w * x + b - y))"), "GD145"),
        ("jax", in_jax(LOSS_JAX, f"jnp.sqrt({LOSS_JAX})"), "GD145"),
        ("jax", in_jax(LOSS_JAX, "jnp.mean(w * x + b - y)"), "GD144"),
        ("jax", in_jax(LOSS_JAX, "jnp.mean((w * x[:, None] + b - y) ** 2)"), "GD110"),
    ],
)
def test_check_mistake_of_the_catalogue_keeps_its_code(check: Checked, framework: str, text: str, code: str) -> None:
    found = check(text, framework)
    assert found.code == code, found.message


def test_check_wrong_loop_whose_weight_lies_the_other_way_gets_its_code(check: Checked) -> None:
    summed = WRONG_WAY_ROUND.replace(").mean()", ").sum()").replace("lr = 0.05", "lr = 0.001")
    assert check(summed, convention="mse").code == "GD121"


def test_watch_data_with_nan_are_the_same_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    text = changed("lr = 0.01", "lr = 0.01\nx[3] = float('nan')")
    assert watched(str(written(tmp_path, text)), "torch")["outside"] == []
