"""Claims by name and by field: what they change, what they refuse, and that the program and the plugin read them."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradagree.checking.judge import judge
from gradagree.checking.run import Run
from gradagree.checking.verdict import Verdict
from gradagree.cli.arguments import main
from gradagree.diagnosis.compare import compare
from gradagree.diagnosis.identify.wider import undecided
from gradagree.matrix import registry, user_implementations
from gradagree.matrix.cells import Cell
from gradagree.matrix.loading import load as load_target
from gradagree.matrix.running import run_cell
from gradagree.runtime.frameworks import installed
from gradagree.runtime.worker.function import load
from reference import claims, problems, synthetic
from reference.arithmetic import Arithmetic
from reference.claims import claimed, speaking_of
from reference.formats import BFLOAT16, BY_NAME, FLOAT32, TF32_CUT
from reference.named_claims import NAMED
from reference.numbers import hashed
from reference.problem import Problem, regression
from reference.truth import Truth
from tests.support.judging import plain, recorded


@pytest.mark.parametrize("name", NAMED)
def test_a_named_claim_widens_the_plain_one_in_each_dtype_it_speaks_of(name: str) -> None:
    """Or asks for more, which `dyadic` alone does."""
    for dtype in NAMED[name].dtypes:
        before, after = plain(dtype), claimed(plain(dtype), [name])
        assert after != before
        N = 2**16
        assert after.rho(3, N * after.through_gram) >= before.rho(3)
        assert after.sigma(N) >= before.sigma(N)
        assert after.tau(N) >= before.tau(N)
        assert after.dyadic == (name == "dyadic")


def test_fields_are_claimed_one_by_one_and_beside_names() -> None:
    got = claimed(plain("bfloat16"), ["extra_roundings=2", "accumulate=bfloat16", "through-gram", "dyadic=true"])
    wanted = Arithmetic(BFLOAT16, BFLOAT16, extra_roundings=2, through_gram=True, dyadic=True)
    assert got == wanted
    assert claimed(plain("float32"), ["multiply=tf32-cut"]).multiply is TF32_CUT


REFUSED = [
    ("tensor-core", "got 'tensor-core'; one of tf32, tf32-cut"),
    ("tf32=1", "got the field 'tf32'; one of storage"),
    ("accumulate=float8", "accumulate: got 'float8'; one of float64"),
    ("accumulate=tf32", "accumulate: got 'tf32'; one of float64"),
    ("extra_roundings=-1", "extra_roundings: got '-1'; a whole number will do"),
    ("pieces=0", "pieces: got '0'; a whole number will do"),
    ("flushes=1", "flushes: got '1'; true or false will do"),
    ("xla-cpu-bf16", "xla-cpu-bf16 says nothing of float32; bfloat16 will do"),
]


@pytest.mark.parametrize(("entry", "sentence"), REFUSED, ids=[entry for entry, _ in REFUSED])
def test_what_cannot_be_claimed_is_refused_in_a_sentence(entry: str, sentence: str) -> None:
    with pytest.raises(ValueError, match="^" + sentence.replace("(", r"\(")):
        claimed(plain("float32"), [entry])


def test_a_claim_is_left_out_where_it_says_nothing_of_the_dtype() -> None:
    assert speaking_of(["tf32", "extra_roundings=1"], "float64") == ("extra_roundings=1",)
    assert speaking_of(["tf32", "extra_roundings=1"], "float32") == ("tf32", "extra_roundings=1")


# What each claim is for: an evaluation outside the plain bounds, and inside those of the claim.


def cut_to_tf32(values: Any) -> Any:
    """float32 with the last 13 bits zero: what a raw `mma` reads."""
    return (np.ascontiguousarray(values, np.float32).view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)


def with_cut_factors(x: Any, y: Any, w: Any, b: Any, _lr: float, steps: int) -> Any:
    for _ in range(steps):
        r = np.float32(2 / y.size) * (cut_to_tf32(x) @ cut_to_tf32(w) + b - y)
        yield w, b, cut_to_tf32(x).T @ cut_to_tf32(r), r.sum(0)
    return w, b


def test_factors_cut_to_tf32_are_outside_what_rounding_to_it_allows_and_inside_their_own_claim() -> None:
    """Factors just below a number of 11 bits, and nothing else: each is cut by twice what rounding may change."""
    below = np.float32(1.0) + np.float32(2.0**-10) - np.float32(2.0**-23)
    one = np.full((1, 1), below)
    problem = regression("cut", one, 0 * one, one, np.zeros(1), 0.5, 1).cast("float32")
    run = recorded(with_cut_factors, problem)
    wrong = {
        name: compare(Run(run, problem, claimed(plain("float32"), [name]))).checks["gradient"].first_violation
        is not None
        for name in ("tf32", "tf32-cut")
    }
    assert wrong == {"tf32": True, "tf32-cut": False}


def row_by_row(x: Any, y: Any, w: Any, b: Any, _lr: float, steps: int) -> Any:
    """`.grad` of one row after another, added up in storage."""
    number = x.dtype.type
    for _ in range(steps):
        r = (number(2 / y.size) * (x @ w + b - y)).astype(x.dtype)
        of_w, of_b = np.zeros_like(w), np.zeros_like(b)
        for row, residual in zip(x, r, strict=True):
            of_w = (of_w + (row[:, None] * residual).astype(x.dtype)).astype(x.dtype)
            of_b = (of_b + residual).astype(x.dtype)
        yield w, b, of_w, of_b
    return w, b


def test_gradients_added_up_row_by_row_in_bfloat16_need_their_claim() -> None:
    problem = synthetic.dense(4096, 1, 1, 1, 0.25, seed=5).cast("bfloat16")
    run = recorded(row_by_row, problem)
    assert compare(Run(run, problem, plain("bfloat16"))).checks["gradient"].first_violation is not None
    held = compare(Run(run, problem, claimed(plain("bfloat16"), ["row-by-row"])))
    assert held.checks["gradient"].first_violation is None


def test_sums_in_16_bits_in_parts_are_what_pytorch_does_on_a_cpu_and_are_refuted_without_the_claim() -> None:
    """±1 in halves that add up to 3: a partial sum of 2¹⁵ is stored in bfloat16, and 3 is lost beside it."""
    torch = pytest.importorskip("torch")
    from gradagree.matrix import registry
    from impls.torch_manual import descend

    rows = 2**16
    y = np.where(np.arange(rows) < rows // 2, -1.0, 1.0)[:, None]
    y[-1] = -2
    problem = (
        synthetic.dense(2, 1, 1, 1, 0.5, seed=3)
        .replace(x=0 * y, y=y, w0=np.ones((1, 1)), b0=np.zeros(1))
        .cast("bfloat16")
    )
    manual = next(entry for entry in registry.first_order() if entry.name == "torch_manual")
    claim = manual.arithmetic("cpu", "bfloat16")
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        from gradagree.runtime.frameworks import framework
        from gradagree.runtime.record import record

        run = record(descend, problem, framework("torch"))
    finally:
        torch.set_num_threads(threads)
    assert run.grad_b is not None
    old = dataclasses.replace(claim, partial_sums_from=None)
    assert float(Truth(problem, claim, problem.V0[None]).gradient[0, 1, 0]) == 3 * 2 / rows
    assert compare(Run(run, problem, claim)).checks["gradient"].first_violation is None
    stored = run.grad_b[0, 0] != 3 * 2 / rows
    assert (compare(Run(run, problem, old)).checks["gradient"].first_violation is not None) == stored


# The command line and the plugin.


def near_the_line(rows: int, noise: float) -> Problem:
    """Residuals that are small beside what they are differences of: sums of squares leave little of them."""
    x = 1 + hashed(rows, 1, seed=7, bits=20)
    y = 3 * x + 1 + noise * hashed(rows, 1, seed=8, bits=20)
    return regression("near_the_line", x, y, np.full((1, 1), 2.999), np.full(1, 1.001), 0.1, 8)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> str:
    """A problem of the suite's own, for the length of a test."""
    monkeypatch.setitem(problems._BUILDERS, "near_the_line", partial(near_the_line, 4096, 0.01))
    monkeypatch.setattr(problems, "NAMES", (*problems.NAMES, "near_the_line"))
    return "near_the_line"


