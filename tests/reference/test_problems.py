"""Problems: what they refuse, what casting does, and that the stored data are what generated them."""

import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from reference import problems
from reference.problem import Problem, regression
from reference.validate import FloatData

F32 = np.float32


@pytest.fixture
def classic() -> Problem:
    return problems.load("stackoverflow")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"x": np.array([[np.nan], [1.0]])}, "x: got nan at [0, 0]; finite numbers will do"),
        ({"y": np.array([[1.0], [np.inf]])}, "y: got inf at [1, 0]; finite numbers will do"),
        ({"x": np.array([[1], [2]])}, "x: got dtype int64; float64, float32, bfloat16 or float16 data will do"),
        ({"x": np.empty((0, 1))}, "x: got shape (0, 1); (rows, columns), neither of them 0, will do"),
        ({"x": np.zeros((2, 1, 1))}, "x: got shape (2, 1, 1); (rows, columns), neither of them 0, will do"),
        ({"y": np.zeros((3, 1))}, "y: got 3 rows for 2 rows of x; one row of y for each of x will do"),
        ({"w0": np.zeros(1)}, "w0: got shape (1,); (1, 1) will do, (d, m) for w0 and (m,) for b0"),
        ({"b0": np.zeros((1, 1))}, "b0: got shape (1, 1); (1,) will do, (d, m) for w0 and (m,) for b0"),
        ({"w0": np.zeros((1, 1), dtype=int)}, "w0: got dtype int64; floats will do"),
        ({"b0": np.array([np.inf])}, "b0: got inf at [0]; finite numbers will do"),
        ({"lr": -0.1}, "lr: got -0.1; a finite number that is not negative will do"),
        ({"lr": float("nan")}, "lr: got nan; a finite number that is not negative will do"),
        ({"lr": "0.1"}, "lr: got '0.1'; a finite number that is not negative will do"),
        ({"steps": 0}, "steps: got 0; a whole number of 1 or more will do"),
        ({"steps": 2.5}, "steps: got 2.5; a whole number of 1 or more will do"),
        ({"reduction": "rmse"}, "reduction: expected one of mse, row-mse, half-mse, sum, half-sum, got 'rmse'"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_bad_input_gets_one_sentence(change: dict[str, Any], sentence: str) -> None:
    good = regression("p", np.ones((2, 1)), np.ones((2, 1)), np.zeros((1, 1)), np.zeros(1), 0.1, 3)
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        good.replace(**change)


def test_an_unknown_problem_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"problem: got 'nosuch'; one of stackoverflow, .* will do"):
        problems.load("nosuch")


def test_an_unknown_dtype_is_refused_by_name(classic: Problem) -> None:
    with pytest.raises(ValueError, match=r"dtype: got 'float8'; one of float64, .* will do"):
        classic.cast("float8")


def test_data_too_large_for_a_dtype_are_refused(classic: Problem) -> None:
    with pytest.raises(ValueError, match=r"y: got 1e\+06, beyond the largest float16; smaller data will do"):
        classic.replace(y=np.full((100, 1), 1e6)).cast("float16")


def test_data_cannot_be_written_to(classic: Problem) -> None:
    with pytest.raises(ValueError, match="read-only"):
        classic.x[0, 0] = 1


def test_casting_rounds_once_and_keeps_the_rate(classic: Problem) -> None:
    narrow = classic.cast("bfloat16")
    assert narrow.x.dtype.name == "bfloat16"
    assert narrow.lr == classic.lr
    assert (narrow.x == classic.x.astype(narrow.x.dtype)).all()
    # One float32 takes this for a tie, which would go to 1.
    above = classic.replace(w0=np.array([[1 + 2.0**-8 + 2.0**-30]]))
    assert above.cast("bfloat16").w0 == 1 + 2**-7


def test_float32_data_are_the_same_problem_in_float64(classic: Problem) -> None:
    assert classic.cast("float64").least_squares.solution() == classic.cast("float32").least_squares.solution()


@pytest.mark.parametrize(
    ("quantity", "value"),
    # The digits that the classic thread's run is known by, cut off and not rounded.
    [("w", "5.10933070767747945"), ("b", "2.24797642366478628")],
)
def test_where_the_classic_run_ends_in_real_arithmetic(classic: Problem, quantity: str, value: str) -> None:
    w, b = classic.least_squares.descend(classic.w0, classic.b0, classic.lr, classic.steps)
    assert b is not None
    end = w[0, 0] if quantity == "w" else b[0]
    digits = Fraction(10) ** len(value.split(".")[1])
    assert Fraction(int(end * digits), int(digits)) == Fraction(value)


def test_where_the_classic_run_would_converge(classic: Problem) -> None:
    w, b = classic.least_squares.solution()
    assert b is not None
    assert (f"{float(w[0, 0]):.4f}", f"{float(b[0]):.4f}") == ("5.0726", "2.3664")


@pytest.mark.parametrize(("name", "noise"), [("stackoverflow", 0.2), ("stackoverflow_noisy", 2)])
def test_pytorch_still_generates_the_stored_bits(name: str, noise: float) -> None:
    torch = pytest.importorskip("torch")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        x = torch.rand(100, 1) * 5
        y = 2.3 + 5.1 * x + noise * torch.randn(100, 1)
        w, b = torch.randn(1), torch.randn(1)
    _same_bits(problems.load(name), x.numpy(), y.numpy(), w.numpy(), b.numpy())


def test_pcg64_still_generates_the_stored_bits() -> None:
    generator = np.random.Generator(np.random.PCG64(97))
    x = F32(5) * generator.random((97, 1), dtype=F32)
    y = F32(2.3) + F32(5.1) * x + F32(0.2) * generator.standard_normal((97, 1), dtype=F32)
    w, b = generator.standard_normal(1, dtype=F32), generator.standard_normal(1, dtype=F32)
    _same_bits(problems.load("probe97"), x, y, w, b)


def test_the_comparison_of_bits_sees_one_bit(classic: Problem) -> None:
    nudged = classic.x.copy()
    nudged[7, 0] = np.nextafter(nudged[7, 0], F32(9))
    with pytest.raises(AssertionError):
        _same_bits(classic, nudged, classic.y, classic.w0[0], classic.b0)


def _same_bits(problem: Problem, x: FloatData, y: FloatData, w: FloatData, b: FloatData) -> None:
    pairs = ((problem.x, x), (problem.y, y), (problem.w0[0], w), (problem.b0, b))
    for stored, generated in pairs:
        assert stored.dtype == generated.dtype == F32
        assert np.array_equal(stored.view(np.int32), generated.view(np.int32))
