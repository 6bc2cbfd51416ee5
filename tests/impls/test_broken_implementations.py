"""An implementation with one thing broken in it disagrees, on a problem that is named here, where it agrees whole.

The fault is put into a copy of its source, under another name: what it starts in processes of its own imports the
broken copy as well.
"""

import dataclasses
import functools
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import impls
from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.diagnosis.compare import compare
from gradagree.matrix import registry
from gradagree.matrix.loading import load
from gradagree.runtime.frameworks import installed
from reference.formats import TF32
from reference.problems import cast
from tests.support.judging import recorded

pytestmark = pytest.mark.sweep

FOLDER = Path(impls.__file__).parent

# A matrix product as TF32 hardware makes it, out of NumPy: both factors rounded to 11 bits, sums in float32.
TENSOR_CORE = """
class Rounded(np.ndarray):
    def __matmul__(self, other):
        return (narrow(self) @ narrow(other)).view(Rounded)


def narrow(values):
    bits = np.ascontiguousarray(values).view(np.int32)
    bits = (bits + 0xFFF + ((bits >> 13) & 1)) & ~0x1FFF
    return bits.view(np.float32).view(np.ndarray)


def descend("""


@dataclass(frozen=True)
class Fault:
    """In an implementation's source, `old` becomes `new`; the problem that shows it in float32, and in which words."""

    about: str
    name: str
    problem: str
    old: str
    new: str
    words: str
    verdict: Verdict = Verdict.DISAGREES

    def __str__(self) -> str:
        return f"{self.name}-{self.about.replace(' ', '_')}"

    @property
    def entry(self) -> registry.Implementation:
        return next(entry for entry in registry.first_order() if entry.name == self.name)


FAULTS = (
    Fault("no zeroing", "torch_manual", "probe97", "        w.grad = None\n        b.grad = None\n", "",
          "step 1, w.grad"),
    Fault("loss doubled", "torch_rebind", "probe97", "y) ** 2).mean()", "y) ** 2).mean() * 2", "step 0, w.grad"),
    Fault("skipped vector tail", "torch_data", "tails_params_17", "p.data -= lr * p.grad",
          "n = len(p) // 8 * 8 or len(p)\n            p.data[:n] -= lr * p.grad[:n]", "step 0, w[16, 0]"),
    Fault("skipped row tail", "numpy_einsum", "tails_rows_17", '"nd,nm->dm", x, scaled',
          '"nd,nm->dm", x[:16], scaled[:16]',
          "step 0, w.grad[0, 0]"),
    Fault("summed targets", "torch_linear", "targets", "nn.MSELoss()", 'nn.MSELoss(reduction="sum")', "step 0, w.grad"),
    Fault("hook on one alone", "torch_hook", "probe97", "            p -= lr * p.grad",
          "            p -= lr * p.grad * (p is w)", "step 0, b[0]"),
    Fault("wrong hand-written factor", "torch_function", "lattice_4096", "grad_loss * (2.0", "grad_loss * (1.0",
          "step 0"),
    Fault("flat targets", "torch_autograd_grad", "targets", "x @ w + b - y", "x @ w + b[0] - y", "step 0"),
    Fault("layout ignored", "torch_func", "layouts_strided", "    for _ in range(steps):",
          "    x = x.as_strided(x.shape, (x.shape[1], 1))\n    for _ in range(steps):", "not finite", Verdict.INVALID),
    Fault("unweighted micro-batches", "torch_microbatch", "targets", ".sum(dtype=wide) / y.numel()",
          ".mean() / len(batches)", "step 0, w.grad"),
    Fault("sum of samples", "torch_vmap", "single_row", "grads_w.mean(0)", "grads_w.sum(0) / 2", "step 0, w.grad"),
    Fault("unsynchronised gradients", "torch_ddp", "lattice_64_targets", "loss = ((model(x)", "loss = ((line(x)",
          "step 0, w.grad"),
    Fault("unweighted shards", "torch_ddp", "lattice_64_targets", ".sum(dtype=wide) * (WORLD / (rows * y.shape[1]))",
          ".mean()", "step 0, w.grad"),
    Fault("history one step late", "jax_scan", "probe97", "(w, b, grad_w, grad_b, loss)",
          "(w - lr * grad_w, b - lr * grad_b, grad_w, grad_b, loss)", "step 0, w[0, 0]"),
    Fault("rate twice", "jax_optax", "probe97", "optax.sgd(lr)", "optax.sgd(lr * lr)", "step 0, w[0, 0]"),
    Fault("wrong hand-written factor", "jax_custom_vjp", "lattice_64", "scaled.sum(0), None",
          "scaled.mean(0), None", "step 0"),
    Fault("TF32 products", "numpy_analytic", "lattice_wide_entries", "def descend(", TENSOR_CORE, "step 0, w.grad"),
)  # fmt: skip


def broken(fault: Fault, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The broken implementation, imported from a file of its own."""
    source = (FOLDER / f"{fault.name}.py").read_text()
    assert source.count(fault.old) >= 1, f"{fault.name}.py has no {fault.old!r} any more"
    source = source.replace(fault.old, fault.new)
    if fault.new == TENSOR_CORE:
        source = source.replace("    for _ in", "    x, w = x.view(Rounded), w.view(Rounded)\n    for _ in")
    module = f"broken_{FAULTS.index(fault)}"
    (folder / f"{module}.py").write_text(source)
    monkeypatch.syspath_prepend(str(folder))
    found: Callable[..., Any] = importlib.import_module(module).descend
    return found


def judged(run: Callable[..., Any], fault: Fault, **claimed: Any) -> Judgement:
    problem = cast(fault.problem, "float32")
    claim = dataclasses.replace(fault.entry.arithmetic("cpu", "float32"), **claimed)
    return compare(Run(recorded(run, problem, fault.entry.framework), problem, claim))


@functools.cache
def whole(name: str, problem: str) -> Judgement:
    """The implementation itself; some need seconds, and two faults may share one."""
    fault = next(fault for fault in FAULTS if (fault.name, fault.problem) == (name, problem))
    return judged(load(fault.entry.target), fault)


@pytest.fixture(params=FAULTS, ids=str)
def fault(request: pytest.FixtureRequest) -> Fault:
    found: Fault = request.param
    for package in ("optax", found.entry.framework):
        if (package != "optax" or "optax" in found.name) and not installed(package):
            pytest.skip(f"{package} is not installed")
    return found


def test_compare_of_a_broken_implementation_disagrees(
    fault: Fault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgement = judged(broken(fault, tmp_path, monkeypatch), fault)
    assert judgement.verdict is fault.verdict, judgement.reason
    assert fault.words in judgement.reason


def test_compare_of_the_whole_implementation_agrees(fault: Fault) -> None:
    judgement = whole(fault.name, fault.problem)
    assert (judgement.verdict, judgement.reason) == (Verdict.AGREES, "")


def test_compare_of_tf32_products_agrees_where_tf32_is_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was caught is the arithmetic and nothing else."""
    fault = next(fault for fault in FAULTS if fault.new == TENSOR_CORE)
    run = broken(fault, tmp_path, monkeypatch)
    assert judged(run, fault, multiply=TF32, dyadic=False).verdict is Verdict.AGREES
