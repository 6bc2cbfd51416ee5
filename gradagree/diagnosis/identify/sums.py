"""The trace of sums in a narrow format: the gradients that these have, in the orders that machines add in."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from gradagree.checking.low_precision import rounded_to
from gradagree.checking.run import Run
from gradagree.diagnosis.identify.emulation import Attempt, Emulation, Steps, best
from reference.dyadic import FloatArray
from reference.formats import Format

LANES = (1, 2, 4, 8, 16, 32)


def narrow_sums(run: Run, steps: Steps, narrow: Format) -> str:
    """How most of the wrong gradients come right, if adding in a format makes them right."""
    return best(run, steps, partial(_attempts, narrow=narrow))


def _attempts(emulation: Emulation, narrow: Format) -> Iterator[Attempt]:
    x, d, mean = emulation.x, emulation.x.shape[1], emulation.mean
    residual = x @ emulation.V[:, :d] + emulation.V[:, d:] - emulation.y
    X = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    # The mean's scale goes into the residual, or into the sum.
    for before, after in ((mean, 1.0), (1.0, mean)):
        stored = rounded_to(before * residual, emulation.run.arithmetic.storage)
        terms = rounded_to(X[:, None, :, None] * np.moveaxis(stored, 1, 0)[:, :, None, :], narrow)  # (N, K, p, m)
        for lanes in LANES:
            order = f"one by one in {narrow.name}" if lanes == 1 else f"in {lanes} lanes of {narrow.name}"
            rows = np.concatenate([terms, np.zeros((-len(terms) % lanes, *terms.shape[1:]))])
            total = _added(_added(rows.reshape(-1, lanes, *terms.shape[1:]), narrow), narrow)
            yield f"adding {order}", after * total, 0.0


def _added(terms: FloatArray, narrow: Format) -> FloatArray:
    """Their sum over the first axis, rounded after each addition."""
    total: FloatArray = np.zeros_like(terms[0])
    for term in terms:
        total = rounded_to(total + term, narrow)
    return total
