"""Second derivatives on trial: a Hessian, or its products with directions, against the exact ones."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from gradagree.checking.check import Check, check
from gradagree.checking.verdict import Judgement, Verdict
from gradagree.runtime.frameworks.framework import Framework
from gradagree.runtime.inputs import inputs
from reference.arithmetic import Arithmetic
from reference.curvature import Curvature, symmetric, unit_directions
from reference.dyadic import FloatArray
from reference.problem import Problem
from reference.problems import cast


def judge(
    implementation: ModuleType, problem: Problem, framework: Framework, device: str, claim: Arithmetic
) -> Judgement:
    """The verdict on an implementation of second derivatives, a module with either `hessian` or `product`.

    INVALID, if a shape, dtype or device is another, or a number not finite; DISAGREES, if one lies outside its bound;
    INCONCLUSIVE, if the bounds have reached their signal; else AGREES. A Hessian is its products with all unit
    directions; a product is tried along four directions.

    Raises
    ------
    ValueError
        if the module has neither function.
    """
    whole: Callable[..., Any] | None = getattr(implementation, "hessian", None)
    single: Callable[..., Any] | None = getattr(implementation, "product", None)
    if whole is None and single is None:
        raise ValueError(f"{implementation.__name__}: expected a function called hessian or product, got neither")
    with framework.session(device, problem.x.dtype.name, len(problem.x)):
        given = inputs(framework, problem, device)
        read = _Reader(framework, device, problem)
        if whole is not None:
            directions = unit_directions(*problem.V0.shape)
            products = read.hessian(whole(*given))
        else:
            assert single is not None
            directions = some_directions(problem)
            products = np.stack([read.product(single, given, direction) for direction in directions])
    if read.errors:
        return Judgement(Verdict.INVALID, read.errors[0], {})
    if not np.isfinite(products).all():
        return Judgement(Verdict.INVALID, "not finite, where the exact numbers are", {})
    curvature = Curvature(problem, directions)
    bound = curvature.bound(claim)
    if whole is not None:
        bound = symmetric(bound)
    found = check("curvature", products, curvature.error(products), bound, np.abs(curvature.product))
    return _judgement(found)


@functools.lru_cache(maxsize=4096)
def excluded(problem_name: str, dtype: str, claim: Arithmetic) -> str | None:
    """Why second derivatives of a problem tell nothing in a dtype, known beforehand; `None` if they do."""
    try:
        problem = cast(problem_name, dtype)
    except ValueError as error:
        return str(error)
    curvature = Curvature(problem, some_directions(problem))
    if not (curvature.peak <= claim.largest):
        return f"sums of up to {curvature.peak:.2g} leave the range of {dtype}"
    # From a third of the signal on, a fault of its own size might pass (`check.resolution`).
    if not (3 * curvature.bound(claim) < np.abs(curvature.product)).any(axis=0).all():
        return f"its bounds are wider than its curvature: {len(problem.x)} rows in {claim.accumulate.name}"
    return None


def some_directions(problem: Problem) -> FloatArray:
    """The start, all ones, and the first and the last parameter alone, `(4, p, m)`: numbers of every dtype."""
    units = unit_directions(*problem.V0.shape)
    return np.stack([problem.V0, np.ones_like(problem.V0), units[0], units[-1]])


def _judgement(found: Check) -> Judgement:
    if found.first_violation is not None:
        return Judgement(Verdict.DISAGREES, str(found.first_violation), {"curvature": found})
    if found.bound_exceeds_signal:
        reason = "the bounds have reached their signal: anything could pass"
        return Judgement(Verdict.INCONCLUSIVE, reason, {"curvature": found})
    return Judgement(Verdict.AGREES, "", {"curvature": found})


class _Reader:
    """Copies second derivatives to the host, and notes what is not as it was asked for."""

    def __init__(self, framework: Framework, device: str, problem: Problem) -> None:
        self.framework, self.device, self.dtype = framework, device, problem.x.dtype
        self.d, self.m = problem.w0.shape
        self.errors: list[str] = []

    def hessian(self, blocks: tuple[Any, ...]) -> FloatArray:
        """Four blocks as products with unit directions, `(p m, p, m)`: H is `(p, m, p, m)`, column by column."""
        d, m = self.d, self.m
        shapes = {"ww": (d, m, d, m), "wb": (d, m, m), "bw": (m, d, m), "bb": (m, m)}
        ww, wb, bw, bb = (self._host(n, v, s) for (n, s), v in zip(shapes.items(), blocks, strict=True))
        above = np.concatenate([ww, wb[:, :, None, :]], axis=2)
        below = np.concatenate([bw, bb[:, None, :]], axis=1)
        whole = np.concatenate([above, below[None]], axis=0)
        return np.moveaxis(whole.reshape(d + 1, m, (d + 1) * m), -1, 0)

    def product(self, run: Callable[..., Any], given: list[Any], direction: FloatArray) -> FloatArray:
        """The product with one direction, `(p, m)`."""
        own = direction.astype(self.dtype)
        v, c = (self.framework.array(part, self.device) for part in (own[:-1], own[-1]))
        along_w, along_b = run(*given, v, c)
        parts = self._host("w", along_w, (self.d, self.m)), self._host("b", along_b, (self.m,))
        return np.concatenate([parts[0], parts[1][None, :]])

    def _host(self, name: str, value: Any, shape: tuple[int, ...]) -> FloatArray:
        host = self.framework.host(value)
        for kind, got, wanted in (
            ("shape", host.values.shape, shape),
            ("dtype", host.dtype, self.dtype.name),
            ("device", host.device, self.device),
        ):
            if got != wanted:
                self.errors.append(f"{name}: expected {kind} {wanted}, got {got}")
        return host.values if host.values.shape == shape else np.full(shape, np.nan)
