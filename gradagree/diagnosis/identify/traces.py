"""What an arithmetic leaves in the numbers it makes, apart from their being wrong.

Each trace is part of a sentence, empty where the run does not bear it.
"""

from __future__ import annotations

import numpy as np

from gradagree.checking.low_precision import format_of
from gradagree.checking.run import Run
from gradagree.diagnosis.identify.emulation import Steps
from reference.formats import Format


def flushed(run: Run, steps: Steps) -> str:
    """Whether every wrong gradient came out as zero, where the exact one is below the smallest normal number."""
    if run.gradient is None or not len(steps):
        return ""
    truth = run.truth_at(run.V[steps])
    got = run.gradient[steps]
    wrong = ~(np.abs(truth.evaluation.gradient_error(got)) <= truth.gradient_bound)
    zero = (got == 0) & (np.abs(truth.gradient) < run.arithmetic.storage.smallest_normal)
    return f"all {wrong.sum():,} wrong gradients are zero, and the exact ones subnormal" if zero[wrong].all() else ""


def results_in(run: Run, _steps: Steps, narrow: Format) -> str:
    """Whether products, sums and so w's gradients came out as numbers of a format, and of none that is narrower."""
    grad_w = run.trajectory.grad_w
    held = grad_w is not None and format_of(grad_w) == narrow
    return f"every gradient of w is a {narrow.name} number" if held else ""


def stored_in(run: Run, _steps: Steps, narrow: Format) -> str:
    """Whether all that was recorded is of a format, and of none that is narrower."""
    if run.gradient is None:
        return f"every parameter is a {narrow.name} number" if format_of(run.V) == narrow else ""
    recorded = np.concatenate([run.V, run.gradient])
    return f"every parameter and every gradient is a {narrow.name} number" if format_of(recorded) == narrow else ""