LOOP = '''
import numpy as np


def descend(x, y, w, b, lr, steps):
    """The gradient as XᵀX v - Xᵀy, added up row by row: right, and outside the plain bounds of many rows."""
    number = x.dtype.type
    X = np.concatenate([x, np.ones_like(x[:, :1])], axis=1)
    G = np.add.accumulate(X[:, :, None] * X[:, None, :], axis=0)[-1]
    C = np.add.accumulate(X[:, :, None] * y[:, None, :], axis=0)[-1]
    for _ in range(steps):
        V = np.concatenate([w, b[None]])
        gradient = number(2 / y.size) * (G @ V - C)
        of_w, of_b = gradient[:-1], gradient[-1]
        yield w, b, of_w, of_b
        w, b = w - number(lr) * of_w, b - number(lr) * of_b
    return w, b
'''


@pytest.fixture
def loop(tmp_path: Path) -> str:
    path = tmp_path / "my_loop.py"
    path.write_text(LOOP)
    return str(path)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["check", *arguments, "--json"])
    return status, json.loads(capsys.readouterr().out)


def test_code_that_claims_nothing_is_not_accused_where_wider_bounds_hold_it(
    loop: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--problem", line, "--dtype", "float32")
    status, told = answer(capsys, loop, *where)
    assert (status, told["verdict"], told["code"]) == (3, "INCONCLUSIVE", None)
    assert "consistent with a gradient stored some times more than in the plain formula" in told["message"]
    assert "--claim extra_roundings=8 holds it to that" in told["message"]
    status, told = answer(capsys, loop, *where, "--claim", "extra_roundings=8")
    assert (status, told["verdict"]) == (0, "AGREES")


def test_what_is_claimed_is_what_it_is_held_to(loop: str, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--problem", line, "--dtype", "float32")
    status, told = answer(capsys, loop, *where, "--claim", "fused-update")
    assert (status, told["verdict"]) == (1, "DISAGREES")


ARITHMETICS = [
    (near_the_line(1024, 0.0), "a gradient formed as XᵀX v - Xᵀy, or as Xᵀŷ - Xᵀy"),
    (near_the_line(4096, 0.01), "a gradient stored some times more than in the plain formula"),
]


@pytest.mark.parametrize(("problem", "words"), ARITHMETICS, ids=["through_gram", "extra_roundings"])
def test_the_narrowest_arithmetic_that_holds_a_run_is_named(loop: str, problem: Problem, words: str) -> None:
    given = problem.cast("float32")
    run = Run(recorded(load(Path(loop), "descend"), given), given, plain("float32"))
    judgement = judge(run)
    assert judgement.verdict is Verdict.DISAGREES
    found = undecided(run, judgement)
    assert found is not None
    assert found.verdict is Verdict.INCONCLUSIVE
    assert words in found.arithmetic


def test_a_wrong_update_is_held_by_no_arithmetic(loop: str) -> None:
    given = near_the_line(1024, 0.0).cast("float32")
    run = recorded(load(Path(loop), "descend"), given)
    moved = run.with_params(b=run.b + 2.0**-8 * np.arange(len(run.b))[:, None])
    off = Run(moved, given, plain("float32"))
    judgement = judge(off)
    assert judgement.verdict is Verdict.DISAGREES
    assert undecided(off, judgement) is None


def test_a_cell_of_a_file_that_claims_nothing_is_not_accused_either(loop: str, line: str) -> None:
    def verdict(*entries: str) -> str:
        (entry,) = user_implementations.implementations([loop], Path(), entries)
        return run_cell(Cell(entry, "cpu", "float32", line)).verdict

    assert verdict() == "INCONCLUSIVE"
    assert verdict("extra_roundings=8", "tensor-core-v100") == "AGREES"
    assert verdict("fused-update") == "DISAGREES"


def test_a_wrong_claim_is_one_sentence(loop: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, told = answer(capsys, loop, "--claim", "tensor-core-p100")
    assert (status, told["verdict"]) == (2, "NOT RUN")
    assert told["message"].startswith("error: --claim: got 'tensor-core-p100'; one of tf32")


@pytest.mark.parametrize(("factor", "code"), [(0.5, "GD120"), (2.0, "GD105")])
def test_a_mistake_without_free_constants_is_still_named_where_wide_bounds_would_hold_it(
    tmp_path: Path, factor: float, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In bfloat16 the bounds of sums row by row hold half and twice the gradient."""
    wrong = LOOP.replace("number(2 / y.size) * (G @ V - C)", f"X.T @ (number({2 * factor} / y.size) * (X @ V - y))")
    path = tmp_path / "wrong.py"
    path.write_text(wrong.replace("import numpy as np", "import numpy as np\nimport ml_dtypes"))
    status, told = answer(capsys, str(path), "--dtype", "float16", "--problem", "stackoverflow")
    assert (status, told["verdict"]) == (1, "DISAGREES")
    assert code in told["candidates"]


def test_list_tells_every_claim() -> None:
    from gradagree.cli.catalogue import everything

    told = everything()
    assert all(f"  {name} " in told for name in NAMED)
    assert all(field in told for field in claims.FIELDS)


def pytest_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_agreement.py", *arguments]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_the_plugin_holds_a_file_to_what_it_claims(loop: str) -> None:
    """So many roundings that float32 tells of nothing; float64 still does."""
    chosen = (f"--impl={loop}", "--problem=probe97", "--dtype=float32,float64", "-k", "my_loop")
    assert "2 AGREES" in pytest_run(*chosen).stdout
    wide = pytest_run(*chosen, "--claim", "extra_roundings=40000000").stdout
    assert "1 INCONCLUSIVE" in wide
    assert "1 AGREES" in wide


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--claim", "through-gram"], "--claim says what a loop of --impl FILE does, and there is none"),
        (["--impl", "{loop}", "--claim", "gram"], "--claim: got 'gram'; one of tf32"),
    ],
)
def test_the_plugin_refuses_a_claim_about_nothing_or_of_no_meaning(
    arguments: list[str], sentence: str, loop: str
) -> None:
    done = pytest_run(*(argument.replace("{loop}", loop) for argument in arguments))
    assert done.returncode == 4
    assert sentence in done.stderr


# What the suite's own implementations claim of their sums is what they do: where narrow ones are claimed, wide ones are
# refuted. Residuals have all the digits of the dtype, so that float32 sums 64 of them exactly, and the dtype does not.
# XLA sums a single column in float16, and NumPy several.
NARROW_SUMS = [("jax_grad", "bfloat16", 1), ("jax_grad", "float16", 1), ("numpy_analytic", "float16", 2)]
WIDE_SUMS = [
    (name, dtype, 2 if name == "numpy_einsum" else 1)
    for name in ("jax_forward", "jax_vmap", "jax_custom_vjp", "torch_manual", "numpy_einsum")
    for dtype in ("bfloat16", "float16")
]


def many_bits(dtype: str, targets: int) -> Problem:
    """Residuals with all the digits of the dtype: float32 sums 64 of them exactly in any order, the dtype does not.

    Below 8, so that neither the last digit of their mean nor the sum of their squares leaves float16's range. x is zero
    but in one row: the sums over the rows are b's.
    """
    digits = BY_NAME[dtype].precision
    y = -np.floor(hashed(64, targets, seed=90, bits=digits) * 2**digits) * 2.0 ** (3 - digits)
    return regression("many_bits", np.eye(64, 1), y, np.zeros((1, targets)), np.zeros(targets), lr=0.5, steps=1).cast(
        dtype
    )


@pytest.mark.parametrize(("name", "dtype", "targets"), NARROW_SUMS + WIDE_SUMS)
def test_arithmetic_of_an_implementation_claims_sums_as_narrow_as_they_are(name: str, dtype: str, targets: int) -> None:
    entry = next(entry for entry in registry.first_order() if entry.name == name)
    if not installed(entry.framework):
        pytest.skip(f"{entry.framework} is not installed")
    problem, arithmetic = many_bits(dtype, targets), entry.arithmetic("cpu", dtype)
    run = recorded(load_target(entry.target), problem, entry.framework)
    narrow = (name, dtype, targets) in NARROW_SUMS
    assert arithmetic.accumulate == (BY_NAME[dtype] if narrow else FLOAT32)
    assert compare(Run(run, problem, arithmetic)).checks["gradient"].first_violation is None
    wide = compare(Run(run, problem, dataclasses.replace(arithmetic, accumulate=FLOAT32)))
    violation = wide.checks["gradient"].first_violation
    assert (violation.parameter if violation else None) == ("b" if narrow else None)
