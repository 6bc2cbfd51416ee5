"""The bit-exact tier: where its condition holds the tolerance is nothing but the last rounding, elsewhere infinite."""

import dataclasses
from typing import Any

import numpy as np
import pytest

import impls
from gradagree.compare import compare
from gradagree.frameworks import installed
from gradagree.pairing import cast
from gradagree.truth import Truth
from gradagree.verdict import Verdict
from impls.numpy_analytic import descend as correct
from reference import synthetic
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BFLOAT16, FLOAT16, FLOAT32, TF32, Format
from reference.lattice import lattice_bound
from reference.problem import Problem
from reference.problems import NAMES
from tests.judging import plain, recorded

LATTICES = [name for name in NAMES if name.startswith("lattice_")]


def bound_at_start(problem: Problem, claim: Arithmetic) -> FloatArray:
    truth = Truth(problem, claim, problem.start[None])
    return lattice_bound(claim, problem.least_squares, problem.largest, truth.V, truth.sizes, truth.gradient)


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_first_gradient_is_exact(name: str, dtype: str) -> None:
    assert (bound_at_start(cast(name, dtype), plain(dtype)) == 0).all()


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("entry", [e for e in impls.IMPLEMENTATIONS if "cpu" in e.devices], ids=lambda e: e.name)
def test_every_claim_is_held_to_the_bits(entry: impls.Implementation, name: str) -> None:
    bound = bound_at_start(cast(name, "float32"), entry.arithmetic("cpu", "float32"))
    # bfloat16 holds none of those entries, and float32 none of their squares' sums.
    exempt = entry.name in ("torch_amp", "numpy_gram") and name == "lattice_wide_entries"
    assert np.isinf(bound).all() if exempt else (bound == 0).all()


ROADS = ["numpy_analytic", "numpy_einsum", "torch_manual", "torch_vmap", "torch_forward", "torch_microbatch"]


@pytest.mark.parametrize("name", LATTICES)
@pytest.mark.parametrize("road", ROADS)
def test_a_road_returns_the_very_bits(road: str, name: str) -> None:
    import importlib

    entry = next(entry for entry in impls.IMPLEMENTATIONS if entry.name == road)
    if not installed(entry.framework):
        pytest.skip(f"{entry.framework} is not installed")
    problem = cast(name, "float32")
    seen = recorded(importlib.import_module(f"impls.{road}").descend, problem, entry.framework)
    assert seen.grad_w is not None
    assert seen.grad_b is not None
    exact = Truth(problem, plain("float32"), problem.start[None]).gradient[0]
    assert np.array_equal(np.vstack([seen.grad_w[0], seen.grad_b[0]]), exact)


@pytest.mark.parametrize("name", LATTICES)
def test_a_nudge_of_one_unit_in_the_last_place_disagrees(name: str) -> None:
    def nudged(x: Any, y: Any, w: Any, b: Any, lr: float, steps: int) -> Any:
        run = correct(x, y, w, b, lr, steps)
        for _ in range(steps):
            w, b, grad_w, grad_b, _ = next(run)
            yield w, b, np.nextafter(grad_w, np.float32(np.inf), dtype=np.float32), grad_b

    problem = cast(name, "float32")
    judgement = compare(recorded(nudged, problem), problem, plain("float32"))
    assert judgement.checks["gradient"].first_wrong is not None
    assert judgement.checks["gradient"].first_wrong.step == 0


class TestTheConditionFails:
    """Where a sum may round, nothing is claimed."""

    def test_when_the_mean_s_scale_is_no_power_of_two(self) -> None:
        problem = synthetic.lattice(64).cast("float32")
        short = dataclasses.replace(problem, x=problem.x[:63], y=problem.y[:63])
        assert np.isfinite(bound_at_start(problem, plain("float32"))).all()
        assert np.isinf(bound_at_start(short, plain("float32"))).all()

    @pytest.mark.parametrize(("multiply", "holds"), [(None, True), (TF32, False)])
    def test_when_entries_are_wider_than_the_multipliers(self, multiply: Format | None, holds: bool) -> None:
        claim = Arithmetic(FLOAT32, FLOAT32, multiply)
        assert np.isfinite(bound_at_start(cast("lattice_wide_entries", "float32"), claim)).all() == holds

    def test_and_those_entries_are_wider_than_eleven_bits(self) -> None:
        """Else the problem would not show what it is there to show."""
        digits = cast("lattice_wide_entries", "float32").x.astype(np.int64)
        odd = digits // np.maximum(digits & -digits, 1)
        assert odd.max() > 2**TF32.precision

    @pytest.mark.parametrize(("rows", "holds"), [(64, True), (4096, False)])
    def test_when_a_sum_is_too_long_for_the_accumulator(self, rows: int, holds: bool) -> None:
        """Residuals of 1 in every row: 8 bits hold 64 of them and not 4096."""
        x = np.ones((rows, 1))
        problem = Problem("long", x, x - 1, np.ones((1, 1)), np.zeros(1), lr=0.5, steps=1).cast("bfloat16")
        assert np.isfinite(bound_at_start(problem, Arithmetic(BFLOAT16, BFLOAT16))).all() == holds
        assert np.isfinite(bound_at_start(problem, Arithmetic(BFLOAT16, FLOAT32))).all()

    @pytest.mark.parametrize(("roundings", "holds"), [(0, True), (1, False)])
    def test_when_partial_sums_are_stored_and_do_not_fit(self, roundings: int, holds: bool) -> None:
        x = np.ones((4096, 1))
        problem = Problem("long", x, x - 1, np.ones((1, 1)), np.zeros(1), lr=0.5, steps=1).cast("bfloat16")
        claim = Arithmetic(BFLOAT16, FLOAT32, extra_roundings=roundings)
        assert np.isfinite(bound_at_start(problem, claim)).all() == holds

    def test_when_the_scaled_residuals_are_subnormal(self) -> None:
        x = np.full((64, 1), 2.0**-10)
        problem = Problem("small", x, 0 * x, np.ones((1, 1)), np.zeros(1), lr=0.5, steps=1).cast("float16")
        assert np.isinf(bound_at_start(problem, Arithmetic(FLOAT16, FLOAT32))).all()


def test_the_lattice_s_own_run_agrees() -> None:
    problem = cast("lattice_64", "float32")
    assert compare(recorded(correct, problem), problem, plain("float32")).verdict is Verdict.AGREES
