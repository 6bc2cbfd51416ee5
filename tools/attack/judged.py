"""Error over bound of every form on some data: the bounds under attack are asked here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from reference import rounding
from reference.arithmetic import Arithmetic
from reference.formats import BY_NAME
from reference.problem import regression
from reference.truth import Truth
from tools.attack.claims import Claim
from tools.attack.data import Data
from tools.attack.exact import Exact
from tools.attack.forms import Form
from tools.attack.samples import Sample, together

Floats = npt.NDArray[np.float64]
BEYOND = -1.0  # of what may leave the range of the format, and is not judged


class Bounds:
    """What is allowed of one sample."""

    def __init__(self, sample: Sample, plain: Arithmetic) -> None:
        self.problem = regression("attacked", sample.x, sample.y, sample.V[0, :-1], sample.V[0, -1], sample.lr, steps=1)
        self.truth = Truth(self.problem, plain, sample.V.astype(np.float64))

    def gradient(self, claimed: Arithmetic) -> Floats:
        return rounding.gradient_bound(claimed, self.problem.least_squares, self.truth.sizes)

    def loss(self, claimed: Arithmetic) -> Floats:
        return rounding.loss_bound(claimed, self.problem.least_squares, self.truth.sizes)

    def update(self, claimed: Arithmetic, gradient: Floats, after: Floats) -> Floats:
        return rounding.update_bound(claimed, self.problem.lr, gradient, after, self.problem.y.size)

    def fits(self, claimed: Arithmetic, headroom: float) -> npt.NDArray[np.bool_]:
        """`(K,)`: whether no intermediate result can leave its format; here sums over the rows are stored."""
        sizes = self.truth.sizes
        peak = sizes.peak_through_gram if claimed.through_gram else sizes.peak
        return sizes.within(claimed) & (peak * headroom <= claimed.largest)


class Judged:
    """Samples of one shape in one arithmetic, evaluated by any form."""

    def __init__(self, samples: list[Sample], storage: str, accumulate: str) -> None:
        self.data: Data = together(samples)
        self.storage, self.accumulate = storage, accumulate
        self.plain = Arithmetic(BY_NAME[storage], BY_NAME[accumulate])
        self.bounds = [Bounds(sample, self.plain) for sample in samples]
        self.exact = Exact(self.data)
        self._allowed: dict[tuple[str, Arithmetic], Floats] = {}
        self._fits: dict[tuple[Arithmetic, float], npt.NDArray[np.bool_]] = {}

    def ratios(self, form: Form, claims: Iterable[Claim]) -> list[Floats]:
        """The largest error/bound of each sample and iterate, `(B, K)`, under each claim."""
        with np.errstate(all="ignore"):
            result = form.evaluate(form.machine(self.storage, self.accumulate), self.data)
        fits = self._within(self.claimed(form.claim), form.headroom)
        return [np.where(fits, self._ratios(form.quantity, result, self.claimed(c)), BEYOND) for c in claims]

    def claimed(self, claim: Claim) -> Arithmetic:
        return claim.arithmetic(self.plain, self.data.rows, self.data.m)

    def _ratios(self, quantity: str, result: Any, claimed: Arithmetic) -> Floats:
        if quantity == "gradient":
            return np.asarray(self.exact.gradient_ratio(result, self._bound(quantity, claimed)).max(axis=(-2, -1)))
        if quantity == "loss":
            return self.exact.loss_ratio(result, self._bound(quantity, claimed))
        gradient, after = result
        g, moved = (np.nan_to_num(a.astype(np.float64), posinf=0.0, neginf=0.0) for a in result)
        bound = np.stack([b.update(claimed, *pair) for b, *pair in zip(self.bounds, g, moved, strict=True)])
        return np.asarray(self.exact.update_ratio(gradient, after, bound).max(axis=(-2, -1)))

    def _bound(self, quantity: str, claimed: Arithmetic) -> Floats:
        if (quantity, claimed) not in self._allowed:
            ask = Bounds.gradient if quantity == "gradient" else Bounds.loss
            self._allowed[quantity, claimed] = np.stack([ask(bounds, claimed) for bounds in self.bounds])
        return self._allowed[quantity, claimed]

    def _within(self, claimed: Arithmetic, headroom: float) -> npt.NDArray[np.bool_]:
        if (claimed, headroom) not in self._fits:
            self._fits[claimed, headroom] = np.stack([bounds.fits(claimed, headroom) for bounds in self.bounds])
        return self._fits[claimed, headroom]
