"""Whole runs that are correct: on machines, at the edge of the gradient's bound, and in every layout of memory."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np

from gradagree.checking.run import Run
from gradagree.checking.verdict import Judgement
from gradagree.diagnosis.compare import compare
from gradagree.runtime.trajectory import Trajectory
from impls.numpy_analytic import descend
from reference.arithmetic import Arithmetic
from reference.dyadic import FloatArray
from reference.formats import BY_NAME, FLOAT32
from reference.problem import Problem
from reference.truth import Truth
from reference.validate import FloatData
from tools.trial import edges, evaluation
from tools.trial.corpus import Tallies, Tally, Variant, variants
from tools.trial.machine import Machine, round_pair
from tools.trial.sums import DOTS

FAMILIES = ("ordinary", "zeros, duplicates", "cancelling", "equal terms", "tiny", "subnormal")

LAYOUTS: dict[str, Callable[[FloatData], FloatData]] = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "reversed": lambda a: a[::-1].copy()[::-1],
    "every third row": lambda a: np.repeat(a, 3, axis=0)[::3],
    "columns of a wider table": lambda a: np.hstack([a + a.dtype.type(1), a, a])[:, a.shape[1] : 2 * a.shape[1]],
    "unaligned": lambda a: _unaligned(a),
}


def runs(dtypes: Iterable[str], rows: int, steps: int, ways: int) -> Tallies:
    """Whole runs, judged as the suite judges: error/bound of every check, and what is alarmed."""
    tallies: Tallies = {}
    for dtype in dtypes:
        for where, judgement in _judged(dtype, rows, steps, ways):
            for name, check in judgement.checks.items():
                tally = tallies.setdefault((dtype, f"run: {name}"), Tally())
                tally.add(np.asarray(check.ratios), np.ones(1), where)
    return tallies


def _judged(dtype: str, rows: int, steps: int, ways: int) -> Iterator[tuple[str, Judgement]]:
    # The judge takes it that formats round to nearest, where it asks for every bit.
    cycle = itertools.cycle([way for way in variants(dtype) if way.machine.direction == "nearest"])
    for seed, family in enumerate(FAMILIES):
        problem, _ = edges.problem(family, dtype, rows, 1 + seed % 2, 1, 2, seed)
        problem = problem.replace(steps=steps, lr=1 / 32)
        for way in itertools.islice(cycle, ways):
            yield f"{family}: {way}", compare(Run(on_machine(problem, way), problem, way.machine.claim))
        for flushes, sign in itertools.product((False, True), (1, -1)):
            claim = plain(dtype, flushes)
            yield f"{family}: at the edge", compare(Run(at_the_edge(problem, claim, sign), problem, claim))
        if dtype != "bfloat16":  # which NumPy has no products of
            for layout in LAYOUTS:
                claim = dataclasses.replace(plain(dtype, False), accumulate=BY_NAME[dtype])
                yield f"{family}: NumPy, {layout}", compare(Run(in_layout(problem, layout), problem, claim))


def plain(dtype: str, flushes: bool) -> Arithmetic:
    """The plain claim of a dtype: sums in it, or in float32 where it is narrower, and powers of two for constants."""
    storage = BY_NAME[dtype]
    sums = storage if storage.precision >= FLOAT32.precision else FLOAT32
    return Arithmetic(storage, sums, flushes=flushes, dyadic=True)


def on_machine(problem: Problem, way: Variant) -> Trajectory:
    """Gradient descent, every operation on the variant's machine."""
    x, y, V = problem.x.astype(np.float64), problem.y.astype(np.float64), [problem.V0]
    dot, gradients, losses = DOTS[way.dot], [], []
    order = [list(range(len(x)))]
    for _ in range(problem.steps):
        now = V[-1][None]
        g = evaluation.gradient(way.machine, dot, x, y, now, order, way.scaling, way.bias_first)[0, 0]
        losses.append(evaluation.loss(way.machine, dot, x, y, now)[0])
        gradients.append(g)
        V.append(evaluation.update(way.machine, V[-1], g, problem.lr))
    return trajectory(V, gradients, np.array(losses))


def at_the_edge(problem: Problem, claim: Arithmetic, sign: int) -> Trajectory:
    """Every gradient as far from the exact one as its bound allows, and always to the same side."""
    machine, V, gradients = Machine(claim, flushes_results=claim.flushes), [problem.V0], []
    for _ in range(problem.steps):
        truth = Truth(problem, claim, V[-1][None])
        # Two floats and a rounding back towards the exact gradient, which is itself rounded here.
        edge = truth.gradient[0] + sign * truth.gradient_bound[0] * (1 - 2.0**-40)
        edge = np.nextafter(np.nextafter(edge, truth.gradient[0]), truth.gradient[0])
        g = round_pair(edge, np.zeros_like(edge), claim.storage, "down" if sign > 0 else "up")
        g = np.where(np.isfinite(g), g, 0.0)
        gradients.append(g)
        V.append(evaluation.update(machine, V[-1], g, problem.lr))
    return trajectory(V, gradients, None)


def in_layout(problem: Problem, layout: str) -> Trajectory:
    """The hand-written NumPy loop on arrays that lie in memory in another way."""
    x, y, w = (LAYOUTS[layout](a) for a in (problem.x, problem.y, problem.w0))
    V, gradients, losses = [], [], []
    with np.errstate(all="ignore"):
        for w_, b, grad_w, grad_b, loss in descend(x, y, w, problem.b0, problem.lr, problem.steps):
            V.append(np.vstack([w_, b[None]]).astype(np.float64))
            gradients.append(np.vstack([grad_w, grad_b[None]]).astype(np.float64))
            losses.append(float(loss))
    return trajectory(V, gradients, np.array(losses))


def trajectory(V: list[FloatArray], gradients: list[FloatArray], loss: FloatArray | None) -> Trajectory:
    """The record of a run from its iterates `[w; b]`, its gradients and its losses."""
    v, g = np.array(V), np.array(gradients)
    return Trajectory({"w": v[:, :-1], "b": v[:, -1]}, {"w": g[:, :-1], "b": g[:, -1]}, loss)


def _unaligned(a: FloatData) -> FloatData:
    buffer = np.empty(a.nbytes + 1, dtype=np.uint8)
    view = buffer[1:].view(a.dtype).reshape(a.shape)
    view[...] = a
    return view
